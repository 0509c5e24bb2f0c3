# SPDX-License-Identifier: MIT
"""docs/moving.md keeps its promises: each example is run, each request asked, and each option of ours exists."""

import re
import shlex

import pytest

import passwords
import programs
import raw
import sites
from own_network import own_network
from server import Server, run_to_end, wait_until

PAGE = (programs.PROJECT / "docs/moving.md").read_text()
SITE = {"index.html": "front", "about.html": "about", "404.html": "none", "style.css": "a{color:red}\n" * 400, "docs/index.html": "docs",
        "files/a.txt": "a", "files/map.geojson": "{}", "private/index.html": "private", "assets/app-3f2a9c1e.js": "1"}
REQUEST = re.compile(r"(GET) (\S+)(?: \((.+?): (.+?)\))? +→ (\d{3})(?: (.+))?")


def sections():
    return {title: text for title, text in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)}


def examples():
    """Of each section the files that are laid into the site, the command, and the requests below it."""
    found = []
    for title, text in sections().items():
        files = {}
        for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S):
            first, _, rest = block.partition("\n")
            if named := re.fullmatch(r"# (_redirects|_headers)", first):
                files[named[1]] = rest
            elif first.startswith("minhttp "):
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
        server = Server(*shlex.split(command)[1:])
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
