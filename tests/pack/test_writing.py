# SPDX-License-Identifier: MIT
"""How minhttp-pack writes: all of a file or nothing, whatever the machine does meanwhile."""

import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from packing import PACKER, PROSE, SERVER, lay, lay_site, run


@pytest.fixture
def site(tmp_path):
    return lay_site(tmp_path / "site")


def test_a_full_disk_leaves_nothing_behind(site, tmp_path):
    (tmp_path / "out").write_text("what was there")
    before = set(os.listdir(tmp_path))
    limit = SERVER.stat().st_size + 1000
    done = run(site, "-o", tmp_path / "out", "--no-cache", "--server", SERVER,
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 1 and "cannot write" in done.stderr
    assert set(os.listdir(tmp_path)) == before and (tmp_path / "out").read_text() == "what was there"


def wait_until_it_writes(packer, folder):
    """Its temporary file says so. Python has no event for a file that appears (inotify), so it is looked for, as long as the
    packer runs and for a minute at most."""
    deadline = time.monotonic() + 60
    while not [name for name in os.listdir(folder) if name.startswith(".minhttp-pack-")]:
        assert time.monotonic() < deadline and packer.poll() is None
        time.sleep(0.005)


def test_a_signal_leaves_nothing_behind(tmp_path):
    site = lay(tmp_path / "site", {f"{i}.txt": PROSE * 200 + b"%d" % i for i in range(20)})
    packer = subprocess.Popen([PACKER, site, "-o", tmp_path / "out", "--no-cache", "--server", SERVER],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until_it_writes(packer, tmp_path)
    packer.send_signal(signal.SIGTERM)
    assert packer.wait(60) == -signal.SIGTERM
    assert os.listdir(tmp_path) == ["site"]


def ignored(process):
    mask = re.search(r"^SigIgn:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text(), re.M)[1]
    return {number for number in signal.Signals if int(mask, 16) >> (number - 1) & 1}


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_was_ignored_is_ignored(tmp_path, number):
    """As nohup(1) has it, and a shell for a program in the background."""
    site = lay(tmp_path / "site", {f"{i}.txt": PROSE * 200 + b"%d" % i for i in range(5)})
    packer = subprocess.Popen([PACKER, site, "-o", tmp_path / "out", "--no-cache", "--quiet", "--server", SERVER],
                              preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    wait_until_it_writes(packer, tmp_path)
    assert number in ignored(packer)
    packer.send_signal(number)
    assert packer.wait(60) == 0 and (tmp_path / "out").exists()


def test_the_site_is_on_the_disk_before_it_has_its_name(site, tmp_path):
    calls = tmp_path / "calls"
    subprocess.run(["strace", "-f", "-y", "-e", "trace=fsync,rename", "-o", calls, PACKER, site, "-o", tmp_path / "out", "--no-cache", "--quiet",
                    "--with", "--spa", "--server", SERVER], check=True, timeout=120)
    made = re.findall(r"(fsync|rename)\(.*?[<\"](.*?)[>\"]", calls.read_text())
    [written, renamed, named] = made  # and the site that the options are tried with needs none
    assert written[0] == "fsync" and renamed == ("rename", written[1]) and Path(written[1]).parent == tmp_path
    assert named == ("fsync", str(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="RLIMIT_NPROC counts all processes of a user, and only root can take one that has no others")
@pytest.mark.parametrize("processes", [1, 4])
def test_where_few_threads_may_be_made_few_do_the_work(processes):
    nobody = {"user": 54_321, "extra_groups": []}  # whose processes are counted
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o777)
        lay(place / "site", {f"{i}.bin": str(i) for i in range(600)})  # more than results are made ahead
        packer = shutil.copy(PACKER, place)
        done = subprocess.run([packer, place / "site", "--dry-run", "--no-cache", "--jobs", "32"], capture_output=True, text=True, timeout=60, **nobody,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes)))
    if processes == 1:
        assert done.returncode == 1 and "Resource temporarily unavailable" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
