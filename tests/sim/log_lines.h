// SPDX-License-Identifier: MIT
#pragma once
// Does the access log tell of each client what that client was answered?

#include <string>
#include <vector>

namespace minhttp::sim {

// The address by which the server knows a client.
std::string address_of(int client);

// What is wrong with the log (--log common), or nothing. answers: the client's, in order.
std::string judge_log(const std::string& log, int client, const std::vector<std::string>& answers);

} // namespace minhttp::sim
