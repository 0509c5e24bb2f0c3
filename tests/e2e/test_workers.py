# SPDX-License-Identifier: MIT
"""Several workers: who serves whom, what happens when one dies, and what all of them do together."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import programs
import raw
import sites
from server import run_to_end, wait_until
from workers import all_begun, is_running, one_of_each, served_by, sockets, workers

SIZE = 32 << 20
TWO = ("--workers", 2, "--head-ms", 600_000, "--idle-ms", 600_000)  # however busy the machine is


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"large": b"l" * SIZE, "small": b"small", "_redirects": "/a /one\n"})


@pytest.fixture
def pair(start, site):
    """A server with two workers."""
    server = start(site, *TWO)
    all_begun(server, 2)
    return server


def connect(server):
    return lambda: raw.Connection(server.port, receive_buffer=16 << 10)


def begin_download(connection):
    connection.send(raw.request("/large"))
    assert int(connection.head()[1].fields["content-length"]) == SIZE


def said(server, pattern):
    """The line, and what the pattern found in it."""
    line = server.err.wait_for(re.compile(pattern).search)
    assert line, (pattern, server.err.all)
    return re.search(pattern, line)


def died(pid):
    return rf"worker (\d+) \(process {pid}\) was ended by signal 9 \(SIGKILL"


def is_refused(port):
    try:
        raw.Connection(port, deadline=5).socket.close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_the_option_sets_the_number_of_workers(start, site):
    for count in (1, 2, 5):
        server = start(site, "--workers", count)
        assert len(set(all_begun(server, count))) == count
        assert server.open_sockets() == count, "a listener for each, which outlives its worker"
        # One that has only begun may still have to close those of its peers.
        assert wait_until(lambda: [len(sockets(pid)) for pid in workers(server)] == [1] * count), "and nobody has another's"


def test_by_default_one_worker_for_each_cpu(start, site):
    cpus = len(os.sched_getaffinity(0))  # a quota would make it fewer: tests/unit/app/cpus_test.cc
    assert len(all_begun(start(site, "--workers", 0), cpus)) == cpus


@pytest.mark.parametrize("arguments", [["--workers", 1], ["--loop", "plain"]])
def test_the_greeting_and_the_plain_loop_have_no_supervisor(start, site, arguments):
    server = start(*([site] if "plain" in arguments else []), *arguments)
    assert workers(server) == []
    assert raw.ask(server.port, "/small").status == 200


def test_one_cpu_is_one_worker(start, site):
    cpu = min(os.sched_getaffinity(0))
    server = start(site, "--workers", 0, before=["taskset", "-c", cpu])
    assert len(all_begun(server, 1)) == 1
    assert raw.ask(server.port, "/small").body == b"small"


@pytest.mark.parametrize("arguments", [["--workers", "129"], ["--workers", "many"], ["--workers", 2, "--loop", "plain"]])
def test_invalid_numbers_are_refused(site, arguments):
    result = run_to_end(site, *arguments)
    assert result.returncode == 2 and "--workers" in result.stderr and result.stderr.count("\n") == 1


def test_ten_thousand_connections_are_spread(start, site):
    server = start(site, *TWO, "--connections", 12000)
    both = all_begun(server, 2)
    count = 10_000
    holder = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(__file__), "hold_connections.py"),
                               str(server.port), str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held %d\n" % count
        assert wait_until(lambda: sum(len(sockets(pid)) - 1 for pid in both) == count)
        shares = [(len(sockets(pid)) - 1) / count for pid in both]
        print("shares of 10,000 connections:", shares)
        assert all(0.45 < share < 0.55 for share in shares)  # ten standard deviations
    finally:
        holder.communicate()


def test_a_dead_worker_is_replaced_and_others_are_not_affected(pair):
    connections = one_of_each(pair, connect(pair))
    killed, other = connections
    begin_download(connections[other])
    os.kill(killed, signal.SIGKILL)
    assert said(pair, died(killed) + r".*; another one takes its place$")
    assert connections[killed].is_closed()
    assert connections[other].body_bytes(SIZE) == b"l" * SIZE
    assert connections[other].ask("/small").body == b"small", "and its connection lives on"
    assert killed not in all_begun(pair, 2) and other in workers(pair)
    for connection in one_of_each(pair, connect(pair)).values():
        assert connection.ask("/small").body == b"small"


def test_clients_in_the_backlog_of_a_dead_worker_are_served(pair):
    stuck = workers(pair)[0]
    os.kill(stuck, signal.SIGSTOP)
    waiting = [raw.Connection(pair.port) for _ in range(40)]  # that all go to the other: 2 to the power of -40
    for connection in waiting:
        connection.send(raw.request("/small"))
    assert wait_until(lambda: any(served_by(pair, connection) for connection in waiting))
    os.kill(stuck, signal.SIGKILL)
    assert all(connection.answer().body == b"small" for connection in waiting)


def test_a_worker_that_keeps_dying_is_restarted_with_a_delay(pair):
    """Within ten seconds; so nothing here may take long."""
    waits = []
    for _ in range(6):
        first = all_begun(pair, 2)[0]
        os.kill(first, signal.SIGKILL)
        match = said(pair, died(first) + r".*; another one (takes its place|comes in (\d+) ms)$")
        waits.append(int(match[3] or 0))
        number = match[1]
        if waits[-1] > 500:  # nobody is left in the queue of one that will be away for long
            (other,) = workers(pair)
            served = [raw.Connection(pair.port, deadline=5) for _ in range(20)]
            assert all(connection.ask("/small").body == b"small" for connection in served)
            assert len(sockets(other)) == 1 + len(served)
            for connection in served:
                connection.socket.close()
            assert wait_until(lambda: len(sockets(other)) == 1)
    assert number == "1" and waits == [0, 100, 200, 400, 800, 1600]
    all_begun(pair, 2)
    one_of_each(pair, connect(pair))  # it listens again


def test_a_parent_that_ignores_its_children(start, site):
    """Which is inherited, and would keep the server from hearing of its own."""
    ignoring = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])"
    server = start(site, *TWO, before=["/usr/bin/python3", "-c", ignoring])
    killed = all_begun(server, 2)[0]
    os.kill(killed, signal.SIGKILL)
    assert said(server, died(killed))
    all_begun(server, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("everybody", [False, True], ids=["the supervisor", "the whole group"])
def test_the_end_waits_for_downloads(start, site, number, everybody):
    """Ctrl-C and systemd signal all processes. For a worker that is still the first time."""
    server = start(site, *TWO, "--drain-ms", 600_000, before=["setsid"])
    connections = one_of_each(server, connect(server))
    for connection in connections.values():
        begin_download(connection)
    idle = connect(server)()
    assert idle.ask("/small").body == b"small"
    server.signal(0)  # the end is ours
    (os.killpg if everybody else os.kill)(server.pid, number)
    assert idle.is_closed()
    assert wait_until(lambda: is_refused(server.port)), "one worker may hear of it later than the other"
    for connection in connections.values():
        assert connection.body_bytes(SIZE) == b"l" * SIZE
    assert server.wait() == 0
    assert not any(map(is_running, connections))
    assert server.err.wait_for_end() == []


def test_a_second_signal_ends_it_at_once(start, site):
    server = start(site, *TWO, "--drain-ms", 3_600_000, "--send-ms", 3_600_000)
    connections = one_of_each(server, connect(server))
    for connection in connections.values():
        begin_download(connection)
    idle = connect(server)()
    assert idle.ask("/small").body == b"small"
    server.signal(signal.SIGTERM)
    assert idle.is_closed()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_a_stuck_worker_does_not_delay_the_end(start, site):
    server = start(site, *TWO, "--drain-ms", 100)
    stuck = all_begun(server, 2)[1]
    os.kill(stuck, signal.SIGSTOP)
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert said(server, died(stuck))


def test_repeated_signals_do_not_delay_the_end(start, site):
    server = start(site, *TWO, "--drain-ms", 3_600_000)
    stuck = all_begun(server, 2)[1]
    os.kill(stuck, signal.SIGSTOP)
    assert wait_until(lambda: server.process.poll() is not None or server.signal(signal.SIGTERM))
    assert server.wait() == 0
    assert said(server, died(stuck))


def test_a_worker_obeys_its_supervisor_only(pair):
    connections = one_of_each(pair, connect(pair))
    for pid in connections:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
            os.kill(pid, number)
    for connection in connections.values():
        assert connection.ask("/small").body == b"small"
    assert list(sorted(connections)) == list(sorted(workers(pair))) and pair.err.all == []


def test_workers_end_with_their_supervisor(start, site):
    server = start(site, *TWO)
    connections = one_of_each(server, connect(server))
    begun = list(connections.values())[0]
    begin_download(begun)
    server.signal(signal.SIGKILL)
    server.wait()
    assert begun.body_bytes(SIZE) == b"l" * SIZE, "who is being served is served"
    begun.socket.close()
    assert wait_until(lambda: not any(map(is_running, connections)))
    assert is_refused(server.port)


def test_all_workers_reload_and_one_message_says_so(pair, site):
    connections = one_of_each(pair, connect(pair))
    for round, target in enumerate(("/two", "/three")):
        sites.write_files(site, {"_redirects": f"/a {target}\n/b /c\n"})
        assert pair.reload() == ["minhttp: reloaded: 2 redirects, 0 blocks of fields"]
        assert len(pair.err.all) == round + 1
        for connection in connections.values():
            assert connection.ask("/a").fields["location"] == target
    sites.write_files(site, {"_redirects": "/a nonsense\n"})
    mistake, verdict = pair.reload()
    assert "_redirects:1: " in mistake and "reload failed" in verdict
    for connection in connections.values():
        assert connection.ask("/a").fields["location"] == "/three"
    os.kill(list(connections)[0], signal.SIGKILL)
    all_begun(pair, 2)
    for connection in one_of_each(pair, connect(pair)).values():
        assert connection.ask("/a").fields["location"] == "/three", "also who has come later"


def test_a_port_in_use(start, site):
    for workers_there in (1, 2):
        server = start(site, "--listen", "127.0.0.1:0", "--workers", workers_there)
        for count in (1, 2):
            result = run_to_end(site, "--listen", f"127.0.0.1:{server.port}", "--workers", count)
            assert result.returncode == 1 and "it is in use" in result.stderr, "also of the same user"
            assert result.stdout == ""


@pytest.mark.parametrize("addresses", [["127.0.0.1", "[::1]"], ["[::1]", "127.0.0.1"]])
def test_several_addresses(start, site, addresses):
    server = start(site, "--workers", 3, *(word for address in addresses for word in ("--listen", f"{address}:0")))
    second = server.start_lines(2)[1]
    assert f"http://{addresses[1]}:" in second
    ports = [server.port, int(second.rpartition(":")[2].rstrip("/"))]
    for address, port in zip(addresses, ports):
        for _ in range(20):
            with raw.Connection(port, address.strip("[]")) as connection:
                assert connection.ask("/small").body == b"small"


def test_lines_of_the_log_are_whole(pair):
    """Of all lengths, also beyond what a pipe takes at once, while the reader is now and then busy elsewhere."""
    asked, over = [], time.monotonic() + 3

    def ask(thread):
        for number in range(10_000):
            if time.monotonic() > over:
                return
            path = f"/{thread}-{number}-" + "x" * (number * 37 % 300 if number % 50 else 6000)
            with raw.Connection(pair.port) as connection:
                connection.ask(path)
            asked.append(path)

    threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    while time.monotonic() < over:
        pair.out.reading.clear()
        time.sleep(0.05)
        pair.out.reading.set()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    pair.stop()
    pair.out.wait_for_end()
    line_form = re.compile(r'127\.0\.0\.1 - - \[[^]]+\] "GET (/\S+) HTTP/1.1" 404 \d+( early)?')  # the longest do not fit a record
    lost = sum(int(line.rpartition(" ")[2]) for line in pair.log_lines() if "lines dropped" in line)
    matches = [line_form.fullmatch(line) for line in pair.log_lines() if "lines dropped" not in line]
    assert all(matches)
    assert {match[1] for match in matches} <= set(asked)
    assert len(matches) + lost == len(asked) > 100


def test_a_log_that_nobody_reads_does_not_block_clients(pair):
    """Both at once: who finds room in the pipe must still have it when it writes."""
    def ask(connection):
        for _ in range(4000):
            assert connection.ask("/small").status == 200

    pair.out.reading.clear()
    try:
        with ThreadPoolExecutor() as threads:
            for asker in [threads.submit(ask, one) for one in one_of_each(pair, connect(pair)).values()]:
                asker.result()
    finally:
        pair.out.reading.set()


def test_answers_in_several_parts_have_different_boundaries(pair):
    boundaries = []
    for _ in range(2):
        for connection in one_of_each(pair, connect(pair)).values():
            boundaries += [connection.ask("/large", range="bytes=0-0,2-2").fields["content-type"] for _ in range(3)]
        os.kill(workers(pair)[0], signal.SIGKILL)
        assert pair.err.wait_for(lambda line: "takes its place" in line)
        all_begun(pair, 2)
    assert len(set(boundaries)) == len(boundaries) == 12


if programs.AS_ROOT and os.access("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", os.W_OK):
    @pytest.mark.parametrize("quota, count", [("100000", 1), ("30000", 1), ("150000", 2), ("-1", 2)])
    def test_a_cpu_quota_of_a_parent_group(start, site, quota, count):
        """Version 1 of control groups; for version 2 the reading is the same, and tests/unit/app/cpus_test.cc has the texts."""
        above = Path(f"/sys/fs/cgroup/cpu/minhttp-test-{os.getpid()}")
        own = above / "own"
        own.mkdir(parents=True)
        try:
            (above / "cpu.cfs_quota_us").write_text(quota)
            enter = ["bash", "-c", f'echo $$ > {own}/cgroup.procs && exec "$@"', "bash"]
            server = start(site, "--workers", 0, before=enter, as_root=True)
            count = min(count, len(os.sched_getaffinity(0)))
            assert len(all_begun(server, count)) == count
            server.stop()
        finally:
            assert wait_until(lambda: (own / "cgroup.procs").read_text() == "")
            own.rmdir()
            above.rmdir()


if programs.AS_ROOT:
    def test_as_process_1(start, site):
        """Children of others become ours, and are tidied away like our own."""
        namespace = ["unshare", "--pid", "--fork", "--kill-child"]
        nobody = ["setpriv", "--reuid", programs.NOBODY, "--regid", programs.NOBODY, "--clear-groups"]
        leaves_a_child = ["bash", "-c", '(sleep 0.3 & exec sleep 0.1) & exec "$@"', "bash"]
        server = start(site, *TWO, before=[*namespace, *nobody, *leaves_a_child], forks=True, as_root=True)
        all_begun(server, 2)  # and nothing else is left below it
        connections = one_of_each(server, connect(server))
        begin_download(list(connections.values())[0])
        server.signal(signal.SIGTERM)
        assert list(connections.values())[0].body_bytes(SIZE) == b"l" * SIZE
        assert server.wait() == 0
