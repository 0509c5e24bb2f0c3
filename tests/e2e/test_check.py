# SPDX-License-Identifier: MIT
"""minhttp check: what is wrong with a site, what a path is answered with, and SIGHUP, which reads it anew."""

import os

import pytest

import passwords
import programs
import raw
import sites
from server import run_to_end

pytestmark = pytest.mark.portable


@pytest.fixture
def site(place):
    return sites.write_files(
        place / "site",
        {
            "index.html": "front",
            "about.html": "about",
            "private/x.txt": "x",
            "_redirects": "/old /new\n/about2 /about 200\n",
            "_headers": "/*\n  X-A: 1\n",
        },
    )


def check(*arguments):
    result = run_to_end("check", *arguments)
    assert result.stderr == ""
    return result.returncode, result.stdout.splitlines()


def test_a_good_site(site):
    assert check(site) == (0, ["minhttp: no mistakes: 2 redirects, 1 blocks of fields"])


def test_all_mistakes_of_the_rules(site):
    sites.write_files(site, {"_redirects": "nonsense\n/a /b 999\n", "_headers": "/*\n  Date: now\n"})
    code, lines = check(site)
    assert code == 1
    assert {line.split(": ")[0] for line in lines} == {
        f"{site}/_redirects:1", f"{site}/_redirects:2", f"{site}/_headers:2", "minhttp"
    }
    assert lines[-1] == "minhttp: mistakes in the files: 3"


def test_mistakes_of_the_files(site):
    sites.write_files(site, {"noread.txt": "", "_redirects": "/a /gone 200\n/b /gone 301\n"})
    (site / "noread.txt").chmod(0)
    (site / "dangling").symlink_to("nowhere")
    (site / "outside").symlink_to("/etc/passwd")
    (site / "inside").symlink_to("about.html")
    (site / ".hidden").symlink_to("nowhere")
    os.mkfifo(site / "private/pipe")
    code, lines = check(site)
    assert code == 1
    named = {line.split(": ")[0].removeprefix(f"{site}/") for line in lines[:-1]}
    assert named == {"_redirects:1", "noread.txt", "dangling", "outside", "private/pipe"}
    assert lines[-1] == "minhttp: mistakes in the files: 5"


def test_targets_of_rewrites_must_exist(site, place):
    """As the server looks for it: stored compressed only, or in an earlier release."""
    hashed = "assets/app-DHk3x9aQ.js"
    sites.write_files(site, {"app.wasm.gz": "", "_redirects": f"/x.wasm /app.wasm 200\n/app.js /{hashed} 200\n"})
    code, lines = check(site)
    assert (code, len(lines)) == (1, 2) and lines[0].startswith(f"{site}/_redirects:2: ")
    sites.write_files(place / "o7", {hashed: ""})
    sites.write_files(place / "o6", {hashed + ".br": ""})
    for earlier in ("o7", "o6"):
        assert check(site, "--previous", place / "o5", "--previous", place / earlier)[0] == 0
    sites.write_files(site, {"_redirects": "/a /notes.txt 200\n/b /notes.txt.gz/ 200\n"})
    sites.write_files(place / "o7", {"notes.txt": ""})
    assert check(site, "--previous", place / "o7")[1][-1] == "minhttp: mistakes in the files: 2"


def warnings_of(site, *options):
    """What is said in a site without mistakes."""
    code, lines = check(site, *options)
    assert code == 0
    assert lines[-1].startswith("minhttp: no mistakes: ")
    assert len(lines) == 1 or lines[-1].endswith(f", warnings: {len(lines) - 1}")
    said = []
    for line in lines[:-1]:
        place, kind, what = line.removeprefix(f"{site}/").split(": ", 2)
        assert kind == "warning"
        said.append((place, what))
    return said


def test_warnings_of_the_rules(site):
    """Alone they are no failure."""
    sites.write_files(site, {
        "_redirects": "/a#b /c\n/old/* /new/:splat\n/old/x /y\n/x /y\n/x/ /y\n",
        "_headers": "/*\n  Cache-Control: no-store\n/about\n  Cache-Control: max-age=60\n",
    })
    said = dict(warnings_of(site))
    assert sorted(said) == ["_headers:3", "_redirects:1", "_redirects:3"]
    assert "left out" in said["_redirects:1"]
    assert "catches every request" in said["_redirects:3"] and "(line 2)" in said["_redirects:3"]
    assert "contradicts itself" in said["_headers:3"] and "(line 1)" in said["_headers:3"]


