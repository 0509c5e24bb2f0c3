# SPDX-License-Identifier: MIT
"""A worker that dies, one that stands still, and one that cannot begin; also where it is the only one.

Slow, as a worker stands still only after LIMIT seconds, which no option makes shorter."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

import programs
import raw
import sites
from server import free_port, run_to_end, wait_until
from workers import all_begun, is_running, served_by, workers

LIMIT = 10  # seconds: silent_turns_max in tables/limits.h
LONG = ("--head-ms", 600_000, "--idle-ms", 600_000)  # however busy the machine is
STOOD_STILL = rf"minhttp: worker (\d) \(process (\d+)\) has not responded for {LIMIT} s"


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "index", "small": "small"})


@pytest.fixture(params=[1, 2], ids=["one worker", "two"])
def count(request):
    return request.param


def queued(server, number=24):
    """Connections with a request each, of which one that does not serve has some in its queue."""
    waiting = [raw.Connection(server.port) for _ in range(number)]
    for connection in waiting:
        connection.send(raw.request("/small", connection="close"))
    return waiting


def test_a_killed_single_worker_is_replaced_and_its_backlog_served(start, site):
    server = start(site, "--workers", 1, *LONG)
    (first,) = all_begun(server, 1)
    os.kill(first, signal.SIGSTOP)
    waiting = queued(server)
    os.kill(first, signal.SIGKILL)
    assert server.err.wait_for(re.compile(rf"worker 1 \(process {first}\) was ended by .*takes its place$").search)
    assert all(connection.answer().body == b"small" for connection in waiting)
    assert all_begun(server, 1) != [first]


def test_a_hanging_worker_is_replaced_and_its_backlog_served(start, site, count):
    server = start(site, "--workers", count, *LONG)
    before = all_begun(server, count)
    connections = [raw.Connection(server.port) for _ in range(12)]
    for connection in connections:
        assert connection.ask("/small").body == b"small"
    stopped = before[0]
    its_own = [connection for connection in connections if served_by(server, connection) == stopped]
    os.kill(stopped, signal.SIGSTOP)
    waiting = queued(server)
    said = server.err.wait_for(re.compile(STOOD_STILL).match)
    assert said and said.endswith(" and is killed; another one takes its place")
    assert re.match(STOOD_STILL, said).groups() == ("1", str(stopped))
    assert all(connection.answer().body == b"small" for connection in waiting), "also those in its queue"
    assert all(connection.is_closed() for connection in its_own)
    for connection in connections:
        if connection not in its_own:
            assert connection.ask("/small").body == b"small"
    assert wait_until(lambda: not is_running(stopped))
    assert set(all_begun(server, count)) & set(before) == set(before[1:])
    server.stop()
    assert server.err.wait_for_end() == [said], "its death is no news"


def supervisor_looks(server, times):
    """Waits until the supervisor has slept and woken so often: it looks at the heartbeats once a second."""
    def switches():
        return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", Path(f"/proc/{server.pid}/status").read_text(), re.M)[1])

    before = switches()
    assert wait_until(lambda: switches() >= before + times)


def test_workers_that_were_stopped_with_their_supervisor_are_not_replaced(start, site, count):
    """Ctrl-Z, docker pause, suspend: the supervisor counts its own turns, and has none meanwhile."""
    server = start(site, "--workers", count, before=["setsid"])
    before = all_begun(server, count)
    os.killpg(server.pid, signal.SIGSTOP)
    time.sleep(LIMIT + 2)  # no event tells that somebody has been stopped for so long
    os.killpg(server.pid, signal.SIGCONT)
    supervisor_looks(server, 3)
    assert raw.ask(server.port, "/small").body == b"small"
    assert workers(server) == before and server.err.all == []


def test_idle_and_draining_workers_are_not_replaced(start, site):
    sites.write_files(site, {"large": b"l" * (32 << 20)})
    server = start(site, "--workers", 1, *LONG, "--drain-ms", 600_000, "--send-ms", 600_000)
    (pid,) = all_begun(server, 1)
    with raw.Connection(server.port, receive_buffer=4096) as connection:
        connection.send(raw.request("/large"))
        connection.head()
        supervisor_looks(server, LIMIT + 2)
        assert workers(server) == [pid]
        server.signal(signal.SIGTERM)
        time.sleep(LIMIT + 2)  # the supervisor looks no more: only time could tell that it does
        assert workers(server) == [pid]
        assert len(connection.rest()) > 0
    assert server.wait() == 0
    assert server.err.wait_for_end() == []


needs_freezer = pytest.mark.skipif(
    not (programs.AS_ROOT and os.access("/sys/fs/cgroup/freezer/tasks", os.W_OK)),
    reason="a process that SIGKILL does not end takes root and the freezer of control groups, version 1")


@contextlib.contextmanager
def in_the_kernel(pid):
    """As one that waits for a disk: SIGKILL waits, too. So it is with this freezer (control groups, version 1)."""
    group = Path(f"/sys/fs/cgroup/freezer/minhttp-test-{os.getpid()}")
    group.mkdir()
    try:
        (group / "cgroup.procs").write_text(str(pid))
        (group / "freezer.state").write_text("FROZEN")
        assert wait_until(lambda: (group / "freezer.state").read_text() == "FROZEN\n")
        yield
    finally:
        (group / "freezer.state").write_text("THAWED")
        assert wait_until(lambda: not (group / "cgroup.procs").read_text())
        group.rmdir()


@needs_freezer
def test_a_worker_stuck_in_the_kernel_is_replaced_before_it_dies(start, site, count):
    server = start(site, "--workers", count, *LONG)
    frozen = all_begun(server, count)[0]
    with in_the_kernel(frozen):
        waiting = queued(server)
        said = server.err.wait_for(re.compile(STOOD_STILL).match)
        assert said and re.match(STOOD_STILL, said)[2] == str(frozen)
        assert all(connection.answer().body == b"small" for connection in waiting)
        assert is_running(frozen), "or this proves nothing"
    assert wait_until(lambda: not is_running(frozen))
    assert raw.ask(server.port, "/small").body == b"small"
    assert server.err.all == [said]


@needs_freezer
def test_there_is_no_third_worker_while_the_first_is_stuck(start, site):
    server = start(site, "--workers", 2, *LONG)
    frozen, peer = all_begun(server, 2)
    with in_the_kernel(frozen):
        assert server.err.wait_for(re.compile(STOOD_STILL).match)
        (second,) = set(all_begun(server, 3)) - {frozen, peer}
        os.kill(second, signal.SIGSTOP)
        assert server.err.wait_for(lambda line: line.endswith("as the one before it; new clients go to the other workers"))
        for _ in range(20):
            assert raw.ask(server.port, "/small").body == b"small", "all of them at its peer"
        assert set(workers(server)) == {frozen, peer, second}
    assert wait_until(lambda: not {frozen, second} & set(workers(server))), "now it can be replaced"
    all_begun(server, 2)
    for _ in range(20):
        assert raw.ask(server.port, "/small").body == b"small"


@needs_freezer
def test_the_end_does_not_wait_forever_for_a_stuck_worker(start, site):
    server = start(site, "--workers", 1, "--drain-ms", 0)
    with in_the_kernel(all_begun(server, 1)[0]):
        server.signal(signal.SIGTERM)
        assert server.wait() == 1
        assert server.err.wait_for(lambda line: "some workers have not ended" in line)


def test_a_worker_that_cannot_start_ends_the_server(place, site, count):
    """The first of these calls of each process fails; that of the supervisor does not matter."""
    ended = run_to_end(site, "--port", 0, "--workers", count, before=programs.injecting(place, "prlimit64:error=EPERM:when=1"))
    lines = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (1, "")
    assert 1 <= len(lines) <= count
    assert set(lines) == {"minhttp: sandbox: cannot forbid processes to a worker: the system does not permit it; "
                          "--sandbox off starts without protection"}


def test_workers_that_always_die_before_serving_end_the_server(place, site):
    ended = run_to_end(site, "--port", 0, "--workers", 1, before=programs.injecting(place, "epoll_create1:signal=KILL"))
    lines = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout, len(lines)) == (1, "", 5)
    assert all("worker 1 (process" in line and "was ended by signal 9" in line for line in lines)
    assert lines[-1].endswith("; none has served: the start has failed")


# Who else may have the port


def as_the_server(program, *arguments):
    return subprocess.Popen(["/usr/bin/python3", "-c", program, *map(str, arguments)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **programs.unprivileged())


SHARES = """
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind((sys.argv[1], int(sys.argv[2])))
    s.listen()
    print("taken", flush=True)
    sys.stdin.read()
