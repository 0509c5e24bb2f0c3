# SPDX-License-Identifier: MIT
"""SIGHUP: rules, passwords and directories are read anew, all of them or none, and nobody is cut off."""

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import programs
import raw
import sites
from server import wait_until

pytestmark = pytest.mark.portable

UNCHANGED = "minhttp: reload failed: what was read before stays in force"


def target(server, path="/a", **fields):
    return raw.ask(server.port, path, **fields).fields.get("location")


@pytest.fixture
def site(place):
    files = {"_redirects": "/a /one\n", "_headers": "/*\n  X-Age: old\n", "file": "file"}
    return sites.write_files(place / "site", files)


def test_new_rules_are_used(start, site, loop):
    server = start(site, "--loop", loop)
    assert target(server) == "/one"
    sites.write_files(site, {"_redirects": "/a /two\n/b /c\n", "_headers": "/*\n  X-Age: new\n"})
    assert target(server) == "/one", "files are read when it is asked for, and not in the middle of an upload"
    assert server.reload() == ["minhttp: reloaded: 2 redirects, 1 blocks of fields"]
    assert target(server) == "/two"
    assert raw.ask(server.port, "/file").fields["x-age"] == "new"


@pytest.mark.parametrize(
    "files, mistake",
    [
        ({"_redirects": "/a /two\n/b 999\n"}, "_redirects:2: "),
        ({"_redirects": "/a /two\n", "_headers": "/*\n  Date: x\n"}, "_headers:2: "),
        ({"_redirects": "\0"}, "_redirects:1: "),
        ({"_redirects": "#" * ((4 << 20) + 1)}, "_redirects: "),
    ],
    ids=["one mistake", "in the other file", "NUL", "too large"],
)
def test_a_rule_file_with_a_mistake_keeps_the_old_rules(start, site, loop, files, mistake):
    """Of both files: the good one of the two must not be in force alone."""
    server = start(site, "--loop", loop)
    sites.write_files(site, files)
    (said, verdict) = server.reload()
    assert f"{site}/{mistake}" in said
    assert verdict == UNCHANGED
    answer = raw.ask(server.port, "/a")
    assert (answer.fields["location"], answer.fields["x-age"]) == ("/one", "old")
    sites.write_files(site, {"_redirects": "/a /mended\n", "_headers": ""})
    assert server.reload()[-1] == "minhttp: reloaded: 1 redirects, 0 blocks of fields"
    assert target(server) == "/mended"


def test_a_removed_rule_file_counts_as_empty(start, site):
    server = start(site)
    (site / "_redirects").unlink()
    assert server.reload() == ["minhttp: reloaded: 0 redirects, 1 blocks of fields"]
    assert raw.ask(server.port, "/a").status == 404
    (site / "_headers").unlink()
    server.reload()
    assert "x-age" not in raw.ask(server.port, "/file").fields


def test_an_unreadable_file_keeps_the_old_rules(start, site):
    server = start(site)
    (site / "_redirects").chmod(0)
    assert server.reload()[-1] == UNCHANGED
    assert target(server) == "/one"


def test_a_replaced_directory(start, site, way):
    """mv site old && mv new site: after SIGHUP at the latest the new one is served (test_releases.py has the rest)."""
    server = start(site, *way)
    new = sites.write_files(site.with_name("new"), {"_redirects": "/a /two\n", "file": "new file"})
    site.rename(site.with_name("old"))
    new.rename(site)
    server.reload()
    assert (raw.ask(server.port, "/file").body, target(server)) == (b"new file", "/two")


def test_a_link_to_the_current_release(start, place, way):
    for number in (1, 2):
        sites.write_files(place / f"releases/{number}", {"_redirects": f"/a /{number}\n", "file": f"{number}"})
    (place / "current").symlink_to("releases/1")
    server = start(place / "current", *way)
    for number in (2, 1) * 30:  # often, as a retiring worker might still take a client behind the verdict
        (place / "next").symlink_to(f"releases/{number}")
        (place / "next").rename(place / "current")
        server.reload()
        assert (raw.ask(server.port, "/file").body, target(server)) == (b"%d" % number, f"/{number}")


def test_a_removed_directory(start, site):
    server = start(site)
    site.rename(site.with_name("old"))
    *said, verdict = server.reload()
    assert f"minhttp: cannot serve '{site}': no such file or directory; minhttp DIR wants a directory that it may read" in said
    assert verdict == UNCHANGED
    assert (raw.ask(server.port, "/file").body, target(server)) == (b"file", "/one")


def test_a_reload_of_hosts(start, place):
    sites.write_files(place, {"one.example/file": "one", "gone.example/file": "gone"})
    server = start("--hosts", place)
    assert raw.ask(server.port, "/file", host="new.example").status == 421
    sites.write_files(place, {"new.example/file": "new", "new.example/_redirects": "/a /new\n"})
    (place / "gone.example").rename(place / ".gone")
    server.reload()
    assert raw.ask(server.port, "/file", host="new.example").body == b"new"
    assert target(server, host="new.example") == "/new"
    assert raw.ask(server.port, "/file", host="one.example").body == b"one"
    assert raw.ask(server.port, "/file", host="gone.example").status == 421


