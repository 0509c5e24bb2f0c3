#pragma once
// In which content coding a file is sent.

#include "serve/reply.h"

namespace minhttp::serve {

// By Accept-Encoding: a compressed sibling takes the place of the file, or our own compressed copy; or it stays as it
// is. False: nothing that the client takes.
bool choose_coding(Reply& reply, site::Found& found);

} // namespace minhttp::serve
