# SPDX-License-Identifier: MIT
"""Other formats of the access log than Common Log Format, a file to write it to, and what a person at a terminal sees."""

import json
import os
import random
import re
import signal
import subprocess
import threading

import pytest

import http2_client as h2
import programs
import raw
import sites
from server import DEADLINE, Lines, run_to_end, wait_until
from workers import workers


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front", "large": b"l" * (4 << 20), "sub/a.txt": "a"})


def ended(server):
    """All lines, once the server has ended."""
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    return server.out.wait_for_end()


def ask(server, path="/", **options):
    with raw.Connection(server.port) as connection:
        return connection.ask(path, **options)


def test_a_json_line_has_what_the_page_says(start, site):
    server = start(site, "--log", "json")
    ask(server, "/sub/a.txt?x=1&y", referer='http://a/"b\\', user_agent="agent", x_request_id="id-1", traceparent="00-ab-cd-01")
    line = json.loads(ended(server)[0])
    assert 0 <= line.pop("duration_us") < DEADLINE * 1e6
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line.pop("time"))
    assert line == {
        "client": "127.0.0.1", "method": "GET", "host": "localhost", "path": "/sub/a.txt", "query": "x=1&y", "protocol": "HTTP/1.1",
        "status": 200, "bytes": 1, "referer": 'http://a/"b\\', "user_agent": "agent", "request_id": "id-1",
        "traceparent": "00-ab-cd-01", "worker": 1,
    }


def test_json_says_why_a_request_was_refused(start, site):
    server = start(site, "--log", "json")
    ask(server, "/nothing")
    ask(server, method="POST")
    with raw.Connection(server.port) as connection:
        connection.send(b"\x01\x02\r\n\r\n")
        connection.answer()
    lines = [json.loads(line) for line in ended(server)]
    assert [(line["status"], line["reason"]) for line in lines] == [
        (404, "not-found"), (405, "method-not-allowed"), (400, "malformed-request")]
    assert "method" not in lines[2] and "path" not in lines[2]


REASONS = [
    (b"GET / HTTP/1.1\r\n\r\n", 400, "missing-host"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "invalid-host"),
    (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "malformed-field"),
    (b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400, "malformed-field"),
    (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed-target"),
    (b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed-path"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400, "invalid-content-length"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "ambiguous-length"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400, "invalid-transfer-coding"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "unknown-transfer-coding"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, "malformed-body"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12", 400, "incomplete-request"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417, "unknown-expectation"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n", 412, "precondition-failed"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=99999-\r\n\r\n", 416, "range-not-satisfiable"),
    (b"GET /.git HTTP/1.1\r\nHost: a\r\n\r\n", 404, "hidden-name"),
    (b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found"),
    (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "unknown-method"),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "unknown-version"),
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414, "target-too-long"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000, 431, "head-too-large"),
]


def test_json_tells_refusals_of_one_status_apart(start, site):
    server = start(site, "--log", "json")
    for request, _, _ in REASONS:
        with raw.Connection(server.port) as connection:
            connection.send(request)
            connection.end_sending()
            connection.answer()
    lines = [json.loads(line) for line in ended(server)]
    assert [(line["status"], line["reason"]) for line in lines] == [(status, reason) for _, status, reason in REASONS]


def test_json_says_who_may_not(start, site):
    server = start(site, "--log", "json", "--deny", "127.0.0.1")
    ask(server, "/")
    assert json.loads(ended(server)[0])["reason"] == "address-denied"


def test_json_over_http2_has_the_same_reasons(start, site):
    server = start(site, "--log", "json", "--h2c", "--client-rate", 1, "--listen", "127.0.0.1:0")
    with h2.Client(server.port) as client:
        assert client.ask(1, "/nothing").status == 404
        client.send(h2.headers(3, [*h2.get("/"), ("expect", "tea")]))
        client.read_until(lambda: client.stream(3).ended)
        numbers = iter(range(5, 1000, 2))
        while client.ask(next(numbers), "/").status == 200:
            pass
    reasons = [json.loads(line).get("reason") for line in ended(server)]
    assert reasons[:2] + reasons[-1:] == ["not-found", "unknown-expectation", "client-rate"]


