# SPDX-License-Identifier: MIT
"""What the kernel says about our processes, what is said about fences that it does not have, and what stays possible."""

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest

import passwords
import programs
import raw
import sites
import workers
from server import run_to_end, wait_until

SECCOMP = "no seccomp filter (invalid argument), so any system call can be made"
LANDLOCK = "no Landlock (the kernel does not have this call), so that only openat2 keeps names inside the site"

FENCE = "the sandbox lets in what was there at the start; restart for another one"


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "index"})


def status(pid):
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)


def limit(pid, name):
    (line,) = (line for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith(name))
    return tuple(line.removeprefix(name).split()[:2])


def watched_listeners(pid):
    """The listeners that the process's epoll descriptor has, by the tag that src/loop/epoll.cc gives them."""
    slots = []
    for info in programs.descriptors_of(pid, "fdinfo").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            tags = re.findall(r"^tfd:.* data: *([0-9a-f]+)", info.read_text(), re.M)
            slots += [int(tag, 16) & 0xFFFFFFFF for tag in tags]
    return [slot for slot in slots if 0xFFFFFFFF - 8 <= slot < 0xFFFFFFFF]


def fenced(pid):
    """What each of our processes gives up."""
    facts = status(pid)
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2", "2 is SECCOMP_MODE_FILTER"
    assert [facts[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")] == ["0" * 16] * 4
    assert limit(pid, "Max core file size") == ("0", "0")
    assert len(set(limit(pid, "Max open files"))) == 1
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0, "who is not dumpable belongs to root in /proc"
    return int(facts["Seccomp_filters"])


def test_the_sandbox_of_a_single_process(start, site):
    server = start(site, "--loop", "plain")
    assert workers.workers(server) == []
    assert fenced(server.pid) == 1
    assert raw.ask(server.port, "/").body == b"index"
    server.stop()
    assert server.err.wait_for_end() == [], "where nothing is missing there is nothing to say"


def test_the_sandbox_of_the_greeting(start, loop):
    server = start("--loop", loop)
    assert fenced(server.pid) == 1
    assert raw.ask(server.port, "/").status == 200


@pytest.mark.parametrize("count", [1, 2])
def test_the_sandbox_of_a_supervisor_and_its_workers(start, site, count):
    server = start(site, "--workers", count)
    assert fenced(server.pid) == 1
    for pid in workers.all_begun(server, count):
        assert wait_until(lambda pid=pid: status(pid)["Seccomp_filters"] == "2")
        assert fenced(pid) == 2
        assert limit(pid, "Max processes") == ("0", "0")
    server.stop()
    assert server.err.all == []


@pytest.mark.parametrize("count", [1, 2])
def test_sandbox_off_has_no_sandbox(start, site, count):
    server = start(site, "--sandbox", "off", "--workers", count)
    for pid in [server.pid, *workers.all_begun(server, count)]:
        facts = status(pid)
        assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("0", "0")


NO_SECCOMP, NO_LANDLOCK = "seccomp:error=EINVAL", "landlock_create_ruleset:error=ENOSYS"


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    "missing, said",
    [([NO_LANDLOCK], LANDLOCK), ([NO_SECCOMP], SECCOMP), ([NO_SECCOMP, NO_LANDLOCK], f"{SECCOMP}; and {LANDLOCK}")],
    ids=["landlock", "seccomp", "both"],
)
def test_what_the_kernel_lacks_is_reported_once(start, site, place, missing, said, count):
    server = start(site, "--workers", count, before=programs.injecting(place, *missing), forks=True)
    assert raw.ask(server.port, "/").body == b"index"
    server.stop()
    assert server.err.wait_for_end() == [f"minhttp: sandbox: this system has {said}"]


def test_a_log_file_on_a_kernel_without_openat2(start, site, place, writable):
    """It is opened at the start; later the filter lets openat(2) read only, so SIGUSR1 says why it does nothing."""
    before = programs.injecting(place, "openat2:error=ENOSYS")
    server = start(site, "--workers", 1, "--log", "common", "--log-file", writable / "log", before=before, forks=True)
    assert raw.ask(server.port, "/").status == 200
    os.kill(server.pid, signal.SIGUSR1)
    assert server.err.wait_for(lambda line: "the log goes on in the old file" in line)
    assert raw.ask(server.port, "/index.html").status == 200
    server.stop()
    assert len((writable / "log").read_text().splitlines()) == 2


def test_a_kernel_that_has_little(start, site, place):
    """As gVisor's, which Cloud Run has, and Linux before 5.6: it starts, serves, and says what is missing."""
    (site / "out").symlink_to("/etc/passwd")
    missing = [NO_LANDLOCK, "openat2:error=ENOSYS", "setsockopt:error=ENOPROTOOPT"]
    server = start(site, "--workers", 1, before=programs.injecting(place, *missing), forks=True)
    assert raw.ask(server.port, "/").body == b"index"
    assert raw.ask(server.port, "/out").status == 404
    server.stop()
    assert server.err.wait_for_end() == [
        "minhttp: sandbox: this system has no Landlock (the kernel does not have this call), so that only this program "
        "keeps names inside the site; and no openat2, so that each directory of a name is opened by itself"]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("missing, said", [(NO_LANDLOCK, LANDLOCK), (NO_SECCOMP, SECCOMP)], ids=["landlock", "seccomp"])
def test_require_does_not_start_without_a_sandbox(site, place, missing, said, count):
    ended = run_to_end(site, "--port", 0, "--sandbox", "require", "--workers", count, before=programs.injecting(place, missing))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"minhttp: --sandbox require: this system has {said}\n"


def test_require_starts_with_a_complete_sandbox(start, site):
    server = start(site, "--sandbox", "require")
    assert fenced(server.pid) == 1
    assert server.err.all == []


def test_an_older_landlock_limits_files_and_reports_what_it_does_not(start, site, place):
    """Its version is what the first of these calls returns."""
    before = programs.injecting(place, "landlock_create_ruleset:retval=2:when=1")
    server = start(site, "--sandbox", "require", before=before, forks=True)
    assert raw.ask(server.port, "/").body == b"index"
    server.stop()
    assert server.err.wait_for_end() == [
        "minhttp: sandbox: this system has Landlock 2, which limits files, not TCP (4) or signals (6); "
        "the filter of system calls forbids those anyway; files of the site that this user may write could be emptied (3)"
    ]
    created = [line for line in (place / "trace").read_text().splitlines() if "landlock_create_ruleset" in line]
    assert re.search(r", 8, 0\) = \d+$", created[1]), "a kernel refuses a structure that is larger than it knows"


def test_a_call_that_is_not_allowed_ends_the_only_process(start, place):
    """strace puts another call in the place of one that a request needs."""
    server = start(before=programs.injecting(place, "accept4:error=EAGAIN:syscall=getuid"), forks=True)
    with pytest.raises(OSError):
        raw.ask(server.port, "/")
    assert server.err.wait_for(lambda line: line == "minhttp: sandbox: system call 102 is not allowed here; this process ends")
    assert server.process.wait(30) == -signal.SIGSYS
    server.ended_as_wanted()


def test_the_supervisor_reports_which_call_ended_a_worker(start, site, place):
    server = start(site, "--workers", 2, before=programs.injecting(place, "accept4:error=EAGAIN:syscall=getuid:when=1"), forks=True)
    first = workers.all_begun(server, 2)
    assert wait_until(lambda: all(status(pid)["Seccomp_filters"] == "2" for pid in first))
    with pytest.raises(OSError):
        raw.ask(server.port, "/")
    said = server.err.wait_for(lambda line: "SIGSYS" in line)
    number, process = re.match(r"minhttp: worker (\d) \(process (\d+)\) was ended by signal 31 "
                               r"\(SIGSYS: a system call that is not allowed\): call 102; another one takes its place$",
                               said).groups()
    assert first[int(number) - 1] == int(process)


@pytest.mark.parametrize("count", [1, 2])
def test_a_reload_reads_the_site_and_the_password_file(start, site, place, count):
    users = passwords.write(place / "users", {"joe": "old"})
    server = start(site, "--auth", f"/private={users}", "--workers", count)
    sites.write_files(site, {"_redirects": "/a /b\n", "new/index.html": "new", "private/index.html": "private"})
    passwords.write(users, {"joe": "new"})
    assert server.reload()[-1] == "minhttp: reloaded: 1 redirects, 0 blocks of fields"
    assert raw.ask(server.port, "/new/").body == b"new"
    assert raw.ask(server.port, "/private/", authorization=passwords.basic("joe", "new")).body == b"private"


def test_a_replaced_directory_cannot_be_read_within_the_sandbox(start, site, place):
    server = start(site, "--loop", "plain")
    site.rename(place / "old")
    sites.write_files(site, {"index.html": "another"})
    said = server.reload()
    assert said[0] == f"minhttp: {site}: {FENCE}"
    assert said[1].startswith("minhttp: reload failed: ")
    assert raw.ask(server.port, "/").body == b"index"


def test_a_replaced_password_file_cannot_be_read_within_the_sandbox(start, site, place):
    passwords.write(place / "users", {"joe": "old"})
    server = start(site, "--auth", place / "users", "--loop", "plain")
    passwords.write(place / "next", {"joe": "new"})
    (place / "next").rename(place / "users")
    said = server.reload()
    assert said[0] == f"minhttp: --auth {place}/users: permission denied; {FENCE}"
    assert said[1].startswith("minhttp: reload failed: ")
    assert raw.ask(server.port, "/", authorization=passwords.basic("joe", "old")).status == 200


@pytest.mark.parametrize("count", [1, 2])
def test_workers_are_replaced_to_read_another_directory(start, place, count):
    """A link that leads to the next release, as sites are often put in place."""
    for release in ("1", "2"):
        sites.write_files(place / release, {"index.html": release, "big": "x" * (8 << 20)})
    link = place / "current"
    link.symlink_to("1")
    server = start(link, "--workers", count)
    before = workers.all_begun(server, count)
    assert raw.ask(server.port, "/").body == b"1"
    with raw.Connection(server.port) as slow:
        slow.send(raw.request("/big", connection="close"))
        assert slow.socket.recv(1000).startswith(b"HTTP/1.1 200 OK")
        (place / "next").symlink_to("2")
        (place / "next").rename(link)
        assert server.reload()[-1] == "minhttp: reloaded: 0 redirects, 0 blocks of fields"
        for _ in range(20):
            assert raw.ask(server.port, "/").body == b"2"
        rest = 0
        while data := slow.socket.recv(1 << 20):
            rest += len(data)
        assert rest > (8 << 20) - 1000, "who was being answered gets the rest"
    assert wait_until(lambda: not set(before) & set(workers.workers(server)))
    after = workers.all_begun(server, count)
    assert wait_until(lambda: all(status(pid)["Seccomp_filters"] == "2" for pid in after))
    noticed = f"minhttp: {link} was replaced and is served: 0 redirects, 0 blocks of fields"  # before the signal, perhaps
    assert [line for line in server.err.all if line != noticed] == ["minhttp: reloaded: 0 redirects, 0 blocks of fields"]


def test_a_replaced_worker_gets_no_new_clients(start, site, place):
    """Its listeners stay open in others: closed is not enough, epoll would report each client to it."""
    for release in ("1", "2"):
        sites.write_files(place / release, {"index.html": release, "big": "x" * (8 << 20)})
    link = place / "current"
    link.symlink_to("1")
    server = start(link, "--workers", 2)
    before = workers.all_begun(server, 2)
    assert wait_until(lambda: all(watched_listeners(pid) for pid in before))
    with contextlib.ExitStack() as stack:
        slow = workers.one_of_each(server, lambda: stack.enter_context(raw.Connection(server.port)))
        for connection in slow.values():
            connection.send(raw.request("/big"))
            assert connection.socket.recv(1000).startswith(b"HTTP/1.1 200 OK")
        (place / "next").symlink_to("2")
        (place / "next").rename(link)
        server.reload()
        for pid in before:
            assert wait_until(lambda: not watched_listeners(pid))
            assert workers.is_running(pid)


def test_the_end_of_a_replaced_worker_is_not_reported_for_its_successor(start, place):
    for release in ("1", "2"):
        sites.write_files(place / release, {"index.html": release, "big": "x" * (8 << 20)})
    link = place / "current"
    link.symlink_to("1")
    before = programs.injecting(place, "shutdown:error=EAGAIN:syscall=getuid")
    server = start(link, "--workers", 2, before=before, forks=True)
    first = workers.all_begun(server, 2)
    with contextlib.ExitStack() as stack:
        slow = workers.one_of_each(
            server, lambda: stack.enter_context(raw.Connection(server.port, receive_buffer=4096)))
        for connection in slow.values():  # with a byte too many, so that it is shut down before it is closed
            connection.send(raw.request("/big", connection="close") + b"G")
            assert connection.head()[1].status == 200
        (place / "next").symlink_to("2")
        (place / "next").rename(link)
        server.reload()
        for number, pid in enumerate(first):
            slow[pid].rest()
            said = server.err.wait_for(lambda line, pid=pid: f"(process {pid})" in line)
            assert said == (f"minhttp: worker {number + 1} (process {pid}) was ended by signal 31 (SIGSYS: a system call "
                            "that is not allowed): call 102; it had been replaced")
    for number, pid in enumerate(workers.all_begun(server, 2)):
        os.kill(pid, signal.SIGKILL)
        said = server.err.wait_for(lambda line, pid=pid: f"(process {pid})" in line)
        assert said == (f"minhttp: worker {number + 1} (process {pid}) was ended by signal 9 (SIGKILL: by hand, or memory "
                        "ran out); another one takes its place")


@pytest.mark.parametrize("name", ["nobody", "65534", "65534:65534"])
def test_the_option_user(start, site, name):
    programs.needs_root("becomes somebody else")
    server = start(site, "--user", name, "--listen", "127.0.0.1:0", as_root=True)
    facts = status(server.pid)
    assert facts["Uid"].split() == facts["Gid"].split() == ["65534"] * 4
    assert facts["Groups"].split() == []
    assert fenced(server.pid) == 1
    assert raw.ask(server.port, "/").body == b"index"


def test_the_option_user_with_workers(start, site):
    programs.needs_root("becomes somebody else")
    server = start(site, "--user", "nobody", "--workers", 2, as_root=True)
    for pid in [server.pid, *workers.all_begun(server, 2)]:
        assert status(pid)["Uid"].split() == ["65534"] * 4
    server.signal(signal.SIGKILL)  # the kernel tells its workers, as who they are was settled before they asked for that
    server.process.wait()
    server.out.wait_for_end()
    assert server.out.ended


def test_a_site_that_only_root_may_read_is_refused_at_start(site):
    programs.needs_root("has a site that others may not read")
    site.chmod(0o700)
    ended = run_to_end(site, "--port", 0, "--user", "nobody", as_root=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"minhttp: cannot serve '{site}': permission denied")


@pytest.mark.parametrize(
    "name, code, said",
    [
        ("nobody-of-this-name", 2, "no such user in /etc/passwd; a number always works"),
        ("4294967295", 2, "no such user in /etc/passwd; a number always works"),
        ("1:x", 2, "no such user in /etc/passwd; a number always works"),
        ("0", 1, "the system does not permit it; only root can switch users"),
    ],
)
def test_an_invalid_user_is_refused(site, name, code, said):
    ended = run_to_end(site, "--port", 0, "--user", name)
    assert (ended.returncode, ended.stderr) == (code, f"minhttp: the user of --user {name}: {said}\n" if code == 2 else f"minhttp: --user {name}: {said}\n")
