# SPDX-License-Identifier: MIT
"""minhttps-acme with Debian's pebble as the authority, and a running minhttps that serves the challenges and takes up what comes."""

import pytest
from cryptography.hazmat.primitives import serialization

from acme import ACME, NEEDED, TEMPORARY, Client, authority_pair, days_from_now, pebble, shared_place, site_server  # noqa: F401
from certificates import Certificate, shown
from server import free_port, run_to_end, wait_until

pytestmark = NEEDED


def der(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


def mode(path):
    return path.stat().st_mode & 0o777


def test_from_nothing_to_https_and_through_renewals(place, pebble, site_server, authority_pair):
    first = site_server("--self-signed")
    authority = pebble(first.http, PEBBLE_WFE_NONCEREJECT="50")
    client = Client(place, authority.directory, authority_pair[0])
    got = client.gets("--email", "anna@example.org", names=("WWW.test", "test"))
    assert [mode(client.state), mode(client.place), mode(client.place / "privkey.pem"), mode(client.state / "_account.pem")] == [0o700, 0o700, 0o600, 0o600]
    server = site_server("--cert", client.place, "--sandbox", "require")
    assert shown(server.port, "www.test") == shown(server.port, "test") == der(got)
    done = client.run(names=("www.test", "test"))
    assert done.returncode == 0 and ": nothing to do" in done.stdout
    for _ in range(3):  # so often that the directory of the first one, which was there at the start, is gone
        renewed = client.gets("--renew-now", names=("www.test", "test"))
        assert renewed.serial_number != got.serial_number
        got = renewed
        server.reload()
        assert wait_until(lambda: shown(server.port, "www.test") == der(got)), server.err.all
    assert not client.leftovers()


def test_what_is_wanted_may_change(place, pebble, site_server, authority_pair):
    authority = pebble(site_server("--self-signed").http, PEBBLE_AUTHZREUSE="100")  # names are proved once
    client = Client(place, authority.directory, authority_pair[0])
    client.lay(Certificate("www.test"))
    assert client.run().stdout.endswith(": nothing to do\n")
    for options, names, reason in (([], ["www.test", "b.test"], "names"), (["--key", "rsa"], ["b.test", "www.test"], "kind of key")):
        client.gets(*options, names=["www.test", *names])
        done = client.run(*options, names=["www.test", *names])
        assert done.stdout.endswith(": nothing to do\n"), reason
    assert client.certificate().public_key().key_size == 2048
    client.directory = authority.directory + "?another"
    assert "the authority is another" in client.run("--key", "rsa", names=("www.test", "b.test")).stdout


def test_an_authority_that_begins_anew(place, pebble, site_server, authority_pair):
    """pebble forgets accounts when it ends."""
    http = site_server("--self-signed").http
    authority = pebble(http)
    client = Client(place, authority.directory, authority_pair[0])
    client.gets()
    authority.stop()
    pebble(http, port=authority.port)
    client.gets("--renew-now")


def test_a_name_that_is_not_served_from_here(place, pebble, site_server, authority_pair):
    authority = pebble(site_server("--self-signed").http)
    (place / "other").mkdir()
    client = Client(place, authority.directory, authority_pair[0])
    old = client.lay(Certificate("www.test", begins=-80, ends=9))
    client.webroot = place / "other"
    done = client.run()
    assert done.returncode == 1
    assert "the authority could not see that www.test is served from here" in done.stderr and "http://www.test" in done.stderr, done.stderr
    assert "the present certificate, valid until" in done.stderr
    assert client.certificate() == old.certificate and not client.leftovers()
    client.webroot = place / "site"
    assert client.run().returncode == TEMPORARY  # not twice in a minute
    client.gets("--retry")


def test_an_outage_of_a_week(place, pebble, site_server, authority_pair):
    """The timer runs twice a day, and nobody answers; after it, the first run that may ask gets the certificate."""
    port = free_port()
    client = Client(place, f"https://127.0.0.1:{port}/dir", authority_pair[0])
    old = client.lay(Certificate("www.test", begins=-80, ends=2))
    server = site_server("--cert", client.place)
    asked = 0
    for half_day in range(14):
        done = client.run(at=days_from_now(-7.5 + half_day / 2))
        assert done.returncode == TEMPORARY and len(done.stderr.splitlines()) <= 2, done.stderr
        asked += "not asked again before" not in done.stderr
    assert 10 <= asked < 14  # the pauses grow, up to 20 hours
    assert client.certificate() == old.certificate and shown(server.port) == old.der
    pebble(server.http, port=port)
    assert client.remembered()["failures"] == asked
    got = client.gets()
    assert client.remembered()["failures"] == 0
    server.reload()
    assert wait_until(lambda: shown(server.port) == der(got)), server.err.all


@pytest.mark.parametrize("options, said", [
    ([], "name a host"), (["--domain", "*.example.org"], "a wildcard cannot be proved by HTTP-01"), (["--domain", "192.0.2.1"], "an address is no host name"),
    (["--domain", "a", "--webroot", "/srv"], "--state DIR is missing"), (["--domain", "a", "--state", "/srv"], "--webroot DIR is missing"),
    (["--domain", "a", "--webroot", "/srv", "--state", "/srv", "--directory", "http://localhost/"], "--directory takes a URL of https"),
    (["--domain", "a", "--webroot", "/srv", "--state", "/srv", "--email", "a b@c"], "--email takes one address"),
])
def test_wrong_usage(options, said):
    done = run_to_end(*options, program=ACME)
    assert done.returncode == 2 and said in done.stderr and "--help lists the options" in done.stderr
