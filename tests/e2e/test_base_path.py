# SPDX-License-Identifier: MIT
"""A site that begins further down (--base-path): what is below it, what is not, and where rules lead."""

import re

import pytest

import raw
import sites
from server import run_to_end

pytestmark = pytest.mark.portable


@pytest.fixture
def site(place):
    return sites.write_files(
        place,
        {
            "index.html": "front",
            "about.html": "about",
            "dir/index.html": "dir",
            "list/a.txt": "a",
            "app/index.html": "app in app",
            "404.html": "the site's 404",
            "_redirects": "/old /new\n/out https://example.org/x\n/rewritten /about 200\n/s/* /:splat 302\n"
                          "/up/* /list/:splat 200\n",
            "_headers": "/dir/*\n  X-Rule: dir\n/app/*\n  X-Rule: app\n",
        },
    )


@pytest.fixture
def server(start, site):
    return start(site, "--base-path", "/app", "--listing")


def test_the_start_line_has_the_base_path(server, site):
    assert server.start_line == f"minhttp serving {site} at http://localhost:{server.port}/app/"
    assert raw.ask(server.port, "/app/").body == b"front"


def test_a_slash_at_the_end_is_not_doubled(start, site):
    server = start(site, "--base-path", "/app/")
    assert server.start_line == f"minhttp serving {site} at http://localhost:{server.port}/app/"
    assert raw.ask(server.port, "/app/").body == b"front"


@pytest.mark.parametrize(
    "path, body",
    [
        ("/app/", b"front"),
        ("/app/index.html", b"front"),
        ("/%61pp/", b"front"),
        ("/app/about", b"about"),
        ("/app/about.html?q", b"about"),
        ("/app/dir/", b"dir"),
        ("/app/app/", b"app in app"),
        ("/app/rewritten", b"about"),
        ("/app/up/a.txt", b"a"),
        ("http://localhost/app/", b"front"),
    ],
)
def test_paths_below_the_base_path(server, path, body):
    answer = raw.ask(server.port, path)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(
    "path",
    ["/", "/index.html", "/about", "/dir/", "/ap", "/ap/", "/apps", "/app.html", "/application/", "/App/", "/old",
     "/x/app/", "/nope", "//app/", "/.app/", "/rewritten", "/app//about"],
)
def test_paths_outside_are_not_found(server, path):
    answer = raw.ask(server.port, path)
    assert (answer.status, answer.body) == (404, b"404 Not Found\n")


@pytest.mark.parametrize("path", ["/app/../index.html", "/app/%2e%2e/", "/x/../app/", "/app%2Findex.html", "/app/.."])
def test_dot_segments_do_not_leave_the_base_path(server, path):
    assert raw.ask(server.port, path).status == 400


@pytest.mark.parametrize(
    "path, status, location",
    [
        ("/app", 301, "./app/"),
        ("/app?x=//evil.example/", 301, "./app/?x=//evil.example/"),
        ("/%61pp", 301, "./%61pp/"),
        ("/app/dir", 301, "./dir/"),
        ("/app/about/", 301, "../about"),
        ("/app/old", 301, "/app/new"),
        ("/app/old?q=1", 301, "/app/new?q=1"),
        ("/app/out", 301, "https://example.org/x"),
        ("/app/s/dir/", 302, "/app/dir/"),
        ("/app/s//evil.example/", 404, None),
        ("/app/s/%2F%2Fevil.example", 400, None),
        ("/app/s?/", 302, "/app/?/"),
    ],
)
def test_redirects_have_the_base_path(server, path, status, location):
    for method in ("GET", "HEAD"):
        answer = raw.ask(server.port, path, method)
        assert (answer.status, answer.fields.get("location")) == (status, location)


def test_rules_apply_below_the_base_path(server):
    assert raw.ask(server.port, "/app/dir/").fields["x-rule"] == "dir"
    assert raw.ask(server.port, "/app/app/").fields["x-rule"] == "app"
    assert "x-rule" not in raw.ask(server.port, "/app/").fields
    assert raw.ask(server.port, "/app/nope").body == b"the site's 404"
    assert raw.ask(server.port, "/app/_redirects").status == 404


def test_links_of_a_listing_stay_below_the_base_path(start, site):
    (site / "index.html").unlink()
    server = start(site, "--base-path", "/a/b", "--listing")
    page = raw.ask(server.port, "/a/b/", version="1.0").body.decode()
    assert "./list/" in page and "../" not in page
    inner = raw.ask(server.port, "/a/b/list/", version="1.0").body.decode()
    assert re.findall(r'href="((?:\.\./)+)"', inner) and "../../" not in inner


def test_a_single_page_application_below_a_base_path(start, site):
    (site / "404.html").unlink()
    server = start(site, "--base-path", "/app", "--spa")
    page = {"accept": "text/html"}
    assert raw.ask(server.port, "/app/settings/user", **page).body == b"front"
    assert raw.ask(server.port, "/app/missing.js", **page).status == 404
    assert raw.ask(server.port, "/app/settings/user", accept="application/json").status == 404
    for path in ("/settings", "/", "/apps"):
        assert raw.ask(server.port, path, **page).status == 404


@pytest.mark.parametrize(
    "base, path",
    [("/app/", "/app/"), ("/a/b/c", "/a/b/c/"), ("/~joe", "/~joe/"), ("/a-b_c.d", "/a-b_c.d/"), ("/", "/"),
     ("/.well-known/x", "/.well-known/x/"), ("/" + "n" * 255, "/" + "n" * 255 + "/")],
)
def test_valid_base_paths(start, site, base, path):
    server = start(site, "--base-path", base)
    assert raw.ask(server.port, path).body == b"front"
    assert raw.ask(server.port, path + "old").fields["location"] == path + "new"


@pytest.mark.parametrize(
    "base",
    ["app", "", "/a b", "/a%20b", "/..", "/a/../b", "/.", "/.git", "//", "/a//b", "//a", "/a//", "/é", "/a?b", "/a#b",
     "/a\\b", "/a\nb", "http://localhost/app", "/" + "n" * 256],
)
def test_invalid_base_paths_are_refused(site, base):
    result = run_to_end(site, "--base-path", base, "--port", 0)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("minhttp: --base-path ") and result.stderr.count("\n") == 1


def test_the_base_path_holds_for_every_host(start, place):
    sites.write_files(place / "hosts", {"a.example/index.html": "a", "default/index.html": "d"})
    server = start("--hosts", place / "hosts", "--base-path", "/app")
    assert raw.ask(server.port, "/app/", host="a.example").body == b"a"
    assert raw.ask(server.port, "/app/").body == b"d"
    assert raw.ask(server.port, "/", host="a.example").status == 404


def test_the_greeting_takes_no_base_path():
    result = run_to_end("--base-path", "/app", "--port", 0)
    assert result.returncode == 2 and "--base-path" in result.stderr
