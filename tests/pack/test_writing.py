# SPDX-License-Identifier: MIT
"""How minhttp-pack writes: all of a file or nothing, whatever the machine does meanwhile."""

import os
import re
import resource
import shutil
import signal
import subprocess
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


def test_a_signal_leaves_nothing_behind(tmp_path):
    site = lay(tmp_path / "site", {f"{i}.txt": PROSE * 200 + b"%d" % i for i in range(20)})
    packer = subprocess.Popen([PACKER, site, "-o", tmp_path / "out", "--no-cache", "--server", SERVER],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not [name for name in os.listdir(tmp_path) if name.startswith(".minhttp-pack-")]:
        assert time.monotonic() < deadline and packer.poll() is None
        time.sleep(0.005)  # a file that appears is no event of the process
    packer.send_signal(signal.SIGTERM)
    assert packer.wait(60) == -signal.SIGTERM
    assert os.listdir(tmp_path) == ["site"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows the calls")
def test_the_site_is_on_the_disk_before_it_has_its_name(site, tmp_path):
    calls = tmp_path / "calls"
    subprocess.run(["strace", "-f", "-y", "-e", "trace=fsync,rename", "-o", calls, PACKER, site, "-o", tmp_path / "out", "--no-cache", "--quiet",
                    "--with", "--spa", "--server", SERVER], check=True, timeout=120)
    made = re.findall(r"(fsync|rename)\(.*?[<\"](.*?)[>\"]", calls.read_text())
    [written, renamed, named] = made  # and the site that the options are tried with needs none
    assert written[0] == "fsync" and renamed == ("rename", written[1]) and Path(written[1]).parent == tmp_path
    assert named == ("fsync", str(tmp_path))
