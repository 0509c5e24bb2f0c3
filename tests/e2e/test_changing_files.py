# SPDX-License-Identifier: MIT
"""Files that change while they are being sent.

The promise: what follows a head is what its Content-Length says, or the connection ends. A client
must never take another answer's bytes for the rest of a file.
"""

import os

import pytest

import raw
import sites

SIZE = 32 << 20  # far more than the socket buffers between server and client can hold
READ_FIRST = 64 << 10
AFTERWARDS = b"the next answer"


@pytest.fixture
def file(place):
    return sites.write_files(place, {"changing": b"a" * SIZE, "next": AFTERWARDS}) / "changing"


@pytest.fixture
def reader(start, place, file, loop):
    """A client in the middle of the file, who has asked for another one behind it."""
    server = start(place, "--loop", loop)
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/changing") + raw.request("/next", connection="close"))
        _, answer = connection.head()
        assert int(answer.fields["content-length"]) == SIZE
        assert connection.body_bytes(READ_FIRST) == b"a" * READ_FIRST
        yield connection
    assert raw.ask(server.port, "/next").body == AFTERWARDS, "the server serves others as before"


def assert_whole(reader, rest_of_file):
    assert reader.body_bytes(SIZE - READ_FIRST) == rest_of_file
    assert reader.answer().body == AFTERWARDS
    assert reader.is_closed()


def test_a_file_that_shrinks(reader, file):
    os.truncate(file, READ_FIRST)
    rest = reader.rest()
    assert len(rest) < SIZE - READ_FIRST
    assert rest.strip(b"a\0") == b"", "nothing but the file may follow its head"


def test_a_file_that_grows(reader, file):
    with open(file, "ab") as growing:
        growing.write(b"b" * 4096)
    assert_whole(reader, b"a" * (SIZE - READ_FIRST))


def test_a_file_that_is_replaced(reader, file):
    replacement = file.with_name("replacement")
    replacement.write_bytes(b"c" * 10)
    replacement.rename(file)
    assert_whole(reader, b"a" * (SIZE - READ_FIRST))


def test_a_file_that_is_removed(reader, file):
    file.unlink()
    assert_whole(reader, b"a" * (SIZE - READ_FIRST))


def test_each_request_sees_the_file_of_its_time(start, place, file):
    with raw.Connection(start(place, "--cache-files", "0").port) as connection:
        for content in (b"one", b"", b"twenty-two"):
            file.write_bytes(content)
            assert connection.ask("/changing").body == content
        file.unlink()
        assert connection.ask("/changing").status == 404
        file.write_bytes(b"again")
        assert connection.ask("/changing").body == b"again"
