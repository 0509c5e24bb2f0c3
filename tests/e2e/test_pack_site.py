# SPDX-License-Identifier: MIT
"""What a packed site does: codings, rules, listings, hosts, options, and what it refuses."""

import gzip
import signal

import pytest

import packs
import raw
import sites
from server import run_to_end

TEXT = "body { color: red }\n" * 50


def pages(**more):
    made = packs.site(index_html="<p>home", about_html="<p>about", docs__index_html="<p>docs", docs__a_txt="a",
                      docs__404_html="<p>no such document", empty_txt="")
    made.add("style.css", TEXT.encode(), gzip=gzip.compress(TEXT.encode()), br=b"as br", zstd=b"as zstd")
    made.add("app-5d41402a.js", b"hashed")
    for name, content in more.items():
        made.add(name, content.encode())
    return made


@pytest.fixture
def serve(start, place):
    def serve(files, *options, packed=(), hosts=False):
        return packs.serve(start, packs.executable(place, files, packed, hosts), *options)
    return serve


def test_each_coding_is_sent_by_preference_with_a_tag_of_its_own(serve):
    server = serve(pages())
    tags = set()
    for accepted, coding in (("identity", None), ("gzip", "gzip"), ("gzip, br, zstd", "br"), ("gzip;q=0.5, zstd", "zstd"), ("*;q=0, identity", None)):
        answer = raw.ask(server.port, "/style.css", accept_encoding=accepted)
        assert answer.fields.get("content-encoding") == coding and answer.fields["vary"] == "Accept-Encoding"
        content = {None: TEXT.encode(), "gzip": gzip.compress(TEXT.encode()), "br": b"as br", "zstd": b"as zstd"}[coding]
        assert answer.body == content or coding == "gzip" and gzip.decompress(answer.body) == TEXT.encode()
        assert answer.fields["etag"] == packs.content_hash.entity_tag(packs.content_hash.digest(answer.body), coding or "")
        again = raw.ask(server.port, "/style.css", accept_encoding=accepted, if_none_match=answer.fields["etag"])
        assert again.status == 304 and "last-modified" not in again.fields
        tags.add(answer.fields["etag"])
    assert len(tags) == 4


def test_the_tags_of_a_directory_are_those_of_its_pack(serve, start, place):
    files = {"index.html": "<p>home", "big.bin": "x" * 9_000, "empty.txt": "", "style.css": TEXT, "style.css.gz": gzip.compress(TEXT.encode())}
    root = sites.write_files(place / "root", files)
    directory, pack = start(root), serve(root)
    for path in ("/", "/big.bin", "/empty.txt", "/style.css"):
        for accepted in ("identity", "gzip"):
            one, two = (raw.ask(server.port, path, accept_encoding=accepted) for server in (directory, pack))
            assert one.fields["etag"] == two.fields["etag"] and one.body == two.body
            assert raw.ask(pack.port, path, accept_encoding=accepted, if_none_match=one.fields["etag"]).status == 304


def test_a_password_file_that_was_packed_is_not_sent(serve, place):
    """As a directory hides it. A pack has no names to tell it by, so it is the same bytes that are hidden, under any name."""
    users = sites.write_passwords(place / "users")
    files = {"users": users.read_text(), "shelf/copy": users.read_text(), "shelf/other.txt": "other"}
    server = serve(pages(**files), "--auth", f"/private={users}", "--listing")
    for path in "/users", "/shelf/copy":
        assert raw.ask(server.port, path).status == 404
    listing = raw.ask(server.port, "/shelf/").body
    assert b"other.txt" in listing and b"copy" not in listing
    assert raw.ask(server.port, "/shelf/other.txt").body == b"other"


