#!/usr/bin/env python3
"""Writes the table of system calls into README.md, from tables/calls.def, between the
markers. With --check it only says whether README.md is up to date."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PHASES = {"SETUP": "start", "PLAIN": "plain", "EPOLL": "epoll", "SUPERVISE": "supervisor"}
BEGIN, END = "<!-- calls: tools/gen/calls.py -->\n", "<!-- end of calls -->\n"


def table():
    rows = re.findall(r'^CALL\((\w+), ([\w| ]+), "([^"]*)", "([^"]*)"\)', (ROOT / "tables/calls.def").read_text(), re.M)
    lines = ["| call | when | what for |", "|---|---|---|"]
    for name, phases, constraint, why in rows:
        when = ", ".join(PHASES[phase] for phase in phases.split(" | "))
        lines.append(f"| `{name}` | {when} | {why}{f' ({constraint})' if constraint else ''} |")
    return "\n".join(lines) + "\n"


def renewed(text):
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main():
    text = README.read_text()
    if "--check" in sys.argv:
        sys.exit("README.md is stale: run tools/gen/calls.py" if renewed(text) != text else 0)
    README.write_text(renewed(text))


main()
