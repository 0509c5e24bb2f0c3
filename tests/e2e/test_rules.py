# SPDX-License-Identifier: MIT
"""_redirects and _headers as visitors meet them; test_rule_mistakes.py has the files that are refused."""

from urllib.parse import urljoin, urlsplit

import pytest

import raw
import sites

pytestmark = pytest.mark.portable

REDIRECTS = """
# Every status.
/301        /new 301
/302        /new 302
/303        /new 303
/307        /new 307
/308        /new 308
/default    /new
/elsewhere  https://example.org/x?y=1#z    # a comment
/insecure   http://example.org/
/fragment   /new#part
/slash      /new/

/news/*                /blog/:splat 302
/:lang/docs/:page      /docs/:page?lang=:lang
/articles/:slug.html   /a/:slug
/files/*.jpeg          /pictures/:splat.jpg
/abs/*                 https://example.org/:splat
/own-query/*           /new?q=:splat&fixed=1

/store  id=:id  kind=book  /books/:id
/store  id=:id             /products/:id
/store  page=all           /everything
/store                     /shop
/go     to=:to             /:to

/page            /rule-was-used
/forced.html     /rule-was-used 302!
/hidden.txt      /page.html 200!
/rewritten       /page.html 200
/rewritten/*     /dir/:splat 200
/dir-by-rule     /dir 200
/clean-by-rule   /page 200
/empty-dir       /list 200
/not-there       /no/such/file 200
/lost            /gone.html 404
/gone/*          /gone.html 404!
/gone-astray     /no/such/page 404
/keep/*          200
/keep/taken      /rule-was-used
/escape/*        /:splat 200

https://one.example/host    /for-one
https://two.example/*       https://one.example/:splat 301!
/host                       /for-others
/with-slash                 /with-slash/
"""

NAMES = ["index.html", "page.html", "forced.html", "hidden.txt", "gone.html", "404.html", "dir/index.html", "dir/a.txt"]
NAMES += ["keep/there.txt", "list/file.txt", "gone/there.txt"]
FILES = {name: name for name in NAMES}


@pytest.fixture(scope="module")
def server(start_for_session, fixture_site):
    root = sites.write_files(fixture_site.parent / "ruled", FILES | {"_redirects": REDIRECTS, ".env": "SECRET"})
    (root.parent / "beside").write_text("SECRET")
    (root / "link-out").symlink_to("../beside")
    return start_for_session(root)


