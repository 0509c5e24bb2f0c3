# SPDX-License-Identifier: MIT
"""What browsers and caches may keep: a release must reach everybody, an error must reach nobody twice."""

import pytest

import raw
import sites

pytestmark = pytest.mark.portable

ASK = "no-cache"
SHORT = "max-age=0, must-revalidate"
LONG = "public, max-age=31536000, immutable"
NEVER = "no-store"
BROWSER = "text/html,*/*;q=0.8"

HASHED = [
    "assets/index-BcA9f3Qe.js",  # Vite
    "assets/index-BcA9f3Qe.js.map",
    "main.3f2a9c1b.css",  # webpack
    "static/js/main.3f2a9c1b.chunk.js",
    "app-9d377b10ce778c4938b3c7e2c63a229a.js",  # Rails, Sprockets
    "logo.6a5b7f0e9c1d2a3b.svg",
    "font-3f2a9c1b.woff2",
]
NOT_HASHED = [
    *("style.css", "app.min.js", "jquery-3.7.1.min.js", "photo-20240102.jpg", "data.json", "background.js", "none"),
    *("3f2a9c1b/app.js", "report-deadbeef.pdf", "manual-document.pdf"),
]
PAGES = ["index.html", "404.html", "about.html", "page.3f2a9c1b.html", "dir/index.html", "old.htm", "x.xhtml"]
REDIRECTS = """
/moved /style.css 301
/moved-for-good https://example.org/ 308
/current.js /assets/index-BcA9f3Qe.js 200
/assets/index-00000000.js /about.html 200
/assets/same/* 200
/forced.css /style.css 200!
/gone.3f2a9c1b.js /about.html 404
/hole /no/such/file 200
"""


PADDING = " " * 1000  # so that parts with their frames are shorter


def lay_site(root, **more):
    names = [*HASHED, *NOT_HASHED, *PAGES, "assets/same/a.3f2a9c1b.js", "forced.css", "list/file"]
    return sites.write_files(root, {name: f"content of {name}{PADDING}" for name in names} | {"_redirects": REDIRECTS} | more)


@pytest.fixture(scope="module")
def root(fixture_site):
    return lay_site(fixture_site.parent / "cached")


@pytest.fixture(scope="module")
def server(start_for_session, root):
    return start_for_session(root, "--listing")


POLICY = [
    *((f"/{name}", LONG) for name in HASHED),
    *((f"/{name}", SHORT) for name in NOT_HASHED),
    *((f"/{name}", ASK) for name in PAGES),
    ("/", ASK),
    ("/about", ASK),
    ("/page.3f2a9c1b", ASK),
    ("/dir", ASK),  # to the slash
    ("/about/", ASK),  # and from it
    ("/list/", ASK),
    ("/moved", ASK),
    ("/moved-for-good", ASK),
    ("/nowhere", NEVER),
    ("/nowhere/", NEVER),
    ("/assets/index-BcA9f3Qd.js", NEVER),  # of the last release, or of the next one
    ("/gone.3f2a9c1b.js", NEVER),
    ("/hole", NEVER),
    ("/.hidden.3f2a9c1b.js", NEVER),
    ("/%zz", NEVER),
    ("/forced.css", SHORT),
    ("/current.js", SHORT),  # the next release has another file there
    ("/assets/index-00000000.js", ASK),  # what is served counts: a page
    ("/assets/same/a.3f2a9c1b.js", LONG),
]


@pytest.mark.parametrize("path, kept", POLICY)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_cache_control_of_each_kind_of_response(server, method, path, kept):
    with raw.Connection(server.port) as connection:  # a listing has no length, so only its head is read
        connection.send(raw.request(path, method))
        assert connection.head()[1].fields["cache-control"] == kept


@pytest.mark.parametrize("path, kept", [("/main.3f2a9c1b.css", LONG), ("/style.css", SHORT), ("/about", ASK)])
def test_all_responses_of_a_file_have_the_same_policy(server, path, kept):
    whole = raw.ask(server.port, path)
    for status, fields in [
        (206, {"range": "bytes=0-1"}),
        (206, {"range": "bytes=0-0,2-3"}),
        (304, {"if_none_match": whole.fields["etag"]}),
        (416, {"range": "bytes=9999-"}),
        (412, {"if_match": '"x"'}),
        (406, {"accept_encoding": "*;q=0"}),
    ]:
        answer = raw.ask(server.port, path, **fields)
        assert answer.status == status
        assert answer.fields["cache-control"] == (kept if status < 400 else NEVER), status


