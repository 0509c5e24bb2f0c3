// SPDX-License-Identifier: MIT
#pragma once
// Checks that only `minhttp check` makes, of rules that are valid already: the start of the server need not wait for
// them.

#include "rules/rules.h"

namespace minhttp::rules {

// Warns of redirects that can never apply because earlier rules match in all cases, and of blocks whose Cache-Control
// contradicts that of another block which matches all the same paths. Looks up sample paths as requests do, until
// visits_max nodes were visited.
void review_rules(const Rules& rules, Diagnostics& mistakes, uint64_t visits_max = limits::review_visits_max);

// Warns of the blocks that together give this question a contradictory Cache-Control. A warning that mistakes holds
// already is not repeated.
void review_cache_control(const Rules& rules, const Question& question, Diagnostics& mistakes);

} // namespace minhttp::rules
