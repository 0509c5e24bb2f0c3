# SPDX-License-Identifier: MIT
"""--type: media types that the table does not have, or has otherwise."""

import pytest

import raw
import sites
from server import run_to_end

pytestmark = pytest.mark.portable


@pytest.fixture
def site(place):
    names = ["index.html", "a.foo", "a.geojson", "a.rels", "a.js", "foo", "a.txt"]
    return sites.write_files(place / "site", {name: name for name in names})


def type_of(server, path):
    return raw.ask(server.port, path).fields["content-type"]


def test_types(start, site, loop):
    types = [".foo=text/x-foo", ".geojson=application/x-geo", ".rels=application/xml", ".js=text/plain; charset=ascii"]
    server = start(site, "--loop", loop, *(f"--type={option}" for option in types))
    assert type_of(server, "/a.foo") == "text/x-foo; charset=utf-8"
    assert type_of(server, "/a.geojson") == "application/x-geo"
    assert type_of(server, "/a.rels") == "application/xml; charset=utf-8"
    assert type_of(server, "/a.js") == "text/plain; charset=ascii"
    assert type_of(server, "/foo") == "application/octet-stream"
    assert type_of(server, "/a.txt") == "text/plain; charset=utf-8"


def test_without_the_option(start, site):
    server = start(site)
    assert type_of(server, "/a.foo") == "application/octet-stream"
    assert type_of(server, "/a.geojson") == "application/geo+json"


def test_the_types_hold_for_every_host(start, site):
    hosts = sites.write_files(site.parent / "hosts", {"one.example/a.foo": "", "default/a.foo": ""})
    server = start("--hosts", hosts, "--type", ".foo=text/x-foo")
    for host in ("one.example", "other.example"):
        answer = raw.ask(server.port, "/a.foo", host=host)
        assert answer.fields["content-type"] == "text/x-foo; charset=utf-8"


def test_spa_treats_own_extensions_as_files(start, site):
    """A name with such an extension is a file's, so it is missing, and no page of the application."""
    server = start(site, "--spa", "--type", ".foo=text/x-foo")
    assert raw.ask(server.port, "/gone.foo").status == 404
    assert raw.ask(server.port, "/gone.bar").status == 200


@pytest.mark.parametrize("value", ["foo=text/x", ".foo", ".foo=text", ".foo=text/x y", ".=text/x"])
def test_malformed_types_are_refused(site, value):
    result = run_to_end(site, "--port", 0, "--type", value)
    assert result.returncode == 2
    assert result.stderr == (
        f"minhttp: --type {value}: it takes an extension and a media type, like .foo=text/x-foo\n"
    )


def test_malformed_extensions_are_refused(site):
    result = run_to_end("check", site, "--type", ".tar.gz=application/gzip")
    assert result.returncode == 2 and "behind the last dot" in result.stderr
    result = run_to_end("--port", 0, "--type", ".foo=text/x")
    assert result.returncode == 2 and "--type needs a site" in result.stderr
    result = run_to_end(site, "--port", 0, *["--type", ".foo=text/x"] * 17)
    assert result.returncode == 2 and "16 times at most" in result.stderr
