# SPDX-License-Identifier: MIT
"""What `cmake --install` puts where, and the version, which stands in CMakeLists.txt alone."""

import os
import re
import subprocess

import programs
from server import run_to_end

VERSION = re.search(r"^project\(minhttp VERSION (\S+) ", (programs.PROJECT / "CMakeLists.txt").read_text(), re.M)[1]


def test_the_version_is_that_of_the_project():
    assert run_to_end("--version").stdout == f"minhttp {VERSION}\n"
    newest = re.search(r"^## (\S+?),? ", (programs.PROJECT / "CHANGELOG.md").read_text(), re.M)[1]
    assert newest == VERSION


def test_install(place):
    build = programs.SETTINGS.get("MINHTTP_BUILD", programs.MINHTTP.parent)
    subprocess.run(["cmake", "--install", build, "--prefix", place / "usr"], check=True, capture_output=True, timeout=60)
    installed = {str(path.relative_to(place / "usr")): path for path in (place / "usr").rglob("*") if path.is_file()}
    documents = [f"share/doc/minhttp/{name}" for name in ("CHANGELOG.md", "LICENSE", "README.md")]
    ours = [f"share/{path}{program}" for path in ("bash-completion/completions/minhttp", "man/man1/minhttp", "zsh/site-functions/_minhttp")
            for program in ("", "-pack", "s", "s-acme")]
    ours = [path + ".1" if "/man/" in path else path for path in ours]
    others = [f"bin/{name}" for name in ("minhttp-pack", "minhttps", "minhttps-acme") if programs.MINHTTP.with_name(name).exists()]  # where their libraries are
    assert sorted(installed) == sorted(["bin/case-study", "bin/minhttp", *others, *documents, *ours])
    assert installed["bin/minhttp"].read_bytes() == programs.MINHTTP.read_bytes()
    assert installed["bin/minhttp"].stat().st_mode & 0o777 == 0o755
    (place / "usr/bin/other").write_text("of another package")
    subprocess.run(["cmake", "--build", build, "--target", "uninstall"], check=True, capture_output=True, timeout=60)
    assert [path.name for path in (place / "usr").rglob("*") if path.is_file()] == ["other"]
