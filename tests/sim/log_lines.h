// SPDX-License-Identifier: MIT
#pragma once
// Judges whether the access log agrees with the responses that each client got.

#include <string>
#include <vector>

namespace minhttp::sim {

// The address of a client, as the server sees it.
std::string address_of(int client);

// What is wrong with the log (--log common); empty: nothing. answers: the client's, in order.
std::string judge_log(const std::string& log, int client, const std::vector<std::string>& answers);

// The same for a client of HTTP/2, of which responses are complete in any order.
std::string judge_log_of_streams(const std::string& log, int client, const std::vector<std::string>& statuses);

} // namespace minhttp::sim
