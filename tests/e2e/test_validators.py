# SPDX-License-Identifier: MIT
"""What identifies a version of a file: its bytes, whatever its times say. And how soon a new version shows."""

import email.utils
import os
import time

import pytest

import raw
import sites
from server import wait_until

MIB = 1 << 20


def tag(server, path, **ask):
    return raw.ask(server.port, path, **ask).fields.get("etag")


def settled(file):
    """A file above 12 KiB has no tag within three seconds of a change: another one may follow in the same step of
    the file system's clock."""
    return wait_until(lambda: time.time() - os.stat(file).st_ctime > 4)


@pytest.fixture(params=["4096", "0"], ids=["cached", "uncached"])
def cache(request):
    return "--cache-files", request.param


# Reproducible builds: Nix sets every time to 1, Buildpacks to 1980, others to SOURCE_DATE_EPOCH.
@pytest.mark.parametrize("seconds", [1, 315532801, 1_600_000_000])
def test_another_content_of_the_same_length_and_time_has_another_tag(start, place, cache, seconds):
    file = sites.write_files(place, {"index.html": "release 1"}) / "index.html"
    os.utime(file, (seconds, seconds))
    server = start(place, *cache)
    old = tag(server, "/")
    assert raw.ask(server.port, "/", if_none_match=old).status == 304
    next_one = sites.write_files(place, {"next": "release 2"}) / "next"
    os.utime(next_one, (seconds, seconds))
    next_one.rename(file)
    answer = raw.ask(server.port, "/", if_none_match=old)
    assert (answer.status, answer.body) == (200, b"release 2")
    assert answer.fields["etag"] != old
    assert raw.ask(server.port, "/", range="bytes=0-2", if_range=old).status == 200
    assert raw.ask(server.port, "/", range="bytes=0-2", if_range=answer.fields["etag"]).body == b"rel"


@pytest.mark.parametrize("size", [9, 100_000])
def test_a_write_in_place_that_resets_the_time_changes_the_tag(start, place, cache, size):
    file = sites.write_files(place, {"file": b"1" * size}) / "file"
    os.utime(file, (10**9, 10**9))
    server = start(place, *cache)
    assert wait_until(lambda: tag(server, "/file"))
    old = tag(server, "/file")
    with open(file, "r+b") as opened:
        opened.write(b"2" * size)
    os.utime(file, (10**9, 10**9))
    answer = raw.ask(server.port, "/file", if_none_match=old)
    assert (answer.status, answer.body) == (200, b"2" * size)
    assert wait_until(lambda: tag(server, "/file"))
    assert tag(server, "/file") != old


@pytest.mark.parametrize("size", [0, 1, 5_000, 12_288, 12_289, 300_000])
def test_the_same_content_has_the_same_tag_on_every_replica(start, place, size):
    content = bytes(i * i % 251 for i in range(size))
    sites.write_files(place, {"a/file.bin": content, "b/deep/other.bin": content})
    os.utime(place / "a/file.bin", (1, 1))
    settled(place / "b/deep/other.bin")
    one = start(place / "a")
    two = start(place / "b", "--cache-files", "0", "--loop", "plain")
    assert tag(one, "/file.bin") == tag(two, "/deep/other.bin") is not None


def test_a_sibling_has_the_tag_of_its_own_bytes(start, place):
    sites.write_files(place, {"a.css": "a" * 100, "a.css.gz": "one", "b.css": "a" * 100, "b.css.gz": "two"})
    server = start(place)
    assert tag(server, "/a.css") == tag(server, "/b.css")
    assert tag(server, "/a.css", accept_encoding="gzip") != tag(server, "/b.css", accept_encoding="gzip")


