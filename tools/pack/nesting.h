// SPDX-License-Identifier: MIT
#pragma once
// How deep the elements of a page may nest, found in one pass. gumbo looks through all open elements at each tag, so
// that a page of 200,000 nested ones would take it minutes.

#include <cstddef>
#include <string_view>

namespace minhttp::packer {

// A bound of the depth: elements that are open at once, from the tags alone. An element whose end tag may be left out
// (li, p, td) is not counted, because a second one closes the first, unless an element between them was counted. One
// that its parent's end tag closes stays counted, so the bound of a page with mistakes may be too high.
size_t nesting_of(std::string_view html);

} // namespace minhttp::packer
