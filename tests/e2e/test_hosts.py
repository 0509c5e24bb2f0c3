# SPDX-License-Identifier: MIT
"""A directory for each host (--hosts): which name leads where, and what no name leads to."""

import shutil

import pytest

import passwords
import programs
import raw
import sites
from server import run_to_end, wait_until

pytestmark = pytest.mark.portable

LONG = ".".join(["n" * 62] * 4) + "nnn"  # 254 characters


def lay(place):
    names = ["a.example", "b.example", "localhost", "[::1]", "127.0.0.1", "under_score", LONG, "default"]
    sites.write_files(place, {"outside/index.html": "OUTSIDE", "secret": "OUTSIDE"})
    root = sites.write_files(place / "hosts", {f"{name}/index.html": name for name in names})
    return sites.write_files(root, {".hidden/index.html": "OUTSIDE", "notes.txt": "OUTSIDE"})


@pytest.fixture
def hosts(place):
    return lay(place)


@pytest.fixture(scope="module")
def shared(start_for_session):
    place = programs.open_directory()
    yield start_for_session("--hosts", lay(place))
    shutil.rmtree(place)


def body(server, host, path="/", **options):
    return raw.ask(server.port, path, host=host, **options).body.decode()


def start_that_fails(*arguments, code):
    result = run_to_end(*arguments, "--port", 0)
    assert (result.returncode, result.stdout) == (code, "")
    assert result.stderr.startswith("minhttp: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@pytest.mark.parametrize(
    "host, name",
    [
        ("a.example", "a.example"),
        ("A.eXAMPLE", "a.example"),
        ("a.example:80", "a.example"),
        ("a.example:", "a.example"),
        ("a.example.", "a.example"),
        ("a.example.:8080", "a.example"),
        ("b.example", "b.example"),
        ("[::1]", "[::1]"),
        ("[::1]:8080", "[::1]"),
        ("127.0.0.1:8080", "127.0.0.1"),
        ("under_score", "under_score"),
        (LONG, LONG),
        (LONG.upper() + ".", LONG),
        ("c.example", "default"),
        ("www.a.example", "default"),
        ("example", "default"),
        ("a.example..", "default"),
        ("default", "default"),
        ("Default.", "default"),
        ("..", "default"),
        (".", "default"),
        ("..outside", "default"),
        (".hidden", "default"),
        ("notes.txt", "default"),
        ("hosts", "default"),
        ("%61.example", "default"),
        ("%2e%2e", "default"),
        ("%2e%2e%2foutside", "default"),
        ("a.example%00", "default"),
        ("[0:0::1]", "default"),
    ],
)
def test_the_host_chooses_the_directory(shared, host, name):
    for method in ("GET", "HEAD"):
        answer = raw.ask(shared.port, "/", method, host=host)
        assert (answer.status, int(answer.fields["content-length"])) == (200, len(name))
    assert body(shared, host) == name
    assert body(shared, "c.example", f"http://{host}/") == name  # RFC 9112 section 3.2.2: Host is passed over


@pytest.mark.parametrize(
    "host",
    ["", " ", "../outside", "/", "a.example/", "a.example/../outside", "..\\outside", "a.example:port",
     "a.example:99999", "n" * 256, "a example", "a.example, b.example", "user@a.example", "[::1", "::1",
     "a.example\r\nHost: b.example",
     "a.example\0", "%2", "%2e%2e/outside"],
)
def test_malformed_hosts_are_400(shared, host):
    answer = raw.ask(shared.port, "/", host=host)
    assert (answer.status, answer.fields["connection"]) == (400, "close")
    assert "OUTSIDE" not in answer.body.decode()