def test_clean_urls_redirects_and_pages_of_errors(serve):
    server = serve(pages())
    assert raw.ask(server.port, "/about").body == b"<p>about"
    assert raw.ask(server.port, "/docs").fields["location"] == "./docs/"
    assert raw.ask(server.port, "/docs/").body == b"<p>docs"
    assert raw.ask(server.port, "/docs/none").body == b"<p>no such document"
    assert raw.ask(server.port, "/none").status == 404
    assert raw.ask(server.port, "/about/").fields["location"] == "../about"
    assert "immutable" in raw.ask(server.port, "/app-5d41402a.js").fields["cache-control"]


def test_rules_are_read_and_not_shown(serve):
    server = serve(pages(_headers="/*\n  X-From: rules\n", _redirects="/old /about 302\n/app/* /index.html 200\n"))
    answer = raw.ask(server.port, "/about")
    assert answer.fields["x-from"] == "rules"
    assert raw.ask(server.port, "/old").fields["location"] == "/about"
    assert raw.ask(server.port, "/app/anything").body == b"<p>home"
    assert raw.ask(server.port, "/_headers").status == raw.ask(server.port, "/_redirects").status == 404
    server.reload()
    assert raw.ask(server.port, "/about").fields["x-from"] == "rules"


def test_mistakes_in_rules_stop_the_start(place):
    site = packs.executable(place, pages(_redirects="/old\n"))
    ended = run_to_end("--port", 0, program=site)
    assert ended.returncode == 1 and "the packed site/_redirects:1:" in ended.stderr


def test_spa_and_listing(serve):
    server = serve(pages(), "--spa", "--listing")
    assert raw.ask(server.port, "/any/page").body == b"<p>home"
    assert raw.ask(server.port, "/any/picture.png").status == 404
    files = packs.site(a_txt="a", b_txt="bb", sub__c_txt="c")
    files.add("_headers", b"/*\n A: b\n").add("style.css", TEXT.encode(), gzip=b"z")
    listed = raw.ask(serve(files, "--listing").port, "/", accept="application/json").body.decode()
    assert [name for name in ("sub", "a.txt", "b.txt", "style.css") if f'"name":"{name}"' in listed] == ["sub", "a.txt", "b.txt", "style.css"]
    assert "_headers" not in listed and "style.css.gz" not in listed and '"mtime":null' in listed


def test_a_large_directory_is_listed_whole(serve):
    files = packs.writer.Files()
    for i in range(3000):
        files.add(f"d/file{i}.txt", b"x")
    body = raw.ask(serve(files, "--listing").port, "/d/").body.decode()
    assert body.count("<td title=") == 3000 and body.index(">file2.txt<") < body.index(">file10.txt<")


def test_each_host_has_a_directory(serve):
    files = packs.site()
    files.add("a.example/index.html", b"A").add("a.example/_headers", b"/*\n  X-A: a\n").add("default/index.html", b"any")
    server = serve(files, hosts=True)
    assert raw.ask(server.port, "/", host="a.example").body == b"A"
    assert raw.ask(server.port, "/", host="A.example:80").fields["x-a"] == "a"
    assert raw.ask(server.port, "/", host="other").body == b"any"
    assert raw.ask(server.port, "/_headers", host="a.example").status == 404
    assert raw.ask(server.port, "/a.example/index.html", host="other").status == 404


def test_ranges_and_large_bodies(serve):
    content = bytes(range(256)) * 20_000
    files = packs.site()
    files.add("big.bin", content)
    server = serve(files, "--h2c")
    assert raw.ask(server.port, "/big.bin").body == content
    assert raw.ask(server.port, "/big.bin", range="bytes=1000000-1000009").body == content[1000000:1000010]
    assert raw.ask(server.port, "/big.bin", range="bytes=-5").body == content[-5:]
    parts = raw.ask(server.port, "/big.bin", range="bytes=0-9,400000-800000")
    assert parts.status == 206 and content[400000:800001] in parts.body
    assert raw.ask(server.port, "/big.bin", range="bytes=9999999-").status == 416
    head = raw.ask(server.port, "/big.bin", "HEAD")
    assert head.fields["content-length"] == str(len(content)) and not head.body
    with raw.Connection(server.port) as connection:  # one that is taken slowly, then another behind it
        connection.send(raw.request("/big.bin") + raw.request("/big.bin", range="bytes=0-0"))
        assert connection.answer().body == content and connection.answer().body == content[:1]