def test_json_over_http2_is_the_same(start, site):
    server = start(site, "--log", "json", "--h2c")
    with h2.Client(server.port) as client:
        for stream in (1, 3):  # the second is sent again from the cache of responses
            client.send(h2.headers(stream, [*h2.get("/?q"), ("user-agent", "agent")]))
            client.read_until(lambda: client.stream(stream).ended)
    for text in ended(server):
        line = json.loads(text)
        assert (line["protocol"], line["path"], line["query"], line["user_agent"]) == ("HTTP/2.0", "/", "q", "agent")


@pytest.mark.parametrize("form", ["json", "combined"])
def test_no_bytes_of_a_request_break_a_line(start, site, form):
    chance = random.Random(4711)
    server = start(site, "--log", form, "--h2c")
    sent = 0
    for _ in range(300):
        values = [bytes(chance.choices(range(1, 256), k=chance.choice([0, 3, 40, 700, 3000]))) for _ in range(3)]
        values = [value.translate(None, b"\r\n") for value in values]
        request = b"GET /?%s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" % bytes(chance.choices(range(0x21, 0x100), k=20))
        request += b"".join(b"%s: %s\r\n" % pair for pair in zip((b"User-Agent", b"Referer", b"X-Request-Id"), values))
        with raw.Connection(server.port) as connection:
            connection.send(request + b"\r\n")
            connection.answer()
        sent += 1
    lines = ended(server)
    assert len(lines) == sent
    for line in lines:
        if form == "json":
            assert json.loads(line)["status"] in (200, 400)
        else:
            assert re.fullmatch(r'127\.0\.0\.1 - - \[[^]]+\] "[^"]*" \d+ \d+ "[^"]*" "[^"]*"( early)?', line), line


def test_texts_that_are_too_long_are_cut_off(start, site):
    server = start(site, "--log", "json")
    ask(server, user_agent="\xfc" * 9000)
    (line,) = ended(server)
    line = json.loads(line)
    assert 100 < len(line["user_agent"]) <= 1024 and set(line["user_agent"]) == {"\xfc"}
    assert line["early"] is True


def test_combined_has_referer_and_agent(start, site):
    server = start(site, "--log", "combined")
    ask(server, referer='http://a/"b\\', user_agent="agent é")
    ask(server)
    first, second = ended(server)
    assert first.endswith(r'"GET / HTTP/1.1" 200 5 "http://a/\x22b\x5c" "agent \xe9"')
    assert second.endswith('"GET / HTTP/1.1" 200 5 "-" "-"')


