#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Joins source files into one, so that a compiler reads their headers once: unity.py TO FILE...

Each unnamed namespace becomes one of the file's own name. So the same name in two files stays two things, as it is
when they are compiled apart.
"""

import re
import sys
from pathlib import Path


def joined(files):
    for file in files:
        text = Path(file).read_text(encoding="utf-8")
        own = "of_" + re.sub(r"\W", "_", "/".join(Path(file).with_suffix("").parts[-2:]))
        yield f'#line 1 "{file}"\n' + re.sub(r"(?m)^namespace \{", f"namespace {own} {{", text)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join(joined(sys.argv[2:])), encoding="utf-8")
