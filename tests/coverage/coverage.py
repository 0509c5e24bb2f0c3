#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which branches of the rooms between the system calls and the loops the tests take.

coverage.py BUILD PROGRAM...   runs the programs (each one a command line) and then reports
coverage.py BUILD              reports what has been counted so far

BUILD is the folder of the preset `coverage`. The report says for each file how many branches
there are, and how many were taken; gcovr counts them. Every branch in http/, h1/, h2/, serve/ and conn/ has to
be taken, or to be named in exceptions.txt; an exception that is taken after all has to go. A CHECK is not
counted: it is there for what cannot happen."""

import bisect
import collections
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROOMS = ("src/http/", "src/h1/", "src/h2/", "src/serve/", "src/conn/", "src/rules/", "src/site/", "src/auth/")
COMPLETE = ("src/http/", "src/h1/", "src/h2/", "src/serve/", "src/conn/")


def run(build, programs):
    for counts in build.rglob("*.gcda"):
        counts.unlink()
    for program in programs:
        print("+", program, flush=True)
        result = subprocess.run(shlex.split(program), cwd=build, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{result.stdout[-4000:]}{result.stderr[-4000:]}\n{program} ends with {result.returncode}")


def counted(build):
    """Of each file its functions (first line and name), and the lines that have branches with how often each was taken."""
    command = ["gcovr", "--json", "--root", str(ROOT), "--exclude-throw-branches", "--exclude-unreachable-branches",
               "--object-directory", str(build), "--filter", str(ROOT) + "/src/(http|h1|h2|serve|conn|rules|site|auth)/", str(build)]
    report = subprocess.run(command, cwd=build, capture_output=True, text=True)
    if report.returncode != 0:
        sys.exit(report.stderr)
    return {file["file"]: (sorted((function["lineno"], short_name(function["name"])) for function in file["functions"]
                                  if "}::" not in function["name"]),  # a lambda's belongs to the function around it
                           {line["line_number"]: [branch["count"] for branch in line["branches"]]
                            for line in file["lines"] if line["branches"] and not line.get("gcovr/noncode")})
            for file in json.loads(report.stdout)["files"] if file["file"].startswith(ROOMS)}


def short_name(demangled):
    """Without what it returns and takes, without rooms: `long minhttp::serve::Clock::set(long)` is `Clock::set`."""
    name = demangled.replace("(anonymous namespace)::", "").replace("[abi:cxx11]", "")
    while (flat := re.sub(r"<[^<>]*>", "", name)) != name:
        name = flat
    words = name.partition("(")[0].split()[-1].split("::")
    return "::".join(words[-2:] if len(words) > 1 and words[-2][:1].isupper() else words[-1:])


def function_of(functions, number):
    """Who has the line: the last one that begins before it."""
    index = bisect.bisect_right(functions, (number, "\x7f")) - 1
    return functions[index][1] if index >= 0 else "?"


def exceptions():
    """Path and function, and how many of its branches need not be taken."""
    allowed = collections.Counter()
    for number, line in enumerate((HERE / "exceptions.txt").read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = re.fullmatch(r"(\S+) (\S+) (\d+) \| .+", line)
        if not parts:
            sys.exit(f"exceptions.txt:{number}: written `path function branches | reason`")
        path, function, branches = parts.groups()
        allowed[path, function] += int(branches)
    return allowed


def report(files, allowed):
    """Prints a line a file; returns what is wrong."""
    wrong = []
    used = set()
    rooms = collections.Counter()
    for path, (functions, lines) in sorted(files.items()):
        source = (ROOT / path).read_text().splitlines()
        room = path[:path.rindex("/") + 1]
        missed = collections.Counter()
        places = {}
        total = 0
        for number, branches in lines.items():
            if re.match(r"\s*CHECK\(", source[number - 1]):
                continue
            function = function_of(functions, number)
            missed[function] += branches.count(0)
            if 0 in branches:
                places.setdefault(function, []).append(number)
            total += len(branches)
        taken = total - sum(missed.values())
        excepted = 0
        for function, count in missed.items():
            known = allowed[path, function]
            used |= {(path, function)} if known else set()
            excepted += min(known, count)
            if count < known:
                wrong.append(f"{path}: {count}, not {known} branches of {function} are missed, say so in exceptions.txt")
            if count > known and room in COMPLETE:
                where = "".join(f"\n    {number}: {source[number - 1].strip()}" for number in places[function])
                wrong.append(f"{path}: {count} branches of {function} no test takes, exceptions.txt has {known}:{where}")
        rooms[room, "total"] += total
        rooms[room, "taken"] += taken
        rooms[room, "excepted"] += excepted
        print(f"{path:34} {taken:5} of {total:5}" + (f", and {excepted} are exceptions" if excepted else ""))
    wrong += [f"exceptions.txt: {path} has no such function, or it has no branches: {function}"
              for path, function in allowed if (path, function) not in used]
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