def test_a_request_without_a_host(start, hosts):
    server = start("--hosts", hosts)
    assert raw.exchange(server.port, b"GET / HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\ndefault")
    assert raw.exchange(server.port, b"GET http://b.example/ HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\nb.example")
    assert raw.exchange(server.port, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_an_unknown_host_is_421(start, hosts):
    shutil.rmtree(hosts / "default")
    server = start("--hosts", hosts)
    with raw.Connection(server.port) as connection:
        for host in ("c.example", "default", ".."):
            answer = connection.ask("/", host=host)
            assert (answer.status, answer.body) == (421, b"421 Misdirected Request\n")
            assert answer.fields["cache-control"] == "no-store"
        assert connection.ask("/", host="b.example").body == b"b.example"
    assert raw.exchange(server.port, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421 ")


def test_a_single_host_does_not_answer_for_others(start, place):
    sites.write_files(place / "hosts", {"a.example/index.html": "a"})
    server = start("--hosts", place / "hosts")
    assert (body(server, "a.example"), raw.ask(server.port, "/", host="b.example").status) == ("a", 421)


def test_one_connection_for_several_hosts(shared):
    with raw.Connection(shared.port) as connection:
        for host in ("a.example", "b.example", "other", "a.example"):
            assert connection.ask("/", host=host).body.decode() == ("default" if host == "other" else host)


def test_each_host_has_its_own_rules(start, hosts):
    sites.write_files(
        hosts,
        {
            "a.example/_redirects": "/old /new 301\n",
            "a.example/_headers": "/*\n  X-Host: a\n",
            "a.example/404.html": "a has it not",
            "b.example/_redirects": "/old /newer 302\n",
            "b.example/only.txt": "b",
        },
    )
    server = start("--hosts", hosts)
    a, b, other = (raw.ask(server.port, "/old", host=host) for host in ("a.example", "b.example", "c.example"))
    assert (a.status, a.fields["location"], a.fields["x-host"]) == (301, "/new", "a")
    assert (b.status, b.fields["location"], "x-host" in b.fields) == (302, "/newer", False)
    assert (other.status, other.body) == (404, b"404 Not Found\n")
    assert body(server, "b.example", "/only.txt") == "b"
    assert body(server, "a.example", "/only.txt") == "a has it not"
    for path in ("/../b.example/only.txt", "/..%2fb.example/only.txt", "/b.example/only.txt", "/_redirects"):
        assert raw.ask(server.port, path, host="a.example").status in (400, 404)


def test_hosts_that_are_symbolic_links(start, hosts, place):
    """A host may be a link to anywhere; below it, links stay inside."""
    (hosts / "c.example").symlink_to(place / "outside")
    (hosts / "d.example").symlink_to("a.example")
    (hosts / "a.example/to-b").symlink_to("../b.example")
    (hosts / "a.example/to-secret").symlink_to(place / "secret")
    server = start("--hosts", hosts)
    assert body(server, "c.example") == "OUTSIDE"
    assert body(server, "d.example") == "a.example"
    assert raw.ask(server.port, "/to-b/index.html", host="a.example").status == 404
    assert raw.ask(server.port, "/to-secret", host="a.example").status == 404


@pytest.mark.parametrize(
    "name", ["Upper.example", "b.example.", "a.example:80", "a b", "é.example", "::1", "[::g]", "a%"]
)
def test_directory_names_that_are_no_hosts(place, name):
    sites.write_files(place / "hosts", {"a.example/index.html": "", f"{name}/index.html": ""})
    assert name in start_that_fails("--hosts", place / "hosts", code=1)


def test_invalid_directories_of_hosts_are_refused(place, hosts):
    (place / "empty").mkdir()
    (place / "dangling").mkdir()
    (place / "dangling/a.example").symlink_to("nowhere")
    assert "example.com" in start_that_fails("--hosts", place / "empty", code=1)
    assert "nowhere" in start_that_fails("--hosts", place / "nowhere", code=1)
    assert "secret" in start_that_fails("--hosts", place / "secret", code=1)
    assert "a.example" in start_that_fails("--hosts", place / "dangling", code=1)
    assert "--hosts" in start_that_fails("--hosts", hosts, place, code=2)
    (hosts / "b.example").chmod(0)
    try:
        assert "b.example" in start_that_fails("--hosts", hosts, code=1)
    finally:
        (hosts / "b.example").chmod(0o755)


def test_a_rule_of_one_host_stops_the_start(hosts):
    sites.write_files(hosts, {"b.example/_redirects": "nonsense\n", "a.example/_headers": "/*\n  Date: now\n"})
    result = run_to_end("--hosts", hosts, "--port", 0)
    assert result.returncode == 1
    for place in ("a.example/_headers:2: ", "b.example/_redirects:1: "):
        assert any(line.startswith(f"{hosts}/{place}") for line in result.stderr.splitlines()), result.stderr


def test_at_most_256_hosts(start, place):
    for number in range(256):
        (place / f"hosts/h{number}.example").mkdir(parents=True)
    sites.write_files(place / "hosts", {"h77.example/a": "77", "h255.example/a": "255"})
    server = start("--hosts", place / "hosts")
    assert [body(server, f"h{number}.example", "/a") for number in (77, 255)] == ["77", "255"]
    (place / "hosts/one.more").mkdir()
    assert "256" in start_that_fails("--hosts", place / "hosts", code=1)


def test_reload_adds_and_removes(start, hosts, loop):
    server = start("--hosts", hosts, "--loop", loop)
    descriptors = server.open_descriptors()
    sites.write_files(hosts, {"new.example/index.html": "new"})
    (hosts / "b.example").rename(hosts.parent / "gone")
    assert body(server, "new.example") == "default"
    assert body(server, "b.example") == "b.example"  # its directory is open still
    assert "reloaded: " in passwords.reload(server)
    assert body(server, "new.example") == "new"
    assert body(server, "b.example") == "default"
    shutil.rmtree(hosts / "default")
    assert "reloaded: " in passwords.reload(server)
    assert raw.ask(server.port, "/", host="b.example").status == 421
    assert wait_until(lambda: server.open_descriptors() == descriptors - 1)


def test_a_reload_that_fails_changes_nothing(start, hosts):
    server = start("--hosts", hosts)
    descriptors = server.open_descriptors()
    # The bad name comes first: the server also looks by itself, once a second.
    sites.write_files(hosts, {"BAD/index.html": "bad", "new.example/index.html": "new"})
    for _ in range(3):
        assert "reload failed" in passwords.reload(server)
    assert (body(server, "new.example"), body(server, "a.example")) == ("default", "a.example")
    assert wait_until(lambda: server.open_descriptors() == descriptors)


def test_a_kept_connection_sees_the_new_sites(start, hosts):
    server = start("--hosts", hosts)
    with raw.Connection(server.port) as connection:
        assert connection.ask("/", host="a.example").body == b"a.example"
        shutil.rmtree(hosts / "a.example")
        passwords.reload(server)
        assert connection.ask("/", host="a.example").body == b"default"
