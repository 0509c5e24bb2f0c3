# SPDX-License-Identifier: MIT
"""Fields of every answer: --header, --cors and --secure-headers, and how _headers replaces them."""

import pytest

import raw
import sites
from server import run_to_end

pytestmark = pytest.mark.portable

SECURE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@pytest.fixture
def site(place):
    return sites.write_files(
        place,
        {"index.html": "front", "dir/index.html": "dir", "list/a": "a", "_redirects": "/old /new 302\n", "a.js": "a",
         "app.3f2a9c1e.js": "script", "data.txt": "0123456789", "long.txt": "0123456789" * 100},
    )


def options(*headers):
    return [word for header in headers for word in ("--header", header)]


def fields(server, path="/", method="GET", **more):
    return raw.ask(server.port, path, method, **more).fields


@pytest.fixture
def start_with(start, site):
    return lambda *headers, **more: start(site, *options(*headers), **more)


ANSWERS = [
    ("GET", "/", {}, 200),
    ("HEAD", "/", {}, 200),
    ("GET", "/", {"if_none_match": "*"}, 304),
    ("GET", "/", {"if_match": '"x"'}, 412),
    ("GET", "/data.txt", {"range": "bytes=0-1"}, 206),
    ("GET", "/long.txt", {"range": "bytes=0-1,5-6"}, 206),
    ("GET", "/data.txt", {"range": "bytes=99-"}, 416),
    ("GET", "/dir", {}, 301),
    ("GET", "/old", {}, 302),
    ("GET", "/nope", {}, 404),
    ("GET", "/.hidden", {}, 404),
    ("GET", "/..", {}, 400),
    ("POST", "/", {}, 405),
    ("BREW", "/", {}, 501),
    ("OPTIONS", "/", {}, 204),
    ("GET", "/list/", {"version": "1.0"}, 200),
    ("GET", "/", {"host": "a b"}, 400),
]


def test_every_response_has_the_fields(start, site, loop):
    two = options("X-One: 1", "X-Two:two words ")
    server = start(site, *two, "--secure-headers", "--cors", "--listing", "--loop", loop)
    for method, path, more, status in ANSWERS:
        answer = raw.ask(server.port, path, method, **more)
        assert answer.status == status, (method, path)
        wanted = {"x-one": "1", "x-two": "two words", "access-control-allow-origin": "*", **SECURE}
        assert wanted.items() <= answer.fields.items(), (method, path)


def test_without_options_there_are_no_such_fields(start_with):
    server = start_with()
    for method, path, more, _ in ANSWERS:
        names = set(fields(server, path, method, **more))
        assert not names & {*SECURE, "strict-transport-security", "access-control-allow-origin", "server"}
        assert not [name for name in names if name.startswith(("x-", "access-control-"))]


def test_secure_headers_leaves_some_fields_to_the_site(start, site):
    got = fields(start(site, "--secure-headers"))
    assert not {"strict-transport-security", "content-security-policy", "x-xss-protection"} & set(got)


@pytest.mark.parametrize(
    "headers, name, value",
    [
        (["X-A: 1", "X-A: 2"], "x-a", "1, 2"),
        (["X-A: 1", "x-a: 2", "X-B: 3"], "x-a", "1, 2"),
        (["X-Frame-Options: DENY"], "x-frame-options", "DENY"),
        (["X-Frame-Options: DENY", "X-Frame-Options: SAMEORIGIN"], "x-frame-options", "SAMEORIGIN"),
        (["! X-Frame-Options"], "x-frame-options", None),
        (["!Referrer-Policy"], "referrer-policy", None),
        (["Referrer-Policy: no-referrer"], "referrer-policy", "no-referrer"),
        (["Permissions-Policy: usb=()"], "permissions-policy", "usb=()"),
        (["Cache-Control: max-age=60"], "cache-control", "max-age=60"),
        (["! Cache-Control"], "cache-control", None),
        (["! ETag"], "etag", None),
        (["! Last-Modified"], "last-modified", None),
        (["! Accept-Ranges"], "accept-ranges", None),
        (["Content-Type: text/x-own"], "content-type", "text/x-own"),
        (["Server: minhttp"], "server", "minhttp"),
        (["Vary: Cookie"], "vary", "Accept-Encoding, Cookie"),
        (["X-Tab: a\tb"], "x-tab", "a\tb"),
        (["X-Escape: %0d%0aX-Evil: 1"], "x-escape", "%0d%0aX-Evil: 1"),
        (["Content-Security-Policy: default-src 'self'; img-src *"], "content-security-policy",
         "default-src 'self'; img-src *"),
    ],
)
def test_fields_that_are_set_and_removed(start, site, headers, name, value):
    server = start(site, *options(*headers), "--secure-headers")
    for method in ("GET", "HEAD"):
        assert fields(server, "/", method).get(name) == value


def test_each_cookie_has_its_own_line(start_with):
    server = start_with("Set-Cookie: a=1; Path=/", "Set-Cookie: b=2")
    head, _, _ = raw.exchange(server.port, raw.request("/", connection="close")).partition(b"\r\n\r\n")
    assert head.count(b"\r\nSet-Cookie: ") == 2 and b"\r\nSet-Cookie: a=1; Path=/\r\n" in head


