# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh. need_debian_root makes build/debian-root.tar, a small Debian of this machine's suite, in
# which tests/package installs the package, boots systemd, and builds a site's image. It takes a minute; nothing is fetched twice.

need_debian_root() {
  local made=build/debian-root.tar suite
  need mmdebstrap
  # One that was made before minhttps-acme needed libcurl is made anew.
  [ -e "$made" ] && tar -tf "$made" --wildcards '*/libcurl.so.4' >/dev/null 2>&1 && return 0
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  echo "Making a small Debian ($suite): $made" >&2
  mkdir -p build
  mmdebstrap --variant=essential --include=brotli,ca-certificates,libcurl4,libstdc++6,systemd,systemd-sysv "$suite" build/part.tar >build/debian-root.log 2>&1 &&
    mv build/part.tar "$made" || { tail -n 20 build/debian-root.log >&2; return 1; }
}
