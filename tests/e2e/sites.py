# SPDX-License-Identifier: MIT
"""Laying out what the servers serve."""

import base64
import os
import subprocess
from pathlib import Path

import programs

MAKE_FIXTURE = Path(__file__).resolve().parents[1] / "conformance/mkfixture.sh"


def lay_fixture(root):
    """The document root of the conformance cases."""
    root.mkdir(parents=True)
    if not programs.AS_ROOT:
        # Only root may make a device; a FIFO in its place keeps its case meaningful.
        os.mkfifo(root / "null")
    subprocess.run(["/bin/bash", str(MAKE_FIXTURE), str(root)], check=True, timeout=60)
    return root


def write_files(root, files):
    """`files` maps relative paths to contents."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


# By mkpasswd -m sha-512 -S saltsalt -R 1000, the fewest rounds there are, so that no test waits; the slow one by
# -R 1000000, the most, so that something can happen while it is checked.
_HASHES = {
    "secret": (1000, "LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/"),
    "changed": (1000, "eGvf0OZ.zugklgoUnOK46jFKUlxZvhAF8ylED/dphBN.CrxE1U9C13Ql/4I63/Gs8g/0A8iTUGQYq7xg9v8ik."),
    "slow": (1_000_000, "8eozyJ9b2o6kX3kMgZ17J5ky2jI9sXqjlqkaIval5v29TV6m2e7XihkWT8d30KQ.hIrZIBQyiEvrhaY3uKoQd0"),
}


def write_passwords(file, password="secret"):
    """A password file in which joe has this one."""
    rounds, crypt = _HASHES[password]
    file.write_text(f"joe:$6$rounds={rounds}$saltsalt${crypt}\n")
    return file


def authorization(password="secret"):
    """How joe says it."""
    return "Basic " + base64.b64encode(f"joe:{password}".encode()).decode()
