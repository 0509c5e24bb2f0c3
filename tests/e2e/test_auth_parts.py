# SPDX-License-Identifier: MIT
"""Passwords for parts of a site (--auth /PATH=FILE): under which names a part is guarded, and by whom."""

import gzip

import pytest

import passwords
import raw
import sites
from passwords import basic
from server import run_to_end

pytestmark = pytest.mark.portable

JOE, ANN, BOTH = basic("joe", "secret"), basic("ann", "secret"), basic("both", "secret")


@pytest.fixture
def site(place):
    root = sites.write_files(
        place / "site",
        {
            "index.html": "front",
            "open.txt": "open",
            "privateer.html": "open",
            "private.txt": "open",
            "a/private/x.txt": "open",
            "private.html": "INNER",
            "private.html.gz": gzip.compress(b"INNER"),
            "private.css": "open",
            "private/index.html": "INNER",
            "private/x.txt": "INNER",
            "private/x.txt.gz": "gz",
            "private/deep/y.html": "INNER",
            "private/list/z": "INNER",
            "private/.well-known/x": "INNER",
            "second/x.txt": "SECOND",
            "private/third/x.txt": "THIRD",
        },
    )
    return root


@pytest.fixture
def users(place):
    passwords.write(place / "second-users", {"ann": "secret", "both": "secret"})
    passwords.write(place / "third-users", {"ann": "secret"})
    return passwords.write(place / "users", {"joe": "secret", "both": "secret"})


@pytest.fixture
def server(start, site, users):
    return start(site, "--auth", f"/private={users}", "--listing")


@pytest.mark.parametrize(
    "path",
    [
        "/private",
        "/private/",
        "/private.html",
        "/private.html.gz",
        "/private.gz",
        "/private/index.html",
        "/private/index",
        "/private/x.txt",
        "/private/x.txt.gz",
        "/private/deep",
        "/private/deep/",
        "/private/deep/y",
        "/private/list/",
        "/private/list/?sort=size",
        "/private/nope",
        "/private?q",
        "/%70rivate/",
        "/%70%72%69%76%61%74%65/x.txt",
        "/privat%65.html",
        "/private%2Ehtml",
        "/PRIVATE/",
        "/private.",
        "/Private%20/x.txt",
        "/PRIVATE.HTML",
        "/private/;/x",
        "http://localhost/private/x.txt",
        "http://other.example/private",
    ],
)
def test_paths_that_are_protected(server, path):
    for method in ("GET", "HEAD"):
        for coding in ("identity", "gzip"):
            assert raw.ask(server.port, path, method, accept_encoding=coding).status == 401


@pytest.mark.parametrize(
    "path",
    ["/private%2Fx.txt", "/private%2fx.txt", "/./private/", "/open/../private/", "/%2e/private/", "/private%00",
     "/private\\x.txt", "/private/../private/", "//private/", "/%2Fprivate/", "/private//x.txt",
     "/private/.well-known/x", "/private%252Ehtml"],
)
def test_other_spellings_are_not_found(server, path):
    answer = raw.ask(server.port, path)
    assert answer.status in (400, 404)
    assert b"INNER" not in answer.body


@pytest.mark.parametrize("path", ["/", "/open.txt", "/privateer", "/private.txt", "/private.css", "/a/private/x.txt"])
def test_paths_that_are_not_protected(server, path):
    assert raw.ask(server.port, path).status == 200


def test_with_the_password_everything_below_is_served(server):
    def status(path, **fields):
        return raw.ask(server.port, path, authorization=JOE, **fields).status

    assert raw.ask(server.port, "/private/x.txt", authorization=JOE).body == b"INNER"
    gzipped = raw.ask(server.port, "/private/x.txt", authorization=JOE, accept_encoding="gzip")
    assert (gzipped.fields["content-encoding"], gzipped.body) == ("gzip", b"gz")
    assert [status(path) for path in ("/private", "/private/deep/y", "/private/list/", "/private/nope")] == [
        301, 200, 200, 404
    ]


def test_a_listing_names_protected_directories_but_not_their_entries(start, site, users):
    (site / "index.html").unlink()
    server = start(site, "--auth", f"/private={users}", "--listing")
    assert b"private/" in raw.ask(server.port, "/", version="1.0").body
    assert raw.ask(server.port, "/private/list/", version="1.0").status == 401


def test_a_password_file_in_the_site_is_not_served(start, site):
    users = passwords.write(site / "users.txt", {"joe": "secret"})
    server = start(site, "--auth", f"/private={users}", "--listing")
    assert raw.ask(server.port, "/users.txt").status == 404
    (site / "link.txt").symlink_to("users.txt")
    (site / "second.txt").hardlink_to(users)
    assert raw.ask(server.port, "/link.txt").status == 404
    assert raw.ask(server.port, "/second.txt").status == 404


