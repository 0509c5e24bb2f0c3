#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks the code in the rooms of mutants.ROOMS in one place after another, and looks
whether a test notices: the tests of units, then the corpora of the fuzz targets.

    tests/mutation/run.py                 sixty places, drawn by seed 1
    tests/mutation/run.py --seed 2 --count 200 --rooms http
    tests/mutation/run.py --headers       places in headers too: each builds nearly everything again
    tests/mutation/run.py --list          what would be broken, and nothing else

All happens in a copy of the working tree (--copy; built with -O1, kept for the
next time). A mutant that does not compile is replaced by the next one. Exit status 1 where
one survives that survivors.txt does not explain."""

import argparse
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import mutants

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


MEMORY_MAX = 2 << 30


def bounded_memory():
    """A loop that does not end may take memory in each turn."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))


class Copy:
    """The tree that is broken, and its build."""

    def __init__(self, folder, jobs):
        self.tree = folder / "tree"
        self.build = folder / "build"
        self.jobs = jobs
        self.patience_s = 600
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                               capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, names):
            source, target = ROOT / name, self.tree / name
            # What is the same stays as old as it is, so that it is not built again.
            if source.is_file() and not (target.is_file() and target.read_bytes() == source.read_bytes()):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)

    def configure(self):
        subprocess.run(["cmake", "-S", self.tree, "-B", self.build, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=g++",
                        "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -w -D_GLIBCXX_ASSERTIONS",
                        "-DMINHTTP_SERVER=OFF", "-DMINHTTP_TESTS=ON", "-DMINHTTP_REPLAY=ON"],
                       stdout=subprocess.DEVNULL, check=True)

    def compiles(self, target):
        return subprocess.run(["ninja", "-C", self.build, f"-j{self.jobs}", target], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)

    def test(self, command):
        """Nothing, or who noticed."""
        process = subprocess.Popen(command, cwd=self.build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", start_new_session=True, preexec_fn=bounded_memory,
                                   env=os.environ | {"GTEST_FAIL_FAST": "1"})
        try:
            output, _ = process.communicate(timeout=self.patience_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return "does not end"
        if process.returncode == 0:
            return None
        failed = re.search(r"\[  FAILED  \] (\w+\.\w+)", output) or re.search(r"does not hold: (.*)", output)
        running = re.findall(r"\[ RUN      \] (\w+\.\w+)", output)
        return failed[1] if failed else f"{running[-1] if running else command[0]} (ends with {process.returncode})"

    def noticed(self, room):
        """By whom; nothing where all tests pass. Those of the room come first: mostly it is them."""
        texts = (path.read_text() for path in sorted((self.tree / "tests/unit" / room).glob("*_test.cc")))
        suites = sorted({suite for text in texts for suite in re.findall(r"^TEST(?:_F)?\((\w+),", text, re.M)})
        of_room = ":".join(f"{suite}.*" for suite in suites)
        for which in (of_room, "-" + of_room):
            who = self.test(["tests/unit/unit", "--gtest_brief=0", f"--gtest_filter={which}"])
            if who:
                return who
        built = self.compiles("replay")
        if built.returncode != 0:
            return "does not compile for the corpora"
        for program in sorted((self.build / "tests/fuzz").glob("replay-*")):
            name = program.name.removeprefix("replay-")
            who = self.test([program, self.tree / "tests/fuzz/corpus" / name])
            if who:
                return f"corpus {name}: {who}"
        return None


def explained():
    """The survivors that are known, by path, function and slip: what is broken there makes no difference."""
    reasons = {}
    for line in (HERE / "survivors.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            path, function, slip, reason = re.fullmatch(r"(\S+) (\S+) \| ([^|]+) \| (.*)", line).groups()
            reasons.setdefault((path, function, slip), []).append(reason)
    return reasons


def try_mutant(copy, mutant):
    """Whether it compiles, and who noticed."""
    path = copy.tree / mutant.path
    whole = path.read_text()
    lines = whole.splitlines()
    lines[mutant.line - 1] = mutant.after
    path.write_text("\n".join(lines) + "\n")
    try:
        if copy.compiles("unit").returncode != 0:
            return False, None
        return True, copy.noticed(Path(mutant.path).parent.name)
    finally:
        path.write_text(whole)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--rooms", nargs="*", default=mutants.ROOMS, choices=mutants.ROOMS)
    parser.add_argument("--headers", action="store_true")
    parser.add_argument("--only", default="", help="only mutants whose description holds this text")
    parser.add_argument("--copy", type=Path, default=ROOT / "build/mutation", help="where to work")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    suffixes = (".cc", ".h") if options.headers else (".cc",)
    drawn = mutants.draw(options.seed, tuple(options.rooms), suffixes)
    drawn = (mutant for mutant in drawn if options.only in str(mutant))
    if options.list:
        for _, mutant in zip(range(options.count), drawn):
            print(mutant)
        return 0
    copy = Copy(options.copy.resolve(), options.jobs)
    copy.configure()
    built = copy.compiles("unit")
    if built.returncode != 0:
        sys.exit(built.stdout[-3000:])
    begin = time.monotonic()
    if who := copy.noticed("serve"):
        sys.exit(f"the tests fail before anything is broken: {who}")
    copy.patience_s = 2 * (time.monotonic() - begin) + 20
    reasons = explained()
    tried = caught = unbuilt = 0
    survivors = []
    for mutant in drawn:
        if tried == options.count:
            break
        compiles, who = try_mutant(copy, mutant)
        if not compiles:
            unbuilt += 1
            continue
        tried += 1
        caught += who is not None
        reason = None
        if who is None:  # a line explains one survivor
            known = reasons.get((mutant.path, mutant.function, mutant.slip))
            reason = known.pop(0) if known else None
            survivors.append((mutant, reason))
        print(f"{tried:4} {who or 'SURVIVES' + (f', {reason}' if reason else '')} <- {mutant}", flush=True)
    print(f"seed {options.seed}: {tried} mutants, {caught} caught, {len(survivors)} survive; "
          f"{unbuilt} more do not compile")
    for mutant, reason in survivors:
        print(f"survives: {mutant}" + (f"\n          {reason}" if reason else ""))
    return 1 if any(reason is None for _, reason in survivors) else 0


if __name__ == "__main__":
    sys.exit(main())