def test_fields_about_a_file_are_on_files_only(start_with):
    server = start_with("Cache-Control: public, max-age=60", "Content-Type: text/x-own", "Content-Language: la",
                        "Expires: 0", "Content-Disposition: attachment")
    about_files = {"content-language", "expires", "content-disposition"}
    assert about_files <= set(fields(server))
    for method, path, cache in (("GET", "/nope", "no-store"), ("GET", "/dir", "no-cache"), ("POST", "/", "no-store")):
        got = fields(server, path, method)
        assert (got["cache-control"], got["content-type"]) == (cache, "text/plain; charset=utf-8"), path
        assert not about_files & set(got)
    parts = fields(server, "/long.txt", range="bytes=0-1,5-6")
    assert parts["content-type"].startswith("multipart/byteranges; ")


def test_rules_of_the_site_win(start, site):
    sites.write_files(site, {
        "_headers": "/dir/*\n  X-A: rule\n  X-Frame-Options: DENY\n  ! X-B\n  ! Referrer-Policy\n"
                    "  Access-Control-Allow-Origin: https://a.example\n/a.js\n  X-C: more\n  Cache-Control: no-store\n"
    })
    given = options("X-A: option", "X-B: option", "Cache-Control: max-age=5")
    server = start(site, *given, "--secure-headers", "--cors")
    plain, ruled, script = fields(server), fields(server, "/dir/"), fields(server, "/a.js")
    assert [plain[name] for name in ("x-a", "x-b", "x-frame-options")] == ["option", "option", "SAMEORIGIN"]
    assert [ruled.get(name) for name in ("x-a", "x-b", "x-frame-options", "referrer-policy")] == [
        "rule", None, "DENY", None
    ]
    assert ruled["access-control-allow-origin"] == "https://a.example"
    assert ruled["x-content-type-options"] == "nosniff"
    assert (script["x-c"], script["x-a"], script["cache-control"]) == ("more", "option", "no-store")


@pytest.mark.parametrize(
    "header, words",
    [
        ("X-A", "Name: value"),
        ("X-A:", "value is missing"),
        (": a", "no field name"),
        ("X A: b", "no field name"),
        ("Xé: b", "no field name"),
        ("X-A: a\nX-B: b", "control byte"),
        ("X-A: a\rb", "control byte"),
        ("X-A: a\x7f", "control byte"),
        ("X-A: \x1b[31m", "control byte"),
        ("! X-A: b", "one field name"),
        ("! ", "one field name"),
        *[(f"{name}: x", "server's own") for name in (
            "Content-Length", "content-length", "Transfer-Encoding", "Connection", "Date", "Location", "Allow", "Age",
            "Content-Range", "Keep-Alive", "Trailer", "Upgrade", "TE")],
        ("! Content-Length", "server's own"),
        ("Content-Encoding: gzip", "stored compressed"),
        ("! Date", "server's own"),
        ("ETag: \"x\"", "only be removed"),
        ("Last-Modified: x", "only be removed"),
        ("Accept-Ranges: none", "only be removed"),
        ("Basic-Auth: a:b", "--auth"),
        ("X-A: " + "a" * 2042, "too long"),
        ("X-A: " + "a" * 2048, "1 to 2048 bytes"),
        ("", "1 to 2048 bytes"),
    ],
    ids=lambda text: text[:20].encode().hex() if not text[:20].isprintable() else text[:20],
)
def test_invalid_headers_are_refused(site, header, words):
    result = run_to_end(site, "--header", header, "--port", 0)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("minhttp: --header") and words in result.stderr
    assert result.stderr.count("\n") == 1 and result.stderr[:-1].isprintable()


@pytest.mark.parametrize("headers", [[f"X-{n}: {n}" for n in range(17)], [f"X-{n}: {'a' * 600}" for n in range(4)]])
def test_more_fields_than_fit_are_refused(site, headers):
    result = run_to_end(site, *options(*headers), "--port", 0)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)


def test_the_maximum_size_of_fields(start_with):
    server = start_with(*[f"X-{n}: {'a' * 100}" for n in range(16)])
    assert len([name for name in fields(server) if name.startswith("x-")]) == 16


def test_preflight(start, site):
    server = start(site, "--cors")
    asked = {"origin": "https://a.example", "access_control_request_method": "GET",
             "access_control_request_headers": "range, x-own"}
    answer = raw.ask(server.port, "/a.js", "OPTIONS", **asked)
    assert answer.status == 204
    assert {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "*",
        "access-control-max-age": "86400",
    }.items() <= answer.fields.items()
    simple = fields(server, "/a.js", origin="https://a.example")
    assert {name for name in simple if name.startswith("access-control-")} == {
        "access-control-allow-origin", "access-control-expose-headers"}
    assert "ETag" in simple["access-control-expose-headers"] and "Content-Range" in simple["access-control-expose-headers"]
    without = fields(start(site), "/a.js", "OPTIONS", **asked)
    assert not [name for name in without if name.startswith("access-control-")]


def test_cors_never_with_credentials(start, site):
    got = fields(start(site, "--cors"), "/", origin="https://a.example", cookie="a=1")
    assert "access-control-allow-credentials" not in got and "vary" in got and "Origin" not in got["vary"]


def test_cross_origin_isolated(start, site):
    server = start(site, "--cross-origin-isolated", "--secure-headers")
    got = fields(server)
    assert got["cross-origin-opener-policy"] == "same-origin"
    assert got["cross-origin-embedder-policy"] == "require-corp"
    weaker = start(site, "--cross-origin-isolated", "--header", "Cross-Origin-Embedder-Policy: credentialless")
    assert fields(weaker)["cross-origin-embedder-policy"] == "credentialless"


@pytest.mark.parametrize("option", [["--cors"], ["--cross-origin-isolated"], ["--secure-headers"], ["--header", "X-A: 1"]])
def test_the_options_need_a_site(option):
    result = run_to_end(*option, "--port", 0)
    assert result.returncode == 2 and option[0] in result.stderr
