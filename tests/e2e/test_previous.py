# SPDX-License-Identifier: MIT
"""--previous: pages of an earlier release still get the files that only that release has."""

import os

import pytest

import passwords
import programs
import raw
import sites
from server import run_to_end
from test_releases import FENCES, said, switch

pytestmark = pytest.mark.portable

OLD = "assets/app-0a1b2c3d4e5f.js"
OLDEST = "assets/app-00ff00ff00ff.js"
NEW = "assets/app-5e4d3c2b1a00.js"
FOR_A_YEAR = "public, max-age=31536000, immutable"


@pytest.fixture
def releases(place):
    sites.write_files(place / "1", {"index.html": OLDEST, OLDEST: "oldest", "notes.txt": "1", "assets/x-aaaa1111.css": "1"})
    sites.write_files(place / "2", {"index.html": OLD, OLD: "old", OLD + ".gz": "gz", "private/p-0a1b2c3d4e.js": "private",
                                    "_headers": "/*\n  X-Old: yes\n", ".hidden-0a1b2c3d4e": "hidden",
                                    "assets/x-aaaa1111.css": "2"})
    sites.write_files(place / "3", {"index.html": NEW, NEW: "new", "_headers": "/assets/*\n  X-New: yes\n"})
    return place


def test_hashed_names_only(start, releases):
    server = start(releases / "3", "--previous", releases / "2", "--previous", releases / "1")
    for name, body in {NEW: b"new", OLD: b"old", OLDEST: b"oldest"}.items():
        answer = raw.ask(server.port, f"/{name}")
        assert (answer.status, answer.body, answer.fields["cache-control"]) == (200, body, FOR_A_YEAR)
        assert (answer.fields.get("x-new"), answer.fields.get("x-old")) == ("yes", None), "the fields are today's"
    assert raw.ask(server.port, "/assets/x-aaaa1111.css").body == b"2", "the latest of them"
    assert raw.ask(server.port, "/").body == NEW.encode()
    for path in ("/notes.txt", "/.hidden-0a1b2c3d4e", "/_headers", "/assets/app-ffffffff0000.js", "/assets/"):
        assert raw.ask(server.port, path).status == 404, path


def test_earlier_files_are_served_like_other_files(start, releases):
    server = start(releases / "3", "--previous", releases / "2")
    compressed = raw.ask(server.port, f"/{OLD}", accept_encoding="gzip")
    assert (compressed.fields["content-encoding"], compressed.body) == ("gzip", b"gz")
    plain = raw.ask(server.port, f"/{OLD}", range="bytes=1-1")
    assert (plain.status, plain.body) == (206, b"l")
    assert raw.ask(server.port, f"/{OLD}", if_none_match=plain.fields["etag"]).status == 304
    assert raw.ask(server.port, f"/{OLD}", method="HEAD").fields["content-length"] == "3"


def test_earlier_files_come_before_rules_and_fallbacks(start, releases):
    """The commonest rule of single-page applications is for what is not there, and so is --spa."""
    sites.write_files(releases / "3", {"_redirects": "/* /index.html 200\n"})
    server = start(releases / "3", "--previous", releases / "2", "--spa")
    assert raw.ask(server.port, f"/{OLD}", accept="*/*").body == b"old"
    assert raw.ask(server.port, "/deep", accept="text/html").body == NEW.encode()


def test_the_present_passwords_protect_earlier_files(start, releases):
    passwords = sites.write_passwords(releases / "passwords")
    server = start(releases / "3", "--previous", releases / "2", "--auth", f"/private={passwords}")
    path = "/private/p-0a1b2c3d4e.js"
    assert raw.ask(server.port, path).status == 401
    answer = raw.ask(server.port, path, authorization=sites.authorization())
    assert (answer.body, answer.fields["cache-control"]) == (b"private", FOR_A_YEAR.replace("public", "private"))
    assert raw.ask(server.port, f"/{OLD}").status == 200


def test_a_password_file_in_an_earlier_release_is_not_shown(start, releases):
    passwords = sites.write_passwords(releases / "2" / "users-0a1b2c3d4e.txt")
    server = start(releases / "3", "--previous", releases / "2", "--auth", f"/private={passwords}")
    assert raw.ask(server.port, "/users-0a1b2c3d4e.txt").status == 404


