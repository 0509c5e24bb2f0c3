# SPDX-License-Identifier: MIT
"""Files that are stored compressed only, as exports of game engines are: what browsers and downloaders get."""

import gzip
import shutil
import subprocess

import pytest

import programs
import raw
import sites
from devtools import Browser
from server import DEADLINE

SCRIPT = b"document.title = 'the game runs';" + b" " * 2000
DATA = b"levels and sounds " * 1000
TAKES = {"accept_encoding": "gzip, deflate"}


@pytest.fixture(scope="module")
def server(start_for_session):
    place = programs.open_directory()
    page = b"""<!doctype html><title>no</title><link rel=icon href=data:,><script>
fetch('Build/game.data.gz').then(a => a.text()).then(text => { window.size = text.length; });
</script><script src=Build/game.framework.js.gz></script><script src=Build/loader.unityweb></script><img src=logo.svgz>"""
    logo = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"></svg>'
    sites.write_files(place, {
        "index.html": page,
        "_headers": "/Build/*.unityweb\n  Content-Encoding: gzip\n  Content-Type: text/javascript\n",
        "Build/game.data.gz": gzip.compress(DATA),
        "Build/game.framework.js.gz": gzip.compress(SCRIPT),
        "Build/loader.unityweb": gzip.compress(b"window.loaded = true;"),
        "logo.svgz": gzip.compress(logo),
        "app.css.gz": gzip.compress(b"p{}"),
        "site.tar.gz": b"archive",
    })
    yield start_for_session(place)
    shutil.rmtree(place)


def test_a_game_starts_in_a_browser(server):
    profile = programs.open_directory()
    with Browser(profile) as browser:
        assert browser.open(f"http://127.0.0.1:{server.port}/") == []
        assert browser.evaluate("document.title") == "the game runs"
        assert browser.evaluate("window.loaded") is True
        size = "new Promise(done => { const look = () => window.size ? done(window.size) : setTimeout(look, 20); look(); })"
        assert browser.evaluate("document.images[0].naturalWidth") == 40
        assert browser.evaluate(size) == len(DATA)
    shutil.rmtree(profile)


@pytest.mark.parametrize("options, saved", [([], gzip.compress(DATA, mtime=0)[:3]), (["--compressed"], DATA[:3])])
def test_curl_saves_the_file_that_the_name_says(server, options, saved):
    url = f"http://127.0.0.1:{server.port}/Build/game.data.gz"
    command = ["curl", "-sS", "--noproxy", "*", *options, url]
    assert subprocess.run(command, capture_output=True, timeout=DEADLINE, check=True).stdout.startswith(saved)


def test_a_request_without_the_suffix_is_served(server):
    answer = raw.ask(server.port, "/app.css", **TAKES)
    assert (answer.status, answer.fields["content-type"]) == (200, "text/css; charset=utf-8")
    assert (answer.fields["content-encoding"], gzip.decompress(answer.body)) == ("gzip", b"p{}")
    for _ in range(2):  # also when it is replayed
        assert raw.ask(server.port, "/app.css").status == 406
    assert raw.ask(server.port, "/other.css", **TAKES).status == 404


@pytest.mark.parametrize("path", ["/Build/game.data.gz", "/logo.svgz", "/app.css", "/site.tar.gz"])
@pytest.mark.parametrize("fields", [TAKES, {}, {**TAKES, "range": "bytes=0-1"}])
def test_head_is_the_head_of_get(server, path, fields):
    get, head = (raw.ask(server.port, path, method, **fields) for method in ("GET", "HEAD"))
    if get.status == 206:
        assert get.fields["etag"] == head.fields["etag"]
    else:
        del get.fields["date"], head.fields["date"]
        assert (get.status, get.fields) == (head.status, head.fields)


def test_an_archive_is_sent_as_it_is(server):
    answer = raw.ask(server.port, "/site.tar.gz", **TAKES)
    assert (answer.body, answer.fields["content-type"]) == (b"archive", "application/gzip")
    assert not {"content-encoding", "vary"} & answer.fields.keys()


def test_types_of_the_option_type_hold(start, place):
    sites.write_files(place, {"game.data.gz": gzip.compress(DATA), "app.js.gz": gzip.compress(SCRIPT)})
    server = start(place, "--type", ".data=application/x-levels", "--type", ".js=application/x-ours")
    for path, kind in {"/game.data.gz": "application/x-levels", "/app.js": "application/x-ours"}.items():
        answer = raw.ask(server.port, path, **TAKES)
        assert (answer.status, answer.fields["content-type"]) == (200, kind)
