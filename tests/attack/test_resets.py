# SPDX-License-Identifier: MIT
"""Connections that are opened and reset, by the tens of thousands."""

import subprocess
import sys
from pathlib import Path

import pytest

import witness

COUNT = {True: 100_000, False: 20_000}  # long form or not
SLOTS = 400  # few, so that one that got lost is missed
FLAT_BYTES = 1 << 20
CLIENT = Path(__file__).with_name("reset_connections.py")


def reset_many(port, count):
    result = subprocess.run(
        [sys.executable, str(CLIENT), str(port), str(count)], capture_output=True, text=True, timeout=600, check=False
    )
    assert result.returncode == 0, result.stderr
    print(result.stdout)


@pytest.mark.parametrize("workers", [1, 2])
def test_resets_leave_nothing_behind(start, fixture_site, long_form, workers):
    half = COUNT[long_form] // 4  # of two servers, twice
    server = start(fixture_site, "--log", "off", "--connections", SLOTS, "--workers", workers)
    witness.begun(server, workers)
    sockets = witness.sockets(server)
    with witness.GoodClient(server.port, "/file.txt", b"abcdefghijklmnopqrstuvwxyz") as good:
        reset_many(server.port, half)
        after_half = witness.memory(server)
        reset_many(server.port, half)
    print(f"{good.answered} good answers; {after_half} bytes after {half}, {witness.memory(server)} after {2 * half}")
    good.assert_undisturbed(at_least=10)
    witness.assert_sockets_return_to(server, sockets)
    assert witness.memory(server) <= after_half + FLAT_BYTES
    witness.assert_all_slots_are_free(server, SLOTS)
