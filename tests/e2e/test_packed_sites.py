# SPDX-License-Identifier: MIT
"""Sites that minhttp-pack has packed, served: each file comes as it is in the tree, in each coding, with the directory's tags."""

import gzip
import http.client
import os
import shutil
import subprocess
import sys
import urllib.parse
import zlib

import pytest

import documentation
import programs
import real_sites

sys.path.insert(1, str(programs.PROJECT / "tests/pack"))
import packing  # noqa: E402
import reader  # noqa: E402

TOKENS = ("br", "zstd", "gzip")
STORED = {".br": "br", ".zst": "zstd", ".gz": "gzip"}  # page.html.gz without page.html is a page in that coding
# The presets size and debug do not build it; tests/tidy/test_binary.py wants it in a release.
# Presets without its libraries (debug, size, other architectures) have none; tests/tidy/test_binary.py wants it in a release.
pytestmark = pytest.mark.skipif(not packing.PACKER.exists(), reason="minhttp-pack is not built: its libraries are missing")


def pack(site, *arguments, **options):
    """An executable where every user can run it."""
    out = programs.open_directory() / "packed"
    packing.pack(site, out, "--no-links", *arguments, **options)
    return out


def serve(start, packed, *options):
    return start(*options, "--port", 0, "--workers", 1, program=packed)


class Client:
    """One connection that is kept."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def get(self, path, coding="identity"):
        self.connection.request("GET", path, headers={"Accept-Encoding": coding})
        response = self.connection.getresponse()
        return response, response.read()


def decoded(coding, body):
    if coding == "gzip":
        return gzip.decompress(body)
    return subprocess.run([{"br": "brotli", "zstd": "zstd"}[coding], "-dc"], input=body, capture_output=True, check=True).stdout


def entries_of(packed):
    """What is in a packed site, by our other reader."""
    elf = packed.read_bytes()
    offset, size = reader.find(elf)
    return {entry.path.decode("utf-8", "surrogateescape"): entry for entry in reader.Pack(elf[offset:offset + size]).entries()}


def compare(tree, packed, client):
    """Asks for every file in every coding that there is, and decodes it with the programs that define them. How many bodies
    had a coding."""
    entries = entries_of(packed)
    coded = 0
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        name = path.relative_to(tree).as_posix()
        if any(part.startswith(".") for part in name.split("/")) or name in ("_headers", "_redirects"):
            continue
        content = path.read_bytes()
        for coding in "identity", *TOKENS:
            response, body = client.get("/" + urllib.parse.quote(name), coding)
            has = coding in entries[name].bodies and coding != "identity"
            assert response.status == 200, (name, coding)
            told = response.getheader("Content-Encoding")
            assert told == (coding if has else None) or (not has and told == coding == STORED.get(path.suffix)), (name, coding)
            assert (decoded(coding, body) if has else body) == content, (name, coding)
            coded += has
    return coded


@pytest.mark.portable
def test_each_file_is_served_as_it_is_in_the_tree(start, place):
    tree = packing.lay_site(place / "site")
    packed = pack(tree)
    assert compare(tree, packed, Client(serve(start, packed))) == 6


def test_tags_and_fields_are_those_of_the_directory_with_the_same_siblings(start, place):
    """So that moving from one to the other makes no client load anything again."""
    tree = packing.lay_site(place / "site")
    packing.lay(tree, {"index.html": packing.PROSE[:9000]})  # larger ones get their tag some seconds after a change
    assert packing.run("--siblings", tree, "--no-cache").returncode == 0
    directory, packed = Client(start(tree)), Client(serve(start, pack(tree)))
    differ = {"Last-Modified", "Date"}  # a pack has no times
    for path in "/", "/about", "/style.css", "/logo.png", "/sp%20ace/%C3%BC.txt", "/copy", "/old", "/nothing", "/empty%20directory/":
        for coding in "identity", *TOKENS, "gzip;q=1, *;q=0":
            answers = []
            for client in directory, packed:
                response, body = client.get(path, coding)
                answers.append((response.status, sorted((name, value) for name, value in response.getheaders() if name not in differ), body))
            assert answers[0] == answers[1], (path, coding)


@pytest.mark.portable
def test_packed_options_are_defaults(start, place):
    tree = packing.lay_site(place / "site")
    packed = pack(tree, "--with", "--spa --health /up --header 'X-Where: in the pack'")
    client = Client(serve(start, packed))
    response, _ = client.get("/up")
    assert response.status == 200
    response, body = client.get("/some/page")
    assert response.status == 200 and body == (tree / "index.html").read_bytes() and response.getheader("X-Where") == "in the pack"


def test_wrong_options_are_refused_before_anything_is_packed(place):
    tree = packing.lay_site(place / "site")
    for words, why in ("--spa=maybe", "--spa"), ("--frobnicate", "--frobnicate"), ("--config /etc/x", "--config"):
        done = packing.run(tree, "-o", place / "out", "--no-cache", "--server", programs.MINHTTP, "--with", words)
        assert done.returncode in (1, 2) and why in done.stderr and os.listdir(place) == ["site"], words


@pytest.mark.portable
def test_each_host_has_its_site(start, place):
    packing.lay(place / "sites", {"default/index.html": "anybody", "example.com/index.html": "example",
                                  "example.com/_headers": "/*\n  X-Host: example\n"})
    out = programs.open_directory() / "packed"
    done = packing.run("--hosts", place / "sites", "-o", out, "--no-cache", "--server", programs.MINHTTP)
    assert done.returncode == 0, done.stderr
    server = serve(start, out)
    for host, body, field in ("example.com", b"example", "example"), ("other.org", b"anybody", None):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", "/", headers={"Host": host})
        response = connection.getresponse()
        assert response.read() == body and response.getheader("X-Host") == field


REAL = {"cppreference": documentation.SITE, "python": real_sites.PYTHON_DOCUMENTATION}
SHARE = int(programs.SETTINGS.get("MINHTTP_PACK_SHARE", "32"))  # one of so many files; 1: all, half an hour of two processors


def share_of(tree, place):
    """Files that a checksum of their names chooses, so that it is the same ones each time; links are followed."""
    for path in tree.rglob("*"):
        name = path.relative_to(tree).as_posix()
        if path.is_file() and zlib.crc32(name.encode()) % SHARE == 0:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place / name)
    return place


@pytest.mark.long  # brotli at its highest level takes a minute for the pages that are chosen
@pytest.mark.parametrize("site", REAL)
def test_a_real_site_is_served_as_it_is(start, place, site):
    tree = share_of(REAL[site], place / "site")
    packed = pack(tree, timeout=7200)
    try:
        assert packing.run("--verify", packed).returncode == 0
        assert compare(tree, packed, Client(serve(start, packed))) > 1500 / SHARE
    finally:
        shutil.rmtree(packed.parent)
