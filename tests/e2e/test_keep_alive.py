# SPDX-License-Identifier: MIT
"""Many requests on one connection: their order, their borders, and when it ends."""

import threading

import pytest

import raw

pytestmark = pytest.mark.portable


@pytest.fixture
def connection(fixture_server):
    with raw.Connection(fixture_server.port) as connection:
        yield connection


def test_several_requests_on_a_connection(connection):
    for _ in range(100):
        assert connection.ask("/file.txt").body == b"abcdefghijklmnopqrstuvwxyz"
        assert connection.ask("/nope").status == 404
        assert connection.ask("/file.txt", "HEAD").fields["content-length"] == "26"


def test_pipelined_answers_come_in_order(connection):
    wanted = [("/file.txt", 200, 26), ("/nope", 404, None), ("/big.bin", 200, 1 << 20)]
    wanted += [("/empty.txt", 200, 0), ("/dir", 301, None), ("/", 200, 2)]
    connection.send(b"".join(raw.request(path) for path, _, _ in wanted))
    for path, status, length in wanted:
        answer = connection.answer()
        assert answer.status == status, path
        if length is not None:
            assert len(answer.body) == length, path


def test_a_thousand_pipelined_requests(connection):
    paths = ["/file.txt", "/", "/dir/"]
    bodies = [b"abcdefghijklmnopqrstuvwxyz", b"OK", b"<p>dir index</p>"]
    requests = b"".join(raw.request(paths[number % 3]) for number in range(1000))
    # Beside the reading: whoever sends all before reading anything may wait for a server that does likewise.
    sender = threading.Thread(target=connection.send, args=(requests,))
    sender.start()
    for number in range(1000):
        assert connection.answer().body == bodies[number % 3]
    sender.join()


def test_a_pipeline_split_anywhere(fixture_server):
    requests = raw.request("/file.txt") + raw.request("/", "POST", body=b"GET /") + raw.request("/dir/")
    for cut in range(1, len(requests)):
        with raw.Connection(fixture_server.port) as connection:
            connection.send(requests[:cut])
            connection.send(requests[cut:])
            assert [connection.answer().status for _ in range(3)] == [200, 405, 200], cut


def test_bodies_are_never_taken_for_requests(connection):
    inner = raw.request("/smuggled")
    connection.send(raw.request("/file.txt", "POST", body=inner))
    connection.send(raw.request("/file.txt", "POST", transfer_encoding="chunked"))
    connection.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner))
    connection.send(raw.request("/file.txt", body=inner))
    connection.send(raw.request("/dir/", connection="close"))
    assert [connection.answer().status for _ in range(4)] == [405, 405, 200, 200]
    assert connection.is_closed()


def test_a_client_that_half_closes_after_pipelining_gets_all_responses(connection):
    connection.send(raw.request("/big.bin") + raw.request("/file.txt"))
    connection.end_sending()
    assert len(connection.answer().body) == 1 << 20
    assert len(connection.answer().body) == 26
    assert connection.is_closed()


def test_a_client_that_half_closes_at_once(connection):
    connection.end_sending()
    assert connection.is_closed()


def test_an_incomplete_head_at_the_end_gets_400(connection):
    connection.send(raw.request("/file.txt") + b"GET /file.txt HTTP/1.1\r\nHost: a\r\n")
    connection.end_sending()
    assert [connection.answer().status for _ in range(2)] == [200, 400]
    assert connection.is_closed()


def test_connection_close_is_announced_and_done(connection):
    answer = connection.ask("/file.txt", connection="close")
    assert answer.fields["connection"].lower() == "close"
    assert connection.is_closed()


def test_http_1_0_closes_unless_asked(fixture_server):
    with raw.Connection(fixture_server.port) as connection:
        assert connection.ask("/file.txt", version="1.0").status == 200
        assert connection.is_closed()
    with raw.Connection(fixture_server.port) as connection:
        answer = connection.ask("/file.txt", version="1.0", connection="keep-alive")
        if answer.fields.get("connection", "").lower() == "keep-alive":
            assert connection.ask("/file.txt", version="1.0").status == 200
        assert connection.is_closed()


def test_an_error_ends_the_pipeline(connection):
    connection.send(raw.request("/file.txt") + b"NONSENSE\r\n\r\n" + raw.request("/file.txt"))
    assert [connection.answer().status for _ in range(2)] == [200, 400]
    assert connection.is_closed()


def test_continue_is_not_needed_for_a_refusal(connection):
    connection.send(raw.request("/file.txt", "POST", content_length=10, expect="100-continue"))
    assert connection.answer().status == 405
    assert connection.is_closed()


def test_an_unknown_expectation(fixture_server):
    assert raw.ask(fixture_server.port, "/file.txt", expect="miracles").status == 417
