# SPDX-License-Identifier: MIT
"""What the programs have of others in them."""
import typing


class Library(typing.NamedTuple):
    package: str  # of Debian, that it comes from
    licence: str  # as SPDX has it
    headers: str = ""  # beneath /usr/include: it has headers only, so its code is in the program however that is linked


GLIBC = Library("libc6-dev", "LGPL-2.1-or-later")
LIBSTDCXX = Library("libstdc++-12-dev", "GPL-3.0-or-later WITH GCC-exception-3.1")
OPENSSL = Library("libssl-dev", "Apache-2.0")
CLI11 = Library("libcli11-dev", "BSD-3-Clause", "CLI")

LIBRARIES = {
    "minhttps": {"OpenSSL": OPENSSL, "glibc": GLIBC},
    "minhttps-acme": {"curl": Library("libcurl4-openssl-dev", "curl"), "OpenSSL": OPENSSL, "glibc": GLIBC, "libstdc++": LIBSTDCXX,
                      "JSON for Modern C++": Library("nlohmann-json3-dev", "MIT", "nlohmann"), "CLI11": CLI11},
    "minhttp-pack": {"glibc": GLIBC, "libstdc++": LIBSTDCXX, "Brotli": Library("libbrotli-dev", "MIT"),
                     "Zstandard": Library("libzstd-dev", "BSD-3-Clause OR GPL-2.0-only"), "libdeflate": Library("libdeflate-dev", "MIT"),
                     "Gumbo": Library("libgumbo-dev", "Apache-2.0"), "CLI11": CLI11},
}


def header_libraries(program):
    return [library for library in LIBRARIES.get(program, {}).values() if library.headers]
