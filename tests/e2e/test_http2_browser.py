# SPDX-License-Identifier: MIT
"""A page of many small files in a real browser: from minhttps, and behind HAProxy as docs/http2.md has it for a
certificate: HTTP/2 with TLS to the browser, HTTP/2 without to minhttp. Only ./test all plays it, which installs HAProxy. Screenshots go to
MINHTTP_SCREENSHOTS, or nowhere."""

import colorsys
import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

import programs
import raw
import sites
from devtools import Browser
from server import free_port, wait_until

IMAGES = 300
SIDE = 32  # pixels

CONFIG = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s

frontend public
    bind 127.0.0.1:{public} ssl crt {certificate} alpn h2,http/1.1
    default_backend site

backend site
    server minhttp 127.0.0.1:{port} proto h2
"""


def png(color):
    """A square of one color; some begin with rows of others, so that files differ in size."""
    red, green, blue = (int(255 * part) for part in colorsys.hsv_to_rgb(color / IMAGES, 0.7, 0.9))
    dot = bytes([red, green, blue])
    noise = [bytes([(x * color * 31 + y * 17) % 256, red, blue]) for y in range(color % 8) for x in range(SIDE)]
    pixels = (b"".join(noise) + dot * SIDE * SIDE)[:3 * SIDE * SIDE]
    rows = b"".join(b"\0" + pixels[3 * SIDE * y:3 * SIDE * (y + 1)] for y in range(SIDE))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def lay_page(root):
    images = {f"images/{i}.png": png(i) for i in range(IMAGES)}
    page = "<!doctype html><title>Many</title>" + "".join(f'<img src="{name}" alt="" width="{SIDE}">' for name in images)
    return sites.write_files(root, {"index.html": page, **images})


def make_certificate(place):
    """As HAProxy wants it: certificate and key in one file."""
    key, certificate = place / "key.pem", place / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    both = place / "site.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return both


def listens(port):
    try:
        with raw.Connection(port):
            return True
    except OSError:
        return False


@pytest.fixture
def proxied(start, place):
    server = start(lay_page(place / "site"), "--h2c", "--workers", 1)
    port = free_port()
    config = place / "haproxy.cfg"
    config.write_text(CONFIG.format(public=port, port=server.port, certificate=make_certificate(place)))
    process = subprocess.Popen(["haproxy", "-db", "-f", config], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: listens(port) or process.poll() is not None)
    assert process.poll() is None, "HAProxy has ended"
    yield server, f"https://127.0.0.1:{port}/"
    process.terminate()
    process.wait(30)


def test_a_page_of_many_images(proxied, place):
    visit_twice(*proxied, place, "--ignore-certificate-errors")


def visit_twice(server, url, place, *flags):
    """The whole page arrives, over HTTP/2; and again without the browser's cache."""
    profile = programs.open_directory()
    try:
        with Browser(profile, *flags) as browser:
            for visit in range(2):
                complaints = browser.open(f"{url}?visit={visit}")
                assert [c for c in complaints if "favicon" not in c.url] == []
                loaded = "[...document.images].filter(image => image.complete && image.naturalWidth == %d).length" % SIDE
                assert browser.evaluate(loaded) == IMAGES
                over = "performance.getEntriesByType('resource').map(entry => entry.nextHopProtocol)"
                assert set(browser.evaluate(over)) == {"h2"}
                if visit == 0:
                    browser.call_page("Network.clearBrowserCache")
            browser.screenshot(Path(os.environ.get("MINHTTP_SCREENSHOTS", place)) / "many_images.png")
    finally:
        shutil.rmtree(profile)

    def images():
        return [line.split('"')[1] for line in server.log_lines() if "/images/" in line]

    assert wait_until(lambda: len(images()) == 2 * IMAGES)
    assert all(line.endswith(" HTTP/2.0") for line in images())
    assert not [line for line in server.log_lines() if "aborted" in line]
