# SPDX-License-Identifier: MIT
"""What a release hands over, used as those who get it would: images in containers, packages in a Debian. docs/install.md"""
import os
import pathlib
import shutil
import subprocess

import pytest

import programs
from containers import Tools

os.umask(0o022)
DEBIAN_ROOT = programs.PROJECT / "build/debian-root.tar"  # made by tools/setup/debian_root.sh


@pytest.fixture
def place():
    """An empty directory for one test."""
    directory = programs.open_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def tools():
    """Podman and Buildah with a store of their own."""
    if os.getuid() != 0:
        # Rootless containers need ranges of user ids in /etc/subuid, which a test cannot make.
        pytest.skip("containers are made as root here")
    directory = programs.open_directory()
    yield Tools(directory)
    # A container's file systems are no mounts any more when it has ended; vfs leaves none.
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def dynamic():
    """A build directory with minhttps, minhttps-acme and minhttp-pack linked dynamically, as their packages have them: the one of tools/release."""
    folder = programs.PROJECT / "build/dist-x86_64-shared"
    off = [f"-DMINHTTP_{part}=OFF" for part in ("TESTS", "SIM", "BENCH")]
    for command in (["cmake", "--preset", "release", "-B", folder, "-DMINHTTP_TLS_SHARED=ON", *off],
                    ["cmake", "--build", folder, "--target", "minhttps", "minhttps-acme", "minhttp-pack"]):
        subprocess.run(command, cwd=programs.PROJECT, check=True, capture_output=True, timeout=1200)
    return folder


@pytest.fixture
def debian(place):
    """A small Debian to change the root to."""
    if os.getuid() != 0:
        # chroot(2) needs CAP_SYS_CHROOT, and dpkg in it the right to give files to others.
        pytest.skip("only root changes the root directory")
    root = place / "debian"
    root.mkdir()
    subprocess.run(["tar", "-xf", DEBIAN_ROOT, "-C", root], check=True, timeout=300)
    return pathlib.Path(root)
