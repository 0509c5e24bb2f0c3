#!/usr/bin/env bash
# Installs what the measurements in bench/ need beside what ./test does: gnuplot draws, the servers are compared.
# bench/compare calls it. What is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/setup/packages.sh
# Packages of servers start them; these are only wanted when they are measured (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ "$(id -u)" -eq 0 ] && [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
need g++ cmake ninja-build binutils python3 util-linux strace libbenchmark-dev gnuplot-nox \
  nginx-light lighttpd h2o busybox caddy webfs haproxy
