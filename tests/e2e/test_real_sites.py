# SPDX-License-Identifier: MIT
"""Sites as people build them today, clicked through in a browser: a Vite application, a VitePress handbook, and the
documentation of Python as Sphinx made it. real/ has the sources of the first two and the walks."""

import http.client
import re
import shutil

import pytest

import programs
import real_sites
from real_sites import walk

IMMUTABLE = "public, max-age=31536000, immutable"
ASKED_AGAIN = "max-age=0, must-revalidate"
LEFT_OVER = "/assets/old-1234.js"  # of an earlier release; somebody still has the page that asks for it


@pytest.fixture(scope="module")
def directory():
    directory = programs.open_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def vite(start_for_session, directory):
    return start_for_session(real_sites.copy_of_built("vite-first", directory), "--spa")


@pytest.fixture(scope="module")
def vitepress(start_for_session, directory):
    return start_for_session(real_sites.copy_of_built("vitepress", directory))


@pytest.fixture(scope="module")
def vite_history(vite):
    return walk("vite_history", vite)


@pytest.fixture(scope="module")
def vite_deep_link(vite):
    return walk("vite_deep_link", vite)


@pytest.fixture(scope="module")
def vitepress_history(vitepress):
    return walk("vitepress_history", vitepress)


@pytest.fixture(scope="module")
def sphinx(start_for_session, directory):
    return walk("sphinx", start_for_session(real_sites.copy_of_python_documentation(directory)))


