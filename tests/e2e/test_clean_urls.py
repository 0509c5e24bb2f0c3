# SPDX-License-Identifier: MIT
"""Pages without their extension, the page for what is missing, and applications of a single page."""

import os

import pytest

import raw
import sites

pytestmark = pytest.mark.portable

HTML = "text/html; charset=utf-8"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture(scope="module")
def server(start_for_session, fixture_site):
    pages = ["index.html", "about.html", "both.html", "bare.html", "both/index.html", "bare/file.txt", "sub/page.html"]
    files = {name: name for name in pages} | {"file": "file", "file.html": "file.html", "only/file.txt": "text"}
    files |= {"sub/.hidden.html": "hidden", "x.html.html": "x.html.html", "notes.htm": "notes.htm", "v1.2.html": "v1.2"}
    return start_for_session(sites.write_files(fixture_site.parent / "clean", files))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "path, status, what",
    [
        ("/about", 200, "about.html"),
        ("/about.html", 200, "about.html"),
        ("/about?x=1", 200, "about.html"),
        ("/%61bout", 200, "about.html"),
        ("/about/", 301, "../about"),
        ("/about/?x=/%2F", 301, "../about?x=/%2F"),
        ("/about/x", 404, None),
        ("/About", 404, None),
        ("/index", 200, "index.html"),
        ("/both", 301, "./both/"),
        ("/both/", 200, "both/index.html"),
        ("/both.html", 200, "both.html"),
        ("/bare", 200, "bare.html"),
        ("/bare/", 301, "../bare"),
        ("/bare/file.txt", 200, "bare/file.txt"),
        ("/only", 301, "./only/"),
        ("/only/", 404, None),
        ("/file", 200, "file"),
        ("/file.html", 200, "file.html"),
        ("/file/", 301, "../file"),
        ("/sub/page", 200, "sub/page.html"),
        ("/sub/page/", 301, "../page"),
        ("/sub/.hidden", 404, None),
        ("/sub", 301, "./sub/"),
        ("/x.html", 200, "x.html.html"),
        ("/notes", 404, None),
        ("/v1.2", 200, "v1.2"),
        ("/v1", 404, None),
        ("//about", 404, None),
        ("/.html", 404, None),
    ],
)
def test_which_page_a_path_gets(server, method, path, status, what):
    """A directory with an index is asked for with its slash; without one, the page beside it counts."""
    answer = raw.ask(server.port, path, method)
    assert answer.status == status
    if status == 301:
        assert answer.fields["location"] == what
    if status == 200 and method == "GET":
        assert answer.body.decode() == what


def test_a_page_by_either_name_is_the_same(server):
    clean, full = (raw.ask(server.port, path) for path in ("/about", "/about.html"))
    assert clean.fields["content-type"] == HTML
    assert clean.fields["etag"] == full.fields["etag"]
    assert raw.ask(server.port, "/about", if_none_match=full.fields["etag"]).status == 304
    assert raw.ask(server.port, "/about", range="bytes=1-3").body == b"bou"


def test_an_unreadable_file_is_not_replaced_by_another(start, place):
    sites.write_files(place, {"secret": "secret", "secret.html": "page"})
    (place / "secret").chmod(0)
    assert raw.ask(start(place).port, "/secret").status == 403


def test_with_listings_a_directory_is_at_its_slash(start, place):
    sites.write_files(place, {"a.html": "page", "a/file.txt": "text"})
    server = start(place, "--listing")
    assert raw.ask(server.port, "/a").body == b"page"
    assert b"file.txt" in raw.ask(server.port, "/a/", version="1.0").body


# What is not there.


@pytest.fixture(scope="module")
def site_with_page(start_for_session, fixture_site):
    files = {"index.html": "index", "404.html": "<p>lost", "sub/404.html": "sub", "sub/file.txt": "text"}
    return start_for_session(sites.write_files(fixture_site.parent / "lost", files))


