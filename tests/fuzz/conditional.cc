// SPDX-License-Identifier: MIT
// Conditions: the input is a request's fields. What must come of one more field is known,
// whatever the others say.

#include <cstdint>
#include <string>

#include "fuzz/cost.h"
#include "fuzz/demand.h"
#include "h1/parse.h"
#include "http/conditional.h"

namespace {

using minhttp::fuzz::demand;
using minhttp::http::Field;
using minhttp::http::Request;
using minhttp::http::Status;
using minhttp::http::Validators;

constexpr int64_t now = 1'795'000'000;
constexpr Validators files[] = {{.size = 26,
                                 .seconds = 1'704'164'645,
                                 .hashed = true,
                                 .digest = {.high = 0x701b2fc13d46cd17, .low = 0x8d90c78f76093c30}}, // as in the seeds
                                {.size = 0, .seconds = 0, .hashed = true},
                                {.size = 1, .seconds = now - 1, .hashed = true, .digest = {.high = 1}},
                                {.size = UINT64_MAX,
                                 .seconds = INT64_MAX,
                                 .nanoseconds = 999'999'999,
                                 .hashed = true,
                                 .digest = {.high = UINT64_MAX, .low = UINT64_MAX}}};

struct Answer {
  bool good = false; // a request at all
  Status status = Status::ok;
  bool range = false;
  Request request;
};

Answer ask(const std::string& fields, const Validators& file) {
  static std::string head;
  head = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  minhttp::h1::Progress progress;
  Answer answer;
  auto outcome = minhttp::h1::parse_head(head, progress, answer.request);
  answer.good = outcome == minhttp::h1::Outcome::done(head.size());
  if (!answer.good) return answer;
  minhttp::test::Cost cost;
  answer.status = minhttp::http::evaluate(answer.request, file, now);
  answer.range = minhttp::http::takes_range(answer.request, file, now);
  minhttp::fuzz::check_cost("If-Match, If-None-Match", head.size(), minhttp::test::bound::conditions(head.size()));
  return answer;
}

void examine(const std::string& fields, const Validators& file) {
  Answer answer = ask(fields, file);
  if (!answer.good) return;
  const Request& request = answer.request;
  bool fails = answer.status == Status::precondition_failed;
  demand(fails || answer.status == Status::ok || answer.status == Status::not_modified, "one of three");
  demand(!fails || request.has(Field::if_match) || request.has(Field::if_unmodified_since), "412 has a reason");
  demand(answer.status != Status::not_modified || request.has(Field::if_none_match) ||
             request.has(Field::if_modified_since),
         "304 has a reason");
  demand(!answer.range || request.has(Field::range), "a range has been asked for");

  std::string tag(minhttp::http::EntityTag(file).text());
  bool starred = request.has(Field::if_match) && fields.find('*') != fields.npos;
  bool matched = request.has(Field::if_match) && !fails;
  Answer more = ask(fields + "If-None-Match: " + tag + "\r\n", file);
  if (more.good) demand(more.status == (fails ? Status::precondition_failed : Status::not_modified), "304, if not 412");
  more = ask(fields + "If-Match: \"x\", " + tag + "\r\n", file);
  if (more.good) demand(more.status != Status::precondition_failed, "the tag matches, and no date counts");
  more = ask(fields + "If-Match: \"no\"\r\n", file);
  if (more.good && !matched) demand(more.status == Status::precondition_failed, "nothing has matched so far");
  if (more.good && matched && !starred) demand(more.status == answer.status, "something has");
  more = ask(fields + "If-Range: \"no\"\r\n", file);
  if (more.good) demand(!more.range, "If-Range says no, or twice something");
  more = ask(fields + fields + "Range: bytes=0-0\r\nRange: bytes=0-0\r\n", file);
  if (more.good) demand(!more.range, "two ranges are none");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string fields(reinterpret_cast<const char*>(data), size);
  for (const Validators& file : files) examine(fields, file);
  return 0;
}
