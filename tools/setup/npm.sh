# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh. need_npm FOLDER LOG installs from npm what FOLDER/package.json lists, where its lock has
# changed.

need_npm() {
  local folder=$1 log=$2
  # Another Node than Debian's brings its own npm, and the two packages exclude each other.
  command -v node >/dev/null || need nodejs
  command -v npm >/dev/null || need npm
  cmp -s "$folder/package-lock.json" "$folder/node_modules/installed-lock.json" && return
  echo "Installing from npm, into $folder/node_modules: what $folder/package.json lists" >&2
  (cd "$folder" && npm ci) >"$log" 2>&1 && cp "$folder/package-lock.json" "$folder/node_modules/installed-lock.json" ||
    { tail -n 20 "$log" >&2; return 1; }
}
