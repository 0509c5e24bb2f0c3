// SPDX-License-Identifier: MIT
#pragma once
// What only `minhttp check` asks about rules that are in force: a start does not wait for it.

#include "rules/rules.h"

namespace minhttp::rules {

// Warns of redirects that rules above them catch in all cases, and of blocks whose Cache-Control contradicts that of
// another block which matches wherever they do. Looks up paths as requests do, until so many nodes are met.
void review_rules(const Rules& rules, Mistakes& mistakes, uint64_t visits_max = limits::review_visits_max);

// Warns of the blocks that give this question a Cache-Control that contradicts itself; once where mistakes has kept it.
void review_cache_control(const Rules& rules, const Question& question, Mistakes& mistakes);

} // namespace minhttp::rules
