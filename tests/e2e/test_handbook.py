# SPDX-License-Identifier: MIT
"""The handbook that tools/handbook makes says what the program does; it is a good site, and minhttp serves it."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

import passwords
import programs
import raw
from devtools import Browser

sys.path.append(str(programs.PROJECT / "tools/handbook"))
import tables  # noqa: E402

VOID = {"meta", "link", "img", "br", "hr"}
DOCS = programs.PROJECT / "docs"


class Page(HTMLParser):
    """What a strict reader finds: tags that are not closed in order end the test."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.anchors, self.rows, self.raw, self.cell = [], [], [], [], [], None
        assert text.startswith("<!DOCTYPE html>\n")
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(self.anchors) == len(set(self.anchors)), "one anchor twice"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        self.anchors += [attributes["id"]] if "id" in attributes else []
        assert tag != "img" or "alt" in attributes
        assert tag not in ("script", "style") and not {"style", "onclick", "onload"} & set(attributes)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.cell = tag

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()}"
        self.cell = None if tag == self.cell else self.cell

    def handle_data(self, text):
        if self.cell:
            self.rows[-1][-1] += text
        if self.open[-1:] in (["p"], ["li"], ["td"]):
            self.raw += re.findall(r"^\s*(?:- |\||\d\. ).*|.*\*\*.*|.*\]\(.*|.*`.*", text, re.M)


@pytest.fixture(scope="module")
def handbook():
    place = programs.open_directory() / "handbook"
    subprocess.run(["/usr/bin/python3", programs.PROJECT / "tools/handbook/handbook.py", place], check=True)
    yield place
    shutil.rmtree(place.parent)


@pytest.fixture(scope="module")
def pages(handbook):
    return {path.relative_to(handbook).as_posix(): Page(path.read_text()) for path in handbook.rglob("*.html")}


@pytest.fixture(scope="module")
def server(start_for_session, handbook):
    return start_for_session(handbook)


def run(*arguments, program=programs.MINHTTP, **options):
    return subprocess.run(programs.command(program, arguments), capture_output=True, text=True, timeout=60, **options)


# The program's own words


def test_options_are_those_of_help(pages):
    said = run("--help").stdout
    shown = re.split(r"^  (?=--\w)", said[said.index("\nConfiguration:"):], flags=re.M)[1:]
    expected = {}
    for text in shown:
        text = text.partition("\n\n")[0]  # behind it comes the next group's title
        name, what = re.fullmatch(r"(--.+?)(?:  +|\n +)(.+)", text, re.S).groups()
        expected[name] = " ".join(what.split())
    found = {row[0]: row[1:3] for row in pages["options.html"].rows if row[0].startswith("--")}
    assert {name: f"{what} [{standard}]" if standard else what for name, (what, standard) in found.items()} == expected
    assert len(found) > 30


def test_pages_name_existing_options_only(pages):
    known = set(re.findall(r"--[a-z][a-z-]+", run("--help").stdout)) | {"--help", "--version"}
    for path in [*DOCS.glob("*.md"), *programs.PROJECT.glob("SECURITY.md")]:
        for line in re.findall(r"^(?:    |\$ )?(?:minhttp|\./run) .*$|`(?:minhttp|\./run) [^`]*`", path.read_text(), re.M):
            assert not set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)) - known, f"{path.name}: {line}"


