# SPDX-License-Identifier: MIT
"""File systems that take several names for one file: what is protected or hidden is so under all of them.

Debian's kernels have FAT and casefold, others do not: a small file system of our own stands for all of them.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import passwords
import programs
import raw
import sites
from passwords import basic
from server import run_to_end

PROGRAM = Path(__file__).with_name("folding_fs.py")
JOE = basic("joe", "secret")


@pytest.fixture
def folding(place):
    """Lays a site and mounts it as such a file system, at a place of its own."""
    programs.needs_root("mounts a file system")
    if not Path("/dev/fuse").exists():
        pytest.skip("this system has no /dev/fuse")
    mounted = []

    def mount(files, at=None):
        source = sites.write_files(place / f"source{len(mounted)}", files)
        point = at or place / f"folding{len(mounted)}"
        point.mkdir(parents=True, exist_ok=True)
        fs = subprocess.Popen([sys.executable, PROGRAM, point, source], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        mounted.append((point, fs))
        if fs.stdout.readline() != b"ready\n":
            pytest.skip(f"no file system can be mounted here: {fs.communicate()[1].decode().splitlines()[-1]}")
        return point

    yield mount
    for point, fs in reversed(mounted):
        subprocess.run(["umount", "--lazy", point], check=fs.poll() is None)
        fs.kill()  # a server that still has it open gets ENOTCONN
        fs.communicate(timeout=30)


@pytest.fixture
def users(place):
    return passwords.write(place / "users", {"joe": "secret"})


SITE = {
    "index.html": "front",
    "open.txt": "open",
    "sister.txt": "open",
    "private/a.txt": "INNER",
    "private/index.html": "INNER",
    "page.html": "page",
    "_redirects": "/nothing /open.txt 302\n",
    ".git/config": "HIDDEN",
    "straße.txt": "open",
}

ALIASES = ["/PRIVATE/a.txt", "/private./a.txt", "/private%20/a.txt", "/Private%20./A.TXT", "/PRIVAT~1/a.txt",
           "/privat~1/", "/pri%C2%ADvate/a.txt", "/private%E2%80%8B/a.txt", "/PRIVATE/", "/%EF%BB%BFprivate/"]
HIDDEN = ["/_REDIRECTS", "/_redirects.", "/_redirects%20", "/_redirect%C5%BF", "/_REDIR~1", "/_redirects%E2%80%8B",
          "/GIT~1/config", "/%E2%80%8B.git/config", "/%EF%BB%BF.git/config"]


@pytest.mark.parametrize("options", [[], ["--loop", "plain"], ["--cache-files", "0"]])
def test_a_protected_file_is_protected_under_every_alias(start, folding, users, options):
    server = start(folding(SITE), "--auth", f"/private={users}", *options)
    for path in ALIASES:
        answer = raw.ask(server.port, path)
        assert (answer.status in (401, 404), b"INNER" in answer.body) == (True, False), path
    assert raw.ask(server.port, "/PRIVATE/a.txt", authorization=JOE).body == b"INNER"
    assert raw.ask(server.port, "/private/a.txt", authorization=JOE).body == b"INNER"
    assert raw.ask(server.port, "/open.txt").body == b"open"
    assert raw.ask(server.port, "/OPEN.TXT").body == b"open"
    assert raw.ask(server.port, "/PAGE").body == b"page"
    assert raw.ask(server.port, "/%C5%BFister.txt").status == 404


@pytest.mark.parametrize("options", [[], ["--listing"]])
def test_a_hidden_file_is_hidden_under_every_alias(start, folding, options):
    server = start(folding(SITE), *options)
    for path in HIDDEN:
        answer = raw.ask(server.port, path)
        assert (answer.status, b"302" in answer.body, b"HIDDEN" in answer.body) == (404, False, False), path
    assert raw.ask(server.port, "/nothing").status == 302
    assert raw.ask(server.port, "/stra%C3%9Fe.txt").body == b"open"


def test_a_protected_path_on_a_file_system_of_its_own(start, folding, users, place):
    """Its name is of the directory that it is mounted in; what is below it is not."""
    root = sites.write_files(place / "site", {"index.html": "front", "é.txt": "open"})
    folding({"private/a.txt": "INNER", "x.txt": "open"}, root / "media")
    server = start(root, "--auth", f"/media/private={users}")
    for path in ALIASES:
        answer = raw.ask(server.port, "/media" + path)
        assert (answer.status in (401, 404), b"INNER" in answer.body) == (True, False), path
    assert raw.ask(server.port, "/media/x.txt").body == b"open"


def test_a_name_beyond_ascii_cannot_be_protected(folding, users):
    site = folding({"index.html": "", "é/a.txt": "INNER"})
    ended = run_to_end(site, "--port", 0, "--auth", f"/é={users}")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "several names for one file" in ended.stderr


def test_a_name_beyond_ascii_cannot_be_protected_in_an_earlier_release(folding, users, place):
    site = sites.write_files(place / "site", {"index.html": ""})
    old = folding({"index.html": "", "é/a-0a1b2c3d4e.txt": "INNER"})
    ended = run_to_end(site, "--port", 0, "--previous", old, "--auth", f"/é={users}")
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "several names for one file" in ended.stderr


def test_a_password_file_in_the_site_is_hidden_under_every_alias(start, folding):
    site = folding(SITE | {"users": f"joe:{passwords.hashed('secret')}\n"})
    server = start(site, "--auth", f"/private={site / 'users'}")
    for path in ("/users", "/USERS", "/users.", "/u%C5%BFers", "/users%E2%80%8B"):
        assert raw.ask(server.port, path).status == 404, path