@pytest.mark.parametrize("size", [MIB + 1, 40 * MIB])
def test_a_large_file_has_a_tag_after_a_while_and_never_a_wrong_one(start, place, cache, loop, size):
    file = sites.write_files(place, {"large": b"1" * size, "small": "small"}) / "large"
    os.utime(file, (10**9, 10**9))
    settled(file)
    server = start(place, *cache, "--loop", loop)
    first = raw.ask(server.port, "/large", "HEAD", if_none_match='"old"')
    assert (first.status, first.fields.get("etag")) == (200, None)
    assert first.fields["last-modified"] == "Sun, 09 Sep 2001 01:46:40 GMT"
    assert raw.ask(server.port, "/large", if_modified_since=first.fields["last-modified"]).status == 304
    assert raw.ask(server.port, "/large", "HEAD", if_match='"old"').status == 412
    assert raw.ask(server.port, "/small").body == b"small"
    assert wait_until(lambda: tag(server, "/large", method="HEAD"))
    old = tag(server, "/large", method="HEAD")
    answer = raw.ask(server.port, "/large", if_none_match=old)
    assert (answer.status, answer.fields["etag"]) == (304, old)
    assert raw.ask(server.port, "/large", range="bytes=0-0", if_range=old).status == 206

    with open(file, "r+b") as opened:
        opened.seek(size // 2)
        opened.write(b"2")
    os.utime(file, (10**9, 10**9))
    answer = raw.ask(server.port, "/large", "HEAD", if_none_match=old)
    assert (answer.status, answer.fields.get("etag")) == (200, None)
    assert wait_until(lambda: tag(server, "/large", method="HEAD"))
    assert tag(server, "/large", method="HEAD") != old


def test_many_large_files_all_get_a_tag(start, place):
    sites.write_files(place, {f"{i}.bin": bytes([i]) * (MIB + i) for i in range(30)})
    settled(place / "29.bin")
    server = start(place)
    tags = set()
    with raw.Connection(server.port) as connection:
        for i in range(30):
            assert wait_until(lambda: connection.ask(f"/{i}.bin", "HEAD").fields.get("etag"))
            tags.add(connection.ask(f"/{i}.bin", "HEAD").fields["etag"])
    assert len(tags) == 30


def test_a_pipeline_of_files_that_were_not_read_yet(start, place, loop):
    """Together they are more than is hashed in a turn: the rest waits for the next one, and each has its tag."""
    sites.write_files(place, {f"{i}.bin": bytes([i]) * 700_000 for i in range(20)})
    settled(place / "19.bin")
    server = start(place, "--loop", loop)
    with raw.Connection(server.port) as connection:
        connection.send(b"".join(raw.request(f"/{i}.bin", "HEAD") for i in range(20)))
        tags = {connection.answer("HEAD").fields["etag"] for _ in range(20)}
    assert len(tags) == 20


@pytest.mark.parametrize("seconds", [0, 1, 315532800, 315619200, 4_000_000_000])
def test_meaningless_modification_times_are_not_sent(start, place, seconds):
    """Cleared by a build, or in the future of our clock: neither sent nor compared (RFC 9110 section 13.1.3)."""
    file = sites.write_files(place, {"file": "content"}) / "file"
    os.utime(file, (seconds, seconds))
    server = start(place)
    answer = raw.ask(server.port, "/file")
    assert "last-modified" not in answer.fields and "etag" in answer.fields
    for date in (seconds, seconds + 86400, time.time()):
        date = email.utils.formatdate(date, usegmt=True)
        assert raw.ask(server.port, "/file", if_modified_since=date).status == 200
        assert raw.ask(server.port, "/file", if_unmodified_since=date).status == 200
        assert raw.ask(server.port, "/file", range="bytes=0-0", if_range=date).status == 200


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "new"])
@pytest.mark.parametrize("size", [9, 50_000])
def test_a_reload_shows_the_new_version_at_once(start, place, kept, size):
    file = sites.write_files(place, {"index.html": "x"}) / "index.html"
    server = start(place)
    with raw.Connection(server.port) as connection:
        for i in range(100):
            content = b"%d" % i * size
            if i % 2 == 0:
                file.write_bytes(content)
            else:
                sites.write_files(place, {"next": content})
                (place / "next").rename(file)
            answer = connection.ask("/") if kept else raw.ask(server.port, "/")
            assert answer.body == content


def test_a_file_that_is_created_and_removed_shows_at_once(start, place):
    server = start(place)
    with raw.Connection(server.port) as connection:
        for _ in range(30):
            assert connection.ask("/file.txt").status == 404
            file = sites.write_files(place, {"file.txt": "here"}) / "file.txt"
            assert connection.ask("/file.txt").body == b"here"
            file.unlink()
