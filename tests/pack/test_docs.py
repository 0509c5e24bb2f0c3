# SPDX-License-Identifier: MIT
"""The commands of docs/packs.md do what the page says."""

import os
import re
import shlex
import subprocess

from packing import PACKER, PROJECT, PROSE, SERVER, lay

PAGE = (PROJECT / "docs/packs.md").read_text()


def commands():
    found = re.findall(r"^    (minhttp-pack .*)$", PAGE, re.M)
    assert len(found) >= 8
    return [shlex.split(line) for line in found if "aarch64" not in line]


def test_every_command_of_the_page_works(tmp_path):
    lay(tmp_path, {"dist/index.html": PROSE, "sites/default/index.html": "x", "sites/example.com/index.html": "y",
                   "build/handbook/index.html": PROSE})
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "minhttp").symlink_to(SERVER)
    (programs / "minhttp-pack").symlink_to(PACKER)
    # What begins with MINHTTP_ is a setting of the server.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MINHTTP_")}
    environment = {**ours, "PATH": f"{programs}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for words in commands():
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and done.stderr == "", (words, done.stderr)
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert {"site", "all-sites", "files/index.html", "dist/index.html.br", "cache/minhttp-pack"} <= made
    assert subprocess.run([tmp_path / "site", "check"], env=environment, capture_output=True, timeout=60).returncode == 0


def test_the_warning_of_the_page_is_what_is_printed(tmp_path):
    line = re.search(r"^dist/guide.*warning: .*", PAGE, re.M)[0]
    page = "\n" * 11 + '<img src="../Images/map.png">'
    lay(tmp_path, {"dist/guide/index.html": page, "dist/images/map.png": ""})
    done = subprocess.run([PACKER, "dist", "--dry-run", "--no-cache"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stderr == line + "\n"


def test_the_page_names_existing_options_only():
    known = set(re.findall(r"--[a-z][a-z-]+", subprocess.run([PACKER, "--help"], capture_output=True, text=True).stdout))
    server = set(re.findall(r"--[a-z][a-z-]+", subprocess.run([SERVER, "--help"], capture_output=True, text=True).stdout))
    page = re.sub(r"`(build/release/bench|bench)/[^`]*`", "", PAGE)  # other programs, with options of their own
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) <= known | server
