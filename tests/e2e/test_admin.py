# SPDX-License-Identifier: MIT
"""Health, metrics and the page of --admin."""

import base64
import gzip
import hashlib
import os
import re
import shutil
import signal
import subprocess

import pytest

import http2_client as h2
import programs
import raw
import sites
from exposition import Metrics
from server import children, run_to_end, wait_until
from test_passing_on import switch_and_wait
from workers import all_begun, is_running

_ADMIN = re.compile(r"minhttp: health and metrics at http://(\S+):(\d+)/$")
REQUESTS = "minhttp_http_requests_total"
DURATIONS = "minhttp_http_request_duration_seconds"


@pytest.fixture
def site(place):
    return sites.write_files(place, {"index.html": "index", "large": b"x" * (4 << 20), "text.css": "a{}" * 2000})


class Admin:
    def __init__(self, server):
        self.port = int(_ADMIN.match(server.err.wait_for(_ADMIN.match))[2])

    def ask(self, path="/metrics", method="GET", **options):
        return raw.ask(self.port, path, method, **options)

    def metrics(self):
        answer = self.ask()
        assert answer.status == 200 and answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        return Metrics(answer.body.decode())

    def until(self, condition):
        """The numbers, once they are as they have to be; some are up to a second old."""
        last = []

        def holds():
            last[:] = [self.metrics()]
            return condition(last[0])

        assert wait_until(holds), sorted(map(str, last[0].samples.items()))
        return last[0]


@pytest.fixture
def start_admin(start, site):
    def begin(*options):
        server = start(site, "--admin", "localhost:0", *options)
        return server, Admin(server)

    return begin


def test_health_and_readiness(start_admin):
    _, admin = start_admin()
    for path in ("/healthz", "/readyz", "/readyz?now"):
        answer = admin.ask(path)
        assert (answer.status, answer.body) == (200, b"ok\n") and answer.fields["cache-control"] == "no-store"
    assert admin.ask("/readyz", "HEAD").status == 200


def test_once_the_server_ends_it_lives_and_is_not_ready(start_admin):
    server, admin = start_admin("--workers", 1)
    with raw.Connection(server.port, receive_buffer=4096) as slow, raw.Connection(admin.port) as client:
        slow.send(raw.request("/large"))
        slow.head()
        client.send(b"GET /readyz HTTP/1.1\r\n")
        assert admin.until(lambda now: now.get("minhttp_connections", state="reading") >= 1)
        server.signal(signal.SIGTERM)
        assert wait_until(lambda: not accepts(server.port))
        client.send(b"Host: localhost\r\n\r\n")
        assert client.answer().status == 503
    assert server.wait() == 0


def accepts(port):
    try:
        raw.Connection(port).socket.close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("path,method,status", [
    ("/nothing", "GET", 404), ("/index.html", "GET", 404), ("/metrics/", "GET", 404), ("/metrics", "POST", 405),
    ("/metrics", "OPTIONS", 204), ("/metrics", "BREW", 501), ("/", "HEAD", 200),
])
def test_nothing_else_is_there(start_admin, path, method, status):
    assert start_admin()[1].ask(path, method).status == status


def test_no_rule_and_no_option_of_the_site_reaches_it(start_admin, site):
    (site / "_headers").write_text("/*\n  X-Rule: 1\n")
    (site / "_redirects").write_text("/* /elsewhere 301!\n")
    _, admin = start_admin("--cors", "--header", "X-Option: 1", "--deny", "127.0.0.0/8", "--log", "common")
    for path in ("/metrics", "/", "/readyz", "/nothing"):
        fields = admin.ask(path, origin="https://elsewhere.example").fields
        assert not {"x-rule", "x-option", "access-control-allow-origin"} & fields.keys()
        assert fields["cache-control"] == "no-store"


def test_it_never_answers_as_the_site_did(start_admin):
    """The same bytes, which the site's response cache knows."""
    server, admin = start_admin("--workers", 1)
    request = raw.request("/", host="127.0.0.1")
    with raw.Connection(server.port) as client:
        for _ in range(100):
            client.send(request)
            assert client.answer().body == b"index"
    assert admin.ask("/", host="127.0.0.1").fields["content-type"].startswith("text/html")
    with raw.Connection(admin.port) as client:
        client.send(request)
        assert b"<title>minhttp</title>" in client.answer().body


