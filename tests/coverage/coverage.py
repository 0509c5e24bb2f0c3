#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which branches of the rooms between the system calls and the loops the tests take.

coverage.py BUILD PROGRAM...   runs the programs (each one a command line) and then reports
coverage.py BUILD              reports what has been counted so far

BUILD is the folder of the preset `coverage`. The report says for each file how many branches
there are, and how many were taken; gcovr counts them. Every branch in http/, h1/, serve/ and conn/ has to
be taken, or to be named in exceptions.txt; an exception that is taken after all has to go. A CHECK is not
counted: it is there for what cannot happen."""

import collections
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROOMS = ("src/http/", "src/h1/", "src/serve/", "src/conn/", "src/rules/", "src/site/", "src/auth/")
COMPLETE = ("src/http/", "src/h1/", "src/serve/", "src/conn/")


def run(build, programs):
    for counts in build.rglob("*.gcda"):
        counts.unlink()
    for program in programs:
        print("+", program, flush=True)
        result = subprocess.run(shlex.split(program), cwd=build, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{result.stdout[-4000:]}{result.stderr[-4000:]}\n{program} ends with {result.returncode}")


def counted(build):
    """Of each file the lines that have branches, and how often each branch was taken."""
    command = ["gcovr", "--json", "--root", str(ROOT), "--exclude-throw-branches", "--exclude-unreachable-branches",
               "--object-directory", str(build), "--filter", str(ROOT) + "/src/(http|h1|serve|conn|rules|site|auth)/", str(build)]
    report = subprocess.run(command, cwd=build, capture_output=True, text=True)
    if report.returncode != 0:
        sys.exit(report.stderr)
    return {file["file"]: {line["line_number"]: [branch["count"] for branch in line["branches"]]
                           for line in file["lines"] if line["branches"] and not line.get("gcovr/noncode")}
            for file in json.loads(report.stdout)["files"] if file["file"].startswith(ROOMS)}


def exceptions():
    """Path and text of a line, and how many of its branches need not be taken."""
    allowed = {}
    for number, line in enumerate((HERE / "exceptions.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = re.fullmatch(r"(\S+) (\d+) \| (.+) \| (.+)", line)
        if not parts:
            sys.exit(f"exceptions.txt:{number}: written `path branches | text of the line | reason`")
        path, branches, text, _ = parts.groups()
        allowed[path, text.strip()] = int(branches)
    return allowed


def report(files, allowed):
    """Prints a line a file; returns what is wrong."""
    wrong = []
    used = set()
    rooms = collections.Counter()
    for path, lines in sorted(files.items()):
        source = (ROOT / path).read_text().splitlines()
        room = path[:path.rindex("/") + 1]
        missed = collections.Counter()
        places = {}
        total = 0
        for number, branches in lines.items():
            text = source[number - 1].strip()
            if re.match(r"CHECK\(", text):
                continue
            missed[text] += branches.count(0)
            places.setdefault(text, []).append(number)
            total += len(branches)
        taken = total - sum(missed.values())
        excepted = 0
        for text, count in missed.items():
            known = allowed.get((path, text), 0)
            used |= {(path, text)} if known else set()
            excepted += min(known, count)
            if count < known:
                wrong.append(f"{path}: {count}, not {known} branches are missed, say so in exceptions.txt: {text}")
            if count > known and room in COMPLETE:
                where = ",".join(map(str, places[text]))
                wrong.append(f"{path}:{where}: {count - known} of its branches no test takes: {text}")
        rooms[room, "total"] += total
        rooms[room, "taken"] += taken
        rooms[room, "excepted"] += excepted
        print(f"{path:34} {taken:5} of {total:5}" + (f", and {excepted} are exceptions" if excepted else ""))
    wrong += [f"exceptions.txt: {path} has no such line: {text}" for path, text in allowed if (path, text) not in used]
    summary = "; ".join(f"{room} {rooms[room, 'taken']} of {rooms[room, 'total']} branches, "
                        f"{rooms[room, 'excepted']} exceptions" for room in ROOMS)
    return wrong, summary


def main():
    build = Path(sys.argv[1]).resolve()
    if sys.argv[2:]:
        run(build, sys.argv[2:])
    files = counted(build)
    wrong, summary = report(files, exceptions())
    (build / "summary.txt").write_text(summary + "\n")
    print(summary)
    for line in wrong:
        print(line)
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
