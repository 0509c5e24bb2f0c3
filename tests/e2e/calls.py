# SPDX-License-Identifier: MIT
"""What strace saw of our processes, against tables/calls.def: `calls.py DIRECTORY` with the files of MINHTTP_TRACES.

A row with the phase SETUP must have been seen before the sandbox was closed; a row with another one, after that; and
nothing else. The first seccomp(2) closes the sandbox, before there are workers."""
import pathlib
import re
import sys

TABLE = pathlib.Path(__file__).resolve().parents[2] / "tables/calls.def"
# The program's start is the shell's doing; a number that no kernel has is how the handler of SIGSYS ends.
NOT_OURS = {"execve", "syscall_0x40000000", "getuid"}


def table():
    rows = re.findall(r"^CALL\((\w+), ([\w| ]+),", TABLE.read_text(), re.M)
    phases = {name: set(words.split(" | ")) for name, words in rows}
    return ({name for name, of in phases.items() if "SETUP" in of},
            {name for name, of in phases.items() if of - {"SETUP", "TLS", "KEYS"}})  # the last two: of minhttps


def seen(directory):
    """Calls before and after the sandbox was closed, each with the first file that has it."""
    before, after = {}, {}
    for file in sorted(pathlib.Path(directory).iterdir()):
        lines = file.read_text(errors="replace").splitlines()
        closing = next((i for i, line in enumerate(lines) if re.search(r"\bseccomp\b.* = 0$", line)), None)
        if closing is None:  # a start that failed; or --sandbox off, which keeps no order
            lines = [line for line in lines if re.search(r"\b(write|exit_group)\(", line)]
            closing = len(lines)
        for part, found in ((lines[:closing + 1], before), (lines[closing + 1:], after)):
            for line in part:
                if match := re.match(r"\d+ +(\w+)\(", line):
                    found.setdefault(match[1], file.name)
    return before, after


def main(directory):
    wanted_before, wanted_after = table()
    before, after = seen(directory)
    faults = []
    for phase, wanted, found in (("before", wanted_before, before), ("after", wanted_after, after)):
        for name in sorted(wanted - found.keys()):
            faults.append(f"{name}: in the table, and never made {phase} the sandbox was closed")
        for name in sorted(found.keys() - wanted - NOT_OURS):
            faults.append(f"{name}: made {phase} the sandbox was closed, and not in the table ({found[name]})")
    print(f"{len(before)} calls before the sandbox was closed, {len(after)} after it")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main(sys.argv[1])