def test_warnings_and_mistakes_are_counted_apart(site):
    sites.write_files(site, {"_redirects": "/a#b /c\n/d /gone 200\n"})
    code, lines = check(site)
    assert (code, lines[-1]) == (1, "minhttp: mistakes in the files: 1, warnings: 1")
    sites.write_files(site, {"_redirects": "/a#b /c\n/d /gone 999\n"})
    code, lines = check(site)
    assert (code, lines[-1]) == (1, "minhttp: mistakes in the files: 1, warnings: 1")


def test_cache_control_that_only_some_files_get(site):
    """No rule is for a part of the other's paths, but a file lies where both are."""
    headers = "/assets/*\n  Cache-Control: no-store\n/*.js\n  Cache-Control: max-age=60\n"
    sites.write_files(site, {"_headers": headers, "x.js": "", "assets/x.css": ""})
    assert warnings_of(site) == []
    sites.write_files(site, {"assets/x.js": "", "assets/y.js": ""})
    assert [place for place, _ in warnings_of(site)] == ["_headers:3"]


@pytest.mark.parametrize("name, paths", [("about.html", ("/a*", "/*t")), ("docs/index.html", ("/docs/*", "/*s"))])
def test_cache_control_of_clean_urls(site, name, paths):
    first, second = paths
    headers = f"{first}\n  Cache-Control: no-store\n{second}\n  Cache-Control: max-age=60\n"
    sites.write_files(site, {"_headers": headers, name: ""})
    assert [place for place, _ in warnings_of(site)] == ["_headers:3"]


def test_backups_that_would_be_public(site):
    names = ["index.html~", "about.html.bak", "private/x.orig", "y.swp"]
    sites.write_files(site, {name: "" for name in [*names, ".z.swp", "bak", "x.backup"]})
    assert sorted(place for place, _ in warnings_of(site)) == sorted(names)
    assert all("backup" in what for _, what in warnings_of(site))


def test_well_known_files_are_looked_at(site):
    """They are served (RFC 8615); other hidden files are not, here as below."""
    for name in (".well-known/security.txt", ".well-known/.x", ".other/x", "private/.well-known/x"):
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).symlink_to("nowhere")
    code, lines = check(site)
    assert (code, len(lines)) == (1, 2) and lines[0].startswith(f"{site}/.well-known/security.txt: a link ")


def test_text_without_compression_is_a_warning(site):
    text = "a line of text, and one more\n" * 200
    sites.write_files(site, {"1024.txt": text[:1024], "archive.zip": text, "has.css": text, "has.css.br": "shorter"})
    assert warnings_of(site, "--compress", "off") == []
    sites.write_files(site, {"1025.txt": text[:1025]})
    assert warnings_of(site) == []
    for options in (["--compress", "off"], ["--cache-files", "0"]):
        ((place, what),) = warnings_of(site, *options)
        assert place == "1025.txt" and "compresses" in what and "more" not in what
    sites.write_files(site, {"private/large.html": text, "a.js": text[:2000]})
    ((place, what),) = warnings_of(site, "--compress", "off")
    assert place == "private/large.html" and "and 2 more" in what


@pytest.mark.parametrize("where", ["netlify.toml", "../netlify.toml"])
def test_netlify_toml_is_not_read(site, where):
    sites.write_files(site, {where: '[build]\npublish = "site"\n'})
    assert warnings_of(site) == []
    for table in ("  [[redirects]]", "[[ headers ]]"):
        sites.write_files(site, {where: f'[build]\npublish = "site"\n\n{table}\n  from = "/a"\n'})
        ((place, what),) = warnings_of(site)
        assert place == where and "not read" in what


def test_an_absolute_link_inside_the_site(site):
    (site / "latest.html").symlink_to(site / "about.html")
    (site / "nowhere").symlink_to(site / "gone.html")
    (site / "outside").symlink_to("/etc/passwd")
    code, lines = check(site)
    assert code == 1
    said = dict(line.removeprefix(f"{site}/").split(": ", 1) for line in lines[:-1])
    assert "write it relative" in said["latest.html"]
    assert "leads nowhere" in said["nowhere"] and "leads nowhere" in said["outside"]


@pytest.mark.parametrize("options", [["--user", "65534"], []], ids=["as somebody else", "as root"])
def test_check_has_the_rights_of_the_server(site, options):
    """Root without any capability, and who root becomes, cannot read what belongs to another user alone."""
    programs.needs_root("becomes somebody else")
    sites.write_files(site, {"secret.txt": ""})
    (site / "secret.txt").chmod(0o600)
    os.chown(site / "secret.txt", 12345, 12345)
    result = run_to_end("check", site, *options, as_root=True)
    assert result.returncode == 1, result.stdout
    assert f"{site}/secret.txt: not readable for the server's user" in result.stdout
    result = run_to_end("check", site, "--explain", "/secret.txt", *options, as_root=True)
    assert "HTTP/1.1 403 Forbidden" in result.stdout
    assert run_to_end("check", site, "--sandbox", "off", as_root=True).returncode == 0


