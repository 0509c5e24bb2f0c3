# SPDX-License-Identifier: MIT
"""What the built programs are: static, complete in themselves, and small.

Environment: MINHTTP_BUILD, the folder with minhttp and case-study; MINHTTP_COMPILER, as
CMake names it."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MINHTTP_BUILD", ROOT / "build/release"))

# Bytes of the stripped file. A budget is raised in a commit that says what the bytes buy.
BUDGETS = {
    ("x86-64", "minhttp"): 382_000, ("x86-64", "case-study"): 2_048,
    ("AArch64", "minhttp"): 383_000, ("AArch64", "case-study"): 3_072,
    ("RISC-V", "minhttp"): 350_000, ("RISC-V", "case-study"): 3_072,
    # clang builds without link-time optimization, to show that it builds: no release of ours
    ("Clang", "minhttp"): 420_000, ("Clang", "case-study"): 4_096,
}


def readelf(option, program):
    return subprocess.run(["readelf", "-W", option, BUILD / program], capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["minhttp", "case-study"])
def program(request):
    return request.param


def test_static(program):
    text = readelf("-d", program)
    assert "NEEDED" not in text
    assert "INTERP" not in readelf("-l", program)


def test_no_undefined_symbols(program):
    names = [line.split()[7] for line in readelf("-s", program).splitlines() if " UND " in line and len(line.split()) > 7]
    assert names == []


def test_no_relocations(program):
    assert "no relocations" in readelf("-r", program)


def test_no_constructors(program):
    assert "_array" not in readelf("-S", program)


def test_nothing_is_both_writable_and_executable(program):
    segments = re.findall(r"^\s+(\w+)\s+0x.*?\s([R ][W ][E ])\s+0x", readelf("-l", program), flags=re.M)
    assert [kind for kind, flags in segments if "W" in flags and "E" in flags] == []
    assert ("GNU_STACK", "RW ") in segments


def machine_of(program):
    return re.search(r"Machine:\s+(.*)", readelf("-h", program))[1]


def test_stack_protector():
    """The symbols are beside the program; its code says where a canary is compared."""
    prefix = {"AArch64": "aarch64-linux-gnu-", "RISC-V": "riscv64-linux-gnu-"}.get(machine_of("minhttp"), "")
    for program, least, most in ("minhttp", 50, 1000), ("case-study", 0, 0):
        code = subprocess.run([prefix + "objdump", "-d", "--no-show-raw-insn", BUILD / (program + ".symbols")],
                              capture_output=True, text=True, check=True).stdout
        calls = len(re.findall(r"\s(?:call|bl|jal|jalr|j|b)\b.*<__stack_chk_fail>", code))
        assert least <= calls <= most


def test_branches_are_protected():
    """The kernel protects indirect branches of a program whose note says that all of its code is fit for it."""
    if machine_of("minhttp") != "AArch64":
        return
    assert "GNU_PROPERTY" in readelf("-l", "minhttp")
    assert re.search(r"AArch64 feature: BTI, PAC", readelf("-n", "minhttp"))


def test_a_release_has_all_programs():
    """Tests of a program that is missing are skipped; here nobody overlooks that."""
    if BUILD.name == "release":
        assert {"case-study", "minhttp", "minhttps", "minhttps-acme", "minhttp-pack"} <= {path.name for path in BUILD.iterdir()}


def test_size_within_budget(program):
    machine = machine_of(program)
    architecture = next(name for name in ("x86-64", "AArch64", "RISC-V") if name.lower() in machine.lower())
    if os.environ.get("MINHTTP_COMPILER") == "Clang":
        architecture = "Clang"
    size = (BUILD / program).stat().st_size
    print(f"{architecture} {program}: {size} bytes")
    assert size <= BUDGETS[architecture, program]
