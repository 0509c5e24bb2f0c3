# SPDX-License-Identifier: MIT
"""Directory listings: what a person, a program and a browser get."""

import base64
import hashlib
import html.parser
import json
import os
import re
import shutil
import threading
import time
import urllib.parse
from pathlib import Path

import pytest

import programs
import raw
import sites
from devtools import Browser
from server import wait_until

NASTY = [b"<img src=x onerror=alert(1)>.txt", b'a&b"c.txt', b"javascript:alert(1)", b"crlf\r\nX-Evil: 1", b"bad\xff\xfe",
         b"a:b", b"%41", b"q?x#y", b" spaces ", b"+plus", b"'quote'", b"\xe2\x80\xaegnp.exe", b"-", b"~"]


def chunks(data):
    """The body of an answer in chunks, and what follows it."""
    body = b""
    while True:
        line, _, data = data.partition(b"\r\n")
        size = int(line, 16)
        body, end, data = body + data[:size], data[size : size + 2], data[size + 2 :]
        assert end == b"\r\n"
        if size == 0:
            return body, data


def listing(port, path, **fields):
    """The fields and the body of a listing, with its frame checked."""
    answer = raw.exchange(port, raw.request(path, connection="close", **fields))
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert names[b"transfer-encoding"] == b"chunked" and b"content-length" not in names
    assert names[b"vary"] == b"accept"
    body, behind = chunks(rest)
    assert behind == b""
    return head.decode("latin-1"), body


class Page(html.parser.HTMLParser):
    """What a browser would make of it: links with their text, elements, the style."""

    def __init__(self, body):
        super().__init__()
        self.elements, self.links, self.style = [], [], ""
        self._in = None
        self.feed(body.decode("utf-8"))  # strict: the page is UTF-8, whatever the names are

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        attributes = dict(attributes)
        if tag == "a":
            self.links.append([attributes["href"], ""])
        self._in = tag if tag in ("a", "style") or (tag == "bdi" and self._in == "a") else self._in
        assert not any(name.startswith("on") for name in attributes)

    def handle_endtag(self, tag):
        if tag in ("a", "style"):
            self._in = None

    def handle_data(self, data):
        if self._in == "style":
            self.style += data
        elif self._in:
            self.links[-1][1] += data

    def rows(self):
        return [tuple(link) for link in self.links if link[0].startswith("./")]


def resolve(path, href):
    return urllib.parse.urljoin("http://localhost" + path, href).removeprefix("http://localhost")


@pytest.fixture
def nasty(place):
    root = sites.write_files(place, {"d/sub/deep/x.txt": "deep", "d/a.txt": "a" * 1500})
    for name in NASTY:
        with open(os.fsencode(root / "d") + b"/" + name, "wb") as file:
            file.write(name)
    (root / "d/link").symlink_to("a.txt")
    (root / "d/out").symlink_to("/etc/passwd")
    (root / "d/dangling").symlink_to("nowhere")
    (root / "d/.hidden").write_text("hidden")
    (root / "d/back\\slash").write_text("refused by rule")
    os.mkfifo(root / "d/fifo")
    return root


@pytest.mark.portable
def test_without_the_option_there_is_no_listing(start, nasty):
    assert raw.ask(start(nasty).port, "/d/").status == 404
    assert raw.ask(start(nasty, "--listing").port, "/d").fields["location"] == "./d/"


@pytest.mark.portable
def test_every_link_leads_to_its_file(start, nasty, loop):
    server = start(nasty, "--listing", "--loop", loop)
    head, body = listing(server.port, "/d/")
    assert "\r\nContent-Type: text/html; charset=utf-8\r\n" in head + "\r\n"
    page = Page(body)
    rows = page.rows()
    assert len(rows) == len(NASTY) + 3
    found = {}
    for href, text in rows:
        answer = raw.ask(server.port, resolve("/d/", href))
        if href.endswith("/"):
            assert text == "sub/"
            assert answer.status == 200
        else:
            found[answer.body] = text
    assert set(found) == {*NASTY, b"a" * 1500}
    assert found[b"crlf\r\nX-Evil: 1"] == "crlf\u240d\u240aX-Evil: 1"
    assert found[b"bad\xff\xfe"] == "bad\ufffd\ufffd"
    assert found[b"\xe2\x80\xaegnp.exe"] == "\ufffdgnp.exe"


@pytest.mark.portable
def test_names_do_not_inject_html(start, nasty):
    head, body = listing(start(nasty, "--listing").port, "/d/")
    assert b"<img" not in body and b"X-Evil" not in head.encode() and b"SECRET" not in body
    page = Page(body)
    assert not {"script", "img", "iframe", "object", "link", "base", "form"} & set(page.elements)
    assert page.elements.count("style") == 1
    assert b'<meta name="viewport" content="width=device-width' in body
    for href, _ in page.links:
        assert re.match(r"\./|(\.\./)+$|\?sort=", href), href
        assert urllib.parse.urlparse(href).scheme == ""
    policy = re.search(r"Content-Security-Policy: (.*)\r\n", head + "\r\n")[1]
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy, "LISTING_STYLE_HASH is that of another style sheet"
    assert policy.startswith("default-src 'none';")


