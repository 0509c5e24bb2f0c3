# SPDX-License-Identifier: MIT
"""A program behind the same fences as a worker tries what a worker never would. tests/victim/victim.cc has the attempts."""

import os
import signal
import subprocess

import pytest

import programs
import raw
import sites

VICTIM = programs.MINHTTP.with_name("victim")
EACCES, EPERM, EBADF = 13, 1, 9

# Not on the list of system calls, or not with these arguments.
NOT_ALLOWED = """openat-to-write unlink mkdir chmod mount write-to-a-file exec fork thread clone3 kill kill-all ptrace
    write-memory-of-others prctl setuid mmap-exec mprotect-exec connect bind send-to-an-address send-with-a-signal
    accept-for-children io_uring bpf unknown-call""".split()
# On the list, which cannot see names.
NOT_READABLE = ["read-outside", "list-outside", "write-site", "truncate-site", "create-outside"]


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "index"})


def attempt(site, fences, what, number=0):
    ended = subprocess.run(
        programs.command(VICTIM, [fences, site, what, number]),
        capture_output=True, text=True, timeout=60, **programs.unprivileged(),
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("fences", ["calls", "files", "both"])
def test_the_site_can_be_read(site, fences):
    assert attempt(site, fences, "read-site") == (0, "done\n", "")


@pytest.mark.parametrize("fences", ["calls", "both"])
@pytest.mark.parametrize("what", NOT_ALLOWED)
def test_another_system_call_ends_the_process_with_a_message(site, fences, what):
    code, out, err = attempt(site, fences, what, os.getpid())
    assert (code, out) == (-signal.SIGSYS, "")
    assert err.startswith("minhttp: sandbox: system call ") and err.endswith(" is not allowed here; this process ends\n")


def test_a_stack_overflow_is_caught_before_the_return(site):
    assert attempt(site, "both", "overrun-stack", 16) == (0, "done\n", "")
    for count in 17, 24, 25, 64, 400:
        code, out, err = attempt(site, "both", "overrun-stack", count)
        if (code, out, err) == (0, "done\n", "") and count < 25:
            continue  # what lies between the array and the canary is nobody's
        assert code in (-signal.SIGILL, -signal.SIGTRAP)
        assert (out, err) == ("", "minhttp: a bug in minhttp, at the stack, which was overwritten:0\n")


@pytest.mark.parametrize("what", ["x32", "i386"])
def test_system_calls_of_other_architectures_end_the_process(site, what):
    code, out, _ = attempt(site, "calls", what)
    # A kernel without 32-bit programs does not even know the way in.
    assert code == -signal.SIGSYS or (what == "i386" and code == -signal.SIGSEGV)
    assert out == ""


@pytest.mark.parametrize("what", NOT_READABLE)
def test_nothing_else_can_be_opened(site, what):
    for fences in ("files", "both"):
        assert attempt(site, fences, what) == (0, f"refused {EACCES}\n", ""), fences
    assert (site / "index.html").read_text() == "index"


def test_files_outside_can_be_examined_but_not_read(site):
    """Landlock does not stop statx(2) and O_PATH: docs/sandbox.md says so, and what of it is left."""
    for what in ("stat-outside", "path-outside"):
        assert attempt(site, "both", what) == (0, "done\n", ""), what
    assert attempt(site, "both", "read-through-a-path") == (0, f"refused {EBADF}\n", "")


def test_without_landlock_files_outside_can_be_read(site):
    """Or the test above would prove nothing."""
    assert attempt(site, "calls", "read-outside") == (0, "done\n", "")
    assert attempt(site, "calls", "list-outside") == (0, "done\n", "")


def test_no_connection_and_no_signal_to_other_processes(site, start, fixture_site):
    """By the fence of files alone, which knows TCP and signals since Landlock 4 and 6."""
    server = start(fixture_site)
    assert attempt(site, "files", "connect", server.port) == (0, f"refused {EACCES}\n", "")
    assert attempt(site, "files", "bind", 0) == (0, f"refused {EACCES}\n", "")
    assert attempt(site, "files", "kill", server.pid) == (0, f"refused {EPERM}\n", "")
    assert raw.ask(server.port, "/").status == 200
