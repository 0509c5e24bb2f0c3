# SPDX-License-Identifier: MIT
"""The state directory of minhttps-acme: full, damaged, changed by others, or left by a run that was ended. The certificate that was there stays there."""

import fcntl
import json
import os
import resource
import signal
import subprocess
import threading

import pytest

import programs
from acme import DEADLINE, NEEDED, TEMPORARY, authority_pair, issued, shared_place, stub  # noqa: F401
from acme_stub import Stub, problem

pytestmark = NEEDED


def test_a_key_that_was_removed(stub):
    """An account belongs to its key: with a new one it is another account."""
    stub.client.gets()
    (stub.client.state / "_account.pem").unlink()
    stub.client.gets("--renew-now")
    assert stub.paths().count("/newAccount") == 2
    assert json.loads((stub.client.state / "_account.json").read_text())["url"] == stub.url("/account/2")


@pytest.mark.parametrize("bytes_, asks", [(0, False), (100, False), (5000, False), (20000, True)])
def test_a_limit_of_files(stub, bytes_, asks):
    """The room is made before the authority is asked."""
    old = issued(stub)
    done = stub.client.run(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_)))
    assert (done.returncode == 0) == asks == ("/newOrder" in stub.paths())
    if not asks:
        assert done.returncode == 1 and "File too large" in done.stderr, done.stderr
        assert stub.client.certificate() == old.certificate and not stub.client.leftovers()


def test_a_full_disk(stub):
    issued(stub)
    done, kept = on_a_disk_of(20, stub)
    assert done.returncode == 1 and "No space left on device" in done.stderr, done.stderr
    assert "stays in use" in done.stderr and "/newOrder" not in stub.paths()
    assert "does not know" not in done.stderr  # for the failure there is room again
    certificate = (kept / "www.test/fullchain.pem").read_text()
    said, rest = done.stdout.split("\n", 1)
    assert "asking for a certificate" in said and rest == certificate  # and no name of a half-written file before


def test_a_disk_with_room_for_the_certificate_and_no_more(stub):
    """The room that was kept for the chain is used for it."""
    stub.client.gets()
    done, _ = on_a_disk_of(40, stub, "--renew-now")
    assert done.returncode == 0 and "new certificate in" in done.stdout, done.stderr


def on_a_disk_of(kib, stub, *options):
    """Runs, with the state on a disk of this size, and shows the certificate that is there afterwards. The second result is the state as it was before."""
    programs.needs_root("mounts a small disk")
    state = stub.client.state
    kept = state.with_name("kept")
    subprocess.run(["cp", "-a", state, kept], check=True, timeout=DEADLINE)
    script = 'mount -t tmpfs -o size=$3 none "$1" && cp -a "$2/." "$1" && shift 3 && "$@"; status=$?; cd "$0"; find . -name "new-*" -o -name "*.new"; ' \
             'cat www.test/fullchain.pem; exit $status'
    return subprocess.run(["unshare", "--mount", "sh", "-c", script, state, state, kept, f"{kib}k", *stub.client.command(*options)],
                          capture_output=True, text=True, timeout=DEADLINE), kept


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_authority_checks(stub, number):
    old = issued(stub)
    stub.answers["authorization"] = lambda _: (200, {}, {**Stub.answer_authorization(stub, None)[2], "status": "pending"})
    run = stub.client.start()
    assert stub.proves.wait(DEADLINE) and stub.files
    end_by_signal(stub, run, number, old)


def test_a_signal_while_an_answer_does_not_come(stub):
    old = issued(stub)
    asked, ended = threading.Event(), threading.Event()

    def silent(_):
        asked.set()
        ended.wait(DEADLINE)
    stub.answers["challenge"] = silent
    run = stub.client.start()
    assert asked.wait(DEADLINE)
    try:
        end_by_signal(stub, run, signal.SIGTERM, old)
    finally:
        ended.set()


def test_a_signal_that_was_ignored_is_ignored(stub):
    """As nohup(1) starts it."""
    old = issued(stub)
    stub.answers["authorization"] = lambda _: (200, {}, {**Stub.answer_authorization(stub, None)[2], "status": "pending"})
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    run = stub.client.start()
    signal.signal(signal.SIGHUP, before)
    assert stub.proves.wait(DEADLINE)
    run.send_signal(signal.SIGHUP)
    del stub.answers["authorization"]
    _, err = run.communicate(timeout=DEADLINE)
    assert run.returncode == 0 and stub.client.certificate() != old.certificate, err


