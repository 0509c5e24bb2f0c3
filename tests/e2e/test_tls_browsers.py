# SPDX-License-Identifier: MIT
"""Browsers that trust an authority of this machine, as mkcert makes one, load pages from minhttps. Long, because
browsers start slowly and a download has a gibibyte."""

import hashlib
import os
import shutil
import subprocess

import certificates
import programs
import pytest
import test_http2_browser
import tls
from devtools import Browser
from server import DEADLINE, wait_until

pytestmark = tls.NEEDED
HUGE = 1 << 30
FIREFOX_S = 120  # its first start, with a new profile


def trust(database, authority):
    """As mkcert does it: in a database of NSS."""
    database.mkdir(parents=True, exist_ok=True)
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "--empty-password"], check=True, timeout=DEADLINE)
    subprocess.run(["certutil", "-A", "-d", f"sql:{database}", "-t", "C,,", "-n", "authority", "-i", authority], check=True,
                   timeout=DEADLINE)


@pytest.fixture
def authority(place, monkeypatch):
    """Its certificate's file, which Chromium trusts, and a pair that it has signed."""
    made = certificates.Certificate(subject="authority of this machine", authority=True)
    files = [place / name for name in ("authority.pem", "authority.key", "site.pem", "site.key")]
    made.write(*files[:2])
    certificates.Certificate("localhost", "127.0.0.1", issuer=made).write(*files[2:])
    trust(place / "home/.pki/nssdb", files[0])
    monkeypatch.setenv("HOME", str(place / "home"))
    return files[0], files[2:]


def serve(start, site, pair, *more):
    return start(site, *tls.options(pair), "--listen", "127.0.0.1:0", "--workers", 1, *more, program=tls.MINHTTPS)


def test_chromium_loads_a_page_of_many_images(start, place, authority):
    server = serve(start, test_http2_browser.lay_page(place / "site"), authority[1])
    test_http2_browser.visit_twice(server, f"https://127.0.0.1:{server.port}/", place)


def test_firefox_loads_a_page_of_many_images(start, place, authority):
    server = serve(start, test_http2_browser.lay_page(place / "site"), authority[1], "--log", "combined")
    profile, picture = programs.open_directory(), place / "firefox.png"
    try:
        trust(profile, authority[0])
        subprocess.run(["firefox-esr", "--headless", "--no-remote", "--profile", profile, "--screenshot", picture,
                        f"https://localhost:{server.port}/"], check=True, capture_output=True, timeout=FIREFOX_S)
    finally:
        shutil.rmtree(profile, ignore_errors=True)
    assert picture.stat().st_size > 1000

    def images():
        return [line for line in server.log_lines() if "/images/" in line]

    assert wait_until(lambda: len(images()) == test_http2_browser.IMAGES)
    assert all("HTTP/2.0" in line and "Firefox" in line and " 200 " in line for line in images())


def test_a_gibibyte_arrives_whole(start, place, authority):
    """By curl over both versions of HTTP, and into Chromium."""
    site = place / "site"
    site.mkdir()
    (site / "index.html").write_text("<title>huge</title>")
    block = os.urandom(1 << 20)
    digest = hashlib.sha256()
    with (site / "huge.bin").open("wb") as file:
        for number in range(HUGE // len(block)):
            part = number.to_bytes(8, "big") + block[8:]
            file.write(part)
            digest.update(part)
    server = serve(start, site, authority[1])
    for version in ("--http1.1", "--http2"):
        with subprocess.Popen(["curl", "-s", version, "--cacert", authority[0], f"https://localhost:{server.port}/huge.bin"],
                              stdout=subprocess.PIPE) as client:
            assert hashlib.file_digest(client.stdout, "sha256").digest() == digest.digest()
    profile = programs.open_directory()
    try:
        with Browser(profile) as browser:
            assert [c for c in browser.open(f"https://127.0.0.1:{server.port}/") if "favicon" not in c.url] == []
            count = """(async () => {
              const reader = (await fetch("/huge.bin")).body.getReader();
              for (let bytes = 0;;) {
                const { done, value } = await reader.read();
                if (done) return bytes;
                bytes += value.length;
              }
            })()"""
            assert browser.evaluate(count) == HUGE
    finally:
        shutil.rmtree(profile)
