// SPDX-License-Identifier: MIT
#include "site/tags.h"

#include "base/bytes.h"
#include "base/check.h"
#include "site/files.h"
#include "sys/file.h"

namespace minhttp::site {

http::Validators validators_of(const struct statx& facts) {
  return {.size = facts.stx_size, .seconds = facts.stx_mtime.tv_sec, .nanoseconds = facts.stx_mtime.tv_nsec};
}

Change change_of(const struct statx& facts) {
  return {.identity = file_id_of(facts), .seconds = facts.stx_ctime.tv_sec, .nanoseconds = facts.stx_ctime.tv_nsec};
}

Digest version_of(const http::Validators& validators, const Change& change) {
  uint64_t words[] = {change.identity.inode,
                      uint64_t{change.identity.device_major} << 32 | change.identity.device_minor,
                      validators.size,
                      static_cast<uint64_t>(validators.seconds),
                      static_cast<uint64_t>(change.seconds),
                      uint64_t{validators.nanoseconds} << 32 | change.nanoseconds};
  return digest_of({reinterpret_cast<const char*>(words), sizeof words});
}

namespace {

Result<bool> is_still(int file, const Digest& version) {
  struct statx facts = {};
  TRY(sys::fstat(file, facts));
  return version_of(validators_of(facts), change_of(facts)) == version;
}

} // namespace

// False: the file has become shorter.
Result<bool> Tags::feed(ContentHash& hash, int file, uint64_t& offset, uint64_t until) {
  for (int tries = 1; offset < until;) {
    size_t most = until - offset < buffer_.size() ? static_cast<size_t>(until - offset) : buffer_.size();
    auto count = sys::pread(file, buffer_.data(), most, offset);
    if (count.is(Errno::EINTR_) && tries++ < limits::open_tries_max) continue; // some file systems return EINTR
    if (TRY(count) == 0) return false;
    hash.add({buffer_.data(), count.value()});
    offset += count.value();
  }
  return true;
}

bool Tags::may_read(uint64_t size) {
  if (size > left_) return false;
  left_ -= size;
  return wants_turn_ = true;
}

void Tags::turn() {
  left_ = limits::tag_read_max;
  if (busy()) advance();
  wants_turn_ = busy();
}

Result<bool> Tags::read(int file, uint64_t size, const Digest& version, Digest& content) {
  ContentHash hash;
  uint64_t offset = 0;
  bool whole = TRY(feed(hash, file, offset, size));
  bool same = TRY(is_still(file, version));
  if (same && !whole) return Errno::EIO_; // such as sysfs: the size claims more than can be read
  content = hash.digest();
  return same;
}

bool Tags::takes(const Digest& version) const {
  for (const Job& job : jobs_) {
    if (job.file.open() && job.version == version) return false;
  }
  return under_way_ < jobs_.size();
}

void Tags::begin(sys::Fd file, uint64_t size, const Digest& version) {
  CHECK(under_way_ < jobs_.size());
  auto same = is_still(file.number(), version); // also excludes a device that has taken the name
  if (!same.ok() || !same.value()) return;
  uint32_t place = 0;
  while (jobs_[place].file.open()) place++;
  Job& job = jobs_[place];
  job.file = static_cast<sys::Fd&&>(file);
  job.version = version;
  job.size = size;
  job.offset = 0;
  job.hash = ContentHash();
  under_way_++;
  wants_turn_ = true;
}

// The files take turns, so that a small file does not wait for a large one.
void Tags::advance() {
  do {
    last_ = last_ + 1 < jobs_.size() ? last_ + 1 : 0;
  } while (!jobs_[last_].file.open());
  Job& job = jobs_[last_];
  uint64_t left = job.size - job.offset;
  uint64_t until = left < limits::tag_slice_bytes ? job.size : job.offset + limits::tag_slice_bytes;
  auto whole = feed(job.hash, job.file.number(), job.offset, until);
  auto same = is_still(job.file.number(), job.version);
  if (whole.ok() && whole.value() && same.ok() && same.value()) {
    if (job.offset < job.size) return;
    table_.note(job.version, job.hash.digest());
  }
  job.file.close();
  under_way_--;
}

} // namespace minhttp::site