@pytest.mark.parametrize("method, status", [("POST", 405), ("BREW", 501)])
def test_responses_to_other_methods_are_not_cached(server, method, status):
    answer = raw.ask(server.port, "/main.3f2a9c1b.css", method)
    assert (answer.status, answer.fields["cache-control"]) == (status, NEVER)


def test_immutable_off(start, root):
    server = start(root, "--immutable", "off")
    for name in HASHED:
        assert raw.ask(server.port, "/" + name).fields["cache-control"] == SHORT
    assert raw.ask(server.port, "/about").fields["cache-control"] == ASK


@pytest.mark.parametrize("accept, path, kept", [(BROWSER, "/users/3f2a9c1b", ASK), ("*/*", "/app.3f2a9c1b.js", NEVER)])
def test_the_application_page_in_place_of_a_file(start, place, accept, path, kept):
    server = start(sites.write_files(place, {"index.html": "app"}), "--spa")
    assert raw.ask(server.port, path, accept=accept).fields["cache-control"] == kept


@pytest.mark.parametrize("path, kept", [*POLICY[:1], ("/style.css", SHORT), ("/about", ASK), ("/list/", ASK)])
def test_protected_files_are_private(start, root, place, path, kept):
    server = start(root, "--listing", "--auth", sites.write_passwords(place / "passwords"))
    with raw.Connection(server.port) as connection:
        assert connection.ask(path).fields["cache-control"] == NEVER  # 401
        connection.send(raw.request(path, authorization=sites.authorization()))
        _, answer = connection.head()
        assert answer.status == 200
        assert answer.fields["cache-control"] == "private, " + kept.removeprefix("public, ")


KEEP_ALL = """
/*
  Cache-Control: public, max-age=60
  Expires: Fri, 01 Jan 2100 00:00:00 GMT
  X-Anything: also on errors
/style.css
  ! Cache-Control
/data.json
  Cache-Control: private
"""


@pytest.mark.parametrize(
    "path, status, kept",
    [
        ("/about", 200, "public, max-age=60"),
        ("/main.3f2a9c1b.css", 200, "public, max-age=60"),
        ("/list/", 200, "public, max-age=60"),
        ("/current.js", 200, SHORT),  # a rule serves another file there: the path's fields are not about that one
        ("/style.css", 200, None),
        ("/data.json", 200, "public, max-age=60, private"),  # one list, as at Netlify's
        ("/moved", 301, ASK),
        ("/dir", 301, ASK),
        ("/nowhere", 404, NEVER),
        ("/gone.3f2a9c1b.js", 404, NEVER),
        ("/hole", 404, NEVER),
    ],
)
def test_headers_win_for_files_and_never_for_errors(start, place, path, status, kept):
    server = start(lay_site(place, _headers=KEEP_ALL), "--listing")
    with raw.Connection(server.port) as connection:
        connection.send(raw.request(path))
        _, answer = connection.head()
    assert (answer.status, answer.fields.get("cache-control")) == (status, kept)
    assert ("expires" in answer.fields) == (status == 200 and path != "/current.js")
    assert answer.fields["x-anything"] == "also on errors"


@pytest.mark.parametrize("from_rules", [False, True])
def test_no_rule_makes_an_error_cacheable(start, place, from_rules):
    """Neither _headers nor --header, whatever the error is."""
    field = "Cache-Control: public, max-age=31536000, immutable"
    more = {"_headers": f"/*\n {field}\n"} if from_rules else {}
    server = start(lay_site(place, **more), *([] if from_rules else ["--header", field]))
    whole = raw.ask(server.port, "/style.css")
    assert whole.fields["cache-control"] == LONG
    revalidated = raw.ask(server.port, "/style.css", if_none_match=whole.fields["etag"])
    assert (revalidated.status, revalidated.fields["cache-control"]) == (304, LONG)
    for status, path, method, fields in [
        (404, "/assets/old.js", "GET", {}),
        (404, "/assets/old.js", "HEAD", {}),
        (405, "/style.css", "POST", {}),
        (412, "/style.css", "GET", {"if_match": '"x"'}),
        (416, "/style.css", "GET", {"range": "bytes=9999-"}),
        (406, "/style.css", "GET", {"accept_encoding": "*;q=0"}),
        (400, "/../style.css", "GET", {}),
        (404, "/.env", "GET", {}),
    ]:
        answer = raw.ask(server.port, path, method, **fields)
        assert (answer.status, answer.fields["cache-control"]) == (status, NEVER)
