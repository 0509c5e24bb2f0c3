# SPDX-License-Identifier: MIT
# Sourced by ./run and ./test. need PACKAGE... installs what is missing of these Debian
# packages, and says so before it does.

need() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  echo "Installing from Debian: ${missing[*]}" >&2
  if ! command -v apt-get >/dev/null; then
    echo "$0: this is not Debian (no apt-get); install these by hand, then start again." >&2
    exit 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "$0: needs root for that, and there is no sudo. As root: apt-get install ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  local log
  log=$(mktemp)
  # Small images of Debian drop documentation on the way in; Python's is one of the sites that tests serve.
  if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get install -y --no-install-recommends -o 'Dpkg::Options::=--path-include=/usr/share/doc/python3*' \
         "${missing[@]}"; } </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "$0: apt-get could not install them; its last lines are above." >&2
    exit 1
  fi
  rm -f "$log"
}

# The same for packages of servers, which Debian would start (invoke-rc.d(8)): nobody here wants them to run.
need_without_starting() {
  (
    policy=/usr/sbin/policy-rc.d
    if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
      trap 'rm -f "$policy"' EXIT
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod +x "$policy"
    fi
    need "$@"
  ) || exit 1
}
