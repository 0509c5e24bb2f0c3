# SPDX-License-Identifier: MIT
"""How HTTP/2 connections end when the server does, what SIGHUP means for them, and what the log says of their streams."""

import re
import signal
import threading

import pytest

import http2_client as h2
import sites
from http2_client import NO_ERROR
from server import wait_until

SIZE = 4 << 20
LARGE = bytes(i % 251 for i in range(65_536)) * (SIZE >> 16)


@pytest.fixture
def site(place):
    return sites.write_files(place, {"index.html": "index", "large": LARGE})


def begun_download(server, path="/large"):
    client = h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, h2.WINDOW)])
    client.send(h2.headers(1, h2.get(path)))
    client.read_until(lambda: len(client.stream(1).body) == h2.WINDOW)
    return client


def go_on(client, stream=1):
    client.send(h2.window_update(0, SIZE), h2.window_update(stream, SIZE))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_download_is_finished_first(start, site, number):
    server = start(site, "--h2c")
    with begun_download(server) as client:
        server.signal(number)
        client.read_until(lambda: client.goaways)
        assert client.goaways == [(h2.WINDOW_MAX, NO_ERROR)], "no stream is lost (section 6.8)"
        go_on(client)
        client.end()
        assert client.stream(1).body == LARGE and client.stream(1).ended
        assert client.goaways == [(h2.WINDOW_MAX, NO_ERROR), (1, NO_ERROR)]
    assert server.wait() == 0
    assert re.search(rf'"GET /large HTTP/2.0" 200 {SIZE}$', "\n".join(server.out.wait_for_end()), re.MULTILINE)


def test_idle_connections_do_not_delay_the_end(start, site):
    server = start(site, "--h2c", "--drain-ms", 3_600_000, "--linger-ms", 3_600_000)
    with h2.Client(server.port) as idle, h2.Client(server.port) as silent:
        assert idle.ask(1).status == 200
        silent.sync()
        server.signal(signal.SIGTERM)
        assert idle.end().goaways == [(h2.WINDOW_MAX, NO_ERROR), (1, NO_ERROR)]
        assert silent.end().goaways == [(h2.WINDOW_MAX, NO_ERROR), (0, NO_ERROR)]
    assert server.wait() == 0


def test_a_client_that_answers_no_ping_does_not_delay_the_end(start, site):
    server = start(site, "--h2c", "--drain-ms", 3_600_000, "--linger-ms", 300)
    with h2.Client(server.port) as client:
        client.answers_pings = False
        assert client.ask(1).status == 200
        server.signal(signal.SIGTERM)
        assert client.end().goaways[0] == (h2.WINDOW_MAX, NO_ERROR)
        assert server.wait() == 0


def test_a_request_that_crosses_goaway_is_answered(start, site):
    server = start(site, "--h2c")
    with begun_download(server) as client:
        client.answers_pings = False
        server.signal(signal.SIGTERM)
        client.read_until(lambda: client.goaways)
        client.send(h2.headers(3, h2.get("/large", "HEAD")), h2.frame(h2.PING, h2.ACK, 0, b"draining"))
        assert client.response(3).status == 200
        go_on(client)
        client.end()
        assert client.stream(1).body == LARGE
    assert server.wait() == 0


def test_requests_behind_the_last_goaway_are_ignored(start, site):
    server = start(site, "--h2c")
    with begun_download(server) as client:
        server.signal(signal.SIGTERM)
        client.read_until(lambda: client.goaways)
        client.read_until(lambda: len(client.goaways) == 2)
        client.send(h2.headers(3, h2.get("/large", "HEAD")))
        client.sync()
        assert client.streams.keys() == {1}
        go_on(client)
        assert client.response(1).body == LARGE
        client.end()
    assert server.wait() == 0


