# SPDX-License-Identifier: MIT
"""Certificates of minhttps: which one a client gets, how they are renewed, and clients that have some."""

import base64
import json
import re
import ssl
import subprocess
import threading

import pytest

from certificates import MINHTTPS, Certificate, connect, get, shown
from server import Server, wait_until
from test_releases import switch
from tls import NEEDED

pytestmark = NEEDED


@pytest.fixture
def site(place):
    (place / "site").mkdir()
    (place / "site/index.html").write_text("hello over TLS")
    return place


@pytest.fixture
def started(site):
    servers = []

    def start(*arguments, **options):
        arguments = (site / "site", "--listen-http", "off", *arguments)
        servers.append(Server(*arguments, program=MINHTTPS, silent=True, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def pair(place, name, certificate):
    certificate.write(place / f"{name}.crt", place / f"{name}.key")
    return "--cert", place / f"{name}.crt", "--key", place / f"{name}.key"


def test_a_client_gets_the_certificate_of_its_host(site, started):
    one, two, wild = Certificate("one.test"), Certificate("two.test", kind="rsa"), Certificate("*.wild.test", kind="ed25519")
    server = started(*pair(site, "one", one), *pair(site, "two", two), *pair(site, "wild", wild))
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert shown(server.port, "one.test", version=version) == one.der
        assert shown(server.port, "TWO.test", version=version) == two.der
        assert shown(server.port, "a.wild.test", version=version) == wild.der
        assert shown(server.port, "unknown.test", version=version) == one.der
        assert shown(server.port, None, version=version) == one.der


def test_a_directory_as_tools_lay_it_out(site, started):
    live = Certificate("localhost")
    (site / "live").mkdir()
    (site / "archive").mkdir()
    live.write(site / "archive/cert1.pem", site / "archive/key1.pem")
    (site / "live/fullchain.pem").symlink_to("../archive/cert1.pem")
    (site / "live/privkey.pem").symlink_to("../archive/key1.pem")
    server = started("--cert", site / "live")
    assert shown(server.port) == live.der
    renewed = Certificate("localhost")  # as certbot does: new files, and new links
    renewed.write(site / "archive/cert2.pem", site / "archive/key2.pem")
    for link, target in (("fullchain", "cert2"), ("privkey", "key2")):
        (site / f"live/{link}.pem").unlink()
        (site / f"live/{link}.pem").symlink_to(f"../archive/{target}.pem")
    server.reload()
    assert wait_until(lambda: shown(server.port) == renewed.der), server.err.all


@pytest.mark.parametrize("links", [["current"], ["latest", "current"]], ids=["a link", "a link to a link"])
def test_a_directory_that_is_a_link_to_another(site, started, links):
    """As releases are switched. The sandbox knows where the next one will be: beside the present one."""
    first, renewed = Certificate("localhost"), Certificate("localhost")
    (site / "certificates").mkdir()
    for name, certificate in (("1", first), ("2", renewed)):
        (site / "certificates" / name).mkdir()
        certificate.write(site / "certificates" / name / "tls.crt", site / "certificates" / name / "tls.key")
    target = "certificates/1"
    for name in links:
        (site / name).symlink_to(target)
        target = name
    server = started("--cert", site / "current", "--sandbox", "require")
    assert shown(server.port) == first.der
    switch(site / links[0], "certificates/2")
    server.reload()
    assert wait_until(lambda: shown(server.port) == renewed.der), server.err.all


def test_renewal_loses_no_handshake(site, started):
    """Clients connect all the time, while the certificate is replaced again and again, well and badly."""
    first = Certificate("localhost")
    server = started(*pair(site, "a", first), "--workers", 2)
    stop = threading.Event()
    failures = []
    counts = [0, 0, 0]

    def load(number):
        while not stop.is_set():
            try:
                assert b"hello over TLS" in get(server.port)
                counts[number] += 1
            except (OSError, AssertionError) as failure:
                failures.append(failure)

    threads = [threading.Thread(target=load, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    current = first
    for kind in ("rsa", "ecdsa", "ed25519", "ecdsa"):
        (site / "a.key").write_text("-----BEGIN PRIVATE KEY-----\nMIG")  # half written
        server.reload()
        assert server.err.wait_for(lambda line: "a.key has no private key" in line), server.err.all
        assert shown(server.port) == current.der
        current = Certificate("localhost", kind=kind)
        pair(site, "a", current)
        server.reload()
        assert wait_until(lambda: shown(server.port) == current.der), server.err.all
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert min(counts) > 0


def test_a_bad_pair_changes_nothing_and_is_said(site, started):
    good = Certificate("localhost")
    server = started(*pair(site, "a", good))
    stays = "; the present certificate stays in use"
    (site / "a.crt").write_bytes(Certificate("localhost").pem)
    server.reload()
    assert server.err.wait_for(lambda line: line.endswith(f"a.key does not belong to the certificate{stays}")), server.err.all
    pair(site, "a", Certificate("localhost", begins=-9, ends=-1))
    server.reload()
    assert server.err.wait_for(lambda line: line.endswith(f"a.crt has expired{stays}")), server.err.all
    (site / "a.key").chmod(0)
    server.reload()
    assert server.err.wait_for(lambda line: re.search("a.key cannot be opened: .*" + stays, line)), server.err.all
    assert shown(server.port) == good.der


def test_a_certificate_that_ends_soon_is_said(site, started):
    server = started(*pair(site, "a", Certificate("localhost", begins=-80, ends=9)))
    assert server.err.wait_for(lambda line: re.search(r"a\.crt ends in [89] days \(20..-..-..\), and no newer one", line))


def test_a_session_belongs_to_one_host(site, started):
    server = started(*pair(site, "a", Certificate("one.test", "two.test")), "--workers", 2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # of which Python shows the session at once
    with connect(server.port, "one.test", context=context) as client:
        session = client.session
    for _ in range(4):  # whichever worker it meets
        with connect(server.port, "one.test", context=context, session=session) as client:
            assert client.session_reused
        with connect(server.port, "two.test", context=context, session=session) as client:
            assert not client.session_reused


def test_versions_of_the_two_policies(site, started):
    files = pair(site, "a", Certificate("localhost"))
    server = started(*files)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert shown(server.port, version=version)
    modern = started(*files, "--tls", "modern")
    assert shown(modern.port, version=ssl.TLSVersion.TLSv1_3)
    with pytest.raises(ssl.SSLError):
        shown(modern.port, version=ssl.TLSVersion.TLSv1_2)


@pytest.fixture
def people(site):
    """An authority, and files of those whom it knows, and of one whom it does not."""
    authority = Certificate(subject="our people", authority=True)
    (site / "ca.pem").write_bytes(authority.pem)
    files = {}
    for name, issuer in (("anna", authority), ("eve", None)):
        files[name] = site / f"{name}.crt", site / f"{name}.key"
        Certificate(subject=name, issuer=issuer).write(*files[name])
    return files


def test_a_client_must_show_a_certificate(site, started, people):
    server = started(*pair(site, "a", Certificate("localhost")), "--client-ca", site / "ca.pem")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert b"hello over TLS" in get(server.port, client=people["anna"], version=version)
        for client in (None, people["eve"]):
            with pytest.raises((ssl.SSLError, ConnectionError, BrokenPipeError)):
                assert b"hello" not in get(server.port, client=client, version=version)
                raise ConnectionResetError  # the end without an answer


def test_a_client_may_show_a_certificate(site, started, people):
    server = started(*pair(site, "a", Certificate("localhost")), "--client-ca", site / "ca.pem", "--client-ca-mode", "optional")
    assert b"hello over TLS" in get(server.port, client=people["anna"])
    assert b"hello over TLS" in get(server.port)
    with pytest.raises((ssl.SSLError, ConnectionError, BrokenPipeError)):
        assert b"hello" not in get(server.port, client=people["eve"])
        raise ConnectionResetError


SUBJECT = 'Anna "A" Müller, Acme'
WRITTEN = r'CN=Anna \"A\" M\C3\BCller\, Acme'  # RFC 4514


@pytest.fixture
def known(site):
    """The files of somebody whose subject has all that a line of a log must escape."""
    authority = Certificate(subject="our people", authority=True)
    (site / "ca.pem").write_bytes(authority.pem)
    files = site / "known.crt", site / "known.key"
    Certificate(subject=SUBJECT, issuer=authority).write(*files)
    return files


def start_asking(site, started, *more):
    return started(*pair(site, "a", Certificate("localhost")), "--client-ca", site / "ca.pem", "--client-ca-mode", "optional",
                   "--workers", 1, *more)


@pytest.mark.parametrize("form", ["common", "combined"])
def test_the_log_has_the_subject_of_the_client(site, started, known, form):
    server = start_asking(site, started, "--log", form)
    escaped = re.sub(r'[\\" ]', lambda found: rf"\x{ord(found[0]):02x}", WRITTEN)
    for client, user in ((known, escaped), (None, "-")):
        for _ in range(3):  # also a response that is replayed, and a slot that somebody else had
            assert b"hello over TLS" in get(server.port, client=client)
            assert server.out.wait_for(lambda line: line.startswith(f"127.0.0.1 - {user} [")), server.out.all
            server.out.all.clear()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_subject_is_known_after_a_resumption(site, started, known, version):
    server = start_asking(site, started, "--log", "json")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(*known)
    session = None
    for _ in range(3):
        with connect(server.port, context=context, session=session) as client:
            assert client.session_reused == (session is not None)
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            while client.recv(65536):
                pass
            session = client.session
        line = server.out.wait_for(lambda line: '"status":200' in line)
        assert json.loads(line)["client_subject"] == WRITTEN
        server.out.all.clear()


def test_the_name_of_a_password_comes_before_the_subject(site, started, known):
    hashed = subprocess.check_output(["openssl", "passwd", "-6", "-stdin"], input="secret", text=True)
    (site / "users").write_text("joe:" + hashed)
    server = start_asking(site, started, "--log", "common", "--auth", site / "users")
    assert b"401" in get(server.port, client=known)
    assert server.out.wait_for(lambda line: line.startswith("127.0.0.1 - CN=Anna"))
    with connect(server.port, client=known) as client:
        basic = base64.b64encode(b"joe:secret").decode()
        client.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n\r\n".encode())
        assert b"hello over TLS" in b"".join(iter(lambda: client.recv(65536), b""))
    assert server.out.wait_for(lambda line: line.startswith("127.0.0.1 - joe ["))
