# SPDX-License-Identifier: MIT
"""The units of deploy/systemd: systemd accepts them, finds little to harden, and lets the server make its calls."""
import re
import subprocess

import pytest

import programs
from acme import Client
from acme_stub import Stub
from tls import make_pair

UNIT_FILES = ("minhttp.service", "minhttp.socket", "minhttps.service", "minhttps-acme.service", "minhttps-acme.timer")
UNITS = programs.PROJECT / "deploy/systemd"
# Of 10; what is left is what a web server is for: the network, sockets, reading the machine's files; capset; PrivateUsers,
# which some kernels refuse; and RestrictSUIDSGID, see the unit.
EXPOSURE_MAX = {"minhttp": 1.8, "minhttps": 2.2,  # two rights, for its ports and for keys of root's
                "minhttps-acme": 1.5}
# Calls of options that only root can use: --user, and the owner of a Unix socket.
OF_ROOT = {"setgroups", "setresgid", "setresuid", "fchownat"}


@pytest.fixture
def units(place):
    """As installed, but for where the program is: systemd looks whether it is there."""
    for name in UNIT_FILES:
        (place / name).write_text((UNITS / name).read_text().replace("/usr/bin/minhttp", str(programs.MINHTTP)))
    return place


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60)


def test_systemd_has_nothing_to_say_about_them(units):
    done = analyze("verify", "--man=no", *(units / name for name in UNIT_FILES))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", EXPOSURE_MAX)
def test_exposure(units, name):
    done = analyze("security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE_MAX[name] * 10:.0f}", units / f"{name}.service")
    score = re.search(rf"Overall exposure level for {name}.service: ([\d.]+)", done.stdout)
    print(score[0])
    assert done.returncode == 0 and float(score[1]) <= EXPOSURE_MAX[name]


def calls_of(word):
    """A name, or the members of a group, which may be groups."""
    if not word.startswith("@"):
        return {word}
    lines = analyze("syscall-filter", word).stdout.splitlines()[1:]
    members = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    return set().union(*(calls_of(member) for member in members))


def allowed_calls(name):
    allowed = set()
    for value in re.findall(r"^SystemCallFilter=(.*)", (UNITS / f"{name}.service").read_text(), re.M):
        words = set().union(*(calls_of(word) for word in value.lstrip("~").split()))
        allowed = allowed - words if value.startswith("~") else allowed | words
    return allowed


@pytest.mark.parametrize("name, tables", [("minhttp", ["calls.def"]), ("minhttps", ["calls.def", "tls_calls.def"])])
def test_the_filter_lets_the_server_make_its_calls(name, tables):
    allowed = allowed_calls(name)
    table = set().union(*(re.findall(r"^CALL\((\w+),", (programs.PROJECT / "tables" / file).read_text(), re.M) for file in tables))
    assert len(table) > 40 and table - allowed <= OF_ROOT


def test_the_filter_lets_certificates_be_renewed(place):
    """With a resolver's thread, for a name that is not there; then with an authority."""
    certificate, key = make_pair(place)
    (place / "site").mkdir()
    authority = Stub((certificate, key), place / "site")
    try:
        for number, url in enumerate(("https://none.invalid/", authority.directory, authority.directory)):
            command = Client(place, url, certificate).command("--retry", "--renew-now")
            done = subprocess.run(["strace", "-f", "-qq", "-o", place / f"calls{number}", *command], capture_output=True, text=True, timeout=120)
            assert done.returncode == (75 if number == 0 else 0), done.stderr
    finally:
        authority.stop()
    calls = {call for path in place.glob("calls*") for call in re.findall(r"^\d+ +(\w+)\(", path.read_text(), re.M)}
    assert len(calls) > 30 and calls - allowed_calls("minhttps-acme") == set()
