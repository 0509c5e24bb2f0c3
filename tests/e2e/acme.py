# SPDX-License-Identifier: MIT
"""minhttps-acme in tests: how it is started, its state directory, and Debian's pebble as the authority."""

import datetime
import json
import os
import subprocess

import programs
import pytest
from acme_stub import Stub
from certificates import MINHTTPS, Certificate
from cryptography import x509
from server import DEADLINE, Lines, Server, free_port
from tls import make_pair

ACME = MINHTTPS.with_name("minhttps-acme")
# Presets without its libraries (debug, size, other architectures) have none; tests/tidy/test_binary.py wants it in a release.
NEEDED = pytest.mark.skipif(not ACME.exists(), reason="there is no minhttps-acme: its libraries are missing")
TEMPORARY = 75  # EX_TEMPFAIL
# minhttps is another user than minhttps-acme, and reads its keys by a right, as deploy/systemd/minhttps.service has it.
RIGHT = "+dac_read_search"
AS_ITS_UNIT = ("setpriv", "--reuid", programs.NOBODY, "--regid", programs.NOBODY, "--clear-groups", "--inh-caps", RIGHT, "--ambient-caps", RIGHT)


class Client:
    """minhttps-acme with a state directory and a site, which ask one authority."""

    def __init__(self, place, directory, bundle):
        self.state, self.webroot = place / "state", place / "site"
        self.webroot.mkdir(exist_ok=True)
        self.directory, self.bundle = directory, bundle

    def command(self, *more, names=("www.test",), agree=True):
        words = [ACME, *(word for name in names for word in ("--domain", name)), "--webroot", self.webroot, "--state", self.state,
                 "--directory", self.directory, "--ca-bundle", self.bundle, *(["--agree-to-terms"] if agree else []), *more]
        return list(map(str, words))

    def run(self, *more, names=("www.test",), agree=True, at=None, **options):
        """at: what time the program believes it is, as faketime(1) takes it."""
        before = ["faketime", "-f", at] if at else []
        return subprocess.run([*before, *self.command(*more, names=names, agree=agree)], capture_output=True, text=True, timeout=DEADLINE, **options)

    def start(self, *more):
        return subprocess.Popen(self.command(*more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def gets(self, *more, **options):
        """Runs, and expects a certificate."""
        done = self.run(*more, **options)
        assert done.returncode == 0 and ": new certificate in " in done.stdout, (done.stdout, done.stderr)
        return self.certificate()

    @property
    def place(self):
        return self.state / "www.test"

    def certificate(self):
        return x509.load_pem_x509_certificate((self.place / "fullchain.pem").read_bytes())

    def lay(self, certificate, directory=None):
        """A pair that an earlier run has brought; directory: the authority that it comes from."""
        self.place.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        self.place.chmod(0o700)
        certificate.write(self.place / "fullchain.pem", self.place / "privkey.pem", 0o600)
        window = {"id": "", "start": 0, "end": 0, "chosen": 0, "asked": 0, "next": 0}
        self.remember({"directory": directory or str(self.directory), "failures": 0, "failed": 0, "until": 0, "ordered": False, "reason": "", "window": window})
        return certificate

    def remember(self, renewal):
        (self.place / "renewal.json").write_text(json.dumps(renewal))

    def remembered(self):
        return json.loads((self.place / "renewal.json").read_text())

    def leftovers(self):
        """What no run may leave behind: half-written files, and those of challenges."""
        challenges = self.webroot / ".well-known/acme-challenge"
        return [path for folder in (self.state, challenges) if folder.exists() for path in folder.rglob("*")
                if folder == challenges or path.name.startswith("new-") or path.name.endswith(".new")]


def issued(stub, begins=-80, ends=9):
    """A pair that is due, or not, as the authority has given it before."""
    return stub.client.lay(Certificate("www.test", begins=begins, ends=ends, issuer=stub.authority), stub.directory)


class Pebble:
    """The authority, and a DNS in which every name is this machine; `http` is where it asks for challenges. `before` is a command that runs both."""

    def __init__(self, place, pair, http, port=None, before=(), **settings):
        self.port, dns = port or free_port(), free_port()
        self.place = place
        configuration = {"listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": "", "certificate": str(pair[0]), "privateKey": str(pair[1]),
                         "httpPort": http, "tlsPort": free_port(), "ocspResponderURL": "", "externalAccountBindingRequired": False}
        (place / "pebble.json").write_text(json.dumps({"pebble": configuration}))
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        off = [word for kind in ("http01", "https01", "tlsalpn01") for word in (f"-{kind}", "")]
        self.dns = subprocess.Popen([*before, "pebble-challtestsrv", *off, "-dns01", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{free_port()}",
                                     "-defaultIPv6", ""], **silent)
        environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0", **settings}
        self.process = subprocess.Popen([*before, "pebble", "-config", place / "pebble.json", "-dnsserver", f"127.0.0.1:{dns}"],
                                        env={**os.environ, **environment}, **silent)
        self.lines = [Lines(process.stdout) for process in (self.dns, self.process)]
        self.directory = f"https://127.0.0.1:{self.port}/dir"

    def wait(self):
        assert self.lines[1].wait_for(lambda line: "ACME directory available at" in line), self.lines[1].all
        assert self.lines[0].wait_for(lambda line: "Starting challenge servers" in line), self.lines[0].all
        return self

    def stop(self):
        for process in (self.process, self.dns):
            process.terminate()
            process.wait(DEADLINE)


@pytest.fixture(scope="module")
def shared_place():
    place = programs.open_directory()
    yield place
    subprocess.run(["rm", "-rf", place], check=True, timeout=DEADLINE)


@pytest.fixture(scope="module")
def authority_pair(shared_place):
    """Certificate and key of the authority's own server; the certificate is its --ca-bundle, too."""
    return make_pair(shared_place, stem="authority")


@pytest.fixture
def pebble(place, authority_pair):
    """Starts pebble, which asks for challenges at a port, once or several times."""
    started = []

    def start(http, **options):
        started.append(Pebble(place, authority_pair, http, **options))
        return started[-1].wait()

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def stub(place, authority_pair):
    """An authority that does what the test wants, and a client of it."""
    (place / "site").mkdir(exist_ok=True)
    made = Stub(authority_pair, place / "site")
    made.client = Client(place, made.directory, authority_pair[0])
    yield made
    made.stop()


@pytest.fixture
def site_server(place):
    """minhttps as it is before there is a certificate: self-signed, and http for challenges. Its port for these is `http`."""
    (place / "site").mkdir(exist_ok=True)
    (place / "site/index.html").write_text("hello over TLS")
    servers = []

    def start(*options):
        http = free_port()
        servers.append(Server(place / "site", "--listen-http", f"127.0.0.1:{http}", *options, program=MINHTTPS, silent=True, as_root=True,
                              before=AS_ITS_UNIT if programs.AS_ROOT else ()))
        servers[-1].http = http
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def days_from_now(days):
    """As faketime(1) takes a time: one that stands still is as good as one that goes on."""
    return (datetime.datetime.now() + datetime.timedelta(days=days)).strftime("@%Y-%m-%d %H:%M:%S")
