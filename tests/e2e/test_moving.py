# SPDX-License-Identifier: MIT
"""docs/moving.md and docs/start.md keep their promises: each example is run, each request asked, and each option exists."""

import os
import re
import shlex
import shutil
import subprocess

import pytest

import passwords
import programs
import raw
import sites
import tls
from own_network import own_network
from server import Lines, Server, run_to_end, wait_until

PAGE = (programs.PROJECT / "docs/moving.md").read_text()
START = (programs.PROJECT / "docs/start.md").read_text()
SITE = {"index.html": "front", "about.html": "about", "404.html": "none", "style.css": "a{color:red}\n" * 400, "docs/index.html": "docs",
        "files/a.txt": "a", "files/map.geojson": "{}", "private/index.html": "private", "assets/app-3f2a9c1e.js": "1"}
REQUEST = re.compile(r"(GET) (\S+)(?: \((.+?): (.+?)\))? +→ (\d{3})(?: (.+))?")


def sections(page=PAGE):
    return {title: text for title, text in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.M | re.S)}


def examples():
    """Of each section the files that are laid into the site, the command, and the requests below it."""
    found = []
    for title, text in {**sections(), **sections(START)}.items():
        files = {}
        for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S):
            first, _, rest = block.partition("\n")
            if named := re.fullmatch(r"# (_redirects|_headers)", first):
                files[named[1]] = rest
            elif re.match(r"([A-Z_]+=\S+ )?minhttp ", first) and "→" in rest:
                found.append(pytest.param(files, first, rest.splitlines(), id=f"{title}: {first}"))
                files = {}
    return found


@pytest.mark.parametrize("files, command, requests", examples())
def test_an_example(files, command, requests, place):
    site = sites.write_files(place / "site", {**SITE, **files})
    passwords.write(place / "users", {"joe": "secret"})
    command = command.replace("/srv/site", str(site)).replace("/etc/minhttp/users", str(place / "users"))
    assert requests
    with own_network():
        *settings, _ = before = shlex.split(command.partition(" ")[0] if "=" in command.partition(" ")[0] else "") + ["minhttp"]
        server = Server(*shlex.split(command)[len(before):], before=("env", *settings))
        try:
            for line in requests:
                method, path, name, value, status, rest = REQUEST.fullmatch(line).groups()
                fields = {"host" if name == "Host" else name: value} if name else {}

                def is_right():
                    told = seen(raw.ask(server.port, path, method, **fields), rest)
                    return told == (int(status), rest) or print(f"{line}: {told}")

                assert wait_until(is_right, 5), line  # text is compressed when a worker is asked for it a second time
        finally:
            server.stop()


def seen(answer, wanted):
    """Status, and of an answer what the page says of it: a field, where it leads, or what it is."""
    if named := re.fullmatch(r"([A-Z][\w-]+): .+", wanted or ""):
        return answer.status, f"{named[1]}: {answer.fields.get(named[1].lower())}"
    if wanted is None:
        return answer.status, None
    return answer.status, answer.fields.get("location") or answer.fields.get("content-type", "").partition(";")[0]


def test_the_unit_behind_caddy_starts_and_has_the_options(place):
    """What systemd is told to execute, with what the page says is before it."""
    site = sites.write_files(place / "site", SITE)
    command = re.search(r"ExecStart=/usr/local/bin/minhttp /srv/site (.+)$", START, re.M)[1]
    backend = re.search(r"reverse_proxy (\S+)", START)[1]
    assert backend in command
    with own_network():
        server = Server(site, *command.split())
        try:
            assert raw.ask(int(backend.partition(":")[2]), "/", x_forwarded_for="203.0.113.7").status == 200
            assert server.out.wait_for(lambda line: line.startswith("203.0.113.7 "))
        finally:
            server.stop()


