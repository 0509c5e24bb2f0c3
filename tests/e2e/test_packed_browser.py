# SPDX-License-Identifier: MIT
"""Packed sites in a browser: a Vite application with --spa packed in, and the documentation of Python. What a visitor meets is what
test_real_sites.py says of the same sites in directories."""

import shutil
import sys

import pytest

import programs
import real_sites
from test_real_sites import ASKED_AGAIN, IMMUTABLE, assert_travels_compressed, get
from real_sites import walk

sys.path.insert(1, str(programs.PROJECT / "tests/pack"))
import packing  # noqa: E402

# Presets without its libraries (debug, size, other architectures) have none; tests/tidy/test_binary.py wants it in a release.
pytestmark = pytest.mark.skipif(not packing.PACKER.exists(), reason="minhttp-pack is not built: its libraries are missing")


@pytest.fixture(scope="module")
def directory():
    directory = programs.open_directory()
    yield directory
    shutil.rmtree(directory)


def packed(start, directory, tree, *options):
    out = directory / f"{tree.name}-packed"
    said = packing.pack(tree, out, *options, timeout=1200)  # 20 s of processor time for the documentation
    shutil.rmtree(tree)  # only the executable is left
    return start("--port", 0, "--workers", 1, program=out), said.stderr


@pytest.fixture(scope="module")
def vite(start_for_session, directory):
    """The siblings that the build has written are used, and those that are missing made; --strict: its links are whole."""
    tree = real_sites.copy_of_built("vite-first", directory)
    server, said = packed(start_for_session, directory, tree, "--strict", "--with", "--spa")
    assert said == ""
    return server


@pytest.fixture(scope="module")
def sphinx(start_for_session, directory):
    tree = real_sites.copy_of_python_documentation(directory)
    server, _ = packed(start_for_session, directory, tree, "--codings", "gzip")  # brotli would take minutes
    return walk("sphinx", server)


def test_every_link_of_the_application_and_the_back_button(vite):
    walked = walk("vite_history", vite)
    assert walked.complaints == [] and walked.broken_images == []
    assert [walked.places[step] for step in ("start", "list", "note", "about", "back", "reload")] == [
        "/", "/notes", "/notes/red-kite", "/about", "/notes/red-kite", "/notes/red-kite"]
    for answer in walked.parts("start", "list", "note", "about"):
        assert answer.cache == (IMMUTABLE if answer.path.startswith("/assets/") else ASKED_AGAIN), answer
    assert_travels_compressed(walked.answers)


def test_every_route_gets_the_application_and_a_reload_only_the_page(vite):
    walked = walk("vite_deep_link", vite)
    assert walked.complaints == []
    for step in "deep link", "reload", "no such route":
        page = walked.page(step)
        assert (page.status, page.type, page.cache) == (200, "text/html; charset=utf-8", "no-cache")
    assert walked.page("reload").travelled < walked.page("deep link").travelled
    assert get(vite, "/assets/old-1234.js")[0].status == 404


def test_the_documentation_from_the_start_page_to_a_search_result(sphinx):
    assert sphinx.complaints == [] and sphinx.broken_images == []
    places = {step: path.partition("?")[0] for step, path in sphinx.places.items()}
    assert (places["start"], places["deep"], places["search"], places["result"]) == (
        "/", "/library/functions.html", "/search.html", "/library/pprint.html")
    assert_travels_compressed(sphinx.answers)
