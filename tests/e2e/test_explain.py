# SPDX-License-Identifier: MIT
"""minhttp check: what is wrong with a site, before anybody visits it, and why an answer is what it is."""

import os

import pytest

import sites
from server import run_to_end

pytestmark = pytest.mark.portable

REDIRECTS = "/old/* /new/:splat\n/shown /about 200\n/lost /404.html 404\n"


def check(*arguments):
    """The exit status and the lines on standard output; nothing may stand on the other one."""
    result = run_to_end("check", *arguments)
    assert result.stderr == ""
    return result.returncode, result.stdout.splitlines()


@pytest.fixture
def site(place):
    files = {"index.html": "index", "about.html": "about", "404.html": "lost", "a.css": "css", "a.css.gz": "gz"}
    files |= {"dir/file.txt": "text", "private/index.html": "private", "app-3f2a9c1b.js": "js", ".env": "SECRET"}
    files |= {"_redirects": REDIRECTS, "_headers": "/*\n  X-A: 1\n/about\n  Cache-Control: max-age=60\n"}
    root = sites.write_files(place / "site", files)
    (root / "link").symlink_to("about.html")
    for name in ("a.css", "a.css.gz"):
        os.utime(root / name, ns=(10**18, 10**18))
    return root


def test_a_site_without_a_mistake(site):
    assert check(site) == (0, ["minhttp: no mistakes: 3 redirects, 2 blocks of fields"])


def test_an_empty_site(place):
    assert check(place) == (0, ["minhttp: no mistakes: 0 redirects, 0 blocks of fields"])


def test_mistakes_in_rules(site):
    """As at start, but on standard output, so that a build can keep them."""
    sites.write_files(site, {"_redirects": "/a\n/b /c\n/d /e 999\n", "_headers": "/*\n  Date: x\n"})
    code, lines = check(site)
    assert code == 1
    places = [line.removeprefix(f"{site}/").split(": ")[0] for line in lines if not line.startswith("minhttp: ")]
    assert sorted(places) == ["_headers:2", "_redirects:1", "_redirects:3"]


def test_a_warning_is_no_mistake(site):
    sites.write_files(site, {"_redirects": "/a /b\n/a /c\n"})
    code, (warning, verdict) = check(site)
    assert code == 0
    assert warning.startswith(f"{site}/_redirects:2: warning: never used")
    assert verdict.startswith("minhttp: no mistakes: 1 redirects")


def break_target(site):
    sites.write_files(site, {"_redirects": "/a /about 200\n/b /no/such/file 200\n/c /nor/that 404\n"})
    return ["_redirects:2: ", "_redirects:3: "]


def break_links(site):
    (site / "dangling").symlink_to("nowhere")
    (site / "dir/out").symlink_to("../../../outside")
    return ["dangling: ", "dir/out: "]


def break_modes(site):
    (site / "a.css").chmod(0)
    (site / "dir").chmod(0)
    return ["a.css: ", "dir: "]


def break_sibling(site):
    os.utime(site / "a.css.gz", ns=(10**18 - 1, 10**18 - 1))
    return ["a.css.gz: "]


def break_type(site):
    os.mkfifo(site / "dir/fifo")
    return ["dir/fifo: "]


