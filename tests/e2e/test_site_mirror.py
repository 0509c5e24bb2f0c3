# SPDX-License-Identifier: MIT
"""A whole documentation site, file for file, link for link."""

import re
import subprocess
import urllib.parse

import pytest

import documentation
import raw

FILES_MIN = 4000
PAGES_MIN = 1000


@pytest.fixture(scope="module")
def server(start_for_session):
    return start_for_session(documentation.SITE, "--log", "off", "--requests-max", 0)


def test_every_file_byte_for_byte(server):
    names = documentation.all_files()
    assert len(names) >= FILES_MIN
    with raw.Connection(server.port) as connection:
        for name in names:
            answer = connection.ask(documentation.url_path(name))
            assert answer.status == 200, name
            assert answer.body == (documentation.SITE / name).read_bytes(), name


@pytest.mark.long  # wget looks for links in thousands of pages
def test_a_mirror_has_all_linked_files(server, place):
    log = place / "log"
    subprocess.run(
        ["wget", "--mirror", "--no-proxy", "--no-verbose", "--no-host-directories", "--execute", "robots=off",
         "--tries=2", "--timeout=20", "--directory-prefix", str(place / "copy"), "--output-file", str(log),
         f"http://127.0.0.1:{server.port}/en/index.html"],
        timeout=180,
        check=False,  # links that lead nowhere in the site itself are no fault of the server
    )
    text = log.read_text(errors="replace")
    missed = re.findall(r"^(http://\S+):\n.* ERROR (\d+): ", text, re.MULTILINE)
    for url, code in missed:
        path = urllib.parse.unquote(urllib.parse.urlsplit(url).path).lstrip("/")
        assert code == "404", url
        assert not (documentation.SITE / path).is_file(), f"{url} is there"
    copied = [path for path in (place / "copy").rglob("*.html") if path.is_file()]
    assert len(copied) >= PAGES_MIN
    assert text.count(" ERROR ") == len(missed)
    for path in copied:
        # wget names a page after its query too; the site knows it without.
        original = documentation.SITE / str(path.relative_to(place / "copy")).partition("?")[0]
        assert path.read_bytes() == original.read_bytes(), path