def test_limits_have_the_values_that_the_compiler_gives_them(pages, place):
    names = re.findall(r"^constexpr \w+ (\w+) = ", (programs.PROJECT / "tables/limits.h").read_text(), re.M)
    lines = "".join(f'  std::printf("{name} %llu\\n", static_cast<unsigned long long>(minhttp::limits::{name}));\n' for name in names)
    (place / "limits.cc").write_text(f'#include <cstdio>\n#include "tables/limits.h"\nint main() {{\n{lines}}}\n')
    subprocess.run(["c++", "-std=c++20", f"-I{programs.PROJECT}", "-o", place / "limits", place / "limits.cc"], check=True)
    values = dict(line.split() for line in run(program=place / "limits").stdout.splitlines())
    rows = pages["limits.html"].rows
    heads = [number for number, row in enumerate(rows) if row == ["name", "value", "comment"]]
    assert len(heads) == 1
    assert {row[0]: row[1] for row in rows[heads[0] + 1:heads[0] + 1 + len(names)]} == values
    # The rows above, written by hand: one or more names, and as many values.
    units = {"": 1, "KiB": 1024, "MiB": 1 << 20, "GiB": 1 << 30, "Mi": 1 << 20, "s": 1000}
    checked = 0
    for row in rows[:heads[0]]:
        named = re.fullmatch(r"\w+(?:, \w+)*", row[0]) and row[0].split(", ")
        if not named or not set(named) <= set(values):
            continue
        written = re.findall(r"(\d+)(?: (KiB|MiB|GiB|Mi|s)\b)?", row[1])
        if len(written) == len(named) and "+" not in row[1]:
            assert [int(value) * units[unit] for value, unit in written] == [int(values[name]) for name in named], row
            checked += len(named)
    assert checked > 80


def test_calls_are_those_of_the_table(pages):
    declared = re.findall(r"^CALL\((\w+),", (programs.PROJECT / "tables/calls.def").read_text(), re.M)
    names = [row[0] for row in pages["sandbox.html"].rows]
    first = names.index("call") + 1
    assert names[first : first + len(declared)] == declared


def head(path, *fields, method="GET", version="1.1", host="x"):
    host = f"Host: {host}\r\n" if host else ""
    return f"{method} {path} HTTP/{version}\r\n{host}{''.join(field + chr(13) + chr(10) for field in fields)}\r\n".encode()


# What is sent to a site with the files and rules below, and the status that comes. 408 and 503 take their time, or a crowd:
# test_slow_clients.py and test_limits.py have them.
ASKED = {
    100: head("/", "Expect: 100-continue", "Content-Length: 1"),
    200: head("/"),
    204: head("/", method="OPTIONS"),
    206: head("/page.txt", "Range: bytes=0-1"),
    301: head("/dir"),
    302: head("/302"),
    303: head("/303"),
    304: head("/page.txt", "If-None-Match: *"),
    307: head("/307"),
    308: head("/308"),
    400: head("/", host=None),
    401: head("/guarded"),
    404: head("/none"),
    405: head("/", method="DELETE"),
    406: head("/page.txt", "Accept-Encoding: identity;q=0"),
    412: head("/page.txt", 'If-Match: "none"'),
    413: head("/", "Content-Length: 999999999", method="POST"),
    414: head("/" + 9000 * "a"),
    416: head("/page.txt", "Range: bytes=99-"),
    417: head("/", "Expect: tea"),
    431: head("/", "X: " + 20000 * "a"),
    500: head("/many"),
    501: head("/", method="BREW"),
    505: head("/", version="2.0"),
}
ELSEWHERE = {403, 408, 421, 429, 503}  # 403, 421 and 429: test_auth.py and test_hosts.py


@pytest.fixture(scope="module")
def every_status(start_for_session):
    place = programs.open_directory()
    site = place / "site"
    (site / "dir").mkdir(parents=True)
    for name in ("index.html", "page.txt", "dir/index.html"):
        (site / name).write_text("page")
    (site / "_redirects").write_text("".join(f"/{status} / {status}\n" for status in (302, 303, 307, 308)))
    (site / "_headers").write_text("/many\n" + "".join(f"  X-{number}: {200 * 'x'}\n" for number in range(30)))
    passwords.write(place / "users", {"a": "b"})
    yield start_for_session(site, "--auth", f"/guarded={place / 'users'}")
    shutil.rmtree(place)


def statuses(pages):
    return [row[0] for row in pages["statuses.html"].rows if re.match(r"\d{3} ", row[0])]


@pytest.mark.parametrize("status", ASKED)
def test_a_status_of_the_page_is_sent(pages, every_status, status):
    rows = {int(text[:3]): text for text in statuses(pages)}
    with raw.Connection(every_status.port) as client:
        client.send(ASKED[status])
        raw_head, answer = client.head()
    assert answer.status == status
    assert raw_head.split(b"\r\n")[0].decode() == f"HTTP/1.1 {rows[status]}"