except OSError:
    print("refused", flush=True)
"""


@contextlib.contextmanager
def somebody_shares(address, port):
    """A program of the server's user that asks for a share of the port; what came of it."""
    process = as_the_server(SHARES, address, port)
    try:
        yield process.stdout.readline().decode().strip()
    finally:
        process.communicate()


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_the_port_of_a_single_worker_is_not_shared(start, site, address):
    server = start(site, "--workers", 1)
    with somebody_shares(address, server.port) as outcome:
        assert outcome == "refused"


def test_another_listener_on_the_port_is_reported_at_start(site, count):
    """Also where it listens at one address, and we at all."""
    port = free_port()
    with somebody_shares("127.0.0.1", port) as outcome:
        assert outcome == "taken"
        ended = run_to_end(site, "--port", port, "--workers", count)
        assert ended.returncode == 1 and "it is in use" in ended.stderr


def test_a_program_of_the_same_user_can_share_the_port_as_docs_say(start, site):
    """Where there are several workers it gets all clients of the address that it names, and nobody can tell."""
    server = start(site, "--workers", 2)
    with somebody_shares("127.0.0.1", server.port) as outcome:
        assert outcome == "taken"
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(raw.request("/small"))
            client.settimeout(0.5)
            with pytest.raises(TimeoutError):
                client.recv(1)
