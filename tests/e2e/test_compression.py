# SPDX-License-Identifier: MIT
"""Text that the server compresses itself: the bytes that clients get, decoded by others' programs."""

import gzip
import os
import shutil
import subprocess

import pytest

import documentation
import programs
import raw
import sites
from devtools import Browser
from server import DEADLINE, wait_until

TEXT = b"".join(b"line %d of a text, which is %x in hexadecimal\n" % (n, n) for n in range(90_000))[: 4 << 20]
SMALL = TEXT[:40_000]
TEXTS = {"/small.html": SMALL, "/large.txt": TEXT}
TAKES = {"accept_encoding": "gzip, deflate, br, zstd"}  # as browsers say it


def decoded(answer):
    """The coding of an answer, and the bytes that it stands for."""
    coding = answer.fields.get("content-encoding", "identity")
    return coding, gzip.decompress(answer.body) if coding == "gzip" else answer.body


def ask(server, path, method="GET", **fields):
    return raw.ask(server.port, path, method, **fields)


def compressed(server, path):
    """Asks until the answer is compressed: what was written within three seconds is not."""
    last = []

    def is_there():
        last[:] = [ask(server, path, **TAKES)]
        return "content-encoding" in last[0].fields

    assert wait_until(is_there)
    return last[0]


@pytest.fixture(scope="module")
def server(start_for_session):
    """One worker: each compresses for itself."""
    place = programs.open_directory()
    files = {"small.html": SMALL, "large.txt": TEXT, "random.txt": os.urandom(20_000), "app.js": SMALL}
    sites.write_files(place, {**files, "tiny.css": "a{}", "table.bin": SMALL})
    yield start_for_session(place, "--workers", 1)
    shutil.rmtree(place)


@pytest.mark.parametrize("path", TEXTS)
def test_the_decoded_bytes_are_those_of_the_file(server, path):
    text = TEXTS[path]
    answer = compressed(server, path)
    assert decoded(answer) == ("gzip", text)
    assert len(answer.body) < len(text) / 3
    assert answer.fields["vary"] == "Accept-Encoding"
    assert ask(server, path, **TAKES).body == answer.body, "it is made once"
    plain = ask(server, path)
    assert decoded(plain) == ("identity", text)
    assert answer.fields["etag"] == plain.fields["etag"][:-1] + '-gz1"'
    for fields in (TAKES, {}):
        get, head = ask(server, path, **fields), ask(server, path, "HEAD", **fields)
        del get.fields["date"], head.fields["date"]
        assert (get.status, get.fields) == (head.status, head.fields)


@pytest.mark.parametrize("path", TEXTS)
@pytest.mark.parametrize("options", [[], ["--compressed"]])
def test_curl(server, path, options):
    text = TEXTS[path]
    compressed(server, path)
    command = ["curl", "-sS", "--noproxy", "*", *options, "-w", "%{stderr}%{size_download}"]
    result = subprocess.run([*command, f"http://127.0.0.1:{server.port}{path}"], capture_output=True, timeout=DEADLINE)
    assert result.stdout == text
    assert (int(result.stderr) < len(text)) == bool(options)


def test_responses_that_are_not_compressed(server):
    compressed(server, "/small.html")  # so that everything has been there for three seconds
    for path in ("/random.txt", "/tiny.css", "/table.bin"):
        for _ in range(4):
            assert "content-encoding" not in ask(server, path, **TAKES).fields


def test_a_range_is_of_the_file(server):
    tag = compressed(server, "/small.html").fields["etag"]
    part = ask(server, "/small.html", range="bytes=10-19", **TAKES)
    assert (part.status, part.body) == (206, SMALL[10:20])
    assert "content-encoding" not in part.fields
    whole = ask(server, "/small.html", range="bytes=10-19", if_range=tag, **TAKES)
    assert (whole.status, decoded(whole)) == (200, ("identity", SMALL))


def test_not_modified(server):
    tag = compressed(server, "/small.html").fields["etag"]
    assert ask(server, "/small.html", if_none_match=tag, **TAKES).status == 304
    assert ask(server, "/small.html", if_none_match=tag).status == 200


