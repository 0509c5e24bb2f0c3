# SPDX-License-Identifier: MIT
"""Compressed siblings: which file is sent to whom, under which name, and which are not to be trusted."""

import gzip
import os
import subprocess

import pytest

import raw
import sites
from server import DEADLINE

pytestmark = pytest.mark.portable

SUFFIXES = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
MTIME = 1_704_164_645 * 10**9


def write_with_siblings(root, name, suffixes=SUFFIXES.values(), content="identity, which is longer than its siblings"):
    """What the siblings hold says which of them was sent; nobody decodes them here."""
    files = {name: content} | {name + suffix: f"{suffix} of {name}" for suffix in suffixes}
    sites.write_files(root, files)
    for file in files:
        os.utime(root / file, ns=(MTIME, MTIME))
    return root


def sent(answer):
    """The coding that an answer names; its body must be that sibling's."""
    coding = answer.fields.get("content-encoding", "identity")
    if answer.status == 200:
        assert answer.body.decode().replace(",", " ").split(" ")[0] == SUFFIXES.get(coding, "identity")
    return coding if answer.status == 200 else answer.status


@pytest.fixture(scope="module")
def server(start_for_session, fixture_site):
    root = fixture_site.parent / "siblings"
    write_with_siblings(root, "file.css")
    write_with_siblings(root, "only.css", [".gz"])
    write_with_siblings(root, "alone.css", [])
    write_with_siblings(root, "picture.png")
    write_with_siblings(root, "dir/index.html")
    write_with_siblings(root, "page.html")
    write_with_siblings(root, "404.html")
    return start_for_session(root)


# Accept-Encoding; of a file with all three siblings; with .gz only; without any.
CHOICES = [
    (None, "identity", "identity", "identity"),
    ("", "identity", "identity", "identity"),
    ("identity", "identity", "identity", "identity"),
    ("gzip", "gzip", "gzip", "identity"),
    ("br", "br", "identity", "identity"),
    ("zstd", "zstd", "identity", "identity"),
    ("gzip, deflate, br, zstd", "br", "gzip", "identity"),  # what browsers send
    ("gzip, deflate", "gzip", "gzip", "identity"),
    ("deflate", "identity", "identity", "identity"),
    ("GZip", "gzip", "gzip", "identity"),
    ("x-gzip", "gzip", "gzip", "identity"),
    ("gzip;q=1.0, br;q=0.5", "gzip", "gzip", "identity"),
    ("gzip;q=0.001, br;q=0", "gzip", "gzip", "identity"),
    ("br;q=0.5, zstd;q=0.501, gzip;q=0.5", "zstd", "gzip", "identity"),
    ("gzip;q=0", "identity", "identity", "identity"),
    ("br;q=0, *", "zstd", "gzip", "identity"),
    ("*", "br", "gzip", "identity"),
    ("*;q=0.1", "br", "gzip", "identity"),
    ("gzip, *;q=0", "gzip", "gzip", 406),
    ("*;q=0", 406, 406, 406),
    ("*;q=0, identity", "identity", "identity", "identity"),
    ("identity;q=0", 406, 406, 406),
    ("identity;q=0, br", "br", 406, 406),
    ("identity;q=0, gzip;q=0.5", "gzip", "gzip", 406),
    ("identity;q=0, *", "br", "gzip", 406),
    ("identity, gzip;q=0.5", "identity", "identity", "identity"),
    ("identity;q=0.5, gzip", "gzip", "gzip", "identity"),
    ("  gzip ;\tq=1 , , br;q=0.2", "gzip", "gzip", "identity"),
]


@pytest.mark.parametrize("accepted, full, gzip_only, none", CHOICES)
def test_the_sibling_is_chosen_by_accept_encoding(server, accepted, full, gzip_only, none):
    fields = {} if accepted is None else {"accept_encoding": accepted}
    with raw.Connection(server.port) as connection:
        got = [sent(connection.ask(f"/{name}.css", **fields)) for name in ("file", "only", "alone")]
    assert got == [full, gzip_only, none]


@pytest.mark.parametrize(
    "lines, coding",
    [
        (["gzip", "br"], "br"),
        (["gzip;q=0.5", "br;q=0.2"], "gzip"),
        (["identity;q=0", "gzip"], "gzip"),
        (["identity;q=0", "deflate"], 406),
        (["br;q=0", "br"], "identity"),  # who says two things of one coding is taken at the first
    ],
)
def test_several_lines_are_one_list(server, lines, coding):
    fields = "".join(f"Accept-Encoding: {line}\r\n" for line in lines)
    request = f"GET /file.css HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
    with raw.Connection(server.port) as connection:
        connection.send(request.encode())
        assert sent(connection.answer()) == coding


@pytest.mark.parametrize("path", ["/file.css", "/only.css", "/alone.css", "/page", "/dir/", "/nowhere"])
@pytest.mark.parametrize("accepted", ["", "gzip", "br, gzip", "identity;q=0"])
def test_vary_is_sent_wherever_a_sibling_is_possible(server, path, accepted):
    """Also without a sibling: a cache must not keep this answer for others once there is one."""
    assert raw.ask(server.port, path, accept_encoding=accepted).fields["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/picture.png", "/file.css.gz", "/file.css.br"])
