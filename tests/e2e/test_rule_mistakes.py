# SPDX-License-Identifier: MIT
"""Files of rules that cannot be right: the start stops, every mistake has its line, and nothing hangs or dies."""

import os
import re

import pytest

import raw
import sites
from server import run_to_end

pytestmark = pytest.mark.portable


def refused(root, *arguments):
    """What is said by a start that fails over a site's files."""
    result = run_to_end(root, "--port", 0, *arguments)
    assert (result.returncode, result.stdout) == (1, ""), result.stderr
    return result.stderr.splitlines()


@pytest.mark.parametrize(
    "line, word",
    [
        ("/a/* https://api.example/:splat 200", "proxy"),
        ("/a /b 302 Country=de", "country"),
        ("/a /b 302 Language=de", "language"),
        ("/a /b 302 Role=admin", "role"),
        ("/a /b 302 Cookie=x", "cookie"),
        ("/a /b 301 Signed=KEY", "signed"),
        ("/a /.netlify/functions/x", "netlify"),
        ("/.netlify/x /b", "netlify"),
        ("/a", "target"),
        ("/a 301", "target"),
        ("/a /b 410", "status"),
        ("/a /b 500", "status"),
        ("/a /b 301 extra", "status"),
        ("/a?x=1 /b", "query"),
        ("/a /b/*", ":splat"),
        ("/a /b/:x", "placeholder"),
        ("/*/* /b", "*"),
        ("/:x:y /b", "placeholder"),
        ("/a //evil.example", "scheme"),
        ("/a /\\evil.example", "scheme"),
        ("/a https://:x/", "host"),
        ("/.git/* /b", "hidden"),
        ("/a /.git/config 200", "hidden"),
        ("/a%00 /b", "NUL"),
        ("https://*.example.org/a /b", "host"),
        ("/a /b\r/c", "control byte"),
        ("/a /b\0", "control byte"),
        ("/" + "a" * 5000 + " /b", "4096"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_redirect_that_is_refused(place, line, word):
    sites.write_files(place, {"_redirects": f"# comment\n\n/fine /b\n{line}\n"})
    (said,) = refused(place)
    assert said.startswith(f"{place}/_redirects:4: ")
    assert word.lower() in said.lower()


@pytest.mark.parametrize(
    "line, word",
    [
        *((f"{name}: x", "server's own") for name in ("Content-Length", "transfer-encoding", "Connection", "Date")),
        *((f"{name}: x", "server's own") for name in ("Location", "Content-Range", "Upgrade")),
        ("Content-Encoding: gzip", "stored compressed"),
        ("! Content-Length", "server's own"),
        ("ETag: x", "removed"),
        ("Basic-Auth: joe:secret", "--auth"),
        ("No colon", "Name: value"),
        ("Sp ace: x", "field name"),
        ("! X-A: 1", "!"),
        ("X-A: a\rb", "control byte"),
        ("X-A: a\0b", "control byte"),
        ("X-A: " + "a" * 5000, "4096"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_field_that_is_refused(place, line, word):
    sites.write_files(place, {"_headers": f"/*\n  X-Fine: 1\n  {line}\n"})
    (said,) = refused(place)
    assert said.startswith(f"{place}/_headers:3: ")
    assert word.lower() in said.lower()


def test_a_redirect_loop(place):
    sites.write_files(place, {"_redirects": "/a /b\n/b /c\n/c /a\n"})
    (said,) = refused(place)
    assert re.search(r"_redirects:\d: .*circle", said)


def test_all_mistakes_of_both_files_at_once(place):
    """Nobody wants to start ten times to find ten mistakes."""
    sites.write_files(place, {"_redirects": "x\n/a /b 999\n/fine /b\n/c\n", "_headers": "X: 1\n/a\n/b\n  Date: x\n"})
    places = [line.removeprefix(f"{place}/").split(": ")[0] for line in refused(place)]
    assert sorted(places) == ["_headers:1", "_headers:2", "_headers:4", "_redirects:1", "_redirects:2", "_redirects:4"]


def test_very_many_mistakes(place):
    sites.write_files(place, {"_redirects": "x\n" * 1000})
    lines = refused(place)
    assert len(lines) == 101
    assert lines[-1] == "minhttp: and 900 more mistakes"


def test_the_mistake_behind_very_many_warnings(place):
    """What stops the start is said, whatever else there is to say."""
    sites.write_files(place, {"_redirects": "/a /b\n" + "/a /c\n" * 150 + "/z oops 301\n"})
    *lines, mistake, end = refused(place)
    assert len(lines) == 99 and all(": warning: " in line for line in lines)
    assert mistake.startswith(f"{place}/_redirects:152: ")
    assert end == "minhttp: and 51 more warnings"


def test_a_rule_that_is_never_used_is_a_warning(start, place):
    server = start(sites.write_files(place, {"_redirects": "/a /b\n/a /c\n/*  /d/:splat\n/x /y\n"}))
    said = server.err.wait_for(lambda line: "_redirects:2:" in line)
    assert "never used" in said
    assert raw.ask(server.port, "/a").fields["location"] == "/b"


def test_what_can_never_match_is_a_warning(start, place):
    """Files that people bring from Netlify and Cloudflare Pages: what both skip, or what is for their own hosts."""
    files = {
        "_redirects": "/a#b /c\n/self /self\nslash/* /b\nhttp://a.example/* https://a.example/:splat 301!\n"
        "https://x.netlify.app/* https://x.example/:splat 301!\n/x /y\n/x/ /y\n/old /new\n",
        "_headers": "https://:project.pages.dev/*\n  X-Robots-Tag: noindex\n\n/nothing\n\n/*\n  X-A:\n  X-B: 1\n",
    }
    server = start(sites.write_files(place, files))
    answer = raw.ask(server.port, "/old")
    assert (answer.fields["location"], answer.fields["x-b"]) == ("/new", "1")
    assert "x-robots-tag" not in answer.fields
    said = [line.removeprefix(f"{place}/").split(": ")[:2] for line in server.err.all if line.startswith(f"{place}/_")]
    assert said == [
        *([f"_redirects:{line}", "warning"] for line in (1, 2, 3, 4, 5)),
        *([f"_headers:{line}", "warning"] for line in (1, 4, 7)),
    ]


def test_mistakes_of_hosts_name_the_file(place):
    sites.write_files(place, {"one.example/_redirects": "x\n", "default/_headers": "y\n"})
    result = run_to_end("--hosts", place, "--port", 0)
    assert result.returncode == 1
    assert f"{place}/one.example/_redirects:1: " in result.stderr
    assert f"{place}/default/_headers:1: " in result.stderr


EVERY_BYTE = bytes(range(256))


@pytest.mark.parametrize(
    "content",
    [
        EVERY_BYTE,
        b"\n".join(bytes([byte]) for byte in EVERY_BYTE),
        b"\n".join(b"/%c%c /b" % (byte, byte) for byte in EVERY_BYTE),
        b"/* \n" + b"\n".join(b"  X-%c: %c" % (byte, byte) for byte in EVERY_BYTE),
        b"\0" * 100_000,
        b"/a /b\n" + b"\0" * 5000,
        b"a" * 1_000_000,
        b"/a /" + b"b" * 1_000_000,
        b"/*\n  X-A: " + b"b" * 1_000_000,
        b"/" + b":x/" * 1300 + b" /b",
        b"/a " + b"b=c " * 1000 + b" /d",
        b"\xff\xfe/\0a\0 \0/\0b\0\n\0",  # UTF-16
        b"x" * ((4 << 20) + 1),
        b"\x1b[2J\x1b]0;owned\x07 /b\n",
    ],
    ids=["bytes", "each alone", "paths", "fields", "NULs", "NULs behind", "megabyte", "long target", "long value",
         "placeholders", "conditions", "UTF-16", "too large", "terminal"],
)
@pytest.mark.parametrize("name", ["_redirects", "_headers"])
def test_files_that_are_no_text_are_refused(place, name, content):
    sites.write_files(place, {name: content})
    lines = refused(place)
    assert lines and all(re.fullmatch(rf"{place}/{name}(:\d+)?: [ -~]+|minhttp: .*", line) for line in lines), lines[:3]
    assert max(map(len, lines)) < 1000


@pytest.mark.parametrize(
    "content",
    [b"", b"\n" * 100_000, b"#" * 4096, b"\xef\xbb\xbf# BOM\r\n/a /b\r\n", b"  \t \r\n/a\t\t/b\t\r\n", b"/a /b"],
    ids=["empty", "blank lines", "a long comment", "BOM", "tabs", "no line end"],
)
def test_unusual_line_ends_and_spaces_are_accepted(start, place, content):
    server = start(sites.write_files(place, {"_redirects": content, "index.html": "index"}))
    assert raw.ask(server.port, "/").body == b"index"
    assert raw.ask(server.port, "/a").status == (301 if b"/a" in content else 404)


def test_a_file_of_a_hundred_thousand_lines(start, place):
    """More rules than there may be are refused at the line where they are too many; comments do not count."""
    rules = "".join(f"/old/{number} /new/{number}\n# comment\n" for number in range(50_000))
    server = start(sites.write_files(place, {"_redirects": rules}), "--log", "off")
    assert raw.ask(server.port, "/old/49999").fields["location"] == "/new/49999"
    assert raw.ask(server.port, "/old/50000").status == 404
    sites.write_files(place, {"_redirects": "".join(f"/{number} /new\n" for number in range(100_000))})
    (said,) = refused(place)
    assert said.startswith(f"{place}/_redirects:65537: more than 65536 rules")


@pytest.mark.parametrize("name", ["_redirects", "_headers"])
@pytest.mark.parametrize(
    "make, word",
    [
        (lambda file: file.mkdir(), "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (lambda file: (file.write_text("/a /b\n"), file.chmod(0)), "permission"),
        (lambda file: file.symlink_to("../outside"), ""),
        (lambda file: file.symlink_to(file.name), ""),
        (lambda file: file.symlink_to("rules-of-tomorrow"), "leads nowhere"),
    ],
    ids=["directory", "fifo", "unreadable", "link out", "loop", "link to nothing"],
)
def test_a_file_that_cannot_be_read(place, name, make, word):
    """Better no start than a site without the rules that somebody has written for it."""
    root = place / "root"
    root.mkdir()
    (place / "outside").write_text("/a /b\n")
    make(root / name)
    (said,) = refused(root)
    assert f"{root}/{name}: " in said and word in said.lower()