def test_a_second_signal_ends_at_once(start, site):
    server = start(site, "--h2c")
    with begun_download(server) as client:
        server.signal(signal.SIGINT)
        client.read_until(lambda: client.goaways)
        server.signal(signal.SIGINT)
        client.end()
    assert server.wait() == 0
    assert any(line.endswith(" aborted") for line in server.out.wait_for_end())


def test_the_drain_has_an_end(start, site):
    server = start(site, "--h2c", "--drain-ms", 300)
    with begun_download(server) as client:
        server.signal(signal.SIGTERM)
        client.end()
        assert client.goaways[0] == (h2.WINDOW_MAX, NO_ERROR)
    assert server.wait() == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_reload_loses_no_request(start, site, workers):
    """32 streams at a time, while the rules are read anew again and again. Where a worker retires, its connections say
    GOAWAY, and the client goes on with another one."""
    server = start(site, "--h2c", "--workers", workers, "--log", "off")
    done, faults, stop = [0], [], threading.Event()

    def ask():
        try:
            while not stop.is_set():
                with h2.Client(server.port) as client:
                    number = 1
                    while not client.goaways and not stop.is_set():
                        streams = range(number, number + 64, 2)
                        client.send(*(h2.headers(i) for i in streams))
                        assert all(client.response(i).body == b"index" for i in streams)
                        number += 64
                        done[0] += 32
        except BaseException as fault:
            faults.append(fault)

    client = threading.Thread(target=ask)
    client.start()
    try:
        for i in range(6):
            before = done[0]
            (site / "_headers").write_text(f"/*\n  X-Version: {i}\n")
            server.reload()
            assert wait_until(lambda: done[0] >= before + 100 or faults)
    finally:
        stop.set()
        client.join()
    assert not faults, faults
    with h2.Client(server.port) as client:
        assert client.ask(1)["x-version"] == "5"


def lines(server, count):
    assert wait_until(lambda: len(server.log_lines()) == count), server.log_lines()
    return [line.partition("] ")[2] for line in server.log_lines()]


def test_a_line_for_each_stream(start, site):
    server = start(site, "--h2c")
    with h2.Client(server.port) as client:
        for i, path in ((1, "/"), (3, "/nope"), (5, "/a b")):
            client.ask(i, path)
        client.ask(7, "/", "HEAD")
        client.send(h2.headers(9, b""))
        client.sync()
        said = lines(server, 4)
    assert said[0] == '"GET / HTTP/2.0" 200 5'
    assert re.fullmatch(r'"GET /nope HTTP/2.0" 404 \d+', said[1])
    assert re.fullmatch(r'"-" 400 \d+|"GET .* HTTP/2.0" 400 \d+', said[2])
    assert said[3] == '"HEAD / HTTP/2.0" 200 0'


@pytest.mark.parametrize("how", ["client", "server", "connection"])
def test_a_stream_that_is_reset_is_logged_as_aborted(start, site, how):
    server = start(site, "--h2c")
    with begun_download(server) as client:
        if how == "client":
            client.send(h2.reset(1))
        elif how == "server":
            client.send(h2.window_update(1, 0))
            assert client.response(1).code == h2.PROTOCOL_ERROR
        else:
            client.connection.reset()
        assert lines(server, 1) == [f'"GET /large HTTP/2.0" 200 {h2.WINDOW} aborted']
        if how != "connection":
            assert client.ask(3, "/", "HEAD").status == 200


def test_no_request_can_forge_a_line(start, site):
    server = start(site, "--h2c")
    with h2.Client(server.port) as client:
        for i, path in enumerate(['/" 200 0', "/\x1b[31mred", "/\nforged", "/%0aforged%22", "/\\"]):
            client.send(h2.headers(2 * i + 1, h2.get(path)))
        client.sync()
        assert client.ask(101).status == 200
    assert server.out.wait_for(lambda line: '"GET / HTTP/2.0" 200 5' in line)
    for line in server.log_lines():
        assert line.isascii() and line.isprintable() and line.count('"') == 2, line
