# SPDX-License-Identifier: MIT
# Sourced by ./test, after packages.sh. need_release installs what tools/release needs on x86-64: three compilers, the libraries of minhttps,
# minhttps-acme and minhttp-pack, and OpenSSL of arm64, which Debian installs beside that of this machine (dpkg --add-architecture).

need_release() {
  need g++ g++-aarch64-linux-gnu g++-riscv64-linux-gnu cmake ninja-build dpkg-dev libssl-dev \
    libcli11-dev libbrotli-dev libzstd-dev libdeflate-dev libgumbo-dev libcurl4-openssl-dev nlohmann-json3-dev
  if ! dpkg --print-foreign-architectures | grep -qx arm64; then
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "Packages of arm64 may be installed from now on, for OpenSSL (dpkg --add-architecture arm64)" >&2
    "${as_root[@]}" dpkg --add-architecture arm64
  fi
  need libssl-dev:arm64
}
