// SPDX-License-Identifier: MIT
#pragma once
// --admin at the start: whether its addresses are right, and the memory of the metrics.

#include <cstdint>
#include <optional>
#include <span>

#include "app/config.h"
#include "serve/admin.h"

namespace minhttp::app {

// Metrics are for those who run the server: other machines must be let in on purpose, with --admin-public. all_known:
// as of check_listeners(). False: a message has said what is wrong.
bool check_admin(const Config& config, bool all_known);

// Maps the memory of the metrics, which all workers share, if there is an --admin. To be called once the numbers of
// connections and workspaces have been fitted to the system. An exit status: a message has said why.
std::optional<int> prepare_admin(const Config& config, uint32_t workers, std::span<serve::AdminPage> pages,
                                 serve::Admin& admin);

} // namespace minhttp::app
