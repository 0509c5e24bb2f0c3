# SPDX-License-Identifier: MIT
"""--upgrade: SIGUSR2 replaces the executable and loses no request. --drain-delay: SIGTERM is announced first."""

import os
import shutil
import signal
import socket
import threading
from pathlib import Path

import pytest

import http2_client as h2
import programs
import raw
import sites
import tls
from server import DEADLINE, Server, children, free_port, name_of, run_to_end, wait_until
from test_listening import Manager, activated, ask_unix


@pytest.fixture
def executable(place):
    """A copy that the test may replace."""
    path = place / "bin" / "minhttp"
    path.parent.mkdir()
    install(path)
    return path


def install(path, content=None):
    """As a package does it: the new file takes the name of the old one."""
    new = path.with_suffix(".new")
    if content is None:
        shutil.copy2(programs.MINHTTP, new)
    else:
        new.write_text(content)
    new.chmod(0o755)
    new.rename(path)


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front", "large": b"l" * (8 << 20)})


class Upgradable(Server):
    def __init__(self, executable, *arguments, **options):
        self.executable = executable
        super().__init__(*arguments, "--upgrade", before=(*options.pop("before", ()), *programs.UNTRACED, *exec_of(executable)), **options)

    @property
    def supervisor(self):
        return children(self.pid)[-1]

    def upgrade(self):
        """Waits until the new server has taken over."""
        before = self.supervisor
        os.kill(self.pid, signal.SIGUSR2)
        assert self.err.wait_for(lambda line: line.endswith(f" has taken over from {before}")), self.err.all


def exec_of(executable):
    """Runs this executable in place of the one that the tests name."""
    return ("/bin/sh", "-c", 'program=$1; shift 2; exec "$program" "$@"', "sh", executable)


@pytest.fixture
def start_upgradable(executable):
    servers = []

    def start(*arguments, **options):
        servers.append(Upgradable(executable, *arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


class Load:
    """Asks again and again, over a new connection each time or over kept ones, until it is stopped."""

    def __init__(self, port, clients=4):
        self.port = port
        self.answers = 0
        self.faults = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=way, daemon=True) for way in (self._kept, self._new, self._http2) * clients]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(DEADLINE)
        assert not any(thread.is_alive() for thread in self._threads)

    def more(self, count=200):
        seen = self.answers
        assert wait_until(lambda: self.answers > seen + count or self.faults)

    def _run(self, ask_on_one):
        while not self._stop.is_set():
            try:
                ask_on_one()
            except Exception as fault:  # pylint: disable=broad-except
                self.faults.append(repr(fault))

    def _kept(self):
        def ask_on_one():
            with raw.Connection(self.port) as connection:
                kept = True
                while kept and not self._stop.is_set():
                    answer = connection.ask("/")
                    assert (answer.status, answer.body) == (200, b"front")
                    self.answers += 1
                    kept = answer.fields.get("connection") != "close"

        self._run(ask_on_one)

    def _new(self):
        def ask_on_one():
            with raw.Connection(self.port) as connection:
                answer = connection.ask("/", connection="close")
                assert (answer.status, answer.body) == (200, b"front")
                self.answers += 1

        self._run(ask_on_one)

    def _http2(self):
        def ask_on_one():
            with h2.Client(self.port) as client:
                stream = 1
                while not client.goaways and not self._stop.is_set():
                    client.send(h2.headers(stream, h2.get("/"), end=True))
                    client.read_until(lambda: client.stream(stream).ended or client.goaways)
                    if client.goaways and client.goaways[-1][0] < stream:
                        return  # not handled, and says so: a client asks elsewhere (RFC 9113 section 6.8)
                    client.read_until(lambda: client.stream(stream).ended)
                    assert (client.stream(stream).status, bytes(client.stream(stream).body)) == (200, b"front")
                    self.answers += 1
                    stream += 2

        self._run(ask_on_one)


@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_is_lost_when_the_executable_is_replaced(start_upgradable, site, executable, workers):
    server = start_upgradable(site, "--h2c", "--port", 0, "--workers", workers)
    with Load(server.port) as load:
        load.more()
        for _ in range(3):
            install(executable)
            server.upgrade()
            load.more()
    assert load.faults == []
    assert len(children(server.pid)) == 1 or wait_until(lambda: len(children(server.pid)) == 1)


