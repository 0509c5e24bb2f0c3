# SPDX-License-Identifier: MIT
"""HAProxy as docs/http2.md configures it: requests reach minhttp over HTTP/2, and one with Upgrade harms nobody."""

import re
import subprocess

import pytest

import programs
import raw
from server import free_port, wait_until

PAGE = programs.PROJECT / "docs/http2.md"


def example(public_port, port):
    text = re.search(r"^### HAProxy\n.*?^```\n(.*?)^```", PAGE.read_text(), re.M | re.S).group(1)
    return text.replace(":8000", f"127.0.0.1:{public_port}").replace("127.0.0.1:8080", f"127.0.0.1:{port}")


@pytest.fixture
def proxied(start, fixture_site, place):
    """A server, and the port of HAProxy in front of it."""
    server = start(fixture_site, "--h2c", "--workers", 1)
    port = free_port()
    config = place / "haproxy.cfg"
    config.write_text(example(port, server.port))
    process = subprocess.Popen(["haproxy", "-db", "-f", config], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: answers(port) or process.poll() is not None)
    yield server, port
    process.terminate()
    process.wait(30)


def answers(port):
    try:
        with raw.Connection(port) as client:
            return client.ask("/file.txt").status == 200
    except OSError:
        return False


def test_requests_come_over_http2_and_upgrades_over_http1(proxied):
    server, port = proxied
    for _ in range(3):
        with raw.Connection(port) as client:
            answer = client.ask("/file.txt")
            assert (answer.status, answer.body) == (200, b"abcdefghijklmnopqrstuvwxyz")
        with raw.Connection(port) as client:
            client.send(b"GET /dir/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            assert client.answer().status == 200
    assert wait_until(lambda: sum("/dir/" in line for line in server.log_lines()) == 3)
    lines = server.log_lines()
    assert {line.split('"')[1] for line in lines} == {"GET /file.txt HTTP/2.0", "GET /dir/ HTTP/1.1"}
