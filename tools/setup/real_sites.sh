# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh. need_real_sites builds the sites of tests/e2e/real into
# build/real-sites, and installs what that takes from npm; both only where something has changed.

need_real_sites() {
  local real=tests/e2e/real built=build/real-sites log=build/real-sites.log
  mkdir -p build
  # Another Node than Debian's brings its own npm, and the two packages exclude each other.
  command -v node >/dev/null || need nodejs
  command -v npm >/dev/null || need npm
  if ! cmp -s "$real/package-lock.json" "$real/node_modules/installed-lock.json"; then
    echo "Installing from npm, into $real/node_modules: what $real/package.json lists" >&2
    (cd "$real" && npm ci) >"$log" 2>&1 && cp "$real/package-lock.json" "$real/node_modules/installed-lock.json" ||
      { tail -n 20 "$log" >&2; return 1; }
  fi
  local changed
  changed=$(find "$real" -name node_modules -prune -o -newer "$built/made" -print 2>/dev/null || echo all)
  if [ ! -e "$built/made" ] || [ -n "$changed" ]; then
    echo "Building the real sites in $built" >&2
    node "$real/build.js" "$built" >"$log" 2>&1 && touch "$built/made" || { tail -n 20 "$log" >&2; return 1; }
  fi
}
