# SPDX-License-Identifier: MIT
"""What the attacks can ask for: a served tree, servers, and how long to go on."""

import os
import shutil

import pytest

import programs
import sites
from server import Server

os.umask(0o022)  # the server, another user, must be able to read what tests write

LONG = programs.SETTINGS.get("MINHTTP_ATTACKS") == "long"


@pytest.fixture(scope="session")
def long_form():
    """./test plays a short form of each attack; MINHTTP_ATTACKS=long the whole of it."""
    return LONG


@pytest.fixture(scope="session")
def fixture_site():
    """The tree of the conformance cases: links that lead out, a FIFO, hidden files, a secret beside the root."""
    place = programs.open_directory()
    yield sites.lay_fixture(place / "root")
    shutil.rmtree(place)


@pytest.fixture
def place():
    """An empty directory for one test."""
    directory = programs.open_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def start():
    """Starts servers as an operator would, on ports of the kernel's choice; ends them after the test."""
    servers = []

    def start_one(*arguments, **options):
        if "--listen" not in arguments:
            arguments = (*arguments, "--port", 0)
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield start_one
    for server in servers:
        server.stop()


def pytest_sessionfinish():
    programs.copies.remove()