def test_no_request_is_lost_when_the_site_is_read_anew(start, site):
    server = start(site, "--h2c", "--workers", 2)
    with Load(server.port) as load:
        for _ in range(5):
            load.more()
            server.reload()
        load.more()
    assert load.faults == []


def test_a_download_goes_on_in_the_old_server(start_upgradable, site):
    server = start_upgradable(site, "--port", 0, "--workers", 1)
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/large"))
        connection.head()
        server.upgrade()
        assert len(connection.unread) <= 8 << 20
        body = bytes(connection.unread) + receive(connection.socket, (8 << 20) - len(connection.unread))
        assert body == b"l" * (8 << 20)


def receive(client, size):
    received = bytearray()
    while len(received) < size:
        piece = client.recv(65536)
        assert piece, f"ended after {len(received)} of {size} bytes"
        received += piece
    return bytes(received)


@pytest.mark.parametrize(
    "content, says",
    [
        ("#!/bin/sh\nexit 3\n", "the new server has ended"),
        ("no program at all", "the new server has ended"),
        (None, "the new server has ended"),
    ],
)
def test_an_executable_that_does_not_start_leaves_the_old_server(start_upgradable, site, executable, content, says):
    server = start_upgradable(site, "--port", 0)
    if content is None:
        executable.unlink()
    else:
        install(executable, content)
    os.kill(server.pid, signal.SIGUSR2)
    line = server.err.wait_for(lambda line: "the upgrade has failed" in line)
    assert line == f"minhttp: SIGUSR2: the upgrade has failed: {says}; the running server goes on"
    with raw.Connection(server.port) as connection:
        assert connection.ask("/").status == 200
    install(executable)
    server.upgrade()
    with raw.Connection(server.port) as connection:
        assert connection.ask("/").status == 200


def test_a_site_that_is_gone_leaves_the_old_server(start_upgradable, site):
    server = start_upgradable(site, "--port", 0)
    site.rename(site.with_name("elsewhere"))
    os.kill(server.pid, signal.SIGUSR2)
    assert server.err.wait_for(lambda line: "the upgrade has failed" in line)
    with raw.Connection(server.port) as connection:
        assert connection.ask("/").status == 200


def test_the_process_that_was_started_stays(start_upgradable, site):
    server = start_upgradable(site, "--port", 0)
    server.upgrade()
    server.upgrade()
    assert server.process.poll() is None
    os.kill(server.pid, signal.SIGHUP)
    assert server.err.wait_for(lambda line: line.startswith("minhttp: reloaded"))
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


@pytest.mark.skipif(not programs.AS_ROOT, reason="only root may make a namespace of processes")
def test_as_process_1_of_a_container(site, executable):
    server = Upgradable(executable, site, "--port", 0, before=("unshare", "--pid", "--fork", "--kill-child"), as_root=True)
    try:
        launcher = children(server.process.pid)[0]
        first = children(launcher)[0]
        os.kill(launcher, signal.SIGUSR2)
        assert server.err.wait_for(lambda line: "has taken over" in line)
        assert children(launcher)[-1] != first
        with raw.Connection(server.port) as connection:
            assert connection.ask("/").status == 200
        os.kill(launcher, signal.SIGTERM)
        assert server.wait() == 0
    finally:
        server.ended_as_wanted()
        server.stop()


def test_signals_to_all_processes_count_once(start_upgradable, site):
    """systemd, and Ctrl-C in a terminal, signal every process; twice would mean to end at once."""
    server = start_upgradable(site, "--port", 0, "--workers", 1)
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/large"))
        connection.head()
        supervisor = server.supervisor
        for pid in (server.pid, supervisor, *children(supervisor)):
            os.kill(pid, signal.SIGTERM)
        server.ended_as_wanted()
        already = len(connection.unread)
        receive(connection.socket, (8 << 20) - already)
    assert server.wait() == 0


def test_the_server_ends_with_the_launcher(start_upgradable, site):
    server = start_upgradable(site, "--port", 0)
    supervisor = server.supervisor
    server.signal(signal.SIGKILL)
    server.wait()
    assert wait_until(lambda: not os.path.exists(f"/proc/{supervisor}") or name_of(supervisor) is None)