def test_compressed_formats_have_no_siblings(server, path):
    answer = raw.ask(server.port, path, accept_encoding="br, zstd, gzip")
    assert answer.status == 200
    assert not {"vary", "content-encoding"} & answer.fields.keys()


@pytest.mark.parametrize(
    "suffix, media_type", [(".br", "application/x-brotli"), (".zst", "application/zstd"), (".gz", "application/gzip")]
)
def test_a_sibling_requested_by_its_own_name_is_a_file(server, suffix, media_type):
    """For downloads; with Content-Encoding the browser would unpack it and save something else."""
    answer = raw.ask(server.port, "/file.css" + suffix, accept_encoding="br, zstd, gzip")
    assert (answer.status, answer.body.decode()) == (200, f"{suffix} of file.css")
    assert answer.fields["content-type"] == media_type
    assert "content-encoding" not in answer.fields


@pytest.mark.parametrize("coding", SUFFIXES)
@pytest.mark.parametrize(
    "path, name, media_type",
    [
        ("/file.css", "file.css", "text/css"),
        ("/page", "page.html", "text/html"),
        ("/dir/", "dir/index.html", "text/html"),
    ],
)
def test_the_type_is_that_of_the_original(server, coding, path, name, media_type):
    answer = raw.ask(server.port, path, accept_encoding=coding)
    assert (answer.status, answer.body.decode()) == (200, f"{SUFFIXES[coding]} of {name}")
    assert answer.fields["content-encoding"] == coding
    assert answer.fields["content-type"] == f"{media_type}; charset=utf-8"