def test_statuses_are_those_of_the_table(pages):
    declared = re.findall(r'^STATUS\((\d+), \w+, "(.+)"\)', (programs.PROJECT / "tables/status.def").read_text(), re.M)
    assert statuses(pages) == [" ".join(row) for row in declared]
    assert {int(code) for code, _ in declared} == set(ASKED) | ELSEWHERE


WRONG = [["--nonsense"], ["--port", "x"], ["--port"], ["--port", "70000"], ["--spa"], ["--loop", "x"], ["--spa=maybe", "."], ["."] * 2, [""],
         ["--explain", "/"], ["/nowhere"], [".", "--allow", "x"], [".", "--deny", "10.0.0.1/8"], [".", "--base-path", "x"], [".", "--header", "x"],
         [".", "--auth", "/nowhere"], [".", "--env-js", "x"], [".", "--listen", "x"], [".", "--realm", '"'], [".", "--user", "nobody-at-all"],
         ["--hosts", ".", "."], ["check", "/nowhere"], [".", "--port", "1", "--listen", ":2"]]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_a_message_is_on_the_page(pages, arguments, place):
    patterns = [row[0] for row in pages["messages.html"].rows if row[0].startswith("minhttp: ")]
    result = run(*arguments, cwd=place)
    assert result.returncode in (1, 2)
    said = [line for line in (result.stderr + result.stdout).splitlines() if line.startswith("minhttp: ")]
    assert said
    for line in said:
        assert any(re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), line) for pattern in patterns), line


def test_each_message_of_the_source_is_explained(pages):
    """What is written in several pieces is one message, which ends with an ellipsis."""
    rows = [row for row in pages["messages.html"].rows if row[0].startswith("minhttp: ")]
    assert set(tables.messages()) - {row[0] for row in rows} == set()
    assert [row[0] for row in rows if not row[1]] == []


# A good site


def test_no_page_shows_markdown_that_was_not_understood(pages):
    """A list without an empty line above it, a table, emphasis, a link."""
    assert {name: page.raw for name, page in pages.items() if page.raw} == {}


def test_every_page_of_docs_is_in_the_contents():
    listed = {line.split()[0] for line in (programs.PROJECT / "tools/handbook/contents.txt").read_text().splitlines() if line[:1] not in "=#"}
    assert {f"docs/{path.name}" for path in DOCS.glob("*.md")} - listed == set(), "tools/handbook/contents.txt lacks them"
    assert all((programs.PROJECT / name).is_file() for name in listed)


def test_check_finds_nothing(handbook):
    result = run("check", handbook)
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 1), result.stdout


def test_all_links_have_targets(server, pages):
    seen, waiting = set(), ["/index.html"]
    with raw.Connection(server.port) as client:
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            assert len(seen) < 1000
            assert client.ask(path).status == 200, path
            for link in getattr(pages.get(path[1:]), "links", []):
                target = urlsplit(urljoin(f"http://here{path}", link))
                if target.netloc == "here":
                    waiting.append(target.path)
                    assert not target.fragment or target.fragment in pages[target.path[1:]].anchors, f"{path}: {link}"
    assert {"/" + name for name in pages} - seen == {"/404.html"}


def test_a_missing_page_gets_the_404_page(server, handbook):
    with raw.Connection(server.port) as client:
        answer = client.ask("/not/there")
    assert (answer.status, answer.body) == (404, (handbook / "404.html").read_bytes())


@pytest.mark.long  # a browser draws each page of the handbook
def test_no_page_has_errors_in_a_browser(server, pages):
    """In the light and the dark, and on a phone, where no page is wider than the screen."""
    profile = programs.open_directory()
    with Browser(profile) as browser:
        for number, name in enumerate(sorted(pages)):
            browser.call_page("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": ("light", "dark")[number % 2]}])
            browser.call_page("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
            assert browser.open(f"http://127.0.0.1:{server.port}/{name}") == [], name
            if pictures := programs.SETTINGS.get("MINHTTP_SCREENSHOTS"):
                browser.screenshot(Path(pictures) / f"handbook-{name.replace('/', '-')}.png")
            assert browser.evaluate("document.documentElement.scrollWidth") == 360, name
            assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == ("rgb(252, 253, 252)", "rgb(16, 22, 20)")[number % 2]
    shutil.rmtree(profile)
