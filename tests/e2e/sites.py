"""Laying out what the servers serve."""

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
