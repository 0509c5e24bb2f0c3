# SPDX-License-Identifier: MIT
"""The built server on the kernel of a Debian release, which is older than most: in a guest, emulated by software, so
that it works wherever the tests do. It boots once; `init` is what runs in it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from initramfs import Archive

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT / "tests/pack"))
import writer  # noqa: E402  (the line above makes it importable)

MINHTTP = Path(os.environ.get("MINHTTP", PROJECT / "build/release/minhttp")).resolve()
PARTS = PROJECT / "build/guest"  # tools/setup/guest.sh
INIT = HERE / "init"
CHECKS = re.findall(r'^ *check "([^"]+)"', INIT.read_text(), flags=re.M)
DEADLINE = 300.0  # on a busy machine; a tenth is usual

COMMAND_LINE = "console=ttyS0 quiet panic=-1 rdinit=/init"


def pack():
    archive = Archive()
    for name in ("bin", "dev", "etc", "site"):
        archive.directory(name)
    archive.character_device("dev/console", 5, 1)
    archive.file("bin/busybox", (PARTS / "busybox").read_bytes(), 0o755)
    archive.link("bin/sh", "busybox")
    archive.file("init", INIT.read_bytes(), 0o755)
    archive.file("minhttp", MINHTTP.read_bytes(), 0o755)
    packed = writer.Files().add("index.html", b"the index\n").add("large", b"l" * 300_000)
    archive.file("packed", writer.append(MINHTTP.read_bytes(), writer.write_pack(packed)), 0o755)
    archive.file("victim", MINHTTP.with_name("victim").read_bytes(), 0o755)
    archive.file("etc/passwd", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
    archive.file("etc/group", "root:x:0:\nnogroup:x:65534:\n")
    archive.file("etc/secret", "a secret\n")
    archive.file("site/index.html", "the index\n")
    archive.file("site/ten", "0123456789")
    archive.link("site/out", "../etc/secret")
    archive.link("site/out-of-here", "/etc")
    return archive.packed()


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """What the guest has said from its start to its end."""
    ram = tmp_path_factory.mktemp("guest") / "initramfs"
    ram.write_bytes(pack())
    machine = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", "512M", "-nodefaults"]
    machine += ["-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio"]
    machine += ["-kernel", PARTS / "vmlinuz", "-initrd", ram, "-append", COMMAND_LINE]
    result = subprocess.run(
        machine, stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE, check=False
    )
    text = result.stdout.decode("utf-8", "backslashreplace").replace("\r", "")
    print(text, result.stderr.decode())
    assert result.returncode == 0
    return text


@pytest.mark.parametrize("check", CHECKS)
def test_in_the_guest(console, check):
    assert re.search(rf"^ok {re.escape(check)}$", console, flags=re.M)


def test_process_1_ends_with_status_0(console):
    assert "Attempted to kill init! exitcode=0x00000000" in console