def test_nothing_of_it_is_logged(start_admin):
    server, admin = start_admin("--log", "common")
    for path in ("/metrics", "/", "/healthz", "/nothing"):
        admin.ask(path)
    raw.exchange(admin.port, b"bad\r\n\r\n")
    raw.ask(server.port, "/?last")
    assert server.out.wait_for(lambda line: "/?last" in line)
    assert len(server.log_lines()) == 1


@pytest.mark.parametrize("host,status", [
    ("localhost", 200), ("LocalHost:9090", 200), ("127.0.0.1:9090", 200), ("10.1.2.3", 200), ("[::1]:9090", 200),
    ("rebound.example", 421), ("localhost.rebound.example", 421), ("127.0.0.1.rebound.example", 421),
])
def test_a_name_that_somebody_else_owns_is_refused(start_admin, host, status):
    assert start_admin()[1].ask("/metrics", host=host).status == status


def test_requests_count_by_method_and_status(start_admin):
    server, admin = start_admin("--h2c", "--workers", 2)
    for _ in range(20):
        assert raw.ask(server.port, "/").status == 200
    raw.ask(server.port, "/nothing")
    raw.ask(server.port, "/", "HEAD")
    raw.ask(server.port, "/", "POST")
    raw.exchange(server.port, b"GET / HTTP/1.1\r\n\r\n")
    raw.ask(server.port, "/", "BREW")
    with raw.Connection(server.port) as client:
        client.send(raw.request("/") * 10)
        assert [client.answer().status for _ in range(10)] == [200] * 10
    with h2.Client(server.port) as client:
        for stream in range(1, 11, 2):
            assert client.ask(stream).status == 200
        assert client.ask(11, "/nothing").status == 404
    now = admin.until(lambda now: now.get(DURATIONS + "_count") == 41)
    assert now.get(REQUESTS, method="GET", code="200") == 35
    assert now.get(REQUESTS, method="GET", code="404") == 2
    assert now.get(REQUESTS, method="HEAD", code="200") == 1
    assert now.get(REQUESTS, method="POST", code="405") == 1
    assert now.sum(REQUESTS, code="400") == 1
    assert now.get(REQUESTS, method="other", code="501") == 1
    assert now.sum(REQUESTS) == 41
    assert now.sum("minhttp_connections_accepted_total") == 27
    assert now.get("minhttp_workers") == 2 and now.get("minhttp_ready") == 1


def test_bytes_and_durations(start_admin):
    server, admin = start_admin()
    request = raw.request("/large")
    with raw.Connection(server.port, receive_buffer=4096) as client:
        client.send(request[:-2])
        admin.until(lambda now: now.get("minhttp_connections", state="reading") == 1)
        client.send(request[-2:])
        client.head()
        admin.until(lambda now: now.get("minhttp_connections", state="sending") == 1)
        assert admin.metrics().get(DURATIONS + "_count") == 0
        client.body_bytes(4 << 20)
    now = admin.until(lambda now: now.get(DURATIONS + "_count") == 1)
    assert now.get(DURATIONS + "_bucket", le="0.1") == 0, "two looks at numbers that are a second apart"
    assert 0.1 < now.get(DURATIONS + "_sum") < 60
    assert now.get("minhttp_received_bytes_total") == len(request)
    assert 4 << 20 < now.get("minhttp_sent_bytes_total") < (4 << 20) + 1000


@pytest.mark.parametrize("http2", [False, True])
def test_a_download_that_breaks_off(start_admin, http2):
    server, admin = start_admin("--h2c")
    if http2:
        with h2.Client(server.port) as client:
            client.send(h2.headers(1, h2.get("/large")))
            client.read_until(lambda: len(client.stream(1).body) == h2.WINDOW)
            client.send(h2.reset(1))
            client.sync()
    else:
        with raw.Connection(server.port, receive_buffer=4096) as client:
            client.send(raw.request("/large"))
            client.head()
            client.reset()
    now = admin.until(lambda now: now.get("minhttp_http_responses_aborted_total") == 1)
    assert now.get(DURATIONS + "_count") == 0 and now.get(REQUESTS, method="GET", code="200") == 1


