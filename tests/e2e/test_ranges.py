# SPDX-License-Identifier: MIT
"""Conditions and ranges, as clients use them: revalidating, resuming, reading pieces of a large file."""

import email
import email.utils
import os
import string
import subprocess

import pytest

import raw
import sites
from server import DEADLINE, wait_until

SIZE = 24 << 20  # far more than the socket buffers between server and client can hold
PIECE = bytes(range(251)) * 4096
CONTENT = (PIECE * (SIZE // len(PIECE) + 1))[:SIZE]


@pytest.fixture
def server(start, place, loop):
    return start(sites.write_files(place, {"large.bin": CONTENT, "page.html": "<p>page"}), "--loop", loop)


def pieces(answer):
    """The parts of a multipart answer, read by Python's own parser: (Content-Range, Content-Type, bytes)."""
    head = b"Content-Type: " + answer.fields["content-type"].encode() + b"\r\n\r\n"
    message = email.message_from_bytes(head + answer.body)
    assert message.is_multipart() and not message.defects
    return [
        (part["Content-Range"], part["Content-Type"], part.get_payload().encode("ascii", "surrogateescape"))
        for part in message.get_payload()
    ]


def test_several_parts_are_read_by_pythons_email_parser(start, place):
    server = start(sites.write_files(place, {"file.txt": string.ascii_lowercase * 100, "short.txt": "abcdef"}))
    answer = raw.ask(server.port, "/file.txt", range="bytes=-2,0-1")
    assert answer.status == 206
    text = "text/plain; charset=utf-8"
    assert pieces(answer) == [("bytes 2598-2599/2600", text, b"yz"), ("bytes 0-1/2600", text, b"ab")]
    whole = raw.ask(server.port, "/short.txt", range="bytes=-2,0-1")
    assert (whole.status, whole.body) == (200, b"abcdef"), "the frames would cost more than the file"


def test_parts_of_a_large_file(server):
    with raw.Connection(server.port) as connection:
        answer = connection.ask("/large.bin", range=f"bytes=5-{SIZE // 2},{SIZE - 7}-,0-0")
        boundary = b"--" + answer.fields["content-type"].split("boundary=")[1].encode()
        _, first, second, third, end = answer.body.split(boundary)
        assert end == b"--\r\n"
        for part, begin, stop in ((first, 5, SIZE // 2 + 1), (second, SIZE - 7, SIZE), (third, 0, 1)):
            head, _, content = part.partition(b"\r\n\r\n")
            assert head.endswith(f"Content-Range: bytes {begin}-{stop - 1}/{SIZE}".encode())
            assert content == CONTENT[begin:stop] + b"\r\n"
        assert connection.ask("/page.html").body == b"<p>page", "the connection goes on behind the last part"


def test_a_slow_reader_of_several_parts_holds_one_workspace(start, place):
    server = start(sites.write_files(place, {"large.bin": CONTENT}))
    assert raw.ask(server.port, "/large.bin", method="HEAD").status == 200
    before = server.resident_bytes()
    readers = [raw.Connection(server.port, receive_buffer=4096) for _ in range(20)]
    try:
        for reader in readers:
            reader.send(raw.request("/large.bin", range=f"bytes=0-{SIZE // 2},{SIZE // 2 + 2}-"))
            reader.head()
        assert server.resident_bytes() - before < len(readers) * (40 << 10) + (200 << 10)
    finally:
        for reader in readers:
            reader.reset()


def test_clients_that_leave_between_parts_free_their_workspaces(start, place):
    server = start(sites.write_files(place, {"large.bin": CONTENT}))
    assert raw.ask(server.port, "/large.bin", method="HEAD").status == 200
    at_rest = server.open_descriptors()
    for _ in range(30):
        with raw.Connection(server.port, receive_buffer=4096) as reader:
            reader.send(raw.request("/large.bin", range=f"bytes=0-100,200-{SIZE - 1}"))
            reader.head()
            reader.reset()
    assert wait_until(lambda: server.open_descriptors() == at_rest)


def test_conditional_requests_are_304(server):
    with raw.Connection(server.port) as connection:
        first = connection.ask("/page.html")
        for fields in (
            {"if_none_match": first.fields["etag"]},
            {"if_none_match": f'"x", W/{first.fields["etag"]}'},
            {"if_modified_since": first.fields["last-modified"]},
        ):
            for method in ("GET", "HEAD"):
                answer = connection.ask("/page.html", method, **fields)
                assert answer.status == 304
                assert answer.fields["etag"] == first.fields["etag"]
                assert not {"content-length", "content-type", "last-modified"} & answer.fields.keys()


def test_a_changed_file_is_sent_again(start, place):
    server = start(sites.write_files(place, {"page.html": "one"}), "--cache-files", "0")
    first = raw.ask(server.port, "/page.html")
    (place / "page.html").write_text("two")
    assert raw.ask(server.port, "/page.html", if_none_match=first.fields["etag"]).body == b"two"
    resumed = raw.ask(server.port, "/page.html", range="bytes=1-", if_range=first.fields["etag"])
    assert (resumed.status, resumed.body) == (200, b"two"), "never the rest of another version"
    assert raw.ask(server.port, "/page.html", if_match=first.fields["etag"]).status == 412


def test_resuming_with_curl(server, place):
    part = place.parent / f"{place.name}.part"
    part.write_bytes(CONTENT[:1_000_000])
    try:
        url = f"http://127.0.0.1:{server.port}/large.bin"
        command = ["curl", "-sS", "--noproxy", "*", "-C", "-", "-o", part, url]
        subprocess.run(command, check=True, timeout=DEADLINE)
        assert part.read_bytes() == CONTENT
    finally:
        part.unlink()


def test_if_range_with_a_date(server, place):
    os.utime(place / "page.html", (1_704_164_645, 1_704_164_645))
    date = email.utils.formatdate(1_704_164_645, usegmt=True)
    assert raw.ask(server.port, "/page.html", range="bytes=0-1", if_range=date).status == 206
    later = email.utils.formatdate(1_704_164_646, usegmt=True)
    assert raw.ask(server.port, "/page.html", range="bytes=0-1", if_range=later).status == 200
