#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""planted.py BUILD [--seeds N] [--only TEXT]: are the bugs of planted.toml found?

Each is built beside the built simulator of BUILD: the file is compiled anew, and the program linked with it. Then
seeds are played, from 1 on, until one fails. The last line counts; exit status 1 when one was not found.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
AT_ONCE = 20  # seeds: a crash or a hang is looked for among so many, one by one
PATIENCE_S = 40  # for so many; they take about a second


def commands(build):
    target = "tests/sim/sim"
    lines = subprocess.run(["ninja", "-t", "commands", target], cwd=build, check=True, capture_output=True, text=True)
    *compiles, link = lines.stdout.strip().splitlines()
    return compiles, link


def place_of(bug):
    """The file that has the text, and the file's text with the bug. White space does not count: code moves."""
    pattern = re.compile(r"\s*".join(map(re.escape, bug["old"].split())))
    files = {path: path.read_text() for path in sorted((ROOT / "src").rglob("*.cc"))}
    places = [(path, match) for path, text in files.items() for match in pattern.finditer(text)]
    if len(places) != 1:
        return None
    path, match = places[0]
    return path, files[path][:match.start()] + bug["new"] + files[path][match.end():]


def plant(path, text, scratch, build):
    """The program with the bug."""
    source = scratch / path.name
    source.write_text(text)
    compiles, link = commands(build)
    compile_one = next(c for c in compiles if c.endswith(f" {path}"))
    kept = re.search(r" -o (\S+) ", compile_one).group(1)
    made = scratch / "planted.o"
    compile_one = compile_one.replace(f"-c {path}", f"-c {source}").replace(f"-o {kept} ", f"-o {made} ")
    compile_one = re.sub(r" -MF \S+", f" -MF {made}.d", compile_one)
    program = scratch / "sim"
    # What comes first decides: of a library no file is taken for what is there already.
    link = link.replace(f" {kept} ", " ").replace("-o tests/sim/sim", f"{made} -o {program}")
    for command in (compile_one, link):
        subprocess.run(command, cwd=build, shell=True, check=True, capture_output=True)
    return program


def play(program, first, count):
    """None: nothing was found. Else the seed, where one was named, and what was said."""
    try:
        ran = subprocess.run([program, "--from", str(first), "--seeds", str(count)], timeout=PATIENCE_S,
                             capture_output=True, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return None, "it hangs"
    if ran.returncode == 0:
        return None
    if ran.returncode < 0:
        return None, f"it crashes, signal {-ran.returncode}"
    said = re.match(r"seed (\d+): (.*)", ran.stdout)
    return (int(said[1]), said[2]) if said else (0, ran.stdout.split("\n")[0])


def find(program, seeds):
    for first in range(1, seeds + 1, AT_ONCE):
        found = play(program, first, AT_ONCE)
        if found is None:
            continue
        if found[0] is not None:
            return found
        return f"{first} to {first + AT_ONCE - 1}", found[1]
    return None


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--seeds", type=int, default=3000, help="play at most so many")
    options.add_argument("--only", default="", help="bugs whose name holds this")
    given = options.parse_args()
    bugs = [bug for bug in tomllib.loads((HERE / "planted.toml").read_text())["bug"] if given.only in bug["name"]]
    missed = 0
    print("| planted bug | seeds until found | what is said |\n|---|---|---|")
    for bug in bugs:
        place = place_of(bug)
        if place is None:
            missed += 1
            print(f"| {bug['name']} | cannot be planted | src/ does not have its text exactly once |", flush=True)
            continue
        with tempfile.TemporaryDirectory() as scratch:
            found = find(plant(*place, pathlib.Path(scratch), given.build), given.seeds)
        missed += found is None
        seeds, said = found or (f"not in {given.seeds}", "")
        print(f"| {bug['name']} | {seeds} | {said[:90].replace('|', '/')} |", flush=True)
    print(f"{len(bugs) - missed} of {len(bugs)} found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
