#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the table of system calls into docs/sandbox.md, from tables/calls.def and tables/tls_calls.def, between
the markers. With --check it only says whether the page is up to date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/sandbox.md"
PHASES = {"SETUP": "start", "PLAIN": "plain", "EPOLL": "epoll", "SITE": "a site", "WALK": "no openat2", "LISTING": "listing",
          "HOSTS": "hosts", "WORKER": "worker", "SUPERVISE": "supervisor", "TLS": "https", "KEYS": "key process"}
BEGIN, END = "<!-- calls: tools/gen/calls.py -->\n", "<!-- end of calls -->\n"


ROW = re.compile(r'^CALL\((\w+), ([\w| ]+), (.+), "([^"]*)"\)$', re.M)


def in_words(condition):
    """all_of(3, MSG_NOSIGNAL) as a reader of the manual would write it."""
    kind, argument, values = re.fullmatch(r"(\w+)\((\d)(?:, (.+))?\)", condition).groups()
    what = {"one_of": "is one of", "all_of": "has", "none_of": "has none of", "zero": "is 0", "positive": "is above 0"}[kind]
    names = (values or "").upper().replace("SO_RCVTIMEO_OLD", "SO_RCVTIMEO").replace("SO_SNDTIMEO_OLD", "SO_SNDTIMEO")
    if kind == "one_of" and "," not in names:
        what = "is"
    return f"`args[{argument}]` {what} {names.replace(' | ', ', ')}".rstrip()


def table():
    lines = ["| call | when | what for | conditions on arguments |", "|---|---|---|---|"]
    text = (ROOT / "tables/calls.def").read_text() + (ROOT / "tables/tls_calls.def").read_text()
    for name, phases, conditions, why in ROW.findall(text):
        when = ", ".join(PHASES[phase] for phase in phases.split(" | "))
        asked = "" if conditions == "any" else ", ".join(in_words(one) for one in conditions.split(" && "))
        lines.append(f"| `{name}` | {when} | {why} | {asked} |")
    return "\n".join(lines) + "\n"


def renewed(text):
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main():
    text = PAGE.read_text()
    if "--check" in sys.argv:
        sys.exit("docs/sandbox.md is stale: run tools/gen/calls.py" if renewed(text) != text else 0)
    PAGE.write_text(renewed(text))


if __name__ == "__main__":
    main()
