#!/usr/bin/env bash
# Installs what the measurements in bench/ need beside what ./test does: gnuplot draws, nginx is measured too.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tools/setup/packages.sh
need g++ cmake ninja-build binutils python3 util-linux libbenchmark-dev gnuplot-nox nginx-light