def test_other_clients_are_served_during_compression(start, place):
    """Between the request that begins it and the first compressed answer, hundreds of others have theirs."""
    sites.write_files(place, {"large.txt": TEXT, "small.txt": b"small"})
    server = start(place, "--workers", 1)
    with raw.Connection(server.port) as good, raw.Connection(server.port) as visitor:
        between = []
        while True:
            answer = visitor.ask("/large.txt", **TAKES)
            coding, body = decoded(answer)
            assert body == TEXT
            if coding == "gzip":
                break
            assert good.ask("/small.txt").body == b"small"
            between.append(good)
        assert len(between) >= 2, "neither the first nor the second visitor waits"


@pytest.mark.parametrize("size", [30_000, 300_000])
def test_a_change_shows(start, place, size):
    file = sites.write_files(place, {"page.html": SMALL[:1000] * (size // 1000)}) / "page.html"
    server = start(place, "--workers", 1)
    compressed(server, "/page.html")
    other = TEXT[5000:6000] * (size // 1000)
    file.write_bytes(other)
    assert wait_until(lambda: decoded(ask(server, "/page.html", **TAKES))[1] == other)
    assert decoded(compressed(server, "/page.html")) == ("gzip", other)


@pytest.mark.parametrize("options", [["--compress", "off"], ["--cache-files", 0], ["--cache-bytes", 1000]])
def test_without_compression_or_cache_nothing_is_compressed(start, place, options):
    sites.write_files(place, {"page.html": SMALL})
    server = start(place, "--workers", 1, *options)
    with_it = start(place, "--workers", 1)
    compressed(with_it, "/page.html")
    for _ in range(4):
        answer = ask(server, "/page.html", **TAKES)
        assert decoded(answer) == ("identity", SMALL)
        assert answer.fields["vary"] == "Accept-Encoding", "a sibling may come"


def test_both_loops(start, place, loop):
    sites.write_files(place, {"small.html": SMALL, "large.txt": TEXT})
    server = start(place, "--workers", 1, "--loop", loop) if loop == "epoll" else start(place, "--loop", loop)
    for path, text in TEXTS.items():
        assert decoded(compressed(server, path)) == ("gzip", text)


def test_a_real_tree_byte_for_byte(start):
    """Every file of a documentation, again and again: compressed or not, what comes out are its bytes. One client fills
    its places in the queue only, so it takes some rounds until most are compressed."""
    names = [name for name in documentation.all_files() if name.endswith((".html", ".js", ".css", ".txt", ".svg"))][:600]
    server = start(documentation.SITE, "--workers", 1, "--log", "off", "--requests-max", 0)
    with raw.Connection(server.port) as connection:

        def most_are_compressed():
            sizes = {"gzip": [0, 0], "identity": [0, 0]}
            for name in names:
                answer = connection.ask(documentation.url_path(name), **TAKES)
                coding, body = decoded(answer)
                assert body == (documentation.SITE / name).read_bytes(), name
                sizes[coding][0] += len(answer.body)
                sizes[coding][1] += len(body)
            return sizes["gzip"][1] > sizes["identity"][1] and sizes["gzip"][0] < sizes["gzip"][1] / 3

        assert any(most_are_compressed() for _ in range(20))


def test_a_browser_decodes_it(start, place):
    page = b"<!doctype html><title>t</title><link rel=icon href=data:,><script src=app.js></script><p id=p>" + SMALL
    script = b"document.title = 'it runs';\n// " + SMALL.replace(b"\n", b" ")
    sites.write_files(place, {"index.html": page, "app.js": script})
    server = start(place, "--workers", 1)
    for path in ("/", "/app.js"):
        compressed(server, path)
    profile = programs.open_directory()
    with Browser(profile) as browser:
        assert browser.open(f"http://127.0.0.1:{server.port}/") == []
        assert browser.evaluate("document.title") == "it runs"
        assert browser.evaluate("performance.getEntriesByType('navigation')[0].encodedBodySize") < len(page) / 3
        assert browser.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize") == len(page)
    shutil.rmtree(profile)
