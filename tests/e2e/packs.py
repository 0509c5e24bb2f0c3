# SPDX-License-Identifier: MIT
"""Sites as executables: the server with a pack behind it, made by the writer of tests/pack."""

import itertools
import sys

import programs

sys.path.insert(1, str(programs.PROJECT / "tests/pack"))
import content_hash  # noqa: E402,F401  (for tests)
import layout  # noqa: E402,F401
import reader  # noqa: E402,F401
import writer  # noqa: E402

_numbers = itertools.count(1)


def executable(place, files, options=(), hosts=False, name=None):
    """An executable that serves these files, or those of a directory, in a directory where every user can run it."""
    if not isinstance(files, dict):
        files = writer.read_directory(files)
    path = place / (name or f"site{next(_numbers)}")
    return writer.write_site(path, programs.MINHTTP, files, options, hosts)


def site(**files):
    """{name: text or bytes}, with a double underscore for a slash and a single one for a dot."""
    made = writer.Files()
    for name, content in files.items():
        made.add(name.replace("__", "/").replace("_", "."), content if isinstance(content, bytes) else content.encode())
    return made


def serve(start, executable, *options, **more):
    """A server on a port of the kernel's choice."""
    if "--workers" not in options and "plain" not in options:
        options = (*options, "--workers", 1)
    if "--listen" not in options:
        options = (*options, "--port", 0)
    return start(*options, program=executable, **more)