@pytest.mark.parametrize("name", ["users.txt", "deep/er/users.txt"])
def test_a_password_file_that_is_replaced_is_not_served(start, site, name):
    """Whoever changes it may put a new one in its place: known by its name until the next reload."""
    (site / "deep/er").mkdir(parents=True)
    users = passwords.write(site / name, {"joe": "secret"})
    server = start(site, "--auth", f"/private={users}")
    passwords.write(site / "new", {"joe": "another"}).rename(users)
    for path in (f"/{name}", f"/{name.upper()}", f"/{name}."):
        assert raw.ask(server.port, path).status == 404


def test_pages_with_the_name_of_a_password_file_elsewhere_are_served(start, site, place):
    users = passwords.write(place / "open.txt", {"joe": "secret"})
    server = start(site, "--auth", f"/private={users}")
    assert raw.ask(server.port, "/open.txt").body == b"open"


def test_the_longest_prefix_decides(start, site, users, place):
    arguments = ["--auth", f"/private={users}", "--auth", f"/private/third/={place / 'third-users'}",
                 "--auth", place / "second-users", "--auth", f"/second={place / 'third-users'}"]
    server = start(site, *arguments)
    may = {
        "/private/x.txt": {JOE, BOTH},
        "/private/third/x.txt": {ANN},
        "/private/third/": {ANN},
        "/private/thirds": {JOE, BOTH},
        "/open.txt": {ANN, BOTH},
        "/nope": {ANN, BOTH},
        "/second/x.txt": {ANN},
    }
    for path, who in may.items():
        let_in = {field for field in (JOE, ANN, BOTH) if raw.ask(server.port, path, authorization=field).status != 401}
        assert let_in == who, path


def test_a_right_password_is_right_for_its_file_only(start, site, users, place):
    """Also where it is remembered: joe of one file is not joe of the other."""
    passwords.write(place / "second-users", {"joe": "another"})
    server = start(site, "--auth", f"/private={users}", "--auth", f"/second={place / 'second-users'}")
    for _ in range(2):
        assert raw.ask(server.port, "/private/x.txt", authorization=JOE).status == 200
        assert raw.ask(server.port, "/second/x.txt", authorization=JOE).status == 401
        assert raw.ask(server.port, "/second/x.txt", authorization=basic("joe", "another")).status == 200


RULES = """
/in              /private/x.txt   200
/in-deep/*       /private/:splat  200
/in-404          /private/x.txt   404
/in-page         /private         200
/to              /private/x.txt   302
/private/out     /open.txt        200
/private/forced  /open.txt        200!
/private/away    /open.txt        302
/private/over    /second/x.txt    200
/private/*       /open.txt        404
"""


@pytest.fixture
def ruled(start, site, users, place, loop):
    sites.write_files(site, {"_redirects": RULES})
    second = f"/second={place / 'second-users'}"
    return start(site, "--auth", f"/private={users}", "--auth", second, "--loop", loop)


def test_rewrites_into_a_protected_path_need_its_password(ruled):
    for path, status in (("/in", 200), ("/in-deep/x.txt", 200), ("/in-404", 404), ("/in-page", 200)):
        refused = raw.ask(ruled.port, path)
        assert (refused.status, b"INNER" in refused.body) == (401, False), path
        wrong = raw.ask(ruled.port, path, authorization=basic("joe", "wrong " + path))
        assert (wrong.status, b"INNER" in wrong.body) == (401, False), path
        answer = raw.ask(ruled.port, path, authorization=JOE)
        assert (answer.status, answer.body) == (status, b"INNER"), path
        assert answer.fields["cache-control"].startswith("no-store" if status == 404 else "private,")
    redirect = raw.ask(ruled.port, "/to")
    assert (redirect.status, redirect.fields["location"]) == (302, "/private/x.txt")


def test_rules_out_of_a_protected_path_need_its_password(ruled):
    statuses = {"/private/out": 200, "/private/forced": 200, "/private/away": 302, "/private/nope": 404}
    for path, status in statuses.items():
        refused = raw.ask(ruled.port, path)
        assert (refused.status, "location" in refused.fields) == (401, False), path
        assert raw.ask(ruled.port, path, authorization=JOE).status == status


def test_rewrites_between_protected_paths_need_both_passwords(ruled):
    statuses = {field: raw.ask(ruled.port, "/private/over", authorization=field).status for field in (JOE, ANN, BOTH)}
    assert statuses == {JOE: 401, ANN: 401, BOTH: 200}
    assert raw.ask(ruled.port, "/private/over", authorization=JOE).status == 401  # remembered for one of them


