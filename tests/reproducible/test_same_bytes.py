# SPDX-License-Identifier: MIT
"""The release does not depend on where it is built, nor when: two copies of the sources in folders of different depth
and length give the same bytes.

No compiler cache takes part: it would hand out the first build's objects for the second."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT_FROM = ["CMakeLists.txt", "CMakePresets.json", "cmake", "src", "tables", "tools"]
PROGRAMS = ["minhttp", "case-study"]
BUILD_SECONDS_MAX = 1800


def build(folder, **environment):
    folder.mkdir(parents=True)
    for name in BUILT_FROM:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for path in folder.rglob("*"):
        os.utime(path)  # the sources are of today, as after a fresh clone
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CCACHE_", "CMAKE_"))}
    environment = {**kept, "CCACHE_DISABLE": "1", **environment}
    commands = [
        ["cmake", "--preset", "release", "-DMINHTTP_TESTS=OFF", "-DMINHTTP_SIM=OFF", "-DMINHTTP_BENCH=OFF"],
        ["cmake", "--build", "build/release", "-j2", "--target", *PROGRAMS],
    ]
    for command in commands:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return {name: (folder / "build/release" / name).read_bytes() for name in PROGRAMS}


def test_two_folders_give_the_same_bytes(tmp_path):
    first = build(tmp_path / "a")
    second = build(tmp_path / "a folder" / "with_quite_a_long_name" / "deep" / "down", TZ="Pacific/Kiritimati", LC_ALL="C")
    for name in PROGRAMS:
        assert first[name] == second[name], f"{name} differs"
        assert str(tmp_path).encode() not in first[name]


def test_no_source_asks_for_the_time_of_its_build():
    sources = [path for folder in ("src", "tables", "cmake") for path in (ROOT / folder).rglob("*") if path.is_file()]
    asking = [path for path in sources for word in ("__DATE__", "__TIME__", "__TIMESTAMP__") if word in path.read_text()]
    assert asking == []
