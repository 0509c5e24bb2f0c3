# SPDX-License-Identifier: MIT
"""Paths at their limits: any bytes in a name, long names, deep trees, links."""

import os

import pytest

import raw
import sites

TARGET_MAX = 8192  # a longer request target is 414


@pytest.mark.portable
def test_names_of_any_bytes(start, place):
    # Byte 0 and the slash cannot be in a name; an encoded backslash is refused by rule.
    served = [byte for byte in range(1, 256) if byte not in b"/\\"]
    for byte in served:
        with open(os.fsencode(place) + b"/n" + bytes([byte]), "wb") as file:
            file.write(b"%d" % byte)
    server = start(place)
    with raw.Connection(server.port) as connection:
        for byte in served:
            answer = connection.ask(f"/n%{byte:02x}")
            assert (answer.status, answer.body) == (200, b"%d" % byte), byte


@pytest.mark.portable
def test_invalid_utf8_and_newlines_together(start, place):
    name = b"caf\xe9\n\xff\xfe line\r\n two"
    with open(os.fsencode(place) + b"/" + name, "wb") as file:
        file.write(b"found")
    path = "/" + "".join(f"%{byte:02X}" for byte in name)
    assert raw.ask(start(place).port, path).body == b"found"


@pytest.mark.portable
@pytest.mark.parametrize("byte", [*range(0x00, 0x21), *b'"<>#\\', 0x7F, 0x80, 0xC3, 0xFF])
def test_raw_bytes_that_a_target_must_not_have(fixture_server, byte):
    answer = raw.exchange(fixture_server.port, b"GET /a" + bytes([byte]) + b"b HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.portable
@pytest.mark.parametrize(
    "path",
    [
        *("/%2F", "/dir%2findex.html", "/%5C", "/%5cfile.txt", "/file.txt%00", "/%00"),
        *("/.", "/..", "/./file.txt", "/dir/../file.txt", "/dir/.", "/dir/.."),
        *("/%2e/file.txt", "/%2E%2e/file.txt", "/dir/%2e%2E/", "/.%2e"),
        *("/%", "/%4", "/%4g", "/%g4", "/file.txt%", "/%%41"),
    ],
)
def test_refused_paths(fixture_server, path):
    assert raw.ask(fixture_server.port, path).status == 400


@pytest.mark.portable
@pytest.mark.parametrize("path", ["//dir", "//dir/", "/dir//", "/dir//index.html", "//", "//file.txt", "/sub//deep"])
def test_empty_segments_name_nothing(fixture_server, path):
    answer = raw.ask(fixture_server.port, path)
    assert answer.status == 404
    assert "location" not in answer.fields


def test_long_names(start, place):
    longest = "n" * 255
    server = start(sites.write_files(place, {longest: "longest"}))
    assert raw.ask(server.port, "/" + longest).body == b"longest"
    assert raw.ask(server.port, "/" + "".join("%6e" for _ in longest)).body == b"longest"
    assert raw.ask(server.port, "/" + longest + "n").status == 404
    assert raw.ask(server.port, "/" + longest + "/x").status == 404


def test_deep_directories(start, place):
    directory = "d" * 199 + "/"
    depth = 17  # with the temporary directory in front, a little below PATH_MAX
    deep = place / (directory * depth)
    deep.mkdir(parents=True)
    (deep / "file.txt").write_text("deep")
    server = start(place)
    assert raw.ask(server.port, "/" + directory * depth + "file.txt").body == b"deep"
    many = "x/" * 400
    (place / many).mkdir(parents=True)
    (place / many / "file.txt").write_text("many")
    assert raw.ask(server.port, "/" + many + "file.txt").body == b"many"


@pytest.mark.parametrize(
    "length, status", [(4094, 404), (4095, 404), (4096, 404), (5000, 404), (TARGET_MAX, 404), (TARGET_MAX + 1, 414)]
)
def test_targets_at_the_limits(fixture_server, length, status):
    for filler in ("a", "a/", "/"):
        path = "/" + (filler * length)[: length - 1]
        assert raw.ask(fixture_server.port, path).status == status, filler


def test_a_long_query_is_part_of_the_target(fixture_server):
    path = "/file.txt?"
    assert raw.ask(fixture_server.port, path + "q" * (TARGET_MAX - len(path))).status == 200
    assert raw.ask(fixture_server.port, path + "q" * (TARGET_MAX + 1 - len(path))).status == 414


def test_a_redirect_of_the_longest_target_keeps_its_query(fixture_server):
    path = "/dir?"
    query = "q" * (TARGET_MAX - len(path))
    assert raw.ask(fixture_server.port, path + query).fields["location"] == "./dir/?" + query


LINKS = {
    "to_file": ("inside/file.txt", 200),
    "to_directory": ("inside", 301),
    "up_and_down": ("inside/../inside/file.txt", 200),
    "chain": ("to_file", 200),
    "to_outside": ("../outside/secret.txt", 404),
    "to_outside_directory": ("../outside", 404),
    "absolute_outside": ("/etc/passwd", 404),
    "round": ("round", 404),
    "dangling": ("nowhere", 404),
    "to_hidden_outside": ("../root/../outside/secret.txt", 404),
}


@pytest.fixture
def linked(place):
    root = sites.write_files(place / "root", {"inside/file.txt": "inside", "inside/deep/x": "x"})
    sites.write_files(place / "outside", {"secret.txt": "SECRET"})
    for name, (target, _) in LINKS.items():
        (root / name).symlink_to(target)
    (root / "inside/deep/up").symlink_to("../file.txt")
    return root


@pytest.mark.portable
def test_symbolic_links(start, linked):
    server = start(linked)
    for name, (_, status) in LINKS.items():
        answer = raw.ask(server.port, "/" + name)
        assert answer.status == status, name
        assert b"SECRET" not in answer.body
    assert raw.ask(server.port, "/to_directory/file.txt").body == b"inside"
    assert raw.ask(server.port, "/inside/deep/up").body == b"inside"
    for path in ("/to_outside_directory/", "/to_outside_directory/secret.txt", "/round/x", "/dangling/"):
        assert raw.ask(server.port, path).status == 404, path


@pytest.mark.portable
def test_as_many_links_as_the_kernel_follows(start, place):
    sites.write_files(place, {"link0": "the end"})
    for number in range(1, 60):
        (place / f"link{number}").symlink_to(f"link{number - 1}")
    server = start(place)
    statuses = [raw.ask(server.port, f"/link{number}").status for number in (1, 40, 41, 59)]
    assert statuses == [200, 200, 404, 404]


@pytest.mark.portable
def test_an_index_html_that_is_no_servable_file(start, place):
    root = sites.write_files(place / "root", {"unreadable/index.html": "x", "locked/index.html": "x"})
    secret = sites.write_files(place, {"secret.txt": "SECRET"}) / "secret.txt"
    for name in ("fifo", "link", "directory", "round"):
        (root / name).mkdir()
    os.mkfifo(root / "fifo/index.html")
    (root / "link/index.html").symlink_to(secret)
    (root / "directory/index.html").mkdir()
    (root / "round/index.html").symlink_to("index.html")
    (root / "unreadable/index.html").chmod(0)
    (root / "locked").chmod(0)
    try:
        server = start(root)
        for name in ("fifo", "link", "directory", "round"):
            assert raw.ask(server.port, f"/{name}/").status == 404, name
        for path in ("/unreadable/", "/locked/", "/locked/index.html", "/locked/nothing"):
            assert raw.ask(server.port, path).status == 403, path
    finally:
        (root / "locked").chmod(0o755)


@pytest.mark.portable
def test_the_root_itself_may_be_a_link(start, linked, place):
    (place / "by-link").symlink_to("root")
    assert raw.ask(start(place / "by-link").port, "/inside/file.txt").body == b"inside"