def test_unix_sockets_and_those_of_the_service_manager_are_handed_over(start_upgradable, site, writable):
    run = writable
    server = start_upgradable(site, "--listen", f"unix:{run}/own", "--workers", 2, before=activated(address=f"{run}/given"))
    server.upgrade()
    for path in (run / "own", run / "given"):
        assert ask_unix(path).endswith(b"front")
    server.upgrade()
    for path in (run / "own", run / "given"):
        assert ask_unix(path).endswith(b"front")


def ports_of(launcher):
    """Where the launcher and all processes beneath it listen."""
    processes = [launcher]
    for process in processes:
        processes += children(process)
    sockets = {os.readlink(file) for process in processes for file in Path(f"/proc/{process}/fd").iterdir()}
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/{launcher}/net/{table}").read_text().splitlines()]
    return {int(line[1].rpartition(":")[2], 16) for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets}


@pytest.mark.parametrize("secure", [False, pytest.param(True, marks=tls.NEEDED)])
def test_the_service_managers_port_stays_the_only_one(start, start_upgradable, site, place, secure):
    port = free_port()
    before = activated("AF_INET", str(port))
    if secure:
        pair = tls.make_pair(place)
        server = start(site, *tls.options(pair), "--upgrade", "--workers", 2, before=before, program=tls.MINHTTPS)
    else:
        server = start_upgradable(site, "--workers", 2, before=before)
    assert ports_of(server.pid) == {port}
    for count in (1, 2):
        os.kill(server.pid, signal.SIGUSR2)
        assert wait_until(lambda: sum(" has taken over from " in line for line in server.err.all) == count), server.err.all
        assert wait_until(lambda: len(children(server.pid)) == 1), "the old server has not ended"
        assert ports_of(server.pid) == {port}
        if secure:
            with tls.connect(port, pair[0]) as client:
                assert tls.get(client)[1] == b"front"
        else:
            with raw.Connection(port) as client:
                assert client.ask("/").body == b"front"


def test_the_service_manager_hears_of_the_new_server_and_of_no_end(start_upgradable, site, writable):
    run = writable
    manager = Manager(run / "notify")
    server = start_upgradable(site, "--port", 0, before=("/usr/bin/env", f"NOTIFY_SOCKET={manager.path}"))
    assert manager.hears() == b"READY=1"
    server.upgrade()
    assert manager.hears() == b"READY=1"
    server.signal(signal.SIGTERM)
    assert manager.hears() == b"STOPPING=1"
    manager.socket.close()


def test_without_the_option_the_signal_says_what_is_missing(start, site):
    server = start(site)
    os.kill(server.pid, signal.SIGUSR2)
    assert server.err.wait_for(lambda line: "--upgrade" in line)
    with raw.Connection(server.port) as connection:
        assert connection.ask("/").status == 200


def test_the_variable_of_the_launcher_means_nothing_to_others(site):
    refused = run_to_end(site, "--upgrade", before=("env", "MINHTTP_LAUNCHER=90:91"))
    assert refused.returncode == 2
    assert refused.stderr == "minhttp: MINHTTP_LAUNCHER is for minhttp itself\n"


def test_drain_delay_announces_the_end_before_it_comes(start, site):
    server = start(site, "--h2c", "--drain-delay", "1h")
    with raw.Connection(server.port) as kept, h2.Client(server.port) as client:
        assert kept.ask("/").fields.get("connection") != "close"
        assert client.ask(1).status == 200
        server.signal(signal.SIGTERM)
        client.read_until(lambda: client.goaways)
        assert kept.ask("/").fields["connection"] == "close", "it is not closed before its next response"
        with raw.Connection(server.port) as late:  # still accepted
            answer = late.ask("/")
            assert (answer.status, answer.fields["connection"]) == (200, "close")
        server.signal(signal.SIGTERM)  # the second order ends the delay
        assert server.wait() == 0


def test_drain_delay_ends_by_itself(start, site):
    server = start(site, "--drain-delay", "100ms")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


@pytest.mark.parametrize("arguments", [("--upgrade",), (".", "--upgrade", "--loop", "plain")])
def test_where_nothing_can_be_upgraded_the_start_fails(arguments):
    refused = run_to_end(*arguments)
    assert refused.returncode == 2 and "--upgrade" in refused.stderr


def test_the_port_is_free_for_nobody_meanwhile(start_upgradable, site):
    server = start_upgradable(site, "--port", 0)
    server.upgrade()
    with socket.socket() as somebody, pytest.raises(OSError):
        somebody.bind(("127.0.0.1", server.port))
