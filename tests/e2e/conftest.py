# SPDX-License-Identifier: MIT
"""What every end-to-end test can ask for: places, sites and servers."""

import os
import shutil
import sys

import pytest

import http2_rules
import programs
import sites
from server import Server

if programs.SETTINGS.get("MINHTTP_RECORD"):  # tests/answers/README.md
    sys.path.insert(1, str(programs.PROJECT / "tests/answers"))
    import record

    save_record = record.install()
else:
    save_record = None

os.umask(0o022)  # the server, another user, must be able to read what tests write


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not programs.MINHTTP.exists():
        pytest.exit(f"there is no {programs.MINHTTP}: build it, or name another in MINHTTP", returncode=3)


def pytest_collection_modifyitems(config, items):
    """A file whose tests mostly wait is played by CTest in several parts, side by side: "2/3" is the second of three.
    The gate leaves out what is marked as long."""
    part, _, parts = programs.SETTINGS.get("MINHTTP_PART", "").partition("/")
    kept = items[int(part) - 1::int(parts)] if parts else items[:]
    if programs.SETTINGS.get("MINHTTP_GATE"):
        kept = [item for item in kept if not item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_sessionfinish():
    if save_record is not None:
        save_record()
    programs.copies.remove()


@pytest.fixture(scope="session")
def fixture_site():
    """The tree that the conformance cases ask for; tests only read it."""
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
def writable(place):
    """A directory in which the server, another user, may make files and sockets."""
    directory = place / "writable"
    directory.mkdir()
    directory.chmod(0o777)
    return directory


def _starter():
    servers = []

    def start(*arguments, **options):
        if options.get("program", programs.MINHTTP) == programs.MINHTTP:
            if not {"--listen", "--proxy-protocol"} & set(map(str, arguments)) and not options.get("silent"):
                arguments = (*arguments, "--port", 0)
            if "--workers" not in arguments and "plain" not in arguments:
                arguments = (*arguments, "--workers", programs.WORKERS)
        servers.append(Server(*arguments, **options))
        return servers[-1]

    yield start
    faults = []
    for server in servers:
        try:
            server.stop()
        except Exception as fault:  # every server must be ended before the first fault is told
            faults.append(fault)
    if faults:
        raise faults[0]


@pytest.fixture
def start():
    """Starts servers on ports of the kernel's choice and ends them after the test."""
    yield from _starter()


@pytest.fixture(scope="session")
def start_for_session():
    yield from _starter()


@pytest.fixture(scope="session")
def fixture_server(start_for_session, fixture_site):
    """The server that most tests share: the fixture tree, everything else as it comes."""
    return start_for_session(fixture_site)


@pytest.fixture(scope="session")
def http2_server(start_for_session):
    """The server that most tests of HTTP/2 share; its files are as short as these tests want them."""
    place = programs.open_directory()
    yield start_for_session(http2_rules.lay_site(place / "site"), "--h2c")
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def plain_server(start_for_session, fixture_site):
    """Serves one connection at a time: nobody may stay connected while another test asks."""
    return start_for_session(fixture_site, "--loop", "plain")


# The plain loop behind its fence stays with the directories and files of the start (test_sandbox.py); workers make
# way for others.
WAYS = {"plain": ["--loop", "plain", "--sandbox", "off"], "one worker": ["--workers", 1], "workers": ["--workers", 2]}


@pytest.fixture(params=WAYS)
def way(request):
    """Options of servers that read what has come into the place of what they started with."""
    return WAYS[request.param]


@pytest.fixture(params=["epoll", "plain"])
def loop(request):
    return request.param