@pytest.mark.parametrize(
    "path, status, location",
    [
        *((f"/{status}", status, "/new") for status in (301, 302, 303, 307, 308)),
        ("/default", 301, "/new"),
        ("/301?a=1&b=%20", 301, "/new?a=1&b=%20"),
        ("/301/", 301, "/new"),
        ("/%33%30%31", 301, "/new"),
        ("/elsewhere", 301, "https://example.org/x?y=1#z"),
        ("/elsewhere?mine", 301, "https://example.org/x?y=1#z"),
        ("/insecure?a", 301, "http://example.org/?a"),
        ("/fragment?a", 301, "/new?a#part"),
        ("/slash", 301, "/new/"),
        ("/news", 302, "/blog/"),
        ("/news/", 302, "/blog/"),
        ("/news/2024/01/x?y", 302, "/blog/2024/01/x?y"),
        ("/news/a%20b%3F%23%25", 302, "/blog/a%20b%3F%23%25"),
        ("/news/%C3%A9", 302, "/blog/%C3%A9"),
        ("/en/docs/start", 301, "/docs/start?lang=en"),
        ("/a%26b/docs/s%3Fx", 301, "/docs/s%3Fx?lang=a%26b"),
        ("/articles/one.html", 301, "/a/one"),
        ("/files/a/b.jpeg", 301, "/pictures/a/b.jpg"),
        ("/abs/x/y?z", 301, "https://example.org/x/y?z"),
        ("/own-query/x&y=z?dropped", 301, "/new?q=x%26y%3Dz&fixed=1"),
        ("/store?id=7", 301, "/products/7"),
        ("/store?x=1&id=7&y=2", 301, "/products/7?x=1&y=2"),
        ("/store?kind=book&id=7", 301, "/books/7"),
        ("/store?kind=toy&id=7", 301, "/products/7?kind=toy"),
        ("/store?page=all", 301, "/everything"),
        ("/store?page=%61ll", 301, "/everything"),
        ("/store?page=none", 301, "/shop?page=none"),
        ("/store", 301, "/shop"),
        ("/forced.html", 302, "/rule-was-used"),
        ("/host", 301, "/for-others"),
        ("/with-slash", 301, "/with-slash/"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_redirect(server, method, path, status, location):
    answer = raw.ask(server.port, path, method)
    assert (answer.status, answer.fields["location"]) == (status, location)
    assert answer.fields["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path, status, body",
    [
        ("/page", 200, "page.html"),  # a file wins over a rule, also by its clean name
        ("/hidden.txt", 200, "page.html"),
        ("/rewritten", 200, "page.html"),
        ("/rewritten/a.txt", 200, "dir/a.txt"),
        ("/rewritten/", 200, "page.html"),
        ("/dir-by-rule", 200, "dir/index.html"),  # without a redirect that would tell its name
        ("/clean-by-rule", 200, "page.html"),
        ("/empty-dir", 404, "404.html"),
        ("/not-there", 404, "404.html"),
        ("/lost", 404, "gone.html"),
        ("/gone/nowhere", 404, "gone.html"),
        ("/gone/there.txt", 404, "gone.html"),
        ("/gone-astray", 404, "404.html"),
        ("/keep/there.txt", 200, "keep/there.txt"),
        ("/keep/taken", 404, "404.html"),
        ("/with-slash/", 404, "404.html"),  # the rule only adds the slash
        ("/unheard/of", 404, "404.html"),
    ],
)
def test_files_served_by_rewrites(server, path, status, body):
    answer = raw.ask(server.port, path)
    assert (answer.status, answer.body.decode()) == (status, body)
    assert "location" not in answer.fields
    assert ("etag" in answer.fields) == (status == 200)


@pytest.mark.parametrize(
    "rest", [".env", "link-out", "../beside", "%2e%2e/beside", "..%2Fbeside", "/beside", "_redirects"]
)
def test_a_rewrite_serves_nothing_that_a_path_cannot(server, rest):
    answer = raw.ask(server.port, "/escape/" + rest)
    assert answer.status in (400, 404)
    assert b"SECRET" not in answer.body and b"Every status" not in answer.body


@pytest.mark.parametrize("host", ["one.example", "ONE.example:8080", "one.example."])
def test_a_rule_for_one_host(server, host):
    assert raw.ask(server.port, "/host", host=host).fields["location"] == "/for-one"
    assert raw.ask(server.port, "/host", host="not." + host).fields["location"] == "/for-others"


def test_a_rule_for_a_whole_host(server):
    answer = raw.ask(server.port, "/page.html?x", host="two.example")
    assert (answer.status, answer.fields["location"]) == (301, "https://one.example/page.html?x")


EVIL = [
    *("//evil.example", "%2F%2Fevil.example", "/%5Cevil.example", "%5C%5Cevil.example", "https://evil.example", "/evil"),
    *("javascript:alert(1)", "@evil.example", ".evil.example", ":pass@evil.example", "%0d%0aX-Evil:%201", "%00", ".."),
    *("../../evil", "%09//evil.example", "?//evil.example", "#//evil.example", "%23", ""),
]


@pytest.mark.parametrize("word", EVIL)
@pytest.mark.parametrize("front", ["/go?to=", "/news/", "/abs/", "/en/docs/", "/own-query/", "/articles/", "/301?"])
def test_a_capture_never_leads_to_another_host(server, front, word):
    with raw.Connection(server.port) as connection:
        connection.send(raw.request(front + word, connection="close"))
        head, answer = connection.head()
    assert b"x-evil" not in head.lower().split(b"location:")[0] and head.count(b"\r\n\r\n") == 1
    assert "x-evil" not in answer.fields
    location = answer.fields.get("location")
    if location is None:
        assert answer.status in (400, 404)
        return
    assert location.isascii() and location.isprintable() and " " not in location
    assert location.startswith("https://example.org/" if front == "/abs/" else ("/", "../"))
    assert not location.startswith(("//", "/\\"))
    went = urlsplit(urljoin("http://here.example" + front, location))
    assert went.netloc == ("example.org" if front == "/abs/" else "here.example")


def test_a_target_too_long_for_a_location(start, place):
    server = start(sites.write_files(place, {"_redirects": "/a/* /:splat/:splat/:splat\n"}))
    assert raw.ask(server.port, "/a/" + "x" * 2000).status == 301
    assert raw.ask(server.port, "/a/" + "x" * 4000).status == 414


def test_rules_below_a_base_path(start, place):
    rules = "/old/* /new/:splat\n/out https://example.org/\n/shown /page.html 200\n"
    server = start(sites.write_files(place, {"_redirects": rules, "page.html": "page"}), "--base-path", "/app")
    assert raw.ask(server.port, "/app/old/x?y").fields["location"] == "/app/new/x?y"
    assert raw.ask(server.port, "/app/out").fields["location"] == "https://example.org/"
    assert raw.ask(server.port, "/app/shown").body == b"page"
    assert raw.ask(server.port, "/old/x").status == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/_redirects", "/_headers", "/_redirects.gz", "/_headers.br", "/_headers.zst", "/%5fheaders", "/_redirects/"),
        *("/_headers?x", "/served", "/all/_headers", "/all/_headers.gz"),
    ],
)
def test_the_two_files_are_never_served(start, place, path):
    names = [f"{name}{suffix}" for name in ("_redirects", "_headers") for suffix in (".br", ".zst", ".gz")]
    rules = {"_redirects": "/served /_headers 200\n/all/* /:splat 200\n", "_headers": "/*\n X-SECRET: 1\n"}
    server = start(sites.write_files(place, rules | {name: "SECRET" for name in names}), "--listing")
    answer = raw.ask(server.port, path, accept_encoding="br, zstd, gzip")
    assert (answer.status, b"SECRET" in answer.body) == (404, False)
    assert b"_headers" not in raw.ask(server.port, "/", version="1.0").body


def test_rule_files_in_subdirectories_are_ordinary_files(start, place):
    server = start(sites.write_files(place, {"docs/_headers": "/*\n X-A: 1\n", "docs/index.html": "docs"}))
    assert raw.ask(server.port, "/docs/_headers").status == 200
    assert "x-a" not in raw.ask(server.port, "/docs/").fields


HEADERS = """
/*
  X-Frame-Options: DENY
  X-List: one
  Vary: Origin
  Set-Cookie: a=1
/about
  X-Frame-Options: SAMEORIGIN
  X-List: two
  Set-Cookie: b=2, x
  Link: </style.css>; rel=preload; as=style
/about*
  ! ETag
  ! Last-Modified
  ! Accept-Ranges
/data/*
  Content-Type: application/geo+json
  X-Rest: [:splat]
/data/:name
  ! X-List
  X-Name: [:name] [:other]
/*.txt
  Content-Disposition: attachment
https://one.example/*
  X-Host: one
"""


@pytest.fixture(scope="module")
def fielded(start_for_session, fixture_site):
    files = {"about.html": "about", "data/a b.json": "{}", "data/x/y.json": "[1, 2, 3]" + " " * 1000, "notes.txt": "notes"}
    files |= {"_headers": HEADERS, "_redirects": "/moved /about\n/shown /notes.txt 200\n"}
    root = sites.write_files(fixture_site.parent / "fielded", files)
    return start_for_session(root, "--secure-headers", "--header", "X-List: standing", "--header", "X-Own: standing")


def test_fields_of_all_blocks(fielded):
    with raw.Connection(fielded.port) as connection:
        connection.send(raw.request("/about"))
        head, answer = connection.head()
    assert answer.fields["x-frame-options"] == "SAMEORIGIN", "one value: the last block's, not the option's"
    assert answer.fields["x-list"] == "one, two", "_headers win over --header"
    assert answer.fields["x-own"] == "standing"
    assert answer.fields["x-content-type-options"] == "nosniff", "of --secure-headers"
    assert answer.fields["vary"] == "Accept-Encoding, Origin", "added to the server's own"
    assert answer.fields["link"] == "</style.css>; rel=preload; as=style"
    assert [line for line in head.split(b"\r\n") if line.startswith(b"Set-Cookie")] == [
        b"Set-Cookie: a=1", b"Set-Cookie: b=2, x"
    ]
    assert not {"etag", "last-modified", "accept-ranges", "x-host"} & answer.fields.keys()


@pytest.mark.parametrize(
    "path, name, value",
    [
        ("/data/a%20b.json", "content-type", "application/geo+json"),
        ("/data/a%20b.json", "x-name", "[a%20b.json] [:other]"),
        ("/data/a%20b.json", "x-rest", "[a%20b.json]"),
        ("/data/a%20b.json", "x-list", None),
        ("/data/x/y.json", "x-rest", "[x/y.json]"),
        ("/data/x/y.json", "x-name", None),
        ("/data/x/y.json", "x-list", "one"),
        ("/notes.txt", "content-disposition", "attachment"),
        ("/moved", "x-list", "one"),
        ("/moved", "vary", "Origin"),
        ("/shown", "x-list", "one"),
        ("/shown", "content-disposition", None),  # the path that was asked for counts
        ("/nowhere.txt", "content-disposition", None),
        ("/nowhere.txt", "x-frame-options", "DENY"),
        ("/data/nowhere", "content-type", "text/plain; charset=utf-8"),
    ],
)
def test_fields_of_a_path(fielded, path, name, value):
    assert raw.ask(fielded.port, path).fields.get(name) == value


def test_fields_for_a_host(fielded):
    assert raw.ask(fielded.port, "/about", host="one.example:80").fields["x-host"] == "one"


def test_fields_of_206_and_304(fielded):
    several = raw.ask(fielded.port, "/data/x/y.json", range="bytes=0-0,5-5")
    assert several.fields["content-type"].startswith("multipart/byteranges"), "the parts have the file's type"
    unchanged = raw.ask(fielded.port, "/data/x/y.json", if_none_match="*")
    assert (unchanged.status, unchanged.fields["x-list"]) == (304, "one")
    assert "content-type" not in unchanged.fields


@pytest.mark.parametrize(
    "rules, status",
    [
        ("".join(f"/*\n  X-{n}: {'v' * 4000}\n" for n in range(2)), 500),
        ("".join(f"/*\n  X-{n}: v\n" for n in range(65)), 500),
        ("/*\n  X-A: :splat :splat :splat :splat\n", 414),
    ],
    ids=["bytes", "fields", "filled in"],
)
def test_more_fields_than_a_response_can_have(start, place, rules, status):
    """A field that somebody relies on is not left out in silence. Where the path is what makes them long, it is too long."""
    server = start(sites.write_files(place, {"_headers": rules, "x" * 200: "file"}))
    with raw.Connection(server.port) as connection:
        answer = connection.ask("/" + "x" * 2000)
        assert (answer.status, answer.fields["cache-control"]) == (status, "no-store")
        assert connection.ask("/%zz").status == 400
