# SPDX-License-Identifier: MIT
"""Scanners of TLS against minhttps: no finding of medium severity or higher. docs/tls.md judges the others."""

import json
import subprocess

import pytest

import tls

pytestmark = tls.NEEDED

# What is known, and judged in docs/tls.md. `engine_problem` and others of its kind are of the scanner's own machine.
SEVERE = {"MEDIUM", "HIGH", "CRITICAL", "FATAL"}
SHORT = ["-p", "-S", "-P", "-f", "-s"]  # protocols, server's defaults and preferences, forward secrecy, ciphers
LONG = [*SHORT, "-h", "-U"]  # header, vulnerabilities: a minute more


def make_site(place):
    """Two pairs for one name, as an authority would sign them; both name a list of what was revoked."""
    (place / "site").mkdir()
    (place / "site/index.html").write_text("<p>hello</p>")
    authority = tls.make_pair(place, "authority", stem="authority")
    pairs = []
    for kind in ("ec", "rsa"):
        pairs += tls.options(tls.make_pair(place, kind=kind, stem=kind, days=90, by=authority, extensions=[
            "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth",
            "crlDistributionPoints=URI:http://crl.invalid/authority.crl"]))
    return authority[0], pairs


@pytest.fixture(params=["intermediate", "modern"])
def scanned(request, start, place):
    authority, pairs = make_site(place)
    server = start(place / "site", *pairs, "--tls", request.param, "--hsts", "--listen", "127.0.0.1:0", "--listen-http", "off",
                   "--workers", 1, program=tls.MINHTTPS)
    return request.param, server, authority


def test_sslscan(scanned):
    policy, server, _ = scanned
    seen = subprocess.run(["sslscan", "--no-colour", f"localhost:{server.port}"], capture_output=True, text=True, timeout=200,
                          check=True).stdout
    enabled = {line.split()[0] for line in seen.splitlines() if line.endswith("   enabled") and "v" in line.split()[0]}
    assert enabled == ({"TLSv1.3"} if policy == "modern" else {"TLSv1.2", "TLSv1.3"}), seen
    assert "Session renegotiation not supported" in seen
    assert " not vulnerable to heartbleed" in seen and "is vulnerable" not in seen
    ciphers = [line.split()[4] for line in seen.splitlines() if line.startswith(("Accepted", "Preferred"))]
    assert len(ciphers) == (3 if policy == "modern" else 9)
    assert all("GCM" in name or "CHACHA20" in name for name in ciphers), ciphers


def test_testssl(scanned, place, long_form):
    _, server, authority = scanned
    report = place / "report.json"
    subprocess.run(["testssl", "--color", "0", "--warnings", "off", "--openssl", "/usr/bin/openssl", "--add-ca", authority,
                    "--ip", "127.0.0.1", *(LONG if long_form else SHORT), "--jsonfile", report, f"localhost:{server.port}"],
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=550, check=False)
    findings = json.loads(report.read_text())
    assert {"TLS1_3", "cipher_order"} <= {found["id"] for found in findings}, "it has looked"
    severe = [found for found in findings if found["severity"] in SEVERE]
    assert not severe, severe
