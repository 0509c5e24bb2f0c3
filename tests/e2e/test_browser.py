# SPDX-License-Identifier: MIT
"""A real browser on real sites. Screenshots go to MINHTTP_SCREENSHOTS, or nowhere."""

import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import documentation
import programs
from devtools import Browser

START, DEEP = "/en/index.html", "/en/cpp/algorithm/sort.html"

# The package leaves out the script that defines this name; two scripts of the site ask for it in vain.
KNOWN_EXCEPTION = "ReferenceError: mw is not defined"


@pytest.fixture(scope="module")
def browser():
    profile = programs.open_directory()
    with Browser(profile) as browser:
        yield browser
    shutil.rmtree(profile)


@pytest.fixture(scope="module")
def server(start_for_session):
    return start_for_session(documentation.SITE)


def is_in_the_tree(url):
    return (documentation.SITE / unquote(urlsplit(url).path).lstrip("/")).is_file()


def unexplained(complaints):
    """Complaints about the server; the documentation itself lacks a script, a font and an icon."""
    return [
        complaint
        for complaint in complaints
        if complaint.text != KNOWN_EXCEPTION and (not complaint.url or is_in_the_tree(complaint.url))
    ]


def take_picture(browser, place, name):
    picture = Path(programs.SETTINGS.get("MINHTTP_SCREENSHOTS", place)) / f"{name}.png"
    browser.screenshot(picture)
    assert picture.stat().st_size > 10_000, "not an empty page"


@pytest.mark.parametrize("path", [START, DEEP])
def test_a_page_loads_without_errors(browser, server, path, place):
    base = f"http://127.0.0.1:{server.port}"
    assert unexplained(browser.open(base + path)) == []
    assert len(browser.requested()) > 1, "styles, scripts and images belong to the page"
    assert browser.evaluate("document.contentType") == "text/html"
    assert browser.evaluate("document.characterSet") == "UTF-8"
    assert browser.evaluate("document.styleSheets.length") > 0
    assert browser.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    take_picture(browser, place, Path(path).stem)


def test_a_link_opens_its_page(browser, server):
    browser.open(f"http://127.0.0.1:{server.port}{START}")
    link = browser.evaluate("[...document.links].find(link => link.pathname.endsWith('/cpp/container.html')).href")
    assert unexplained(browser.open(link)) == []
    assert "ontainer" in browser.evaluate("document.title")
