#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what the measurements in bench/ need beside what ./test does: gnuplot draws, the servers are compared.
# bench/compare calls it. What is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/setup/packages.sh
need_without_starting g++ cmake ninja-build binutils python3 util-linux strace libbenchmark-dev gnuplot-nox valgrind \
  nginx-light lighttpd h2o busybox caddy webfs haproxy