@tls.NEEDED
def test_the_https_unit_starts_with_what_the_page_has(place):
    """Its rights, its ports, and a directory of certbot's, which only root may read: as systemd starts it."""
    if not programs.AS_ROOT:
        pytest.skip("rights are handed on by root")  # ambient capabilities: setpriv needs them
    unit = dict(re.findall(r"^(\w+)=(.+)$", re.search(r"minhttps.service`:\n\n```\n(.*?)^```$", START, re.M | re.S)[1], re.M))
    site = sites.write_files(place / "site", SITE)
    pair = tls.make_pair(place)
    live = place / "live"
    live.mkdir(mode=0o700)
    for path, name in zip(pair, ("fullchain.pem", "privkey.pem")):
        shutil.copy(path, live / name)
        (live / name).chmod(0o600)
    program, root, *options = unit["ExecStart"].split()
    assert (program, root) == ("/usr/local/bin/minhttps", "/srv/site")
    options = [str(live) if option == "/etc/letsencrypt/live/example.com" else option for option in options]
    assert str(live) in options
    rights = ",".join("+" + right.removeprefix("CAP_").lower() for right in unit["AmbientCapabilities"].split())
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"]
    as_service = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", f"--inh-caps={rights}", f"--ambient-caps={rights}",
                  f"--bounding-set=-all,{rights}"]
    with own_network():
        server = Server(site, *options, program=tls.MINHTTPS, before=as_service, as_root=True)
        try:
            with tls.connect(443, pair[0]) as client:
                client.sendall(b"GET /about HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
                assert client.makefile("rb").read().endswith(b"\r\n\r\nabout")
            answer = raw.ask(80, "/about", host="example.com")
            assert (answer.status, answer.fields["location"]) == (308, "https://example.com/about")
        finally:
            server.stop()


# The presets size and debug do not build it; tests/tidy/test_binary.py wants it in a release.
@pytest.mark.skipif(not programs.MINHTTP.with_name("minhttp-pack").exists(), reason="minhttp-pack is not built: its libraries are missing")
def test_the_handover_runs(place):
    """The command of the page, as it is; somebody else starts the file elsewhere."""
    sites.write_files(place / "site", SITE)
    (place / "build/release").mkdir(parents=True)
    for name in ("minhttp", "minhttp-pack"):
        shutil.copy2(programs.MINHTTP.with_name(name), place / "build/release")
    commands = re.search(r"^## Hand over.*?((?:^    [^\n]+\n)+)", START, re.M | re.S)[1]
    subprocess.run(["sh", "-ec", commands], cwd=place, check=True, capture_output=True, timeout=60, env={**os.environ, "XDG_CACHE_HOME": str(place)})
    (place / "elsewhere").mkdir()
    (place / "handover").rename(place / "elsewhere/handover")
    process = subprocess.Popen([place / "elsewhere/handover", "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, **programs.unprivileged())
    try:
        line = Lines(process.stderr).wait_for(lambda line: line.startswith("minhttp serving "))
        assert raw.ask(int(re.search(r":(\d+)/", line)[1]), "/about").body == b"about"
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_every_server_has_a_table_and_an_example():
    wanted = {"nginx", "Caddy", "busybox httpd", "darkhttpd", "Netlify", "Cloudflare Pages"}
    assert set(sections()) == wanted
    for title in wanted:
        assert f"| {title} | here |\n" in PAGE
        assert any(example.id.startswith(f"{title}: ") for example in examples())


def test_each_option_of_ours_exists():
    of_tls = re.findall(r'"(--[a-z-]+)"', (programs.PROJECT / "tables/tls_options.def").read_text())
    known = set(re.findall(r"--[a-z][a-z0-9-]+", run_to_end("--help").stdout)) | set(of_tls)
    named = {option for row in re.findall(r"^\|.*\| ([^|]+) \|$", PAGE, re.M) for option in re.findall(r"--[a-z][a-z0-9-]+", row)}
    assert len(named) > 25 and named <= known, named - known