def test_states_of_connections(start_admin):
    server, admin = start_admin("--h2c")
    with raw.Connection(server.port) as idle, raw.Connection(server.port) as reading, h2.Client(server.port) as streams:
        idle.ask("/")
        reading.send(b"GET / HT")
        streams.send(h2.headers(1, h2.get("/large")))
        streams.read_until(lambda: len(streams.stream(1).body) == h2.WINDOW)
        now = admin.until(lambda now: all(now.get("minhttp_connections", state=state) >= 1
                                          for state in ("idle", "reading", "streams")))
        assert now.get("minhttp_workspaces") >= 1 and now.get("minhttp_workspaces_max") > 0


def test_cache_and_compression(start_admin):
    server, admin = start_admin("--workers", 1)
    with raw.Connection(server.port) as client:
        for _ in range(200):
            client.ask("/")
    assert wait_until(lambda: raw.ask(server.port, "/text.css", accept_encoding="gzip").fields.get("content-encoding") == "gzip")
    now = admin.until(lambda now: now.get("minhttp_compressions_total", result="kept") == 1)
    assert now.get("minhttp_cache_lookups_total", result="new") >= 2
    assert now.get("minhttp_cache_entries") >= 2
    assert now.get("minhttp_http_responses_replayed_total") > 0
    body = raw.ask(server.port, "/text.css", accept_encoding="gzip").body
    assert gzip.decompress(body) == b"a{}" * 2000


def test_the_counts_of_a_killed_worker_stay(start_admin):
    server, admin = start_admin("--workers", 1)
    for _ in range(7):
        raw.ask(server.port, "/")
    assert admin.metrics().get(REQUESTS, method="GET", code="200") == 7
    server.ended_as_wanted()
    before = children(server.pid)
    os.kill(before[0], signal.SIGKILL)
    assert wait_until(lambda: children(server.pid) not in ([], before))
    now = admin.until(lambda now: now.get("minhttp_workers") == 1)
    assert now.get(REQUESTS, method="GET", code="200") == 7
    assert now.get("minhttp_worker_restarts_total") == 1
    raw.ask(server.port, "/")
    assert admin.metrics().get(REQUESTS, method="GET", code="200") == 8


def test_reloads(start_admin, site):
    server, admin = start_admin()
    server.reload()
    (site / "_redirects").write_text("/a b c d\n")
    server.reload()
    now = admin.until(lambda now: now.get("minhttp_reloads_total", result="failed") == 1)
    assert now.get("minhttp_reloads_total", result="ok") == 1


def test_it_answers_when_all_connections_are_taken(start_admin):
    server, admin = start_admin("--workers", 1, "--connections", 64)
    clients = []
    try:
        for _ in range(80):
            clients.append(raw.Connection(server.port))
            clients[-1].send(raw.request("/large"))
        now = admin.until(lambda now: now.sum("minhttp_connections_refused_total") + now.sum("minhttp_connections_evicted_total") > 0)
        assert now.get("minhttp_connections_max") == 64
    finally:
        for client in clients:
            client.socket.close()


def test_it_speaks_http2_too(start_admin):
    server, admin = start_admin("--h2c")
    with h2.Client(admin.port) as client:
        answer = client.ask(1, "/metrics")
        assert answer.status == 200
        Metrics(answer.body.decode())
        assert client.ask(3, "/index.html").status == 404
        assert client.ask(5, "/", "HEAD").body == b""


def test_many_answers_at_the_same_time(start_admin):
    """More than there is memory for: those get 503, and nobody gets a mixture."""
    _, admin = start_admin("--workers", 1, "--h2c")
    with h2.Client(admin.port, own=[(h2.INITIAL_WINDOW_SIZE, 100)]) as client:
        for stream in range(1, 13, 2):
            client.send(h2.headers(stream, h2.get("/metrics")))
        client.sync()
        statuses = [client.stream(stream).status for stream in range(1, 13, 2)]
        assert statuses == [200] * 4 + [503] * 2
        for stream in range(1, 9, 2):
            client.send(h2.window_update(stream, 1 << 20))
            Metrics(client.response(stream).body.decode())
    admin.until(lambda now: now)


