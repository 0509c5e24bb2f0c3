# SPDX-License-Identifier: MIT
"""Which binaries are tested, and how they are started."""

import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
# Settings of the tests. They leave the environment: to a server, MINHTTP_ begins settings of its own.
SETTINGS = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("MINHTTP_")}
os.environ.pop("PORT", None)

MINHTTP = Path(os.environ.get("MINHTTP", PROJECT / "build/release/minhttp")).resolve()
CASE_STUDY = Path(os.environ.get("CASE_STUDY", MINHTTP.with_name("case-study"))).resolve()
WORKERS = int(SETTINGS.get("MINHTTP_WORKERS", "1"))  # most tests look at one process
WRAPPER = shlex.split(SETTINGS.get("MINHTTP_WRAPPER", ""))

# A directory for what calls.py compares with the table; the gate traces only some files (tests/CMakeLists.txt).
TRACES = SETTINGS.get("MINHTTP_TRACES") or (not SETTINGS.get("MINHTTP_GATE") and SETTINGS.get("MINHTTP_TRACES_OF_ALL")) or None

AS_ROOT = os.geteuid() == 0
NOBODY = 65534


def open_directory(**where):
    """A new temporary directory that everybody may enter: the server runs as another user than the tests."""
    path = Path(tempfile.mkdtemp(prefix="minhttp-", **where))
    path.chmod(0o755)
    return path


class _Copies:
    """Binaries where every user can run them; the build may lie in a private home."""

    def __init__(self):
        self.directory = None

    def of(self, program):
        if not AS_ROOT or any(part.startswith("minhttp-") for part in program.parts[:-1]):  # of open_directory()
            return program
        if self.directory is None:
            self.directory = open_directory()
        copy = self.directory / program.name
        if not copy.exists():
            shutil.copy2(program, copy)
            copy.chmod(0o755)
        return copy

    def remove(self):
        if self.directory is not None:
            shutil.rmtree(self.directory)
            self.directory = None


copies = _Copies()


UNTRACED = ("env", "UNTRACED=1")  # put before the server: for a test whose server makes a hundred thousand calls of one kind


def command(program, arguments, before=()):
    return [*map(str, before), *WRAPPER, *traced(program, before), str(copies.of(program)), *map(str, arguments)]


def traced(program, before):
    """strace beside the server, which stays the process that we know; but not a second one, nor in a namespace."""
    if TRACES is None or program != MINHTTP or {"strace", "unshare", "UNTRACED=1"} & set(map(str, before)):
        return []
    return ["strace", "-D", *trace_everything()]


def trace_everything():
    """Into a file with the name of the test, for who wonders which of them makes so many calls."""
    test = re.sub(r"\W+", "-", os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[2])[:100]
    handle, name = tempfile.mkstemp(dir=TRACES, prefix=f"calls-{test}-")
    os.fchmod(handle, 0o666)
    os.close(handle)
    return ["-f", "-qq", "-s", "0", "-e", "signal=none", "-o", name]


def needs_root(why):
    """For what the kernel shows to, or does for, root only. CI is root and skips nothing; ./test says when it was not."""
    if not AS_ROOT:
        pytest.skip(f"only root {why}")


def descriptors_of(pid, directory="fd"):
    """What /proc tells of a server's descriptors: a process that is not dumpable and so belongs to root there."""
    needs_root("sees the descriptors of a process that is not dumpable")
    return Path(f"/proc/{pid}/{directory}")


def unprivileged():
    """What subprocess needs so that a server started by root is nobody in particular."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if AS_ROOT else {}


def injecting(place, *injections):
    """A command before the server's: strace, which answers for the kernel ("call:error=NAME", strace(1))."""
    trace = place / "trace"
    trace.touch()
    trace.chmod(0o666)
    calls = ",".join(injection.partition(":")[0] for injection in injections)
    return ["strace", "-f", "-o", trace, "-e", f"trace={calls}", *(f"--inject={injection}" for injection in injections)]
