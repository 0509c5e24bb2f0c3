# SPDX-License-Identifier: MIT
"""Compressed siblings (style.css.br beside style.css), as the usual programs make them."""

import gzip
import os
import subprocess

import pytest

import raw
import sites
from server import run_to_end

pytestmark = pytest.mark.portable

TEXT = b"body { margin: 0 }\n" * 50
PROGRAMS = {"br": ["brotli"], "zstd": ["zstd", "-q"], "gzip": ["gzip", "-k"]}
SUFFIX = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}


@pytest.fixture
def site(place):
    """A second that has begun: what is rounded down is earlier."""
    root = sites.write_files(place, {"index.html": "front", "style.css": TEXT, "about.html": TEXT, "a.png": TEXT})
    for name in ("style.css", "about.html", "a.png"):
        os.utime(root / name, ns=(1_700_000_000_900_000_000, 1_700_000_000_900_000_000))
    return root


def compress(file, *codings):
    for coding in codings:
        subprocess.run([*PROGRAMS[coding], file], check=True, timeout=60)


def ask(server, accept_encoding, path="/style.css", **fields):
    return raw.ask(server.port, path, accept_encoding=accept_encoding, **fields)


def coding_of(answer):
    return answer.fields.get("content-encoding", "identity")


@pytest.mark.parametrize("coding", PROGRAMS)
def test_files_of_each_program_are_sent(start, site, coding):
    compress(site / "style.css", coding)
    server = start(site)
    answer = ask(server, coding)
    assert (answer.status, coding_of(answer)) == (200, coding)
    assert answer.body == (site / f"style.css{SUFFIX[coding]}").read_bytes()
    assert answer.fields["content-type"] == "text/css; charset=utf-8"
    assert answer.fields["vary"] == "Accept-Encoding"
    plain = ask(server, "identity")
    assert (coding_of(plain), plain.body) == ("identity", TEXT)
    assert answer.fields["etag"] != plain.fields["etag"]
    assert ask(server, coding, if_none_match=answer.fields["etag"]).status == 304
    assert run_to_end("check", site).returncode == 0


def test_the_coding_is_chosen_by_accept_encoding(start, site):
    compress(site / "style.css", *PROGRAMS)
    server = start(site)
    for asked, expected in {
        "gzip, zstd, br": "br", "gzip, zstd": "zstd", "gzip, br;q=0.5": "gzip", "br;q=0, *": "zstd", "x": "identity",
        "br;q=0.1, identity": "identity", "": "identity", "GZIP": "gzip", "identity;q=0, gzip": "gzip",
    }.items():
        assert coding_of(ask(server, asked)) == expected, asked
    without = raw.ask(server.port, "/style.css")
    assert (coding_of(without), without.fields["vary"]) == ("identity", "Accept-Encoding")


def test_without_an_acceptable_coding_is_406(start, site):
    compress(site / "style.css", "gzip")
    answer = ask(start(site), "br, identity;q=0")
    assert (answer.status, answer.fields["vary"]) == (406, "Accept-Encoding")


def test_a_range_is_of_the_compressed_bytes(start, site):
    compress(site / "style.css", "gzip")
    server = start(site)
    answer = ask(server, "gzip", range="bytes=0-9")
    assert (answer.status, coding_of(answer)) == (206, "gzip")
    assert answer.body == (site / "style.css.gz").read_bytes()[:10]
    plain_tag = ask(server, "identity").fields["etag"]
    whole = ask(server, "gzip", range="bytes=0-9", if_range=plain_tag)
    assert (whole.status, gzip.decompress(whole.body)) == (200, TEXT)


def test_clean_urls_and_the_404_page_are_sent_compressed(start, site):
    (site / "404.html").write_bytes(TEXT)
    compress(site / "about.html", "br")
    compress(site / "404.html", "gzip")
    server = start(site)
    assert coding_of(ask(server, "br", "/about")) == "br"
    missing = ask(server, "gzip", "/nope")
    assert (missing.status, gzip.decompress(missing.body)) == (404, TEXT)


def test_a_stale_sibling_is_not_sent(start, site):
    compress(site / "style.css", *PROGRAMS)
    (site / "style.css").write_text("new")
    server = start(site)
    assert {(coding_of(answer), answer.body) for answer in (ask(server, coding) for coding in PROGRAMS)} == {
        ("identity", b"new")
    }
    said = run_to_end("check", site)
    assert said.returncode == 1
    assert sorted(line.split(": ")[0] for line in said.stdout.splitlines()[:-1]) == [
        f"{site}/style.css{suffix}" for suffix in (".br", ".gz", ".zst")
    ]


def test_compressed_formats_have_no_siblings(start, site):
    compress(site / "a.png", "gzip")
    answer = ask(start(site), "gzip", "/a.png")
    assert (coding_of(answer), answer.body, "vary" in answer.fields) == ("identity", TEXT, False)


def test_a_sibling_requested_by_its_own_name(start, site):
    compress(site / "style.css", "gzip")
    answer = ask(start(site), "gzip", "/style.css.gz")
    assert (answer.status, coding_of(answer), answer.fields["content-type"]) == (200, "identity", "application/gzip")
    assert gzip.decompress(answer.body) == TEXT
