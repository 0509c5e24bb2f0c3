// SPDX-License-Identifier: MIT
#include "http/accept.h"

#include "base/bytes.h"
#include "http/values.h"
#include "http/weight.h"

namespace minhttp::http {
namespace {

// How much a type is wanted: as the most specific media range that matches it says.
struct Wish {
  uint32_t exactness = 0; // 3: by name, 2: its kind, 1: anything
  uint32_t weight = 0;

  void consider(uint32_t range_exactness, uint32_t range_weight) {
    if (range_exactness < exactness) return;
    exactness = range_exactness;
    weight = range_weight;
  }
};

// The exactness with which a range matches a type; 0: it does not.
uint32_t match(std::string_view range, std::string_view type, std::string_view kind) {
  if (equal_ignoring_case(range, type)) return 3;
  if (equal_ignoring_case(range, kind)) return 2;
  return equal(range, "*/*") ? 1 : 0;
}

// The weight among the parameters of a media range. It may have parameters of its own, which are ignored; a malformed
// weight counts as 0.
uint32_t weight_of(std::string_view parameters) {
  uint32_t weight = 1000;
  while (!parameters.empty()) {
    std::string_view parameter = trim(take_until(parameters, ';'));
    if (is_weight(parameter)) weight = parse_weight(drop(parameter, 2)).value_or(0);
  }
  return weight;
}

// Evaluates one line of Accept.
void consider_line(std::string_view line, Wish& json, Wish& html) {
  while (!line.empty()) {
    std::string_view parameters = trim(take_until(line, ','));
    std::string_view range = trim(take_until(parameters, ';'));
    uint32_t weight = weight_of(parameters);
    if (uint32_t exactness = match(range, "application/json"sv, "application/*"sv)) json.consider(exactness, weight);
    if (uint32_t exactness = match(range, "text/html"sv, "text/*"sv)) html.consider(exactness, weight);
  }
}

void consider_all(const Request& request, Wish& json, Wish& html) {
  if (!request.has(Field::accept)) return;
  Values values(request, Field::accept);
  for (std::string_view line; values.next(line);) consider_line(line, json, html);
}

} // namespace

bool prefers_json(const Request& request) {
  Wish json;
  Wish html;
  consider_all(request, json, html);
  if (json.weight != html.weight) return json.weight > html.weight;
  return json.weight > 0 && json.exactness > html.exactness;
}

bool names_html(const Request& request) {
  Wish json;
  Wish html;
  consider_all(request, json, html);
  return html.exactness == 3 && html.weight > 0;
}

bool accepts_html(const Request& request) {
  Wish json;
  Wish html;
  consider_all(request, json, html);
  bool wants_data = json.exactness > html.exactness && json.weight >= html.weight;
  return !request.has(Field::accept) || (html.weight > 0 && !wants_data);
}

} // namespace minhttp::http
