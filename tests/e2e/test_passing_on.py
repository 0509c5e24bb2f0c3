# SPDX-License-Identifier: MIT
"""A worker that retires because a release was switched passes on the connections that wait for a request."""

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import programs
import raw
import sites
from server import wait_until
from test_releases import said, switch
from workers import all_begun, is_running, served_by

WAYS = {"one worker": ["--workers", 1], "workers": ["--workers", 2]}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


@pytest.fixture
def current(place):
    for number in "12":
        sites.write_files(place / "releases" / number, {"file": number, "large": number.encode() * (16 << 20)})
    (place / "current").symlink_to("releases/1")
    return place / "current"


def switch_and_wait(server, current, number):
    seen = len(server.err.all)
    switch(current, f"releases/{number}")
    said(server, "was replaced", seen)


def test_under_load_no_request_is_lost(start, current, way):
    """Clients on kept connections, of whom some send a request in two pieces, and some only now and then."""
    server = start(current, "--log", "off", *way)
    over, answers, pace = threading.Event(), [], threading.Event()

    def ask(pause):
        chance = random.Random(pause)
        with raw.Connection(server.port) as connection:
            while not over.is_set():
                request = raw.request("/file")
                if chance.random() < 0.5:
                    connection.send(request[:20])
                    pace.wait(chance.random() * pause / 2)
                    request = request[20:]
                connection.send(request)
                answer = connection.answer()
                answers.append((answer.status, answer.body, answer.fields.get("connection")))
                pace.wait(chance.random() * pause)

    with ThreadPoolExecutor(24) as threads:
        askers = [threads.submit(ask, pause) for pause in (0, 0.01, 0.1, 1.0) * 6]
        try:
            for number in "21212121":
                switch_and_wait(server, current, number)
        finally:
            over.set()
        for asker in askers:
            asker.result()  # an error, or the end of a connection, is raised here
    assert set(answers) == {(200, b"1", None), (200, b"2", None)}


def test_idle_connections_stay_open(start, current, way):
    """More of them than the channel between the two workers holds at once; each asks its next question there."""
    server = start(current, "--log", "off", "--head-ms", 3_600_000, *way)
    connections = [raw.Connection(server.port) for _ in range(600)]
    try:
        for connection in connections[::2]:
            assert connection.ask("/file").body == b"1"
        before = all_begun(server, way[1])
        switch_and_wait(server, current, 2)
        assert wait_until(lambda: not any(map(is_running, before))), "nothing holds them"
        for connection in connections:
            assert connection.ask("/file").body == b"2"
    finally:
        for connection in connections:
            connection.socket.close()


def test_half_a_request_is_passed_on(start, current, way):
    head = raw.request("/file", x_long="x" * 12_000)
    server = start(current, *way)
    with raw.Connection(server.port) as old, raw.Connection(server.port) as new:
        assert old.ask("/file").body == b"1"
        old.send(head[:11_000])
        new.send(head[:11_000])
        assert old.is_open_and_silent()
        switch_and_wait(server, current, 2)
        for connection in (old, new):
            connection.send(head[11_000:])
            assert connection.answer().body == b"2"
            assert connection.ask("/file").body == b"2"


def test_the_number_of_requests_is_passed_on(start, current):
    server = start(current, "--requests-max", 3)
    with raw.Connection(server.port) as connection:
        assert connection.ask("/file").body == b"1"
        switch_and_wait(server, current, 2)
        assert connection.ask("/file").fields.get("connection") is None
        switch_and_wait(server, current, 1)
        assert connection.ask("/file").fields["connection"] == "close"


def test_a_client_that_has_just_connected_is_passed_on(start, current):
    """Without a request the kernel keeps it for a second; then the old worker may have it, or the new one."""
    server = start(current)
    with raw.Connection(server.port) as silent:
        assert wait_until(lambda: served_by(server, silent))
        switch_and_wait(server, current, 2)
        assert silent.ask("/file").body == b"2"


def test_a_download_outlives_the_drain_time_and_the_next_release(start, current, way):
    """--drain-ms is for the end of the server; and after the download the connection is the new worker's."""
    server = start(current, "--drain-ms", 1, *way)
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/large"))
        connection.head()
        for number in "212":
            switch_and_wait(server, current, number)
        assert connection.body_bytes(16 << 20) == b"1" * (16 << 20)
        assert connection.ask("/file").body == b"2"


def test_replaced_workers_end_with_the_server(start, current):
    """A retired worker that still has a download ends with the server, within --drain-ms."""
    server = start(current, "--drain-ms", 200)
    with raw.Connection(server.port, receive_buffer=16 << 10) as first, raw.Connection(server.port) as second:
        first.send(raw.request("/large"))
        first.head()
        assert second.ask("/file").body == b"1"
        for number in "21":
            switch_and_wait(server, current, number)
        server.signal(15)
        assert second.is_closed()
        assert server.wait() == 0


def test_no_descriptor_is_left_behind(start, current):
    server = start(current, "--log", "off")
    with raw.Connection(server.port) as connection:
        assert connection.ask("/file").body == b"1"
        switch_and_wait(server, current, 2)
        assert connection.ask("/file").body == b"2"

        def descriptors():
            return [len(os.listdir(programs.descriptors_of(pid))) for pid in (server.pid, *all_begun(server, 1))]

        before = descriptors()
        for number in "1212":
            switch_and_wait(server, current, number)
            assert connection.ask("/file").body == number.encode()
        assert wait_until(lambda: descriptors() == before)


def test_more_connections_than_the_new_worker_has_slots(start, current):
    """Slots are taken by newcomers meanwhile: who has waited longest gives way, as always, and nothing breaks."""
    server = start(current, "--connections", 4, "--workspaces", 1)
    connections = [raw.Connection(server.port) for _ in range(4)]
    try:
        for connection in connections:
            assert connection.ask("/file").body == b"1"
        switch_and_wait(server, current, 2)
        assert connections[-1].ask("/file").body == b"2"
    finally:
        for connection in connections:
            connection.socket.close()