def end_by_signal(stub, run, number, old):
    assert [path for path in stub.client.leftovers() if path.name.startswith("new-")]
    run.send_signal(number)
    _, err = run.communicate(timeout=DEADLINE / 2)
    assert run.returncode == -number and "ended by a signal" in err, err
    assert stub.client.certificate() == old.certificate and not stub.client.leftovers()


def test_two_runs_do_not_meet(stub):
    stub.client.gets()
    with open(stub.client.state / "_lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = stub.client.run()
    assert done.returncode == TEMPORARY and "another minhttps-acme is at work" in done.stderr
    assert stub.client.run().returncode == 0


def test_a_damaged_state(stub):
    stub.client.gets()
    for name, said in (("www.test/renewal.json", "it begins anew"), ("_account.json", "is damaged"), ("www.test/fullchain.pem", "are no pair of certificate and key")):
        (stub.client.state / name).write_text('{"window": 1')
        done = stub.client.run("--renew-now")
        assert done.returncode == 0 and said in done.stderr, (done.stdout, done.stderr)
    for size in (70_000, 300_000):  # more than minhttps takes, and more than is read
        chain = stub.client.place / "fullchain.pem"
        chain.write_bytes(chain.read_bytes() + b"\n" * size)
        done = stub.client.run()
        assert done.returncode == 0 and "are no pair of certificate and key that minhttps takes" in done.stderr, (done.stdout, done.stderr)
    old = stub.client.certificate()
    (stub.client.state / "_account.pem").write_text("-----BEGIN PRIVATE KEY-----")
    done = stub.client.run("--renew-now")
    assert done.returncode == 1 and "_account.pem has no key of an account any more" in done.stderr and stub.client.certificate() == old


def test_a_pair_of_plain_files_is_moved_behind_the_link(stub):
    """Before anything is asked: then certificate and key are replaced at once."""
    old = issued(stub)
    key = (stub.client.place / "privkey.pem").read_bytes()
    stub.answers["newOrder"] = lambda _: problem("serverInternal", 500)
    assert stub.client.run().returncode == TEMPORARY
    place = stub.client.place
    assert stub.client.certificate() == old.certificate and (place / "privkey.pem").read_bytes() == key
    assert [os.readlink(place / name) for name in ("current", "fullchain.pem", "privkey.pem")] == ["1", "current/fullchain.pem", "current/privkey.pem"]
    del stub.answers["newOrder"]
    stub.client.gets("--retry")
    assert os.readlink(place / "current") == "2" and not stub.client.leftovers()


def test_a_directory_where_the_link_is(stub):
    old = issued(stub)
    current = stub.client.place / "current"
    current.mkdir()
    done = stub.client.run()
    assert done.returncode == 1 and f"mv {current} {current}.old" in done.stderr
    assert "/newOrder" not in stub.paths() and stub.client.certificate() == old.certificate and not stub.client.leftovers()
    current.rename(f"{current}.old")
    stub.client.gets("--retry")


def test_what_a_killed_run_has_left_is_removed(stub):
    stub.client.gets()
    (stub.client.place / "new-123456").mkdir()
    (stub.client.place / "new-123456/privkey.pem").write_text("half")
    (stub.client.place / "current.new").symlink_to("7")
    assert stub.client.run().returncode == 0 and not stub.client.leftovers()


def test_a_state_that_is_not_for_us_alone(stub):
    stub.client.gets()
    stub.client.state.chmod(0o770)
    done = stub.client.run()
    assert done.returncode == 1 and "chmod go-w" in done.stderr
    programs.needs_root("gives files to others")
    stub.client.state.chmod(0o700)
    os.chown(stub.client.state, programs.NOBODY, programs.NOBODY)
    done = stub.client.run()
    assert done.returncode == 1 and "belongs to another user" in done.stderr


def test_links_of_the_site_are_not_followed(stub, place):
    (place / "elsewhere").mkdir()
    (stub.webroot / ".well-known").symlink_to(place / "elsewhere")
    done = stub.client.run()
    assert done.returncode == 1 and "links there are not followed" in done.stderr and not list((place / "elsewhere").iterdir())
