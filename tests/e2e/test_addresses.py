# SPDX-License-Identifier: MIT
"""Who may come in by address (--allow, --deny): blocks, their order, both kinds of listeners."""

import subprocess

import pytest

import passwords
import programs
import raw
import sites
from own_network import own_network
from passwords import basic
from server import run_to_end

A, B, C = "127.0.0.5", "127.0.0.6", "127.9.9.9"  # all of 127.0.0.0/8 is this machine
SIX = "::1"


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front", "a.txt": "a"})


def rules(text):
    """"+A -B" for --allow A --deny B."""
    return [word for rule in text.split() for word in ({"+": "--allow", "-": "--deny"}[rule[0]], rule[1:])]


def status(server, source, path="/", method="GET", **options):
    host = "::1" if ":" in source else "127.0.0.1"
    with raw.Connection(server.port, host, source=source) as connection:
        return connection.ask(path, method, **options).status


def let_in(server, sources):
    statuses = {source: status(server, source) for source in sources}
    assert set(statuses.values()) <= {200, 403}
    return {source for source, answer in statuses.items() if answer == 200}


@pytest.mark.portable
@pytest.mark.parametrize(
    "given, expected",
    [
        ("", {A, B, C, SIX}),
        (f"-{A}", {B, C, SIX}),
        (f"-{A}/32 -{C}", {B, SIX}),
        (f"+{A}", {A}),
        (f"+{A} +{SIX}", {A, SIX}),
        ("+127.0.0.0/24", {A, B}),
        ("-127.0.0.0/24", {C, SIX}),
        (f"-{A} +127.0.0.0/8", {B, C}),
        (f"+127.0.0.0/8 -{A}", {A, B, C}),
        (f"+{A} -127.0.0.0/24", {A}),
        (f"+{A} -127.0.0.0/24 +0.0.0.0/0", {A, C}),
        ("+127.0.0.4/31", {A}),
        ("+127.0.0.6/31", {B}),
        ("+127.0.0.4/30", {A, B}),
        ("+0.0.0.0/0", {A, B, C}),
        ("-0.0.0.0/0", {SIX}),
        ("+::/0", {SIX}),
        ("-::/0", {A, B, C}),
        ("+0.0.0.0/0 +::/0", {A, B, C, SIX}),
        ("+::1", {SIX}),
        ("-0:0:0:0:0:0:0:1/128", {A, B, C}),
        (f"+::ffff:{A}", {A}),
        ("+::ffff:127.0.0.0/120", {A, B}),
        ("+::ffff:0:0/96", {A, B, C}),
        ("+::ffff:7f00:5", {A}),
        ("+192.0.2.0/24", set()),
        ("-192.0.2.0/24", {A, B, C, SIX}),
    ],
)
def test_address_rules_decide_who_is_allowed(start, site, given, expected):
    assert let_in(start(site, *rules(given)), (A, B, C, SIX)) == expected


@pytest.mark.portable
def test_address_rules_hold_on_an_ipv4_listener(start, site):
    """There an IPv4 client has its own kind of address; on the common one it is mapped into IPv6."""
    server = start(site, *rules(f"-{A} +127.0.0.0/24 -::/0"), "--listen", "127.0.0.1:0")
    assert let_in(server, (A, B, C)) == {B}


if programs.AS_ROOT:
    # A network of its own can have any address.
    @pytest.mark.parametrize(
        "given, expected",
        [
            ("+2001:db8:1::/48", {"2001:db8:1::5", "2001:db8:1:ffff::6"}),
            ("-2001:db8:1::/64 +2001:db8::/32", {"2001:db8:1:ffff::6", "2001:db8:2::7"}),
            ("+2001:db8:1::4/127", {"2001:db8:1::5"}),
            ("+2001:DB8:1:0:0:0:0:5", {"2001:db8:1::5"}),
            ("-2000::/3", {"fd00::8", SIX}),
            ("-8000::/1", {"2001:db8:1::5", "2001:db8:1:ffff::6", "2001:db8:2::7", SIX}),
        ],
    )
    def test_ipv6_blocks(start, site, given, expected):
        sources = ["2001:db8:1::5", "2001:db8:1:ffff::6", "2001:db8:2::7", "fd00::8"]
        with own_network():
            for address in sources:
                command = ["ip", "-6", "address", "add", f"{address}/128", "dev", "lo", "nodad"]
                subprocess.run(command, check=True, timeout=30)
            assert let_in(start(site, *rules(given)), [*sources, SIX]) == expected


@pytest.mark.portable
def test_a_denied_client_gets_403_for_everything(start, site, loop):
    server = start(site, *rules(f"+{B}"), "--header", "X-A: 1", "--loop", loop)
    with raw.Connection(server.port, source=A) as connection:
        for method, path in (("GET", "/"), ("HEAD", "/nope"), ("GET", "/.hidden"), ("POST", "/"), ("OPTIONS", "/")):
            answer = connection.ask(path, method)
            assert (answer.status, answer.fields["cache-control"]) == (403, "no-store"), path
            assert answer.body == (b"" if method == "HEAD" else b"403 Forbidden\n")
            assert not {"etag", "last-modified", "location", "allow"} & set(answer.fields)
    assert status(server, A, "/..") == 400
    assert status(server, B) == 200


@pytest.mark.portable
def test_the_address_comes_before_the_password(start, site, place):
    users = passwords.write(place / "users", {"joe": "secret"})
    server = start(site, *rules(f"-{A}"), "--auth", users)
    joe = {"authorization": basic("joe", "secret")}
    assert [status(server, A), status(server, A, **joe)] == [403, 403]
    assert [status(server, B), status(server, B, **joe)] == [401, 200]


def test_the_log_has_the_address(start, site):
    server = start(site, *rules(f"-{A} -::1"))
    for number, source in enumerate((A, B, SIX)):
        status(server, source, f"/{number}")
    lines = [server.out.wait_for(lambda line, number=number: f"GET /{number} " in line) for number in range(3)]
    assert [(line.split()[0], line.split()[-2]) for line in lines] == [(A, "403"), (B, "404"), (SIX, "403")]


@pytest.mark.portable
@pytest.mark.parametrize(
    "block, words",
    [
        ("10.1.2.3/8", "write 10.0.0.0/8 "),
        ("127.0.0.1/0", "write 0.0.0.0/0 "),
        ("192.0.2.129/25", "write 192.0.2.128/25 "),
        ("2001:db8::1/32", "write 2001:db8::/32 "),
        ("::1/0", "write ::/0 "),
        ("::ffff:10.1.2.3/104", "write 10.0.0.0/8 "),
        *[(text, f"'{text}'") for text in (
            "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0 /8", "10.0.0",
            "010.0.0.1", "256.0.0.1", "::1/129", "[::1]", "::1%lo", "1::2::3", "localhost", "*", "10.0.0.0-10.0.0.9",
            "10.0.0.1,10.0.0.2", "10.0.0.0/255.0.0.0", "all")],
    ],
)
def test_malformed_blocks_are_refused(site, block, words):
    for option in ("--allow", "--deny"):
        result = run_to_end(site, option, block, "--port", 0)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith(f"minhttp: {option} ") and words in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.mark.portable
def test_at_most_64_rules(start, site):
    many = " ".join(f"-192.0.2.{number}" for number in range(63))
    assert let_in(start(site, *rules(f"{many} +{A}")), (A, B)) == {A}
    result = run_to_end(site, *rules(f"{many} +{A} +{B}"), "--port", 0)
    assert result.returncode == 2 and "64 times" in result.stderr
