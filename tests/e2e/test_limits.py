# SPDX-License-Identifier: MIT
"""Limits: what happens at each of them, and just before it."""

import time

import pytest

import raw
from server import wait_until


def is_served(server):
    answer = raw.exchange(server.port, raw.request("/file.txt", connection="close"))
    return answer.startswith(b"HTTP/1.1 200 ")


def test_the_oldest_idle_connection_is_evicted(start, fixture_site):
    server = start(fixture_site, "--connections", 4)
    idle = [raw.Connection(server.port) for _ in range(4)]
    for connection in idle:
        assert connection.ask("/file.txt").status == 200
    with raw.Connection(server.port) as newcomer:
        assert newcomer.ask("/file.txt").status == 200
        assert idle[0].is_closed()
        for connection in idle[1:]:
            assert connection.ask("/file.txt").status == 200
    for connection in idle:
        connection.socket.close()


def test_a_client_that_is_being_served_is_not_evicted(start, fixture_site):
    server = start(fixture_site, "--connections", 4)
    busy = [raw.Connection(server.port, receive_buffer=4096) for _ in range(4)]
    for connection in busy:
        connection.send(raw.request("/big.bin") * 20)
        connection.head()
    with raw.Connection(server.port) as newcomer:
        # The answer may come before the request has been sent.
        answer = newcomer.answer()
        assert answer.status == 503
        assert answer.fields["connection"] == "close"
        assert newcomer.is_closed()
    for connection in busy[1:]:
        connection.reset()
    assert wait_until(lambda: is_served(server))
    assert len(busy[0].body_bytes(1 << 20)) == 1 << 20
    busy[0].socket.close()


@pytest.mark.parametrize(
    "beginning",
    [b"GET / HTTP/1.1\r\n", raw.request("/", "POST", content_length=1000) + b"x", raw.request("/big.bin") * 9],
    ids=["head", "body", "answer"],
)
def test_more_unfinished_requests_than_workspaces(start, fixture_site, beginning):
    server = start(fixture_site, "--workspaces", 8)
    crowd = [raw.Connection(server.port, receive_buffer=4096) for _ in range(40)]
    for connection in crowd:
        connection.send(beginning)
    for _ in range(20):
        assert raw.ask(server.port, "/file.txt").status == 200
    for connection in crowd:
        connection.reset()


def test_it_serves_with_few_descriptors(start, fixture_site):
    server = start(fixture_site, before=["prlimit", "--nofile=32:32"])
    held = [raw.Connection(server.port) for _ in range(64)]
    before, begin = server.cpu_seconds(), time.monotonic()
    held[0].is_open_and_silent(seconds=1.0)
    used, passed = server.cpu_seconds() - before, time.monotonic() - begin
    assert used < passed / 3 + 0.1, f"spinning: {used} s of processor time in {passed} s"
    for connection in held:
        connection.reset()
    assert wait_until(lambda: is_served(server))


def test_few_descriptors_do_not_lock_out_a_good_client(start, fixture_site):
    server = start(fixture_site, before=["prlimit", "--nofile=32:32"])
    held = [raw.Connection(server.port) for _ in range(64)]
    # Those who were silent for longer give way.
    assert raw.ask(server.port, "/file.txt").status == 200
    for connection in held:
        connection.reset()


BODY_MAX = 1000
CHUNK_FRAMING = 12  # whether it counts is not promised


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size, status", [(BODY_MAX - CHUNK_FRAMING, 405), (BODY_MAX + 1, 413)])
def test_body_limit(start, fixture_site, framing, size, status):
    server = start(fixture_site, "--body-max", BODY_MAX)
    if framing == "length":
        upload = raw.request("/file.txt", "POST", body=b"x" * (size + CHUNK_FRAMING if status == 405 else size))
    else:
        upload = raw.request("/file.txt", "POST", transfer_encoding="chunked")
        upload += b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"x" * size)
    with raw.Connection(server.port) as connection:
        connection.send(upload)
        assert connection.answer().status == status
        if status == 405:
            assert connection.ask("/file.txt").status == 200
        else:
            assert connection.is_closed()


def test_an_upload_beyond_the_limit_can_still_read_its_answer(fixture_server):
    with raw.Connection(fixture_server.port) as connection:
        connection.send(raw.request("/file.txt", "POST", body=b"x" * (2 << 20)))
        assert connection.answer().status == 413


def test_requests_on_one_connection(start, fixture_site):
    server = start(fixture_site, "--requests-max", 3)
    with raw.Connection(server.port) as connection:
        connection.send(raw.request("/file.txt") * 5)
        answers = [connection.answer() for _ in range(3)]
        assert [answer.fields.get("connection", "").lower() for answer in answers][-1] == "close"
        assert connection.is_closed()


def test_no_limit_on_requests_by_zero(start, fixture_site):
    server = start(fixture_site, "--requests-max", 0)
    with raw.Connection(server.port) as connection:
        for _ in range(2000):
            assert connection.ask("/empty.txt").status == 200


@pytest.mark.portable
@pytest.mark.parametrize("size, status", [(15 << 10, 200), (17 << 10, 431)])
def test_head_limit(fixture_server, size, status):
    assert raw.ask(fixture_server.port, "/file.txt", x_filler="f" * size).status == status


@pytest.mark.portable
@pytest.mark.parametrize("size, status", [(15 << 10, 200), (17 << 10, 431)])
def test_head_limit_in_small_fields(fixture_server, size, status):
    fields = {f"x{number:03}": "f" * 93 for number in range(size // 101)}
    answer = raw.ask(fixture_server.port, "/file.txt", **fields)
    # Many fields may be refused for their number alone.
    assert answer.status in (status, 431)


def test_head_limit_after_pipelined_requests(fixture_server):
    with raw.Connection(fixture_server.port) as connection:
        connection.send(raw.request("/file.txt", x="f" * (10 << 10)) * 5)
        for _ in range(5):
            assert connection.answer().status == 200
