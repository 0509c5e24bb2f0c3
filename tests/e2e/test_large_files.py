# SPDX-License-Identifier: MIT
"""Sizes that do not fit into 32 bits."""

import pytest

import raw

SIZE = (5 << 30) + 7
MARKS = {0: b"the begin", (4 << 30) - 5: b"the border", SIZE - 7: b"the end"}
STREAM_LIMIT = 64 << 20


@pytest.fixture
def server(start, place, loop):
    with open(place / "large.bin", "wb") as file:
        file.truncate(SIZE)  # sparse: takes no room
        for position, mark in MARKS.items():
            file.seek(position)
            file.write(mark)
    return start(place, "--loop", loop)


def test_content_length(server):
    answer = raw.ask(server.port, "/large.bin", "HEAD")
    assert answer.fields["content-length"] == str(SIZE)


def test_the_body_is_streamed_not_buffered(server):
    with raw.Connection(server.port) as connection:
        connection.send(raw.request("/large.bin"))
        _, answer = connection.head()
        assert int(answer.fields["content-length"]) == SIZE
        assert connection.body_bytes(9) == MARKS[0]
        left = STREAM_LIMIT
        while left > 0:
            block = connection.body_bytes(1 << 20)
            assert not block.strip(b"\0")
            left -= len(block)
    assert raw.ask(server.port, "/large.bin", "HEAD").status == 200


@pytest.mark.parametrize("position", MARKS)
def test_ranges_at_the_start_at_4_gib_and_at_the_end(server, position):
    mark = MARKS[position]
    last = position + len(mark) - 1
    with raw.Connection(server.port) as connection:
        connection.send(raw.request("/large.bin", range=f"bytes={position}-{last}"))
        _, answer = connection.head()
        if answer.status == 206:
            assert answer.fields["content-range"] == f"bytes {position}-{last}/{SIZE}"
            assert connection.body_bytes(int(answer.fields["content-length"])) == mark
        else:
            # A server may ignore Range; then it must say the whole length.
            assert (answer.status, answer.fields["content-length"]) == (200, str(SIZE))


def test_a_suffix_range(server):
    answer = raw.ask(server.port, "/large.bin", "GET", range="bytes=-7")
    assert (answer.status, answer.body) == (206, MARKS[SIZE - 7])