def test_protected_paths_below_a_base_path(start, site, users):
    server = start(site, "--auth", f"/private={users}", "--base-path", "/app")
    statuses = {"/app/private/": 401, "/app/private": 401, "/app/": 200, "/private/": 404, "/app": 301}
    for path, status in statuses.items():
        assert raw.ask(server.port, path).status == status, path
    assert raw.ask(server.port, "/app/private/x.txt", authorization=JOE).body == b"INNER"


def test_protected_paths_hold_for_every_host(start, place, users):
    sites.write_files(place / "hosts", {"a.example/private/x.txt": "a", "default/private/x.txt": "d"})
    server = start("--hosts", place / "hosts", "--auth", f"/private={users}")
    for host, body in (("a.example", b"a"), ("localhost", b"d")):
        assert raw.ask(server.port, "/private/x.txt", host=host).status == 401
        assert raw.ask(server.port, "/private/x.txt", host=host, authorization=JOE).body == body


def test_the_page_of_an_application_needs_a_password_below_protected_paths_only(start, site, users):
    server = start(site, "--auth", f"/private={users}", "--spa")
    assert raw.ask(server.port, "/settings", accept="text/html").body == b"front"
    assert raw.ask(server.port, "/private/settings", accept="text/html").status == 401


def test_names_with_spaces_and_the_like(start, place, users):
    names = ["a b", "é", "a+b", "a&b", ".well-known/x"]
    for name in names:
        root = sites.write_files(place / "odd", {f"{name}/x": "INNER"})
        escaped = "".join(f"%{byte:02X}" if byte != ord("/") else "/" for byte in name.encode())
        server = start(root, "--auth", f"/{name}={users}")
        assert raw.ask(server.port, f"/{escaped}/x").status == 401
        assert raw.ask(server.port, f"/{escaped}/x", authorization=JOE).body == b"INNER"


@pytest.mark.parametrize(
    "part",
    ["/a%20b", "/private/*", "//private", "/private//", "//", "/private/../x", "/.git", "/private\\x", "/page.html",
     "/private/index.html", "/private/index", "/index.html", "/index"],
)
def test_protected_paths_without_effect_are_refused(site, users, part):
    """A guard that nobody meets, or that one can go around (/page for /page.html), is a mistake."""
    result = run_to_end(site, "--auth", f"{part}={users}", "--port", 0)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"minhttp: --auth {part}={users}: ") and result.stderr.count("\n") == 1


def test_a_protected_path_with_the_base_path_is_refused(site, users):
    """With the base path in front it would guard nothing, and everybody could come in."""
    result = run_to_end(site, "--port", 0, "--base-path", "/app", "--auth", f"/app/private={users}")
    assert result.returncode == 2
    assert "leave --base-path out" in result.stderr


@pytest.mark.parametrize(
    "part, inside, outside",
    [
        ("/page", ["/page", "/page.html", "/page.html.gz", "/page/"], ["/", "/dir/"]),
        ("/dir/", ["/dir", "/dir/", "/dir/index", "/dir/index.html", "/dir/a.txt"], ["/", "/page"]),
        ("/", ["/", "/index", "/index.html", "/page", "/dir/", "/nope"], []),
        ("/dir/a.txt", ["/dir/a.txt", "/dir/a.txt.gz"], ["/dir/", "/"]),
    ],
)
def test_a_page_is_protected_under_all_its_names(start, place, users, part, inside, outside):
    files = {name: "a" for name in ("index.html", "page.html", "page.html.gz", "dir/index.html", "dir/a.txt")}
    server = start(sites.write_files(place / "pages", files), "--auth", f"{part}={users}")
    assert {raw.ask(server.port, path, accept_encoding="gzip").status for path in inside} == {401}
    assert {raw.ask(server.port, path).status for path in outside} <= {200}


@pytest.mark.parametrize(
    "first, second",
    [("", ""), ("/=", ""), ("/private=", "/private/="), ("/private=", "/PRIVATE.=")],
)
def test_two_password_files_for_one_path_are_refused(site, users, place, first, second):
    result = run_to_end(site, "--auth", f"{first}{users}", "--auth", f"{second}{place / 'second-users'}", "--port", 0)
    assert result.returncode == 2 and "already" in result.stderr


def test_too_many_protected_paths_are_refused(site, users):
    result = run_to_end(site, *[word for part in "abcde" for word in ("--auth", f"/{part}={users}")], "--port", 0)
    assert result.returncode == 2 and "4 times" in result.stderr


def test_a_file_whose_name_has_an_equals_sign(start, site, place):
    users = passwords.write(place / "users=1", {"joe": "secret"})
    server = start(site, "--auth", f"/={users}")
    assert raw.ask(server.port, "/").status == 401
    assert raw.ask(server.port, "/", authorization=JOE).status == 200
