# SPDX-License-Identifier: MIT
"""Serving a directory: types, index files, redirects, validators, and what stays hidden."""

import email.utils
import re

import pytest

import raw
import sites

pytestmark = pytest.mark.portable

TEXT = {
    "html": "text/html",
    "htm": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
}
OTHER = {
    "json": "application/json",
    "map": "application/json",
    "webmanifest": "application/manifest+json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "wasm": "application/wasm",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "unheard-of": "application/octet-stream",
}


@pytest.fixture(scope="module")
def typed_server(start_for_session, fixture_site):
    root = fixture_site.parent / "typed"
    extensions = [*TEXT, *OTHER]
    files = {f"a.{extension}": extension for extension in extensions}
    files |= {"UPPER.HTML": "upper", "none": "none", "two.dots.css": "two", "trailing.": "trailing"}
    return start_for_session(sites.write_files(root, files))


def content_type(server, name):
    answer = raw.ask(server.port, "/" + name)
    assert answer.status == 200
    media_type, _, parameters = answer.fields["content-type"].partition(";")
    return media_type, parameters.strip().lower()


@pytest.mark.parametrize("extension", TEXT)
def test_text_says_its_charset(typed_server, extension):
    assert content_type(typed_server, f"a.{extension}") == (TEXT[extension], "charset=utf-8")


@pytest.mark.parametrize("extension", OTHER)
def test_media_type(typed_server, extension):
    assert content_type(typed_server, f"a.{extension}")[0] == OTHER[extension]


def test_media_type_follows_the_last_extension_in_any_case(typed_server):
    assert content_type(typed_server, "UPPER.HTML")[0] == "text/html"
    assert content_type(typed_server, "two.dots.css")[0] == "text/css"
    assert content_type(typed_server, "none")[0] == "application/octet-stream"
    assert content_type(typed_server, "trailing.")[0] == "application/octet-stream"


def test_index_files(fixture_server):
    assert raw.ask(fixture_server.port, "/").body == b"OK"
    assert raw.ask(fixture_server.port, "/dir/").body == b"<p>dir index</p>"
    assert raw.ask(fixture_server.port, "/dir/index.html").body == b"<p>dir index</p>"
    assert raw.ask(fixture_server.port, "/noindex/").status == 404


@pytest.mark.parametrize(
    "path, location",
    [
        ("/dir", "./dir/"),
        ("/dir?x=1&y=%2F..%2F", "./dir/?x=1&y=%2F..%2F"),
        ("/sub/deep", "./deep/"),
        ("/dir?//evil.example/", "./dir/?//evil.example/"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_redirect_to_the_slash(fixture_server, method, path, location):
    answer = raw.ask(fixture_server.port, path, method)
    assert answer.status == 301
    assert answer.fields["location"] == location
    assert int(answer.fields["content-length"]) == len(answer.body) or method == "HEAD"


def test_redirect_escapes_the_name(start, place):
    names = ["a b", "x:y", "100%", "é", "q?", "h#", 'quo"te', "new\nline"]
    server = start(sites.write_files(place, {f"{name}/index.html": name for name in names}))
    for name in names:
        escaped = "".join(f"%{byte:02X}" for byte in name.encode())
        location = raw.ask(server.port, "/" + escaped).fields["location"]
        assert re.fullmatch(r"\./[!-~]+/", location), location
        assert raw.ask(server.port, location.removeprefix(".")).body == name.encode()


@pytest.mark.parametrize(
    "path", ["/", "/file.txt", "/empty.txt", "/big.bin", "/dir/", "/dir", "/nope", "/noperm.txt", "/a/../b"]
)
def test_head_is_the_head_of_get(fixture_server, path):
    heads = []
    for method in ("GET", "HEAD"):
        with raw.Connection(fixture_server.port) as connection:
            connection.send(raw.request(path, method, connection="close"))
            head, answer = connection.head()
            body = connection.rest()
        heads.append(re.sub(rb"\r\nDate: [^\r]*", b"", head))
        assert len(body) == (int(answer.fields["content-length"]) if method == "GET" else 0)
    assert heads[0] == heads[1]


def test_validators(fixture_server):
    fields = raw.ask(fixture_server.port, "/file.txt").fields
    assert re.fullmatch(r'"[!#-~]+"', fields["etag"])
    assert fields["last-modified"] == "Tue, 02 Jan 2024 03:04:05 GMT"
    assert fields["accept-ranges"] == "bytes"
    assert "server" not in fields
    assert email.utils.parsedate_to_datetime(fields["date"])


def test_dotfiles_are_hidden_and_well_known_is_served(start, place):
    hidden = [".env", ".git/config", "dir/.htaccess", ".well-known/.hidden", "..odd", ".well-knownish/a"]
    shown = [".well-known/security.txt", "dir/a.b", "dir/x..y"]
    server = start(sites.write_files(place, {name: "content" for name in hidden + shown}))
    for name in shown:
        assert raw.ask(server.port, "/" + name).status == 200, name
    for name in hidden:
        assert raw.ask(server.port, "/" + name).status == 404, name
        assert raw.ask(server.port, "/" + name.replace(".", "%2E", 1)).status == 404, name
    assert raw.ask(server.port, "/.git").status == 404, "no redirect gives a hidden directory away"
    assert raw.ask(server.port, "/.git/").status == 404


def test_a_slash_behind_a_file_is_not_found(fixture_server):
    for path in ("/file.txt/", "/file.txt/x", "/dir/index.html/"):
        assert raw.ask(fixture_server.port, path).status == 404


def test_errors_do_not_reflect_the_request(fixture_server):
    answer = raw.ask(fixture_server.port, "/nope-5e1f?q=7c2d", x_probe="9a3b")
    assert answer.status == 404
    assert answer.fields["content-type"].startswith("text/plain")
    for secret in (b"5e1f", b"7c2d", b"9a3b", b"/tmp"):
        assert secret not in answer.body


@pytest.mark.parametrize(
    "method, path, status",
    [("OPTIONS", "/file.txt", 204), ("OPTIONS", "*", 204), ("POST", "/file.txt", 405), ("DELETE", "/", 405)],
)
def test_a_method_that_is_not_allowed_gets_allow(fixture_server, method, path, status):
    with raw.Connection(fixture_server.port) as connection:
        answer = connection.ask(path, method)
        assert (answer.status, answer.fields["allow"]) == (status, "GET, HEAD, OPTIONS")
        assert connection.ask("/file.txt").status == 200


def test_an_unknown_method_is_501(fixture_server):
    assert raw.ask(fixture_server.port, "/file.txt", "BREW").status == 501