def test_the_page_stands_alone(start_admin):
    _, admin = start_admin()
    answer = admin.ask("/")
    page = answer.body.decode()
    assert answer.status == 200 and answer.fields["content-type"] == "text/html; charset=utf-8"
    assert not re.search(r"(src|href)=\"(?!/)|url\(|@import|<script|style=", page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.fields["content-security-policy"]


@pytest.mark.parametrize("address", [":0", "0.0.0.0:0", "[::]:0", "10.0.0.1:0", "9090"])
def test_an_address_that_others_reach_stops_the_start(site, address):
    ended = run_to_end(site, "--port", 0, "--admin", address)
    assert ended.returncode == 2 and "minhttp: other machines reach " in ended.stderr and "add --admin-public" in ended.stderr


def test_unless_that_is_wanted(start, site):
    admin = Admin(start(site, "--admin", "0.0.0.0:0", "--admin-public"))
    assert admin.ask("/metrics", host="pod.example").status == 200


def test_no_limit_of_each_client_applies(start_admin):
    _, admin = start_admin("--workers", 1, "--client-rate", 1, "--client-connections", 1)
    with raw.Connection(admin.port), raw.Connection(admin.port):
        assert [admin.ask("/readyz").status for _ in range(30)] == [200] * 30


def test_quantiles_of_few_responses(start_admin):
    server, admin = start_admin()
    with raw.Connection(server.port, receive_buffer=4096) as client:
        client.send(raw.request("/large"))
        client.head()
        admin.until(lambda now: now.get("minhttp_connections", state="sending") == 1)
        client.body_bytes(4 << 20)
    now = admin.until(lambda now: now.get(DURATIONS + "_count") == 1)
    assert now.get(DURATIONS + "_bucket", le="0.005") == 0
    page = admin.ask("/").body.decode()
    assert re.search(r"median time</th><td>&le; 5 ms<", page) is None, "the only response took longer"


@pytest.mark.parametrize("options,message", [
    ((".", "--proxy-protocol", "localhost:0", "--trusted-proxy", "127.0.0.1", "--loop", "plain"), "--proxy-protocol needs --loop epoll"),
    ((".", "--admin", "localhost:0", "--loop", "plain"), "--admin needs --loop epoll"),
    (("--admin", "localhost:0"), "--admin needs a site"),
    ((".", "--admin-public"), "--admin-public is about the address of --admin"),
])
def test_what_it_needs(options, message):
    ended = run_to_end(*options)
    assert ended.returncode == 2 and message in ended.stderr


def test_the_site_keeps_its_own_address(start, site):
    server = start(site, "--admin", "localhost:0", "--listen", "127.0.0.1:0")
    assert raw.ask(server.port, "/").body == b"index"
    assert Admin(server).port != server.port


@pytest.mark.long  # promtool is one of Prometheus's programs: 50 MB
def test_promtool_has_nothing_to_say(start_admin):
    promtool = shutil.which("promtool") or os.environ.get("PROMTOOL")
    assert promtool, "install Debian's package prometheus"
    server, admin = start_admin()
    raw.ask(server.port, "/")
    checked = subprocess.run([promtool, "check", "metrics"], input=admin.ask().body, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
    for kind, name in (("rules", "alerts.yml"), ("config", "scrape.yml")):
        subprocess.run([promtool, "check", kind, programs.PROJECT / "deploy/prometheus" / name], check=True)


def test_every_metric_is_described(start_admin):
    _, admin = start_admin()
    page = (programs.PROJECT / "docs/metrics.md").read_text()
    described = re.findall(r"^\| `([a-z_]+)`", page, re.MULTILINE)
    assert sorted(described) == sorted(admin.metrics().families)


def test_a_retired_worker_leaves_the_gauges_to_its_successor(start, place):
    """It ends long after its successor has begun to publish them, and has no connections then."""
    for number in "12":
        sites.write_files(place / "releases" / number, {"file": number, "large": b"x" * (16 << 20)})
    current = place / "current"
    current.symlink_to("releases/1")
    server = start(current, "--admin", "localhost:0", "--workers", 1)
    admin = Admin(server)
    (retired,) = all_begun(server, 1)
    with raw.Connection(server.port) as idle:
        with raw.Connection(server.port, receive_buffer=16 << 10) as download:
            download.send(raw.request("/large"))
            download.head()
            switch_and_wait(server, current, 2)
            assert idle.ask("/file").body == b"2"
            admin.until(lambda now: now.get("minhttp_connections", state="idle") >= 1)
            assert is_running(retired)
        assert wait_until(lambda: not is_running(retired))
        assert admin.metrics().get("minhttp_connections", state="idle") >= 1
