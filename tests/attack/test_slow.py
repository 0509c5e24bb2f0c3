# SPDX-License-Identifier: MIT
"""slowhttptest's four attacks, with a good client beside them."""

import re
import resource
import subprocess

import pytest

import witness

FILE = "/file.txt"
CONTENT = b"abcdefghijklmnopqrstuvwxyz"
BIG = "/big.bin"

ATTACKS = {
    "slow headers": (FILE, ["-H", "-i", "1", "-x", "24"]),
    "slow body": (FILE, ["-B", "-i", "1", "-s", "65536", "-x", "24"]),
    "ranges": (BIG, ["-R", "-a", "1", "-b", "3000"]),
    "slow read": (BIG, ["-X", "-w", "1", "-y", "512", "-z", "32", "-n", "1", "-k", "3"]),
}
WORKERS = 2
SIZES = {True: (2000, 20), False: (500, 3)}  # long form or not: connections, seconds

# More than a slot and a workspace together; --help says what one takes.
CONNECTION_BYTES = 64 * 1024
AGAIN_BYTES = 8 << 20  # the kernel divides the connections between the workers in another way


def attack(port, path, options, connections, seconds):
    """What slowhttptest has said. Descriptors: one a connection, and its own few."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    command = ["slowhttptest", *options, "-u", f"http://127.0.0.1:{port}{path}", "-v", "1"]
    command += ["-c", connections, "-r", connections, "-l", seconds, "-p", 3]
    result = subprocess.run(
        list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60,
        check=False,
    )
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", result.stdout)


@pytest.mark.parametrize("name", ATTACKS)
def test_good_clients_are_served_during(start, fixture_site, long_form, name):
    connections, seconds = SIZES[long_form]
    path, options = ATTACKS[name]
    server = start(fixture_site, "--log", "off", "--workers", WORKERS)
    witness.begun(server, WORKERS)
    sockets, memory = witness.sockets(server), witness.memory(server)
    held = []
    with witness.GoodClient(server.port, FILE, CONTENT) as good:
        for _ in range(2 if long_form else 1):
            said = attack(server.port, path, options, connections, seconds)
            held.append(witness.memory(server) - memory)
    print(f"{name}: {good.answered} good answers, more memory after each attack: {held}\n{said}")
    assert re.search(r"Exit status:\s+\S", said), "the attack took place"
    assert set(re.findall(r"service available:\s+(\w+)", said)) == {"YES"}
    good.assert_undisturbed(at_least=5 * seconds)
    witness.assert_sockets_return_to(server, sockets)
    # What was touched stays there, so another attack finds it and wants no more.
    assert held[0] < connections * CONNECTION_BYTES
    assert held[-1] <= held[0] + AGAIN_BYTES
