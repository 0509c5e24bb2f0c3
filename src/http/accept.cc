#include "http/accept.h"

#include "base/bytes.h"
#include "http/values.h"

namespace minhttp::http {
namespace {

// The first piece of text before c, taken off it together with c.
std::string_view take_piece(std::string_view& text, char c) {
  size_t end = find(text, c);
  std::string_view piece = take(text, end);
  text = drop(text, end < text.size() ? end + 1 : end);
  return trim(piece);
}

// qvalue in thousandths; one that is malformed weighs nothing.
uint32_t parse_weight(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '1' || text.size() > 5) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  auto weight = static_cast<uint32_t>(text[0] - '0') * 1000;
  uint32_t unit = 100;
  for (char c : drop(text, text.size() < 2 ? 1 : 2)) {
    if (!is_digit(c)) return 0;
    weight += static_cast<uint32_t>(c - '0') * unit;
    unit /= 10;
  }
  return weight > 1000 ? 0 : weight;
}

// How well a type is wanted: by the range that names it most exactly.
struct Wish {
  uint32_t exactness = 0; // 3: by name, 2: its kind, 1: anything
  uint32_t weight = 0;

  void consider(uint32_t range_exactness, uint32_t range_weight) {
    if (range_exactness < exactness) return;
    exactness = range_exactness;
    weight = range_weight;
  }
};

// exactness of the range for the type of which it is asked; 0: it is another's.
uint32_t match(std::string_view range, std::string_view type, std::string_view kind) {
  if (equal_ignoring_case(range, type)) return 3;
  if (equal_ignoring_case(range, kind)) return 2;
  return equal(range, "*/*") ? 1 : 0;
}

// One line of Accept.
void consider_line(std::string_view line, Wish& json, Wish& html) {
  while (!line.empty()) {
    std::string_view parameters = take_piece(line, ',');
    std::string_view range = take_piece(parameters, ';');
    uint32_t weight = 1000;
    while (!parameters.empty()) {
      std::string_view parameter = take_piece(parameters, ';');
      if (starts_with(parameter, "q=") || starts_with(parameter, "Q=")) weight = parse_weight(drop(parameter, 2));
    }
    if (uint32_t exactness = match(range, "application/json", "application/*")) json.consider(exactness, weight);
    if (uint32_t exactness = match(range, "text/html", "text/*")) html.consider(exactness, weight);
  }
}

} // namespace

bool prefers_json(const Request& request) {
  if (!request.has(Field::accept)) return false;
  Wish json;
  Wish html;
  Values values(request, Field::accept);
  for (std::string_view line; values.next(line);) consider_line(line, json, html);
  if (json.weight != html.weight) return json.weight > html.weight;
  return json.weight > 0 && json.exactness > html.exactness;
}

} // namespace minhttp::http
