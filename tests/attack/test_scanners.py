# SPDX-License-Identifier: MIT
"""Scanners over a tree with a secret beside it: what they report, and what was served to them."""

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from server import wait_until

WORDS = Path("/usr/share/dirb/wordlists")
SHORT = ["common.txt", "vulns/cgis.txt", "vulns/apache.txt", "vulns/tests.txt"]
LONG = ["big.txt", "stress/doble_uri_hex.txt", "stress/uri_hex.txt"]
LONG += ["vulns/iis.txt", "vulns/sap.txt", "vulns/oracle.txt"]

# Left out: modules that ask a machine of wapiti's authors for help (ssrf, xxe), or for a list to play (nikto, wapp),
# and those that would try words, which is dirb's work here.
MODULES = "backup,crlf,csp,file,htaccess,http_headers,methods,redirect"
MORE_MODULES = ",blindsql,cookieflags,csrf,exec,permanentxss,shellshock,sql,xss"  # which want many more requests

# The first is no longer obeyed by any browser, the second is for who speaks TLS, the proxy.
ADVICE = {"X-XSS-Protection is not set", "Strict-Transport-Security is not set"}

LINE = re.compile(r'"(?P<method>\S+) (?P<target>.*?)(?: HTTP/\d\.\d)?" (?P<status>\d{3}) ')


@pytest.fixture
def served(start, fixture_site):
    """With everything switched on that shows more."""
    return start(fixture_site, "--listing", "--secure-headers", "--workers", 1)


def run(command, place, seconds):
    result = subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        cwd=place, env={**os.environ, "HOME": str(place)}, timeout=seconds, check=False
    )
    return result.stdout.decode("utf-8", "replace")


def assert_only_the_tree_was_served(server, root, at_least):
    """Each line of the access log: no failure of the server's, and what was served lies in the tree, not hidden."""
    assert wait_until(lambda: len(server.log_lines()) >= at_least), len(server.log_lines())
    lines = [LINE.search(line) for line in server.log_lines()]
    wrong = [line.string for line in lines if line and not _is_right(line, root.resolve())]
    assert not wrong, wrong[:5]


def _is_right(line, root):
    if line["status"] not in ("200", "206"):
        return line["status"] < "500" or (line["status"] == "501" and not line["method"] in ("GET", "HEAD", "POST"))
    path = unquote(line["target"].partition("?")[0]).lstrip("/")
    names = [root / path, root / f"{path}.html"]
    return any(_is_public(name.resolve(), root) for name in names if name.exists())


def _is_public(name, root):
    hidden = any(part.startswith(".") for part in name.relative_to(root).parts) if name.is_relative_to(root) else True
    return not hidden and (name.is_file() or name.is_dir())


def test_dirb_finds_what_is_there(served, fixture_site, place, long_form):
    url = f"http://127.0.0.1:{served.port}/"
    asked, found = 0, []
    for name in SHORT + (LONG if long_form else []):  # one at a time: it breaks down with too many words
        said = run(["dirb", url, WORDS / name, "-S", "-w", "-r"], place, 600)
        asked += int(re.search(r"DOWNLOADED: (\d+)", said)[1])
        found += re.findall(r"^\+ (\S+) \(CODE:200", said, flags=re.M)
    print(f"dirb: {asked} names asked, 200 for {found}")
    assert any(name.endswith("/index") for name in found), "it does find what is there"
    assert_only_the_tree_was_served(served, fixture_site, asked * 9 // 10)  # it counts those that it tries again


def test_wapiti_has_nothing_but_advice(served, fixture_site, place, long_form):
    modules = MODULES + (MORE_MODULES if long_form else "")
    url = f"http://127.0.0.1:{served.port}/"
    report = place / "report.json"
    command = ["wapiti", "-u", f"{url}noindex/", "--scope", "domain", "-m", modules]
    command += ["--endpoint", url, "--no-bugreport"]
    command += ["--store-session", place / "session", "--store-config", place / "config", "-f", "json", "-o", report]
    said = run([*command, "-s", f"{url}sub/", "-s", f"{url}file.txt?page=file.txt&q=1"], place, 600)
    assert report.exists(), said
    found = json.loads(report.read_text())
    kinds = [*found["vulnerabilities"].values(), *found["anomalies"].values()]
    told = {fact["info"] for facts in kinds for fact in facts}
    print(f"wapiti: {len(served.log_lines())} requests, {told}")
    assert told <= ADVICE
    assert_only_the_tree_was_served(served, fixture_site, 100)