@pytest.mark.long  # goaccess is one of the packages that only ./test all installs
@pytest.mark.parametrize("form, name", [("common", "COMMON"), ("combined", "COMBINED")])
def test_goaccess_reads_every_line(start, site, place, form, name):
    server = start(site, "--log", form, "--h2c")
    for path in ("/", "/sub/a.txt?q", "/nothing", "/sub"):
        ask(server, path, user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/121.0", referer="http://a/")
    with h2.Client(server.port) as client:
        client.ask(1)
    lines = ended(server)
    (place / "log").write_text("\n".join(lines) + "\n")
    subprocess.run(["goaccess", place / "log", f"--log-format={name}", "-o", place / "report.json", "--no-progress"],
                   check=True, timeout=DEADLINE, capture_output=True)
    general = json.loads((place / "report.json").read_text())["general"]
    assert (general["total_requests"], general["failed_requests"]) == (len(lines), 0)


def test_a_download_that_breaks_off_is_marked(start, site):
    server = start(site, "--log", "json")
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/large"))
        connection.head()
        connection.reset()
    line = json.loads(server.out.wait_for(lambda line: "aborted" in line))
    assert line["aborted"] is True and line["bytes"] < 4 << 20


def test_the_log_goes_to_a_file(start, site, writable):
    server = start(site, "--log-file", writable / "access.log")
    ask(server)
    assert ended(server) == []
    assert '"GET / HTTP/1.1" 200 5\n' in (writable / "access.log").read_text()
    assert os.stat(writable / "access.log").st_mode & 0o777 == 0o640


@pytest.mark.parametrize("count", [1, 2])
def test_no_line_is_lost_when_the_file_is_renamed(start, site, writable, count):
    server = start(site, "--log-file", writable / "access.log", "--workers", count)
    asked = []
    stop = threading.Event()

    def client(number):
        with raw.Connection(server.port) as connection:
            while not stop.is_set():
                path = f"/{number}/{len(asked)}"
                connection.ask(path)
                asked.append(path)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(5):
        seen = len(asked)
        assert wait_until(lambda: len(asked) > seen + 100)
        os.rename(writable / "access.log", writable / f"access.log.{turn}")
        os.kill(server.pid, signal.SIGUSR1)
        assert wait_until(lambda: (writable / "access.log").exists() and (writable / "access.log").stat().st_size > 0)
    stop.set()
    for thread in threads:
        thread.join()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    logged = [line.split('"')[1].split()[1] for file in writable.iterdir() for line in file.read_text().splitlines()]
    assert sorted(logged) == sorted(asked)


def test_a_directory_that_has_vanished_leaves_the_old_file(start, site, writable):
    server = start(site, "--log-file", writable / "access.log")
    old = open(writable / "access.log", encoding="utf-8")
    writable.rename(writable.with_name("elsewhere"))
    os.kill(server.pid, signal.SIGUSR1)
    assert server.err.wait_for(lambda line: line.endswith("; the log goes on in the old file"))
    ask(server)
    assert wait_until(lambda: '"GET / HTTP/1.1" 200 5' in old.read())
    old.close()


def test_the_sandbox_lets_the_supervisor_write_nowhere_else(start, site, writable):
    """What it may write is decided by Landlock; its workers may open nothing for writing."""
    server = start(site, "--log-file", writable / "access.log", "--workers", 1)
    os.unlink(writable / "access.log")
    os.kill(server.pid, signal.SIGUSR1)
    assert wait_until((writable / "access.log").exists)
    assert workers(server)


def test_a_full_disk_stops_no_client(start, site):
    server = start(site, "--log-file", "/dev/full")
    for _ in range(50):
        assert ask(server).status == 200
    assert server.err.wait_for(lambda line: line == (
        "minhttp: cannot write the access log: no space left; lines are dropped, and counted"))
    assert sum("cannot write the access log" in line for line in server.err.all) == 1


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("--log-file", "/nowhere/log"), "no such file or directory"),
        (("--log-file", "/"), "it is a directory"),
        (("--log-file", "x", "--loop", "plain"), "needs --loop epoll"),
        (("--log", "xml"), "takes one of"),
    ],
)
def test_a_log_that_cannot_be_written_stops_the_start(site, arguments, says):
    refused = run_to_end(site, *arguments)
    assert refused.returncode in (1, 2)
    assert says in refused.stderr and refused.stderr.count("\n") == 1


class Terminal:
    """A server whose standard output is a terminal."""

    def __init__(self, *arguments, before=()):
        ours, its = os.openpty()
        os.fchmod(its, 0o666)
        command = programs.command(programs.MINHTTP, (*arguments, "--listen", "127.0.0.1:0"), before)
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=its, stderr=subprocess.PIPE,
                                        **programs.unprivileged())
        os.close(its)
        self.out = Lines(open(ours, "rb", buffering=0))
        self.err = Lines(self.process.stderr)
        start = self.err.wait_for(lambda line: line.startswith("minhttp serving"))
        self.port = int(start.rpartition(":")[2].strip("/"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.wait(DEADLINE)


@pytest.mark.parametrize("before, green, plain", [((), "\x1b[32m", "\x1b[0m"), (("env", "NO_COLOR=1"), "", "")])
def test_lines_on_a_terminal_are_for_a_person(site, before, green, plain):
    with Terminal(site, before=before) as server:
        ask(server, "/?a=b")
        line = server.out.wait_for(lambda line: "GET" in line)
        assert re.fullmatch(rf"\d\d:\d\d:\d\d {re.escape(green)}200{re.escape(plain)} GET /\?a=b 5B \d+\.\d(ms|s) 127\.0\.0\.1\r?",
                            line), line
        ask(server, "/large")
        assert server.out.wait_for(lambda line: " GET /large 4.1M " in line)


def test_a_terminal_gets_no_control_bytes_of_a_client(site):
    with Terminal(site, before=("env", "NO_COLOR=1")) as server:
        with raw.Connection(server.port) as connection:
            connection.send(b"GET /\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n")
            assert connection.answer().status == 400
        line = server.out.wait_for(lambda line: " 400 " in line)
        assert "\x1b" not in line
