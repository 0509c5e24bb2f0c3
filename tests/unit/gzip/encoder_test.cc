// SPDX-License-Identifier: MIT
#include "gzip/encoder.h"

#include <gtest/gtest.h>

#ifdef MINHTTP_ZLIB
#include <zlib.h>
#endif

#include "unit/guard.h"
#include "unit/gzip/compress.h"
#include "unit/gzip/gunzip.h"
#include "unit/gzip/inputs.h"

namespace minhttp::gzip {
namespace {

using test::compress;
using test::compressed;
using test::gunzip;

#ifdef MINHTTP_ZLIB
std::string zlib_gunzip(std::string_view file, size_t size) {
  z_stream stream = {};
  inflateInit2(&stream, 15 + 16);
  std::string out(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
  stream.avail_in = static_cast<uInt>(file.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int result = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  uInt behind = stream.avail_in;
  inflateEnd(&stream);
  return result == Z_STREAM_END && behind == 0 ? out : std::string("zlib refuses it");
}

size_t zlib_size(std::string_view input, int level) {
  z_stream stream = {};
  deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, input.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  size_t size = stream.total_out;
  deflateEnd(&stream);
  return size;
}
#endif

class GzipEncoder : public testing::Test {
 protected:
  // Compresses, decodes with each decoder there is, compares; the compressed bytes.
  std::string round_trip(std::string_view input, test::Slices slices = {}) {
    std::string file = compressed(*encoder_, input, slices);
    test::Gunzipped result = gunzip(file);
    EXPECT_EQ(result.error, "");
    EXPECT_TRUE(result.bytes == input);
#ifdef MINHTTP_ZLIB
    EXPECT_TRUE(zlib_gunzip(file, input.size()) == input);
#endif
    return file;
  }

  std::unique_ptr<Encoder> encoder_ = test::used_encoder();
};

// Other bytes for the same input need another version, or two answers share an entity tag.
TEST_F(GzipEncoder, AnotherOutputNeedsAnotherVersion) {
  EXPECT_EQ(version, 1);
  auto crc = [&](const std::string& input) {
    std::string file = round_trip(input);
    Crc32 sum;
    sum.begin();
    sum.add(file);
    return std::pair(file.size(), sum.value());
  };
  EXPECT_EQ(crc(test::prose(300'000)), std::pair(size_t{102'912}, uint32_t{3'824'499'672}));
  EXPECT_EQ(crc(test::inputs().back().make(100'000)), std::pair(size_t{67'007}, uint32_t{3'397'926'782}));
  EXPECT_EQ(crc("Hello from assembly!"), std::pair(size_t{40}, uint32_t{1'863'198'715}));
}

TEST_F(GzipEncoder, AnEmptyInputBecomesTwentyBytes) { EXPECT_EQ(round_trip("").size(), 20U); }

TEST_F(GzipEncoder, EveryByte) {
  for (int byte = 0; byte < 256; byte++) round_trip(std::string(1, static_cast<char>(byte)));
}

TEST_F(GzipEncoder, EveryLength) {
  for (const test::Input& input : test::inputs()) {
    std::string text = input.make(2000);
    for (size_t size = 0; size <= text.size() && !HasFailure(); size++) {
      SCOPED_TRACE(std::string(input.name) + " " + std::to_string(size));
      round_trip(std::string_view(text).substr(0, size));
    }
  }
}

TEST_F(GzipEncoder, LargeInputs) {
  for (const test::Input& input : test::inputs()) {
    for (size_t size : std::vector<size_t>{32'503, 32'768, 65'275, 65'276, 65'277, 65'536, 200'000}) {
      SCOPED_TRACE(std::string(input.name) + " " + std::to_string(size));
      round_trip(input.make(size));
    }
  }
}

TEST_F(GzipEncoder, FourMebibytes) { round_trip(test::inputs().back().make(4 << 20)); }

TEST_F(GzipEncoder, AMatchReachesAsFarBackAsTheWindowDoes) {
  std::string unit = test::random_bytes(32'000);
  EXPECT_LT(round_trip(unit + unit).size(), 32'000U + 450);
  EXPECT_LT(round_trip(test::random_bytes(100'000, 8) + unit + unit).size(), 132'000U + 600);
}

TEST_F(GzipEncoder, PiecesAndSlicesDoNotChangeTheBytes) {
  for (const test::Input& input : test::inputs()) {
    std::string text = input.make(150'000);
    std::string whole = compressed(*encoder_, text);
    for (size_t piece : std::vector<size_t>{1, 257, 258, 259, 260, 261, 4096, 32'768, 33'000}) {
      EXPECT_TRUE(compressed(*encoder_, text, {.piece = piece}) == whole) << input.name << " pieces of " << piece;
    }
    for (uint32_t budget : std::vector<uint32_t>{1, 2, 3, 17, 1000, 65'536}) {
      EXPECT_TRUE(compressed(*encoder_, text, {.piece = 5000, .budget = budget}) == whole)
          << input.name << " slices of " << budget;
    }
  }
}

TEST_F(GzipEncoder, AnEarlierInputDoesNotChangeTheOutput) {
  std::string text = test::prose(50'000);
  std::string first = compressed(*encoder_, text);
  compressed(*encoder_, test::prose(100'000, 2));
  char little[100];
  EXPECT_EQ(compress(*encoder_, test::random_bytes(70'000), little), Progress::does_not_fit);
  EXPECT_TRUE(compressed(*encoder_, text) == first);
}

// Each size of output up to more than it takes, in front of an unmapped page.
TEST_F(GzipEncoder, OneByteTooFewDoesNotFit) {
  std::string large = test::inputs().back().make(45'000); // a dynamic block, and a stored one
  for (const std::string& text :
       {std::string(), std::string("abc"), test::prose(3000), test::random_bytes(300), large}) {
    std::string whole = round_trip(text);
    test::Guard guard(whole.size() + 20);
    for (size_t size = 0; size < whole.size() + 20 && !HasFailure();
         size += size > 1000 && size + 2000 < whole.size() ? 997U : 1U) {
      std::span<char> out = guard.last(size);
      Progress expected = size < whole.size() ? Progress::does_not_fit : Progress::done;
      EXPECT_EQ(compress(*encoder_, text, out), expected) << text.size() << " into " << size;
      if (expected == Progress::done) {
        EXPECT_TRUE(std::string_view(out.data(), encoder_->size()) == whole);
      }
    }
  }
}

TEST_F(GzipEncoder, IncompressibleInputDoesNotFitItsOwnSize) {
  for (size_t size : std::vector<size_t>{20, 300, 5000, 100'000}) {
    std::string out(size, '\0');
    EXPECT_EQ(compress(*encoder_, test::random_bytes(size), out), Progress::does_not_fit) << size;
    EXPECT_EQ(encoder_->step(1), Progress::does_not_fit);
  }
}

TEST_F(GzipEncoder, AStepAfterTheEndDoesNothing) {
  std::string out(100, '\0');
  EXPECT_EQ(compress(*encoder_, "abc", out), Progress::done);
  EXPECT_EQ(encoder_->step(1), Progress::done);
  EXPECT_EQ(encoder_->step(1000), Progress::done);
}

TEST_F(GzipEncoder, EachKindOfBlockWhereItIsSmallest) {
  test::Gunzipped fixed = gunzip(round_trip("Hello"));
  EXPECT_EQ(fixed.fixed, 1);
  EXPECT_EQ(fixed.dynamic + fixed.stored, 0);
  test::Gunzipped dynamic = gunzip(round_trip(test::prose(10'000)));
  EXPECT_EQ(dynamic.dynamic, 1);
  EXPECT_EQ(dynamic.fixed + dynamic.stored, 0);
  test::Gunzipped stored = gunzip(round_trip(test::random_bytes(10'000)));
  EXPECT_EQ(stored.stored, 2);
  EXPECT_EQ(stored.fixed + stored.dynamic, 0);
}

TEST_F(GzipEncoder, IncompressibleInputGrowsLittle) {
  for (size_t size : std::vector<size_t>{1, 100, 8192, 8193, 100'000, 1'000'000}) {
    EXPECT_LE(round_trip(test::random_bytes(size)).size(), size + 18 + 5 * (1 + size / limits::gzip_symbols)) << size;
  }
}

TEST_F(GzipEncoder, WorkIsBoundedForEveryInput) {
  for (const test::Input& input : test::inputs()) {
    std::string text = input.make(300'000);
    compressed(*encoder_, text);
    EXPECT_LE(encoder_->work(), text.size() * limits::gzip_work_per_byte) << input.name;
    EXPECT_GE(encoder_->work(), text.size()) << input.name;
    if (std::string_view(input.name) == "colliding") {
      EXPECT_GE(encoder_->work(), text.size() * limits::gzip_chain / 2);
    }
    RecordProperty(input.name,
                   std::to_string(static_cast<double>(encoder_->work()) / static_cast<double>(text.size())));
  }
}

TEST_F(GzipEncoder, AStepExceedsItsBudgetByLittle) {
  constexpr uint32_t budget = 1000;
  for (const test::Input& input : test::inputs()) {
    std::string text = input.make(60'000);
    std::string out(70'000, '\0');
    encoder_->begin(out);
    size_t at = 0;
    for (Progress progress = Progress::more; progress != Progress::done && at <= text.size();) {
      uint64_t before = encoder_->work();
      progress = encoder_->step(budget);
      ASSERT_LE(encoder_->work() - before, budget + limits::gzip_symbols + limits::gzip_chain + match_max)
          << input.name;
      if (progress != Progress::input) continue;
      std::span<char> room = encoder_->room();
      size_t count = std::min(room.size(), text.size() - at);
      if (count == 0) encoder_->end();
      std::memcpy(room.data(), text.data() + at, count);
      encoder_->add(count);
      at += count;
    }
  }
}

// Who fills room whole reads a file in few pieces.
TEST_F(GzipEncoder, OffersALargeBufferForInput) {
  std::string out(10'000, '\0');
  encoder_->begin(out);
  for (int i = 0; i < 20; i++) {
    ASSERT_EQ(encoder_->step(UINT32_MAX), Progress::input);
    std::span<char> room = encoder_->room();
    ASSERT_GE(room.size(), 32'768U);
    std::memset(room.data(), 'x', room.size());
    encoder_->add(room.size());
  }
}

TEST_F(GzipEncoder, ARealFileIsAsSmallAsZlibMakesIt) {
  std::string text = test::real_file();
  ASSERT_GT(text.size(), 50'000U);
  std::string file = round_trip(text);
#ifdef MINHTTP_ZLIB
  EXPECT_LE(file.size() * 100, zlib_size(text, 6) * 105);
  EXPECT_LE(compressed(*encoder_, test::prose(500'000)).size() * 100, zlib_size(test::prose(500'000), 6) * 105);
#endif
}

TEST(Crc32, OfPiecesIsThatOfTheWhole) {
  // The check value that every catalogue of checksums has.
  Crc32 sum;
  sum.begin();
  EXPECT_EQ(sum.value(), 0U);
  sum.add(std::string_view("123456789"));
  EXPECT_EQ(sum.value(), 0xcbf43926U);
  for (size_t cut = 0; cut <= 9; cut++) {
    sum.begin();
    sum.add(std::string_view("123456789").substr(0, cut));
    sum.add(std::string_view("123456789").substr(cut));
    EXPECT_EQ(sum.value(), 0xcbf43926U) << cut;
  }
}

} // namespace
} // namespace minhttp::gzip