@pytest.mark.parametrize(
    "damage, words",
    [
        (break_target, "no file is there to be served"),
        (break_links, "a link that leads nowhere, or out of the site"),
        (break_modes, "not readable"),
        (break_sibling, "older than the file"),
        (break_type, "not a regular file"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_mistakes_in_files(site, damage, words):
    wanted = damage(site)
    code, lines = check(site)
    assert code == 1
    assert lines[-1] == f"minhttp: mistakes in the files: {len(wanted)}"
    for place in wanted:
        (line,) = [line for line in lines if line.startswith(f"{site}/{place}")]
        assert words in line
    assert len(lines) == len(wanted) + 1
    (site / "dir").chmod(0o755)


def test_all_mistakes_at_once(site):
    wanted = [place for damage in (break_target, break_links, break_sibling, break_type) for place in damage(site)]
    code, lines = check(site)
    assert (code, len(lines)) == (1, len(wanted) + 1)


def test_a_directory_that_is_not_there(place):
    code, (line,) = check(place / "nowhere")
    assert code == 1 and str(place / "nowhere") in line


def test_hosts(place):
    sites.write_files(place, {"one.example/index.html": "one", "default/index.html": "default"})
    assert check("--hosts", place)[0] == 0
    (place / "one.example/dangling").symlink_to("nowhere")
    code, lines = check("--hosts", place)
    assert code == 1 and lines[0].startswith(f"{place}/one.example/dangling: ")


def test_passwords(site):
    passwords = site.with_name("passwords")
    sites.write_passwords(passwords)
    assert check(site, "--auth", passwords)[0] == 0
    passwords.write_text("joe:hunter2\n")
    code, lines = check(site, "--auth", passwords)
    assert code == 1
    assert lines[0].startswith(f"{passwords}:1: ") and "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    "arguments",
    [[], ["--frobnicate"], ["--header", "Date: x", "/"], ["--base-path", "app", "/"], ["/", "--explain"]],
    ids=str,
)
def test_invalid_paths_are_refused(arguments):
    result = run_to_end("check", *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("minhttp: ") and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "path, notes, status, fields",
    [
        ("/", ["file: ", "index.html"], 200, ["Cache-Control: no-cache", "X-A: 1"]),
        ("/about", ["file: about.html"], 200, ["Cache-Control: max-age=60"]),
        ("/about", ["fields: _headers, line 1", "fields: _headers, line 3"], 200, []),
        ("/about", ["Cache-Control is said by _headers or --header"], 200, []),
        ("/about/", ["its name has no slash"], 301, ["Location: ../about"]),
        ("/private", ["redirect to its name with a slash"], 301, ["Location: ./private/"]),
        ("/link", ["file: link"], 200, []),
        ("/a.css", ["compressed: its sibling .gz"], 200, ["Content-Encoding: gzip", "Vary: Accept-Encoding"]),
        ("/app-3f2a9c1b.js", ["for a year"], 200, ["Cache-Control: public, max-age=31536000, immutable"]),
        ("/old/x?y=1", ["rule: _redirects, line 1"], 301, ["Location: /new/x?y=1"]),
        ("/shown", ["rule: _redirects, line 2", "file: about.html"], 200, []),
        ("/lost", ["rule: _redirects, line 3", "file: 404.html"], 404, ["Cache-Control: no-store"]),
        ("/nowhere", ["nothing is there: 404.html"], 404, ["Cache-Control: no-store"]),
        ("/.env", ["hidden"], 404, []),
        ("/_redirects", ["nothing is there"], 404, []),
        ("/a/../b", [], 400, []),
    ],
)
def test_explain(site, path, notes, status, fields):
    code, lines = check(site, "--explain", path)
    assert (code, lines[0]) == (0, f"GET {path}")
    for note in notes:
        assert [line for line in lines if line.startswith("  ") and note in line], lines
    assert [line for line in lines if line.startswith(f"    HTTP/1.1 {status} ")], lines
    for field in fields:
        assert f"    {field}" in lines, lines


@pytest.mark.parametrize(
    "options, path, notes, status",
    [
        (["--listing"], "/dir/", ["--listing: the directory's entries"], 200),
        (["--spa"], "/users/17", ["--spa: a navigation gets index.html"], 200),
        (["--spa"], "/old.js", ["--spa: not for this one", "nothing is there: 404.html"], 404),
        (["--base-path", "/app"], "/app/about", ["file: about.html"], 200),
        (["--base-path", "/app"], "/about", ["not below --base-path"], 404),
        (["--base-path", "/app"], "/app", [], 301),
        (["--header", "Cache-Control: max-age=5"], "/a.css", ["Cache-Control is said by"], 200),
        (["--immutable", "off"], "/app-3f2a9c1b.js", ["cached: no"], 200),
    ],
)
def test_explain_with_options(site, options, path, notes, status):
    code, lines = check(site, *options, "--explain", path)
    assert code == 0
    for note in notes:
        assert [line for line in lines if note in line], lines
    assert [line for line in lines if line.startswith(f"    HTTP/1.1 {status} ")], lines


def test_explain_protected_paths(site):
    """Who can read the files and the options needs no password to be told about them; the body is not shown."""
    passwords = sites.write_passwords(site.with_name("passwords"))
    option = ("--auth", f"/private={passwords}")
    code, lines = check(site, *option, "--explain", "/private/")
    assert code == 0
    assert [line for line in lines if "protected" in line and "private" in line], lines
    assert "    Cache-Control: private, no-cache" in lines
    assert not [line for line in check(site, *option, "--explain", "/about")[1] if "guarded" in line]


def test_explain_one_of_the_hosts(place):
    sites.write_files(place, {"one.example/index.html": "one", "two.example/about.html": "two"})
    assert "  file: about.html" in check("--hosts", place, "--explain", "http://two.example/about")[1]
    _, lines = check("--hosts", place, "--explain", "http://three.example/about")
    assert "  no site is called three.example" in lines
    assert [line for line in lines if "HTTP/1.1 421 " in line]


def test_check_beside_a_running_server(start, site):
    """It listens nowhere, so the same options can be asked about while they are in use; nor does it show a file."""
    port = start(site).port
    assert check(site, "--port", port)[0] == 0
    code, lines = check(site, "--port", port, "--explain", "/about")
    assert code == 0 and lines[-1].startswith("    ") and "about" not in lines[-1]
