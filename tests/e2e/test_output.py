# SPDX-License-Identifier: MIT
"""Standard output and standard error whose reader stands still: no message and no log line waits for it.

A pipe, a terminal or a socket is made by a small program that becomes the server; whether it is the server's user who
made it decides in which way the server writes (src/rt/output.cc).
"""

import os
import signal
import socket
import subprocess

import pytest

import programs
import raw
import sites
from server import Lines, wait_until
from test_victim import VICTIM
from workers import all_begun, is_running

MAKE = {
    "pipe": "r, w = os.pipe()",
    "terminal": "r, w = os.openpty()",
    "socket": "import socket\nr, w = (end.detach() for end in socket.socketpair())",
}
FILL = """
os.set_blocking(w, False)
for size in (4096, 1):
    try:
        while True: os.write(w, b'-' * size)
    except BlockingIOError: pass
os.set_blocking(w, True)
"""
ENDS = [f"{kind} of {owner}" for kind in MAKE for owner in (("us", "root") if programs.AS_ROOT else ("us",))]
NOBODY = ["setpriv", "--reuid", programs.NOBODY, "--regid", programs.NOBODY, "--clear-groups"]


@pytest.fixture(params=ENDS)
def end(request):
    """What the server writes to."""
    return request.param


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "index"})


def unread(end, *descriptors, full):
    """Options for start(): these descriptors lead to something that nobody reads, and that has room unless it is full."""
    kind, owner = end.split(" of ")
    lines = f"import os, sys\n{MAKE[kind]}\nos.set_inheritable(r, True)\n{FILL if full else ''}"
    lines += "".join(f"os.dup2(w, {descriptor})\n" for descriptor in descriptors)
    before = ["/usr/bin/python3", "-c", lines + "os.execvp(sys.argv[1], sys.argv[1:])"]
    return {"before": [*before, *(NOBODY if owner == "root" else [])], "as_root": owner == "root"}


def ends_at_once(server):
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_it_starts_with_output_that_nobody_reads(start, site, end, workers):
    options = unread(end, 1, 2, full=True)
    options["before"] += ["prlimit", "--nofile=64:64"]  # so that there is something to be said on standard error, too
    server = start(site, "--workers", workers, silent=True, **options)
    assert raw.ask(server.port, "/").body == b"index"
    ends_at_once(server)


@pytest.mark.parametrize("arguments", [("--workers", 1), ("--workers", 2), ("--loop", "plain")], ids=["one worker", "two", "plain"])
def test_requests_are_served_while_the_log_is_blocked(start, site, end, arguments):
    """Among them is the moment in which a terminal has some room, but not for a line."""
    options = unread(end, 1, full=False)
    options["before"] = [*programs.UNTRACED, *options["before"]]
    server = start(site, *arguments, silent=True, **options)
    for _ in range(2 if 2 in arguments else 1):  # perhaps not the same worker
        with raw.Connection(server.port) as connection:
            for _ in range(1200):
                assert connection.ask("/").body == b"index"
    ends_at_once(server)


@pytest.mark.skipif(not programs.AS_ROOT, reason="strace of a process of another user")
def test_a_worker_with_a_bug_dies_and_is_replaced(start, site, end):
    options = unread(end, 2, full=True)
    options["before"] = [*programs.UNTRACED, *options["before"]] # it is traced below
    server = start(site, "--workers", 2, "--sandbox", "off", silent=True, **options)
    victim = all_begun(server, 2)[0]
    # More bytes than there was room for: a CHECK of ours.
    trace = ["strace", "-p", str(victim), "-e", "trace=read", "-e", "inject=read:retval=1000000"]
    with subprocess.Popen(trace, stderr=subprocess.PIPE) as strace:
        try:
            said = Lines(strace.stderr)
            assert said.wait_for(lambda line: "attached" in line)
            connections = [raw.Connection(server.port) for _ in range(40)]  # one of them is the worker's
            for connection in connections:
                connection.send(raw.request("/"))
            assert wait_until(lambda: not is_running(victim))
        finally:
            strace.kill()
    all_begun(server, 2)
    assert raw.ask(server.port, "/").body == b"index"
    ends_at_once(server)


@pytest.mark.parametrize("what, number", [("panic", signal.SIGTRAP), ("fork", signal.SIGSYS)])
def test_last_messages_do_not_block_the_end(site, end, what, number):
    options = unread(end, 2, full=True)
    user = {} if options["as_root"] else programs.unprivileged()
    command = programs.command(VICTIM, ["calls", site, what, os.getpid()], options["before"])
    ended = subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=False, **user)
    code = {signal.SIGTRAP: (-signal.SIGTRAP, -signal.SIGILL)}.get(number, (-number,))  # a trap is either (__builtin_trap)
    assert ended.returncode in code and ended.stdout == b""


def test_a_shared_output_does_not_become_nonblocking(start, site):
    """O_NONBLOCK is ours alone: of the same pipe and terminal, others can still wait for their reader."""
    flags = "import fcntl; print(fcntl.fcntl(3, fcntl.F_GETFL) & os.O_NONBLOCK, flush=True)"
    before = ["bash", "-c", f'exec 3>&1; "$@" & wait; exec /usr/bin/python3 -c "import os; {flags}"', "bash"]
    server = start(site, "--workers", 1, before=before, forks=True)
    assert raw.ask(server.port, "/").body == b"index"
    ends_at_once(server)
    assert server.out.wait_for_end()[-1] == "0"


def test_a_start_that_fails_reports_to_a_socket(place):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = programs.command(programs.MINHTTP, [place / "nowhere", "--port", 0])
        ended = subprocess.run(command, stderr=theirs, timeout=60, check=False, **programs.unprivileged())
        assert ended.returncode == 1
        assert ours.recv(4096).startswith(b"minhttp: cannot serve '")
