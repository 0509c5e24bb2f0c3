// SPDX-License-Identifier: MIT
#pragma once
// The answer to /metrics: all numbers in the text format of Prometheus, version 0.0.4.

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "metrics/counters.h"

namespace minhttp::metrics {

// What the numbers do not say.
struct Facts {
  uint32_t workers = 1;
  bool ready = true;
  int64_t now_s = 0;            // since 1970
  uint64_t connections_max = 0; // of each worker
  uint64_t workspaces_max = 0;  // of each worker
};

std::string_view text_type();

// out: room for limits::admin_page_max bytes, which all families with the largest numbers fit.
void write_text(Writer& out, const Shared& shared, const Facts& facts);

// Says of the build what minhttp_build_info does.
std::string_view version();
std::string_view architecture();

} // namespace minhttp::metrics
