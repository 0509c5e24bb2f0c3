# SPDX-License-Identifier: MIT
"""A real site of thousands of files: Debian's package cppreference-doc-en-html."""

import os
import urllib.parse
from pathlib import Path

SITE = Path("/usr/share/cppreference/doc/html")


def all_files():
    """Every file, as its path below the site."""
    found = []
    for directory, _, names in os.walk(SITE):
        found += [os.path.relpath(os.path.join(directory, name), SITE) for name in names]
    assert found, f"{SITE} is missing: install the package cppreference-doc-en-html"
    return sorted(found)


def url_path(name):
    return "/" + urllib.parse.quote(name)
