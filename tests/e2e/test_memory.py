# SPDX-License-Identifier: MIT
"""Where a control group limits the memory, the options fit it: a container is not ended by its clients."""

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest

import programs
import raw
import sites
from server import wait_until

MIB = 1 << 20
LINE = re.compile(r"minhttp: (\d+) MiB of memory \(the control group's limit\) allow each worker (\d+) connections?, "
                  r"(\d+) of them in the middle of a request, and (\d+) KiB of small files; for more, raise the limit")
NOBODY = f"exec setpriv --reuid {programs.NOBODY} --regid {programs.NOBODY} --clear-groups"
pytestmark = pytest.mark.skipif(not programs.AS_ROOT, reason="control groups, and mounts, are root's to make")


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "index"})


def said(server):
    """What has been said about memory when the server serves: the figures."""
    assert raw.ask(server.port, "/").body == b"index"
    server.stop()
    lines = server.err.wait_for_end()
    assert len(lines) <= 1
    return [int(number) for number in LINE.fullmatch(lines[0]).groups()] if lines else None


# A /sys of our own: what the kernel would say


def limits(**files):
    """Options for start(): what the server finds as the root group's memory.max, or as memory.limit_in_bytes."""
    lines = "mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/memory"
    for name, text in files.items():
        path = {"max": "memory.max", "limit": "memory/memory.limit_in_bytes"}[name]
        lines += f" && echo {text} > /sys/fs/cgroup/{path}"
    return {"before": ["unshare", "--mount", "bash", "-c", f'{lines} && {NOBODY} "$@"', "bash"], "as_root": True}


@pytest.mark.parametrize("files", [{"max": 64 * MIB}, {"limit": 64 * MIB}, {"max": 64 * MIB, "limit": 2**63 - 4096},
                                   {"max": 512 * MIB, "limit": 64 * MIB}], ids=str)
def test_everything_fits_the_least_limit(start, site, files):
    one = said(start(site, "--workers", 1, **limits(**files)))
    two = said(start(site, "--workers", 2, **limits(**files)))
    assert one[0] == two[0] == 64
    # A slot, a workspace, a file's bytes: what is touched by as many clients as possible.
    assert one[1] * (128 + 4096) + one[2] * 46_000 + one[3] * 1024 < 48 * MIB
    for of_one, of_two in zip(one[1:], two[1:]):
        assert of_one * 0.49 < of_two < of_one * 0.51


@pytest.mark.parametrize("files", [{}, {"max": "max"}, {"max": 4096 * MIB}, {"limit": 2**63 - 4096}], ids=str)
def test_with_enough_memory_there_is_no_message(start, site, files):
    assert said(start(site, "--workers", 1, **limits(**files))) is None


def test_less_than_an_option_asks_for_is_reported(start, site):
    assert said(start(site, "--workers", 1, **limits(max=300 * MIB))) is None
    figures = said(start(site, "--workers", 1, "--connections", 17_000, **limits(max=300 * MIB)))
    assert figures[0] == 300 and 8_500 < figures[1] < 17_000


def test_the_plain_loop_starts_with_little_memory(start, site):
    assert said(start(site, "--loop", "plain", "--cache-files", 0, **limits(max=8 * MIB))) is None


# A control group of our own


def groups():
    """Where one can be made: a directory, and what its files are called."""
    two, one = Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory")
    with contextlib.suppress(OSError):
        if "memory" in (two / "cgroup.subtree_control").read_text() and os.access(two, os.W_OK):
            return two, "memory.max", "memory.swap.max", "memory.events"
    if os.access(one / "memory.limit_in_bytes", os.W_OK):
        return one, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.oom_control"
    return None


@contextlib.contextmanager
def group(limit):
    mount, most, swap, events = groups()
    path = mount / f"minhttp-test-{os.getpid()}"
    path.mkdir()
    try:
        (path / most).write_text(str(limit))
        with contextlib.suppress(OSError):  # a machine without swap
            (path / swap).write_text("0" if swap == "memory.swap.max" else str(limit))
        before = ["bash", "-c", f'echo $$ > {path}/cgroup.procs && {NOBODY} "$@"', "bash"]
        yield before, lambda: int(re.search(r"oom_kill (\d+)", (path / events).read_text()).group(1))
    finally:
        for pid in (path / "cgroup.procs").read_text().split():
            os.kill(int(pid), signal.SIGKILL)  # of a server that has not ended as it should
        assert wait_until(lambda: (path / "cgroup.procs").read_text() == "")
        path.rmdir()


@pytest.mark.skipif(groups() is None, reason="no control groups for memory")
@pytest.mark.parametrize("workers", [1, 2])
def test_unfinished_heads_do_not_exceed_the_memory_limit(start, site, workers):
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 15_000
    with group(64 * MIB) as (before, killed), contextlib.ExitStack() as open_connections:
        server = start(site, "--workers", workers, before=before, as_root=True)
        for number in range(4096):
            connection = open_connections.enter_context(raw.Connection(server.port))
            with contextlib.suppress(ConnectionError):  # it has made room for another one
                connection.send(head)
            if number % 64 == 0:
                assert raw.ask(server.port, "/").body == b"index"
        assert killed() == 0
        server.stop()
        assert not [line for line in server.err.wait_for_end() if not LINE.fullmatch(line)]