def get(server, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def logged(server, path, status):
    return server.out.wait_for(lambda line: f'"GET {path} HTTP/1.1" {status}' in line)


def assert_travels_compressed(answers):
    """Text comes from the siblings: fewer bytes on the wire, fields included, and caches are told what it hangs on."""
    answers = [answer for answer in answers if answer.status == 200 and answer.travelled and answer.decoded > 1000]
    text = [answer for answer in answers if answer.suffix not in (".woff2", ".png")]
    assert len(text) >= 3
    assert [answer for answer in text if answer.coding not in ("br", "zstd", "gzip")] == []
    assert [answer for answer in text if answer.travelled >= answer.decoded] == []
    assert [answer for answer in text if not answer.varies_by("Accept-Encoding")] == []
    assert [answer for answer in answers if answer not in text and answer.coding] == []


@pytest.mark.parametrize("name", ["vite_history", "vite_deep_link", "vitepress_history", "sphinx"])
def test_check_finds_nothing_in_the_sites(name, request):
    walked = request.getfixturevalue(name)
    assert walked.complaints == []
    assert walked.broken_images == []


def test_vite_every_link_and_the_back_button(vite_history):
    assert vite_history.places == {
        "start": "/",
        "list": "/notes",
        "note": "/notes/red-kite",
        "about": "/about",
        "back": "/notes/red-kite",
        "back again": "/notes",
        "forward": "/notes/red-kite",
        "reload": "/notes/red-kite",
        "back after reload": "/notes",
    }
    lazily = [answer.suffix for answer in vite_history.parts("about")]
    assert sorted(lazily) == [".css", ".js"], "a page's chunk and styles come when somebody goes there"


@pytest.mark.parametrize("step", ["deep link", "reload", "no such route"])
def test_vite_every_route_gets_the_application(vite_deep_link, step):
    page = vite_deep_link.page(step)
    assert page.status == 200
    assert page.type == "text/html; charset=utf-8"
    assert page.cache == "no-cache"
    assert page.varies_by("Accept"), "a script of that name would have been a 404"


def test_vite_a_reload_requests_the_page_only(vite, vite_deep_link):
    assert vite_deep_link.page("reload").travelled < vite_deep_link.page("deep link").travelled
    assert logged(vite, "/notes/slow-worm", 304)
    assets = [answer for answer in vite_deep_link.parts("reload") if answer.path.startswith("/assets/")]
    assert len(assets) >= 3
    assert [answer for answer in assets if not answer.cached or answer.travelled] == []
    others = [answer for answer in vite_deep_link.parts("reload") if answer not in assets]
    assert "/data/notes.json" in [answer.path for answer in others]
    assert [answer for answer in others if answer.cached] == []


def test_vite_only_hashed_files_are_cached(vite_history):
    for answer in vite_history.parts("start", "list", "note", "about"):
        assert answer.cache == (IMMUTABLE if answer.path.startswith("/assets/") else ASKED_AGAIN), answer


def test_vite_is_sent_compressed(vite_history):
    assert_travels_compressed(vite_history.answers)


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_vite_a_chunk_of_an_earlier_release_is_404(vite, accept):
    """Not even where _headers says that all in /assets/ may be kept for a year."""
    answer, body = get(vite, LEFT_OVER, Accept=accept)
    assert answer.status == 404
    assert answer.headers["Cache-Control"] == "no-store"
    _, index = get(vite, "/", Accept=accept)
    assert b"<script" in index and b"<script" not in body


def test_vite_a_new_release_during_a_visit(start, place):
    root = real_sites.copy_of_built("vite-first", place)
    walked = walk("vite_deployment", start(root, "--spa"), root, real_sites.BUILT / "vite-second")
    assert walked.said == ["The first release", "The second release"]
    assert walked.places["note"] == "/notes/red-kite"
    gone = {answer.path: answer for answer in walked.answers if answer.status == 404}
    assert len(gone) == 1
    (path,) = gone
    assert re.fullmatch(r"/assets/note-.{8}\.js", path)
    assert gone[path].cache == "no-store"
    # The browser fetches the icon when it pleases, which may be while the first release is already gone.
    others = {complaint["url"] for complaint in walked.complaints if not complaint["url"].endswith((path, "/favicon.svg"))}
    assert others == set()


def test_vite_a_rule_for_a_route_does_not_cache_the_page(start, place):
    """Neither in the answer nor in the 304 that renews it: the page would name chunks of a year ago."""
    root = real_sites.copy_of_built("vite-first", place)
    with open(root / "_headers", "a") as rules:
        rules.write("\n/notes/*\n  Cache-Control: public, max-age=31536000\n")
    server = start(root, "--spa")
    answer, _ = get(server, "/notes/slow-worm", Accept="text/html")
    again, _ = get(server, "/notes/slow-worm", **{"Accept": "text/html", "If-None-Match": answer.headers["ETag"]})
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert (again.status, again.headers["Cache-Control"]) == (304, "no-cache")


def test_vitepress_every_link_and_the_back_button(vitepress_history):
    assert vitepress_history.places == {
        "deep link": "/guide/start",
        "reload": "/guide/start",
        "sidebar": "/guide/descaling",
        "about": "/about",
        "back": "/guide/descaling",
        "back again": "/guide/start",
        "forward": "/guide/descaling",
        "home": "/",
    }


@pytest.mark.parametrize("step", ["deep link", "reload"])
def test_vitepress_clean_urls(vitepress_history, step):
    page = vitepress_history.page(step)
    assert page.status == 200
    assert page.type == "text/html; charset=utf-8"
    assert page.cache == "no-cache"


def test_vitepress_a_reload_transfers_little(vitepress, vitepress_history):
    assert logged(vitepress, "/guide/start", 304)
    assert vitepress_history.page("reload").travelled < 1000
    again = vitepress_history.parts("reload")
    assert [answer for answer in again if answer.cached != (answer.cache == IMMUTABLE)] == []
    assert [answer for answer in again if answer.travelled > 1000] == [], "what is asked for again has not changed"


def test_vitepress_only_hashed_files_are_cached(vitepress_history):
    """Without a word of ours. Not every hash looks like one, and then the file is asked for again."""
    parts = vitepress_history.answers
    kept = {answer.path for answer in parts if answer.cache == IMMUTABLE}
    hashed = {answer.path for answer in parts if re.fullmatch(r"/assets/.+\.[\w-]{8}(\.lean)?\.\w+", answer.path)}
    assert kept <= hashed
    assert kept
    assert [a for a in parts if a.path not in kept and a.cache != ("no-cache" if a.is_page else ASKED_AGAIN)] == []


def test_vitepress_is_sent_compressed(vitepress_history):
    assert_travels_compressed(vitepress_history.answers)
    fonts = [answer for answer in vitepress_history.parts("deep link") if answer.suffix == ".woff2"]
    assert {answer.type for answer in fonts} == {"font/woff2"}


def test_vitepress_search(vitepress):
    walked = walk("vitepress_search", vitepress)
    assert walked.places["result"] == "/guide/descaling"
    assert walked.complaints == []


def test_vitepress_shows_its_own_404_page(vitepress):
    walked = walk("vitepress_missing", vitepress)
    page = walked.page("no such page")
    assert page.status == 404
    assert page.type == "text/html; charset=utf-8"
    assert page.cache == "no-store"
    assert walked.places == {"no such page": "/guide/no-such-page", "home": "/"}
    assert [complaint["url"].endswith(page.path) for complaint in walked.complaints] == [True], "the 404 itself"


def test_vitepress_a_chunk_of_an_earlier_release_is_404(vitepress):
    answer, _ = get(vitepress, LEFT_OVER)
    assert answer.status == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_sphinx_from_the_start_page_to_a_search_result(sphinx):
    places = {step: path.partition("?")[0] for step, path in sphinx.places.items()}
    assert places == {
        "start": "/",
        "contents": "/library/index.html",
        "deep": "/library/functions.html",
        "image": "/howto/logging.html",
        "search": "/search.html",
        "result": "/library/pprint.html",
        "back": "/search.html",
    }
    assert "/searchindex.js" in [answer.path for answer in sphinx.parts("search")]


def test_sphinx_media_types(sphinx):
    types = {
        "": "text/html; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml; charset=utf-8",
    }
    whole = [answer for answer in sphinx.answers if answer.status != 304]
    assert {answer.suffix for answer in whole} == set(types)
    assert [answer for answer in whole if answer.type != types[answer.suffix]] == []


def test_sphinx_links_stay_inside_the_package(start):
    """jquery.js is a link to another package's file."""
    server = start(real_sites.PYTHON_DOCUMENTATION)
    assert (real_sites.PYTHON_DOCUMENTATION / "_static/jquery.js").exists()
    assert get(server, "/")[0].status == 200, "the root itself may be a link"
    assert get(server, "/_static/jquery.js")[0].status == 404