@pytest.mark.portable
def test_names_are_escaped_and_sorted(start, fixture_site):
    server = start(fixture_site, "--listing")
    _, body = listing(server.port, "/noindex/")
    assert b"<img" not in body
    names = [row[1] for row in Page(body).rows()]
    assert names == ["<img src=x onerror=alert(1)>.txt", 'a&b"c.txt', "a.txt", "crlf\u240d\u240aX-Evil: 1",
                     "javascript:alert(1)"]
    assert raw.ask(server.port, "/").body == b"OK"  # an index is the answer where there is one


@pytest.mark.portable
def test_links_to_the_directories_above(start, nasty):
    server = start(nasty, "--listing")
    _, body = listing(server.port, "/d/sub/deep/")
    ups = [(resolve("/d/sub/deep/", href), text) for href, text in Page(body).links if href.startswith("..")]
    assert ups == [("/", "localhost"), ("/d/", "d"), ("/d/sub/", "sub"), ("/d/sub/", "../")]
    _, body = listing(server.port, "/")
    assert "../" not in [href for href, _ in Page(body).links]


@pytest.mark.portable
def test_the_title_is_host_and_path(start, nasty):
    def title(*lines, path="/d/sub/"):
        answer = raw.exchange(port, "\r\n".join([f"GET {path} HTTP/1.0", *lines, "", ""]).encode())
        return re.search(rb"<title>(.*)</title>", answer)[1].decode()

    port = start(nasty, "--listing").port
    assert title("Host: files.example:8080") == "files.example:8080/d/sub/"
    assert title("Host: files.example", path="/") == "files.example/"
    assert title() == "/d/sub/"
    assert title("Host: [::1]:80") == "[::1]:80/d/sub/"
    assert title("Host: a&b'c") == "a&amp;b'c/d/sub/"
    port = start(nasty, "--listing", "--base-path", "/app").port
    assert title("Host: h", path="/app/d/") == "h/app/d/"


@pytest.mark.portable
def test_numbers_in_names_are_sorted_by_value(start, place):
    sites.write_files(place, {name: "" for name in ("file10", "file2", "File1", "v1.10.0", "v1.9.0")})
    rows = Page(listing(start(place, "--listing").port, "/")[1]).rows()
    assert [text for _, text in rows] == ["File1", "file2", "file10", "v1.9.0", "v1.10.0"]


