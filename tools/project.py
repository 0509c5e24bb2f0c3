# SPDX-License-Identifier: MIT
"""What the tools know of the project: where it is, and its version, which stands in CMakeLists.txt alone."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]


def version():
    return re.search(r"^project\(minhttp VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
