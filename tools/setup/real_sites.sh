# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh and npm.sh. need_real_sites builds the sites of tests/e2e/real into
# build/real-sites, and installs what that takes from npm; both only where something has changed.

need_real_sites() {
  local real=tests/e2e/real built=build/real-sites log=build/real-sites.log
  mkdir -p build
  need_npm "$real" "$log" || return
  local changed
  changed=$(find "$real" -name node_modules -prune -o -newer "$built/made" -print 2>/dev/null || echo all)
  if [ ! -e "$built/made" ] || [ -n "$changed" ]; then
    echo "Building the real sites in $built" >&2
    node "$real/build.js" "$built" >"$log" 2>&1 && touch "$built/made" || { tail -n 20 "$log" >&2; return 1; }
  fi
}
