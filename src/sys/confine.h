// SPDX-License-Identifier: MIT
#pragma once
// Calls that take rights away from this process and its children, for good.

#include <span>

#include "sys/abi.h"
#include "sys/call.h"

namespace minhttp::sys {

// prctl(2), PR_SET_NO_NEW_PRIVS: a program that is executed never has more rights than this process.
inline Result<> set_no_new_privileges() { return call(Call::prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

// prctl(2), PR_SET_DUMPABLE: no core dump, and only root may trace this process or read its memory.
inline Result<> set_undumpable() { return call(Call::prctl, PR_SET_DUMPABLE, 0, 0, 0, 0); }

// prctl(2), PR_SET_KEEPCAPS: the permitted capabilities survive a change of user.
inline Result<> keep_capabilities() { return call(Call::prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0); }

// capabilities(7), as bits: 1 << CAP_NET_BIND_SERVICE.
struct Capabilities {
  uint64_t effective = 0;
  uint64_t permitted = 0;
};

// capget(2), of this process.
inline Result<> get_capabilities(Capabilities& capabilities) {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct halves[2] = {};
  TRY(call(Call::capget, &header, halves));
  capabilities = {.effective = halves[0].effective | uint64_t{halves[1].effective} << 32,
                  .permitted = halves[0].permitted | uint64_t{halves[1].permitted} << 32};
  return {};
}

// capset(2): sets effective and permitted to these, and inheritable to none. EPERM: more than this process has.
inline Result<> set_capabilities(uint64_t set) {
  __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  auto low = static_cast<uint32_t>(set);
  auto high = static_cast<uint32_t>(set >> 32);
  __user_cap_data_struct halves[2] = {{.effective = low, .permitted = low, .inheritable = 0},
                                      {.effective = high, .permitted = high, .inheritable = 0}};
  return call(Call::capset, &header, halves);
}

// setgroups(2), setresgid(2), setresuid(2): all ids at once, so that there is no way back.
inline Result<> set_groups(std::span<const uint32_t> groups) {
  return call(Call::setgroups, groups.size(), groups.data());
}
inline Result<> set_group(uint32_t group) { return call(Call::setresgid, group, group, group); }
inline Result<> set_user(uint32_t user) { return call(Call::setresuid, user, user, user); }

// seccomp(2), SECCOMP_SET_MODE_FILTER. Before Linux 5.16 a filter also turned on protection against speculative
// execution, which slows the processor down. It is for processes that run foreign code, which we do not.
inline Result<> set_filter(std::span<sock_filter> program) {
  sock_fprog all = {.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  return call(Call::seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &all);
}

// landlock_create_ruleset(2): the version of Landlock, 1 or more.
inline Result<int> landlock_version() {
  return call<int>(Call::landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

// landlock_create_ruleset(2): forbids everything in rules, except what landlock_allow() then allows. size: of the part
// of rules that the kernel's version knows.
inline Result<int> landlock_create_ruleset(const abi::LandlockRules& rules, size_t size) {
  return call<int>(Call::landlock_create_ruleset, &rules, size, 0);
}

// landlock_add_rule(2): allows this for the file or directory fd, and for what is beneath it.
inline Result<> landlock_allow(int ruleset, int fd, uint64_t allowed) {
  abi::LandlockBeneath rule = {.allowed = allowed, .fd = fd};
  return call(Call::landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

// landlock_restrict_self(2).
inline Result<> landlock_restrict(int ruleset) { return call(Call::landlock_restrict_self, ruleset, 0); }

} // namespace minhttp::sys