# Validators of a page must not answer for a name that has none; and half of an error page helps nobody.
IGNORED = [
    {},
    {"if_none_match": "*"},
    {"if_match": '"x"'},
    {"if_modified_since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"if_unmodified_since": "Mon, 01 Jan 1990 00:00:00 GMT"},
    {"range": "bytes=0-1"},
    {"range": "bytes=0-0,2-2"},
    {"range": "bytes=999-"},
]


@pytest.mark.parametrize("fields", IGNORED, ids=str)
@pytest.mark.parametrize("path", ["/nowhere", "/sub/nowhere", "/no/where/", "/nowhere.js", "/index.html/x"])
def test_the_404_page(site_with_page, path, fields):
    get = raw.ask(site_with_page.port, path, **fields)
    page = b"sub" if path.startswith("/sub/") else b"<p>lost"  # the nearest one
    assert (get.status, get.body, get.fields["content-type"]) == (404, page, HTML)
    assert get.fields["cache-control"] == "no-store"
    assert not {"etag", "last-modified", "accept-ranges", "content-range"} & get.fields.keys()
    head = raw.ask(site_with_page.port, path, "HEAD", **fields)
    assert (head.status, head.body) == (404, b"")
    assert head.fields["content-length"] == str(len(page))


def test_the_404_page_by_its_own_name_is_200(site_with_page):
    answer = raw.ask(site_with_page.port, "/404.html")
    assert (answer.status, answer.body) == (200, b"<p>lost")
    assert "etag" in answer.fields
    assert raw.ask(site_with_page.port, "/404").status == 200


@pytest.mark.parametrize("path, status", [("/a/../b", 400), ("/%zz", 400), ("/" + "x" * 8200, 414)])
def test_the_404_page_is_for_404_only(site_with_page, path, status):
    answer = raw.ask(site_with_page.port, path)
    assert (answer.status, b"lost" in answer.body) == (status, False)


@pytest.mark.parametrize(
    "make",
    [
        lambda page: page.mkdir(),
        lambda page: os.mkfifo(page),
        lambda page: page.symlink_to("../outside"),
        lambda page: (page.write_text("unreadable"), page.chmod(0)),
    ],
    ids=["directory", "fifo", "link out", "unreadable"],
)
def test_a_404_html_that_is_no_servable_file(start, place, make):
    """Whatever 404.html is: the answer stays 404, and nothing outside of the site is shown."""
    root = sites.write_files(place / "root", {"file": "text"})
    (place / "outside").write_text("SECRET")
    make(root / "404.html")
    answer = raw.ask(start(root).port, "/nowhere")
    assert (answer.status, answer.body) == (404, b"404 Not Found\n")


@pytest.mark.parametrize(
    "path, body",
    [
        ("/docs/v1/nowhere", b"v1"),
        ("/docs/v1/", b"v1"),
        ("/docs/v1/there/is/none", b"v1"),
        ("/docs/nowhere", b"site"),
        ("/docs/v2/nowhere", b"site"),
        ("/nowhere", b"site"),
        ("/docs/v1" + "/deep" * 7, b"v1"),
        ("/docs/v1" + "/deep" * 8 + "/x", b"site"),
    ],
)
def test_the_nearest_error_page(start, place, path, body):
    server = start(sites.write_files(place, {"404.html": "site", "docs/v1/404.html": "v1", "docs/v2/404.html/x": "no file"}))
    answer = raw.ask(server.port, path, accept=BROWSER)
    assert (answer.status, answer.body) == (404, body)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_error_is_a_page_for_a_browser_and_a_line_for_others(start, place, method):
    server = start(sites.write_files(place, {"index.html": "page"}))
    page = raw.ask(server.port, "/nowhere", method, accept=BROWSER)
    assert (page.status, page.fields["content-type"]) == (404, HTML)
    assert page.fields["cache-control"] == "no-store"
    if method == "GET":
        assert b"<h1>404 Not Found</h1>" in page.body and b"color-scheme:light dark" in page.body
        assert int(page.fields["content-length"]) == len(page.body) <= 1024
    for accept in ({}, {"accept": "*/*"}, {"accept": "text/html;q=0"}, {"accept": "application/json"}):
        line = raw.ask(server.port, "/nowhere", method, **accept)
        assert line.fields["content-type"] == "text/plain; charset=utf-8"
        assert line.body == (b"404 Not Found\n" if method == "GET" else b"")
    assert raw.ask(server.port, "/index.html", "POST", accept=BROWSER).fields["content-type"] == HTML


# Applications of a single page.


@pytest.fixture(scope="module")
def application(start_for_session, fixture_site):
    files = {"index.html": "app", "about.html": "about", "assets/new.js": "new", "docs/file.txt": "text"}
    return start_for_session(sites.write_files(fixture_site.parent / "application", files), "--spa")


@pytest.mark.parametrize(
    "path, accept, status, body",
    [
        ("/users/17", BROWSER, 200, b"app"),
        ("/users/", BROWSER, 200, b"app"),
        ("/users/17?tab=a.b", BROWSER, 200, b"app"),
        ("/v1.2/users", BROWSER, 200, b"app"),
        ("/users/17", "text/html", 200, b"app"),
        ("/users/17", "Text/HTML;level=1;q=0.1", 200, b"app"),
        ("/users/17", "image/avif, text/html", 200, b"app"),
        ("/docs/", BROWSER, 200, b"app"),
        ("/docs/nowhere", BROWSER, 200, b"app"),
        ("/about", BROWSER, 200, b"about"),
        ("/about", "*/*", 200, b"about"),
        ("/assets/new.js", "*/*", 200, b"new"),
        ("/assets/old.js", "*/*", 404, None),
        ("/assets/old.js", BROWSER, 404, None),  # somebody opens it in a tab
        ("/assets/old%2Ejs", BROWSER, 404, None),
        ("/users/j.doe", BROWSER, 200, b"app"),  # no extension that a file has
        ("/users/17", "*/*", 200, b"app"),  # curl, crawlers
        ("/users/17", None, 200, b"app"),
        ("/users/17", "text/*", 200, b"app"),
        ("/favicon.ico", "image/avif,image/webp,*/*;q=0.8", 404, None),
        ("/nowhere.html", BROWSER, 404, None),
        ("/api/users", "application/json", 404, None),
        ("/api/users", "application/json, text/plain, */*", 404, None),  # a program must not take a page for data
        ("/api/users", "text/html;q=0", 404, None),
        ("/api/users", "text/html;q=0, */*", 404, None),
        ("/api/users", "application/xhtml+xml", 404, None),
        ("/.hidden", BROWSER, 404, None),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_application_page_is_for_navigations_only(application, method, path, accept, status, body):
    answer = raw.ask(application.port, path, method, **({} if accept is None else {"accept": accept}))
    assert answer.status == status
    if body is not None and method == "GET":
        assert answer.body == body
    if status == 404:
        assert answer.fields["cache-control"] == "no-store", "the next release may have it"
        assert b"app" not in answer.body


@pytest.mark.parametrize(
    "mode, dest, status",
    [
        ("navigate", "document", 200),
        ("navigate", "iframe", 200),
        ("navigate", "frame", 200),
        ("navigate", None, 200),
        ("navigate", "embed", 404),
        ("cors", "empty", 404),  # fetch()
        ("no-cors", "image", 404),
        ("no-cors", "script", 404),
        ("same-origin", "empty", 404),
        ("websocket", "websocket", 404),
    ],
)
@pytest.mark.parametrize("accept", [BROWSER, "*/*", None])
def test_fetch_metadata_says_what_a_navigation_is(application, mode, dest, status, accept):
    fields = {"sec_fetch_mode": mode, "sec_fetch_dest": dest, "accept": accept}
    answer = raw.ask(application.port, "/users/17", **{name: value for name, value in fields.items() if value})
    assert answer.status == status


@pytest.mark.parametrize("path", ["/users/17", "/assets/old.js"])
@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
def test_responses_that_depend_on_accept_have_vary(application, path, accept):
    vary = raw.ask(application.port, path, accept=accept).fields.get("vary", "")
    names = [name.strip() for name in vary.split(",")]
    assert {"Accept", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} <= set(names)


def test_files_do_not_depend_on_accept(application):
    assert raw.ask(application.port, "/assets/new.js", accept=BROWSER).fields["vary"] == "Accept-Encoding"


def test_the_application_page_is_revalidated(application):
    answer = raw.ask(application.port, "/users/17", accept=BROWSER)
    assert answer.fields["cache-control"] == "no-cache"
    assert answer.fields["content-type"] == HTML
    again = raw.ask(application.port, "/users/18", accept=BROWSER, if_none_match=answer.fields["etag"])
    assert again.status == 304


@pytest.mark.parametrize("lost", [False, True])
def test_an_application_without_index_html(start, place, lost):
    sites.write_files(place, {"file.txt": "text"} | ({"404.html": "<p>lost"} if lost else {}))
    answer = raw.ask(start(place, "--spa").port, "/users/17", accept=BROWSER)
    assert (answer.status, answer.body == b"<p>lost") == (404, lost)


def test_an_application_with_a_404_page(start, place):
    server = start(sites.write_files(place, {"index.html": "app", "404.html": "<p>lost"}), "--spa")
    assert raw.ask(server.port, "/users/17", accept=BROWSER).body == b"app"
    missing = raw.ask(server.port, "/assets/old.js", accept="*/*")
    assert (missing.status, missing.body) == (404, b"<p>lost")


def test_an_application_below_a_base_path(start, place):
    server = start(sites.write_files(place, {"index.html": "app"}), "--spa", "--base-path", "/app")
    assert raw.ask(server.port, "/app/users/17", accept=BROWSER).body == b"app"
    assert raw.ask(server.port, "/app", accept=BROWSER).fields["location"] == "./app/"
    for path in ("/users/17", "/", "/apple/users"):
        assert raw.ask(server.port, path, accept=BROWSER).status == 404, path