def test_a_reload_of_passwords(start, site, loop):
    passwords = sites.write_passwords(site.with_name("passwords"))
    server = start(site, "--auth", passwords, "--loop", loop)

    def status(password):
        return raw.ask(server.port, "/file", authorization=sites.authorization(password)).status

    assert (status("secret"), status("changed")) == (200, 401)
    sites.write_passwords(passwords, "changed")
    assert (status("secret"), status("changed")) == (200, 401)
    server.reload()
    assert (status("secret"), status("changed")) == (401, 200), "what was remembered of the old one is forgotten"
    passwords.write_text("joe:hunter2\n")
    said, verdict = server.reload()
    assert said.startswith(f"{passwords}:1: ") and "hunter2" not in said
    assert verdict == UNCHANGED
    assert (status("secret"), status("changed")) == (401, 200)
    passwords.unlink()
    assert server.reload()[-1] == UNCHANGED
    assert (status("secret"), status("changed"), raw.ask(server.port, "/file").status) == (401, 200, 401)


@pytest.mark.parametrize("now, status", [("slow", 200), ("changed", 401)])
def test_a_reload_during_a_password_check(start, site, now, status):
    """The check begins anew: nobody is left waiting, and nobody gets in with what has just been taken away."""
    passwords = site.with_name("passwords")
    sites.write_passwords(passwords, "slow")
    server = start(site, "--auth", passwords)
    for _ in range(5):  # on a machine that is very busy the check may be over first
        with raw.Connection(server.port) as connection:
            connection.send(raw.request("/file", authorization=sites.authorization("slow")))
            sites.write_passwords(passwords, now)
            server.reload()
            got = connection.answer().status
        sites.write_passwords(passwords, "slow")
        server.reload()
        if got == status:
            return
    assert got == status


def test_a_kept_connection_stays_open(start, site):
    server = start(site)
    with raw.Connection(server.port) as connection, raw.Connection(server.port) as begun:
        assert connection.ask("/a").fields["location"] == "/one"
        begun.send(b"GET /a HTTP/1.1\r\nHo")
        sites.write_files(site, {"_redirects": "/a /two\n"})
        server.reload()
        assert connection.ask("/a").fields["location"] == "/two"
        begun.send(b"st: localhost\r\n\r\n")
        assert begun.answer().fields["location"] == "/two"


def test_a_download_continues(start, site, way):
    content = os.urandom(1 << 20) * 16
    sites.write_files(site, {"large": content})
    server = start(site, *way)
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/large", connection="close"))
        connection.head()
        new = sites.write_files(site.with_name("new"), {"large": "another"})
        site.rename(site.with_name("old"))
        new.rename(site)
        if "plain" in way:
            os.kill(server.pid, signal.SIGHUP)  # read when this client is done
        else:
            server.reload()
            assert raw.ask(server.port, "/large").body == b"another"
        assert connection.rest() == content


def test_a_replaced_worker_finishes_its_downloads_at_sigterm(start, site):
    """For a retiring worker, SIGTERM is the first order to end and not the second."""
    content = os.urandom(1 << 20) * 16
    sites.write_files(site, {"large": content})
    server = start(site, "--workers", 2)
    with raw.Connection(server.port, receive_buffer=16 << 10) as connection:
        connection.send(raw.request("/large", connection="close"))
        connection.head()
        site.rename(site.with_name("old"))
        sites.write_files(site, {"large": "another"})
        server.reload()
        server.signal(signal.SIGTERM)
        assert connection.rest() == content
    assert server.wait() == 0


def test_a_listing_ends_incomplete_and_the_client_notices(start, site):
    """It may lead to what is gone. Without the last chunk no client takes it for the whole."""
    for number in range(6000):
        (site / f"{number:05}-{'é' * 120}").touch()  # a KiB a row: more than the kernel holds for a slow client
    server = start(site, "--listing", "--log", "off")
    descriptors = server.open_descriptors()
    for _ in range(3):
        with raw.Connection(server.port, receive_buffer=4096) as connection:
            connection.send(raw.request("/", accept="application/json"))
            connection.head()
            connection.body_bytes(2000)
            server.reload()
            assert not connection.rest().endswith(b"0\r\n\r\n")
    assert wait_until(lambda: server.open_descriptors() <= descriptors)
    whole = raw.ask(server.port, "/", version="1.0", accept="application/json").body
    assert len(json.loads(whole)) == 6001


def test_a_hundred_reloads_leak_nothing(start, site):
    """Nothing is left behind: no descriptor, and no memory beyond the two halves."""
    rules = "".join(f"/{number} /new\n" for number in range(2000))
    sites.write_files(site, {"_redirects": rules + "/a /one\n"})
    server = start(site, "--log", "off")
    server.reload()
    descriptors, resident = server.open_descriptors(), server.resident_bytes()
    for round in range(100):
        sites.write_files(site, {"_redirects": rules + ("/a /even\n" if round % 2 == 0 else "/a nonsense\n")})
        assert (server.reload()[-1] == UNCHANGED) == (round % 2 == 1)
    assert target(server) == "/even"
    assert wait_until(lambda: server.open_descriptors() == descriptors)
    if not programs.WRAPPER:  # an emulator keeps what it has translated
        assert server.resident_bytes() - resident < 256 << 10


def test_under_load_every_response_is_of_one_release(start, site):
    """The redirect and the field come from two files; no answer has one of each age."""
    server = start(site, "--log", "off")
    pairs, over = set(), threading.Event()

    def ask():
        with raw.Connection(server.port) as connection:
            while not over.is_set():
                fields = connection.ask("/a").fields
                pairs.add((fields["location"], fields["x-age"]))

    with ThreadPoolExecutor() as threads:
        askers = [threads.submit(ask) for _ in range(4)]
        try:
            for _ in range(20):
                for where, age in (("/two", "new"), ("/one", "old")):
                    sites.write_files(site, {"_redirects": f"/a {where}\n", "_headers": f"/*\n  X-Age: {age}\n"})
                    server.reload()
        finally:
            over.set()
        for asker in askers:
            asker.result()  # none was cut off
    assert pairs == {("/one", "old"), ("/two", "new")}
