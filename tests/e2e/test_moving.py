# SPDX-License-Identifier: MIT
"""docs/moving.md and docs/start.md keep their promises: each example is run, each request asked, and each option exists."""

import re
import shlex
import shutil
import subprocess

import pytest

import passwords
import programs
import raw
import sites
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


def test_the_unit_starts_and_has_the_options(place):
    """What systemd is told to execute, with what the page says is before it."""
    site = sites.write_files(place / "site", SITE)
    command = re.search(r"^ExecStart=/usr/local/bin/minhttp /srv/site (.+)$", START, re.M)[1]
    backend = re.search(r"reverse_proxy (\S+)", START)[1]
    assert backend in command
    with own_network():
        server = Server(site, *command.split())
        try:
            assert raw.ask(int(backend.partition(":")[2]), "/", x_forwarded_for="203.0.113.7").status == 200
            assert server.out.wait_for(lambda line: line.startswith("203.0.113.7 "))
        finally:
            server.stop()


def test_the_handover_runs(place):
    """The commands of the page, as they are; somebody else starts it elsewhere."""
    sites.write_files(place / "site", SITE)
    (place / "build/release").mkdir(parents=True)
    shutil.copy2(programs.MINHTTP, place / "build/release/minhttp")
    commands = re.search(r"^## Hand over.*?((?:^    [^\n]+\n)+)", START, re.M | re.S)[1]
    subprocess.run(["sh", "-ec", commands], cwd=place, check=True, timeout=60)
    subprocess.run(["tar", "xzf", place / "handover.tar.gz"], cwd=place / "build", check=True, timeout=60)
    process = subprocess.Popen([place / "build/handover/run", "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, **programs.unprivileged())
    try:
        line = Lines(process.stderr).wait_for(lambda line: line.startswith("minhttp serving site at "))
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
    known = set(re.findall(r"--[a-z][a-z0-9-]+", run_to_end("--help").stdout))
    named = {option for row in re.findall(r"^\|.*\| ([^|]+) \|$", PAGE, re.M) for option in re.findall(r"--[a-z][a-z0-9-]+", row)}
    assert len(named) > 25 and named <= known, named - known