@pytest.mark.parametrize("fence", FENCES.values(), ids=FENCES)
def test_the_deployment_of_the_handbook(start, releases, fence):
    """docs/previous.md: the first start has no earlier release; two links are switched for each deployment."""
    current, previous = releases / "current", releases / "previous"
    current.symlink_to("1")
    server = start(current, "--previous", previous, *fence)
    assert said(server, "--previous") == (f"minhttp: --previous {previous}: no such file or directory; "
                                          "it is served once it is there")
    for old, new in (("1", "2"), ("2", "3")):
        seen = len(server.err.all)
        switch(previous, old)
        switch(current, new)
        said(server, f"{current} was replaced", seen)
    assert raw.ask(server.port, f"/{NEW}").body == b"new"
    assert raw.ask(server.port, f"/{OLD}").body == b"old"
    assert raw.ask(server.port, f"/{OLDEST}").status == 404
    previous.unlink()
    assert "is gone" in said(server, f"{previous} is gone")
    assert raw.ask(server.port, f"/{OLD}").body == b"old", "the release is there, only its link is not"


def test_an_earlier_release_is_reloaded_alone(start, releases):
    server = start(releases / "3", "--previous", releases / "previous")
    assert raw.ask(server.port, f"/{OLD}").status == 404
    switch(releases / "previous", "2")
    assert said(server, "has come") == f"minhttp: {releases}/previous has come and is served"
    switch(releases / "previous", "1")
    assert said(server, "was replaced") == f"minhttp: {releases}/previous was replaced and is served"
    assert raw.ask(server.port, f"/{OLDEST}").body == b"oldest"
    seen = len(server.err.all)
    switch(releases / "previous", "2")
    said(server, "was replaced", seen)
    assert raw.ask(server.port, f"/{OLD}").body == b"old"


def test_without_a_supervisor_a_missing_release_needs_a_restart(start, releases):
    """The sandbox of the plain loop does not let it in; SIGHUP still reads all else."""
    server = start(releases / "3", "--previous", releases / "previous", "--loop", "plain")
    assert said(server, "--previous") == (f"minhttp: --previous {releases}/previous: no such file or directory; "
                                          "restart when it is there")
    switch(releases / "previous", "2")
    sites.write_files(releases / "3", {"_redirects": "/a /b\n"})
    assert server.reload()[-1] == "minhttp: reloaded: 1 redirects, 1 blocks of fields"
    fenced = not programs.WRAPPER  # the emulator has no sandbox
    assert any("restart for another one" in line for line in server.err.all) == fenced
    assert raw.ask(server.port, "/a").fields["location"] == "/b"
    assert raw.ask(server.port, f"/{OLD}").status == (404 if fenced else 200)


def test_a_reload_that_fails_at_the_first_closes_nothing_else(start, releases, loop):
    server = start(releases / "3", "--previous", releases / "2", "--previous", releases / "1", "--loop", loop)

    def has_standard_input():
        return [os.path.lexists(f"/proc/{pid}/fd/0") for pid in (server.pid, server.serving)]

    before = has_standard_input()
    assert any(before), "one of the two has a descriptor 0, which a wrong close would take"
    (releases / "2").rename(releases / "2.away")
    (releases / "2").write_text("a file")
    assert "reload failed" in passwords.reload(server)
    assert has_standard_input() == before


@pytest.mark.parametrize(
    "arguments, said_at_start",
    [
        (["{0}/3", "--previous", "{0}/3/index.html"], "minhttp: --previous {0}/3/index.html: not a directory\n"),
        (["--hosts", "{0}", "--previous", "{0}/1"], "minhttp: --previous is for one DIR, not for --hosts\n"),
        (["--previous", "{0}/1"], "minhttp: --previous needs a site: name a directory\n"),
        (["{0}/3", *["--previous", "{0}/1"] * 9], "minhttp: --previous can be given 8 times at most\n"),
    ],
    ids=["a file", "hosts", "no site", "nine"],
)
def test_invalid_options_are_refused(releases, arguments, said_at_start):
    ended = run_to_end(*[argument.format(releases) for argument in arguments])
    assert ended.returncode in (1, 2)
    assert ended.stderr == said_at_start.format(releases)


def test_explain(releases):
    ended = run_to_end("check", releases / "3", "--previous", releases / "2", "--previous", releases / "1", "--explain",
                       f"/{OLDEST}")
    assert f"from an earlier release: --previous {releases}/1\n" in ended.stdout and "200 OK" in ended.stdout