def test_check_opens_no_port(start, site):
    server = start(site)
    assert check(site, "--port", server.port)[0] == 0


SPA_DECLINES = "--spa: not for this one: its extension is a file's, or it is no navigation"


def explain(site, path, *options):
    code, lines = check(site, "--explain", path, *options)
    assert code == 0 and lines[0] == f"GET {path}"
    notes = [line.strip() for line in lines[1:] if not line.startswith("    ")]
    return notes, [line.strip() for line in lines[1:] if line.startswith("    ")]


@pytest.mark.parametrize(
    "path, options, note, status",
    [
        ("/", [], "fields: _headers, line 1", "200 OK"),
        ("/about", [], "file: about.html", "200 OK"),
        ("/old?q", [], "rule: _redirects, line 1", "301 Moved Permanently"),
        ("/about2", [], "rule: _redirects, line 2", "200 OK"),
        ("/private", [], "a directory: redirect to its name with a slash", "301 Moved Permanently"),
        ("/private/", ["--listing"], "--listing: the directory's entries", "200 OK"),
        ("/nope", [], "nothing is there", "404 Not Found"),
        ("/nope", ["--spa"], "--spa: a navigation gets index.html", "200 OK"),
        ("/nope.js", ["--spa"], SPA_DECLINES, "404 Not Found"),
        ("/.git", [], "hidden, or a name that no file has", "404 Not Found"),
        ("/", ["--base-path", "/app"], "the path is not below --base-path app", "404 Not Found"),
        ("/", ["--allow", "192.0.2.1", "--deny", "::/0"], "file: /index.html", "200 OK"),
    ],
)
def test_explain(site, path, options, note, status):
    notes, head = explain(site, path, *options)
    assert note in notes and head[0] == f"HTTP/1.1 {status}"


def test_explain_names_protected_paths_and_hosts(site, place):
    users = passwords.write(place / "users", {"joe": "secret"})
    notes, head = explain(site, "/private/x.txt", "--auth", f"/private={users}")
    assert "protected: for those with a password for private" in notes and head[0] == "HTTP/1.1 200 OK"
    sites.write_files(place / "hosts", {"a.example/index.html": "a"})
    for host, status in (("a.example", "200 OK"), ("b.example", "421 Misdirected Request")):
        code, lines = check("--hosts", place / "hosts", "--explain", f"http://{host}/")
        assert code == 0 and f"    HTTP/1.1 {status}" in lines


def test_reload_of_rules(start, site, loop):
    server = start(site, "--loop", loop)
    assert raw.ask(server.port, "/old").fields["location"] == "/new"
    sites.write_files(site, {"_redirects": "/old /newer\n", "_headers": "/*\n  X-A: 2\n"})
    before = raw.ask(server.port, "/old").fields
    assert (before["location"], before["x-a"]) == ("/new", "1")
    assert passwords.reload(server) == "minhttp: reloaded: 1 redirects, 1 blocks of fields"
    after = raw.ask(server.port, "/old").fields
    assert (after["location"], after["x-a"]) == ("/newer", "2")
    sites.write_files(site, {"_redirects": "/old /newest\n", "_headers": "nonsense\n"})
    assert "reload failed" in passwords.reload(server)
    assert server.err.wait_for(lambda line: line.startswith(f"{site}/_headers:1: "))
    assert raw.ask(server.port, "/old").fields["location"] == "/newer"
    for name in ("_redirects", "_headers"):
        (site / name).unlink()
    assert passwords.reload(server) == "minhttp: reloaded: 0 redirects, 0 blocks of fields"
    assert raw.ask(server.port, "/old").status == 404


def test_a_directory_that_was_replaced(start, site):
    """A deployment that puts another directory in its place: served after the reload."""
    server = start(site, "--sandbox", "off")
    with raw.Connection(server.port) as connection:
        assert connection.ask("/").body == b"front"
        site.rename(site.parent / "before")
        sites.write_files(site, {"index.html": "new"})
        passwords.reload(server)
        assert connection.ask("/").body == b"new"


def test_a_reload_keeps_connections(start, site):
    sites.write_files(site, {"large": b"l" * (8 << 20)})
    server = start(site)
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/large"))
        connection.head()
        (site / "large").unlink()
        passwords.reload(server)
        assert connection.body_bytes(8 << 20) == b"l" * (8 << 20)
        assert connection.ask("/large").status == 404