def test_an_answer_is_replayed(serve):
    server = serve(pages(), "--admin", "127.0.0.1:0")
    first = [raw.ask(server.port, "/about") for _ in range(200)]
    assert {answer.body for answer in first} == {b"<p>about"}


def test_packed_options_are_defaults(serve, place):
    server = serve(pages(), packed=["--spa", "--header", "X-Packed: yes"])
    answer = raw.ask(server.port, "/any/page")
    assert answer.status == 200 and answer.fields["x-packed"] == "yes"
    assert raw.ask(serve(pages(), "--header", "X-Flag: yes", packed=["--header", "X-Packed: yes"]).port, "/").fields.get("x-packed") is None
    site = packs.executable(place, pages(), ["--drain-ms", "7s"])
    shown = run_to_end("check", "--settings", program=site).stdout
    assert "drain-ms 7s  # the packed option --drain-ms" in shown


@pytest.mark.parametrize("packed, complaint", [
    (["--no-such"], "there is no option --no-such"),
    (["--drain-ms", "soon"], "the packed option --drain-ms"),
    (["--config", "x"], "or --config cannot be packed"),
    (["."], "a directory, a command or --config cannot be packed with a site: only options"),
    (["--help"], "a directory, a command or --config cannot be packed with a site: only options"),
    (["--previous", "x"], "no directory"),
])
def test_wrong_packed_options_stop_the_start(place, packed, complaint):
    ended = run_to_end("--port", 0, program=packs.executable(place, pages(), packed))
    assert ended.returncode == 2 and complaint in ended.stderr


@pytest.mark.parametrize("options", [["."], ["--hosts", "."], ["--previous", "."]])
def test_a_directory_beside_the_pack_is_refused(place, options):
    ended = run_to_end("--port", 0, *options, program=packs.executable(place, pages()))
    assert ended.returncode == 2 and "packed" in ended.stderr


def test_check_looks_at_everything(place):
    site = packs.executable(place, pages(_redirects="/x /none.html 200\n"))
    ended = run_to_end("check", program=site)
    assert ended.returncode == 1 and "no file is there to be served: '/none.html'" in ended.stdout
    good = packs.executable(place, pages())
    assert run_to_end("check", program=good).returncode == 0
    explained = run_to_end("check", "--explain", "/style.css", program=good).stdout
    assert "HTTP/1.1 200 OK" in explained and "Content-Encoding: br" in explained
    data = bytearray(good.read_bytes())
    at = data.rindex(b"<p>about")
    data[at] ^= 1
    good.write_bytes(data)
    ended = run_to_end("check", program=good)
    assert ended.returncode == 1 and "the packed site/about.html: damaged" in ended.stdout


def test_passwords_guard_a_packed_site(serve, place):
    users = sites.write_passwords(place / "users")
    server = serve(pages(), "--auth", f"/docs={users}")
    assert raw.ask(server.port, "/docs/").status == 401
    assert raw.ask(server.port, "/docs/", authorization=sites.authorization()).body == b"<p>docs"
    sites.write_passwords(users, "changed")
    server.reload()
    assert raw.ask(server.port, "/docs/", authorization=sites.authorization()).status == 401
    assert raw.ask(server.port, "/docs/", authorization=sites.authorization("changed")).status == 200


def test_both_loops_and_health(serve):
    server = serve(pages(), "--loop", "plain", "--health", "/healthz")
    assert raw.ask(server.port, "/").body == b"<p>home" and raw.ask(server.port, "/healthz").body == b"ok\n"
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