@pytest.mark.portable
@pytest.mark.parametrize("key", ["name", "size", "time"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_column_links_sort(start, place, key, order):
    facts = {"B": (3000, 30), "a": (10, 20), "c": (200, 10), "d1/x": (0, 0)}
    for name, (size, _) in facts.items():
        sites.write_files(place, {name: "x" * size})
    for name, (_, age) in facts.items():
        os.utime(place / name.split("/")[0], (1e9 + age, 1e9 + age))
    server = start(place, "--listing")
    first = Page(listing(server.port, "/")[1])
    link = f"?sort={key}&order={order}"
    assert (link in [href for href, _ in first.links]) == (order == "desc")  # the newest and the largest first
    names = [text for _, text in Page(listing(server.port, "/" + link)[1]).rows()]
    expected = {"name": ["a", "B", "c"], "size": ["a", "c", "B"], "time": ["c", "a", "B"]}[key]
    assert names == ["d1/", *(expected if order == "asc" else expected[::-1])]


@pytest.mark.portable
def test_a_listing_as_json(start, nasty):
    server = start(nasty, "--listing")
    head, body = listing(server.port, "/d/", accept="application/json")
    assert "Content-Type: application/json" in head
    rows = json.loads(body)
    assert {row["type"] for row in rows} == {"file", "directory"}
    for row in rows:
        assert set(row) == {"name", "href", "type", "size", "mtime", "link"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["mtime"])
        name = urllib.parse.unquote_to_bytes(row["href"].removeprefix("./").removesuffix("/"))
        assert name.decode("utf-8", "replace") == row["name"] or name == b"bad\xff\xfe"
        if row["type"] == "file":
            content = raw.ask(server.port, resolve("/d/", row["href"])).body
            assert len(content) == row["size"]
    assert [row["link"] for row in rows if row["name"] == "link"] == [True]


@pytest.mark.portable
def test_http_1_0_ends_with_the_connection(start, nasty):
    answer = raw.ask(start(nasty, "--listing").port, "/d/", version="1.0")
    assert answer.status == 200 and "transfer-encoding" not in answer.fields
    assert answer.body.endswith(b"</html>\n")


@pytest.mark.portable
def test_an_unreadable_directory(start, nasty):
    (nasty / "d/sub").chmod(0)
    try:
        assert raw.ask(start(nasty, "--listing").port, "/d/sub/").status == 403
    finally:
        (nasty / "d/sub").chmod(0o755)


@pytest.mark.long  # to make 100,000 links, to list them twice and to remove them takes a quarter of a minute
def test_a_hundred_thousand_entries(start, place):
    """In memory that does not grow with the directory, while others are served."""
    count = 100_000
    (place / "d").mkdir()
    for number in range(10):
        (place / f"f{number}").write_text("x" * number)
    for number in range(count):
        os.link(place / f"f{number % 10}", place / f"d/{number * 7919 % count:06}")
    server = start(place, "--listing", "--log", "off", before=programs.UNTRACED)
    before = server.resident_bytes()
    for query, key in (("?sort=name", lambda row: row["name"]), ("?sort=size", lambda row: (row["size"], row["name"]))):
        result = []
        asking = threading.Thread(
            target=lambda query=query: result.append(listing(server.port, "/d/" + query, accept="application/json")[1])
        )
        asking.start()
        waits = []
        with raw.Connection(server.port) as other:
            while asking.is_alive():
                begin = time.monotonic()
                assert other.ask("/f1").body == b"x"
                waits.append(time.monotonic() - begin)
        asking.join()
        rows = json.loads(result[0])
        assert len({row["name"] for row in rows}) == len(rows) == count
        assert [row["name"] for row in rows] == [row["name"] for row in sorted(rows, key=key)]
        waits.sort()
        print(f"{query}: {len(waits)} other requests meanwhile, the slowest {waits[-1] * 1000:.1f} ms, "
              f"the median {waits[len(waits) // 2] * 1000:.2f} ms")
        assert waits[len(waits) // 2] < 1  # served between two slices, not behind all of them
    grown = server.resident_bytes() - before
    print(f"resident memory grew by {grown // 1024} KiB")
    assert grown < 3 << 20


def test_one_client_does_not_block_the_listings_of_others(start, place):
    """Eight that read nothing hold all places. Another client gets one of them, the same client does not."""
    (place / "d").mkdir()
    for number in range(20_000):
        (place / f"d/{number:05}-{'n' * 40}").touch()
    server = start(place, "--listing", "--log", "off", "--workers", 1, before=programs.UNTRACED)
    crowd = [raw.Connection(server.port, receive_buffer=4096) for _ in range(8)]
    for connection in crowd:
        connection.send(raw.request("/d/", connection="close"))
        assert connection.head()[1].status == 200
    same = raw.ask(server.port, "/d/")
    assert (same.status, same.fields["retry-after"]) == (503, "1")
    with raw.Connection(server.port, source="127.0.0.2") as other:
        other.send(raw.request("/d/", accept="application/json", connection="close"))
        body, _ = chunks(other.rest().partition(b"\r\n\r\n")[2])
        assert len(json.loads(body)) == 20_000
    assert [connection.rest().endswith(b"0\r\n\r\n") for connection in crowd].count(False) == 1  # cut off, and seen to be


def test_a_client_that_leaves_frees_its_place(start, place):
    """Its place is free again at once: eight such clients leave room for a ninth."""
    for number in range(20_000):
        (place / f"{number:05}-{'n' * 40}").touch()
    server = start(place, "--listing", "--log", "off", before=programs.UNTRACED)
    descriptors = server.open_descriptors()
    for _ in range(20):
        with raw.Connection(server.port, receive_buffer=4096) as connection:
            connection.send(raw.request("/"))
            connection.body_bytes(2000)
            connection.reset()
    rows = json.loads(listing(server.port, "/", accept="application/json")[1])
    assert len(rows) == 20_000
    assert wait_until(lambda: server.open_descriptors() <= descriptors)


@pytest.fixture(scope="module")
def browser():
    profile = programs.open_directory()
    with Browser(profile) as browser:
        yield browser
    shutil.rmtree(profile)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
def test_a_listing_works_in_a_browser(browser, start, nasty, place, scheme, width):
    (nasty / "d" / ("unbroken" * 20)).touch()
    base = f"http://127.0.0.1:{start(nasty, '--listing').port}/d/"
    browser.call_page("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call_page(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
    )
    assert browser.open(base) == []  # no word of the policy: the style sheet is the one that it allows
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    background = browser.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) > 384) == (scheme == "light"), background
    assert browser.evaluate("document.querySelectorAll('tbody tr').length") == len(NASTY) + 5
    assert browser.evaluate("[...document.links].every(link => link.protocol == 'http:' && link.host == location.host)")
    assert browser.evaluate("Math.min(...[...document.querySelectorAll('tr')].map(row => row.offsetHeight))") >= 36
    assert browser.evaluate("document.title") == base.removeprefix("http://")
    assert browser.evaluate("[...document.querySelectorAll('time span')].every(hour => hour.offsetHeight > 0)")
    picture = Path(programs.SETTINGS.get("MINHTTP_SCREENSHOTS", place)) / f"listing-{scheme}-{width}.png"
    browser.screenshot(picture)
    assert browser.open(browser.evaluate("[...document.links].find(link => link.text == 'Size').href")) == []
    assert browser.evaluate("document.querySelector('[aria-sort]').innerText").startswith("Size")
    assert browser.open(browser.evaluate("[...document.links].find(link => link.text == 'sub/').href")) == []
    assert browser.evaluate("document.querySelector('h1').innerText") == "sub"