@pytest.mark.parametrize("coding", SUFFIXES)
def test_the_404_page_is_compressed(server, coding):
    answer = raw.ask(server.port, "/nowhere", accept_encoding=coding)
    assert (answer.status, answer.fields["content-encoding"]) == (404, coding)
    assert answer.body.decode() == f"{SUFFIXES[coding]} of 404.html"
    assert answer.fields["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("accepted", ["br", "zstd", "gzip", "identity", "identity;q=0"])
@pytest.mark.parametrize("path", ["/file.css", "/dir/", "/nowhere"])
def test_head_is_the_head_of_get(server, path, accepted):
    fields = []
    for method in ("GET", "HEAD"):
        with raw.Connection(server.port) as connection:
            answer = connection.ask(path, method, accept_encoding=accepted)
            del answer.fields["date"]
            fields.append((answer.status, answer.fields))
            assert connection.ask("/alone.css").status == 200  # nothing is left on the connection
    assert fields[0] == fields[1]


def test_each_coding_has_a_tag_of_its_own(server):
    codings = ["identity", *SUFFIXES]
    tags = {coding: raw.ask(server.port, "/file.css", accept_encoding=coding).fields["etag"] for coding in codings}
    assert len(set(tags.values())) == len(codings)
    with raw.Connection(server.port) as connection:
        for asked in codings:
            for known in codings:
                fields = {"accept_encoding": asked, "if_none_match": tags[known]}
                answer = connection.ask("/file.css", **fields)
                assert answer.status == (304 if asked == known else 200), (asked, known)
                assert answer.fields["etag"] == tags[asked]
                assert answer.fields["vary"] == "Accept-Encoding"
                if answer.status == 304:
                    assert "content-encoding" not in answer.fields
                matching = connection.ask("/file.css", accept_encoding=asked, if_match=tags[known])
                assert matching.status == (200 if asked == known else 412), (asked, known)


def test_tags_differ_even_where_size_and_time_do_not(start, place):
    for suffix in ("", ".br", ".gz"):
        sites.write_files(place, {"a.css" + suffix: "same"})
        os.utime(place / f"a.css{suffix}", ns=(MTIME, MTIME))
    server = start(place)
    tags = {raw.ask(server.port, "/a.css", accept_encoding=coding).fields["etag"] for coding in ("", "br", "gzip")}
    assert len(tags) == 3


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_a_range_is_of_the_compressed_bytes(server, coding):
    whole = raw.ask(server.port, "/file.css", accept_encoding=coding)
    with raw.Connection(server.port) as connection:
        ask = {"accept_encoding": coding, "range": "bytes=1-4"}
        part = connection.ask("/file.css", **ask)
        assert (part.status, part.body) == (206, whole.body[1:5])
        assert part.fields["content-range"] == f"bytes 1-4/{len(whole.body)}"
        assert (part.fields["content-encoding"], part.fields["etag"]) == (coding, whole.fields["etag"])
        # Who has begun with another coding gets the whole, and never a mixture.
        plain = raw.ask(server.port, "/file.css")
        other = connection.ask("/file.css", **ask, if_range=plain.fields["etag"])
        assert (other.status, other.body) == (200, whole.body)
        assert connection.ask("/file.css", **ask, if_range=whole.fields["etag"]).status == 206
        beyond = connection.ask("/file.css", accept_encoding=coding, range="bytes=9999-")
        assert (beyond.status, beyond.fields["content-range"]) == (416, f"bytes */{len(whole.body)}")
        assert "content-encoding" not in beyond.fields


@pytest.mark.parametrize(
    "difference, coding",
    [(0, "gzip"), (1, "gzip"), (10**9, "gzip"), (-1, "identity"), (-(10**9), "identity"), (1 - 10**9, "identity")],
)
def test_a_sibling_older_than_its_original_is_stale(start, place, difference, coding):
    """Whoever edits a file and forgets to compress it again must not serve yesterday's."""
    write_with_siblings(place, "a.css", [".gz"])
    os.utime(place / "a.css.gz", ns=(MTIME + difference, MTIME + difference))
    server = start(place, "--cache-files", "0")
    assert sent(raw.ask(server.port, "/a.css", accept_encoding="gzip")) == coding
    os.utime(place / "a.css", ns=(MTIME + 2 * 10**9, MTIME + 2 * 10**9))  # edited meanwhile
    assert sent(raw.ask(server.port, "/a.css", accept_encoding="gzip")) == "identity"


@pytest.mark.parametrize("size, coding", [(49, "gzip"), (50, "gzip"), (51, "identity")])
def test_a_sibling_larger_than_its_original_is_not_sent(start, place, size, coding):
    """Small files become larger by compression; build tools compress them all the same."""
    sites.write_files(place, {"a.css": b"a" * 50, "a.css.gz": b"z" * size, "b.css": b"a" * 50, "b.css.br": b"b" * 51})
    server = start(place)
    answer = raw.ask(server.port, "/a.css", accept_encoding="gzip")
    assert answer.fields.get("content-encoding", "identity") == coding
    assert answer.body == (b"z" * size if coding == "gzip" else b"a" * 50)
    refused = raw.ask(server.port, "/b.css", accept_encoding="br, identity;q=0")
    assert (refused.status, refused.fields["content-encoding"]) == (200, "br"), "it is better than nothing"


def test_the_next_best_sibling_replaces_a_stale_one(start, place):
    write_with_siblings(place, "a.css")
    os.utime(place / "a.css.br", ns=(MTIME - 1, MTIME - 1))
    server = start(place)
    assert sent(raw.ask(server.port, "/a.css", accept_encoding="br, gzip, zstd")) == "zstd"
    assert sent(raw.ask(server.port, "/a.css", accept_encoding="br, identity;q=0")) == 406


@pytest.mark.parametrize(
    "make",
    [
        lambda sibling, outside: sibling.mkdir(),
        lambda sibling, outside: os.mkfifo(sibling),
        lambda sibling, outside: sibling.symlink_to(outside),
        lambda sibling, outside: sibling.symlink_to("../" + outside.name),
        lambda sibling, outside: sibling.symlink_to("nowhere"),
        lambda sibling, outside: sibling.symlink_to(sibling.name),
        lambda sibling, outside: (sibling.write_text("unreadable"), sibling.chmod(0)),
    ],
    ids=["directory", "fifo", "link out", "relative link out", "dangling", "loop", "unreadable"],
)
def test_directories_and_links_outside_are_no_siblings(start, place, make):
    root = place / "root"
    (place / "outside.br").write_text("SECRET")
    write_with_siblings(root, "a.css", [".gz"])
    make(root / "a.css.br", place / "outside.br")
    server = start(root)
    assert sent(raw.ask(server.port, "/a.css", accept_encoding="br, gzip;q=0.5")) == "gzip"
    assert sent(raw.ask(server.port, "/a.css", accept_encoding="br")) == "identity"


def test_a_page_that_exists_compressed_only_is_not_found(start, place):
    """Under its own name it is: test_stored_compressed.py. Clean names are those of files."""
    server = start(sites.write_files(place, {"about.html.gz": ".gz of about.html", "index.html.br": ".br of index.html"}))
    assert raw.ask(server.port, "/about", accept_encoding="gzip").status == 404
    assert raw.ask(server.port, "/", accept_encoding="br").status == 404


def test_a_link_inside_the_site_is_a_sibling(start, place):
    """Deployments that link to a store of files; the time that counts is that of the file."""
    write_with_siblings(place, "a.css", [".gz"])
    (place / "a.css.gz").rename(place / "store")
    (place / "a.css.gz").symlink_to("store")
    assert sent(raw.ask(start(place).port, "/a.css", accept_encoding="gzip")) == "gzip"


def test_curl_gets_the_original(start, place, loop):
    text = b"".join(b"line %d\n" % number for number in range(100_000))
    sites.write_files(place, {"log.txt": text, "log.txt.gz": gzip.compress(text)})
    url = f"http://127.0.0.1:{start(place, '--loop', loop).port}/log.txt"
    command = ["curl", "-sS", "--noproxy", "*", "--compressed", "-w", "%{stderr}%{size_download}", url]
    result = subprocess.run(command, check=True, timeout=DEADLINE, capture_output=True)
    assert result.stdout == text
    assert int(result.stderr) == (place / "log.txt.gz").stat().st_size < len(text), "the sibling came over the wire"
