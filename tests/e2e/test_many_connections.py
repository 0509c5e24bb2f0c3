# SPDX-License-Identifier: MIT
"""Ten thousand who ask once and then say no more."""

import resource
import subprocess
import sys
from pathlib import Path

import raw
from server import DEADLINE, wait_until

COUNT = 10_000
SPARE = 200  # descriptors for all that is no held connection
HOLDER = Path(__file__).with_name("hold_connections.py")


def test_good_clients_beside_ten_thousand_idle_ones(start, fixture_site):
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        allowed = 4 * COUNT
    count = min(COUNT, allowed - SPARE)
    # One that is served needs a second descriptor, for its file; so the server may count two for each.
    at_least = min(count, allowed // 2 - SPARE)
    server = start(
        fixture_site, "--connections", count + SPARE // 2, "--head-ms", 120_000, "--idle-ms", 120_000,
        before=["prlimit", f"--nofile={allowed}:{allowed}"],
    )
    idle = server.open_sockets()
    holder = subprocess.Popen(
        [sys.executable, str(HOLDER), str(server.port), str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        assert holder.stdout.readline() == f"held {count}\n"
        assert wait_until(lambda: server.open_sockets() >= idle + at_least)
        with raw.Connection(server.port) as connection:
            for _ in range(100):
                assert connection.ask("/file.txt").status == 200
        for _ in range(50):
            assert raw.ask(server.port, "/big.bin").status == 200
        assert server.open_sockets() >= idle + at_least, "nobody had to give way"
    finally:
        holder.stdin.close()
        holder.wait(DEADLINE)
        holder.stdout.close()
    assert wait_until(lambda: server.open_sockets() == idle), "what they held is given back"
    assert raw.ask(server.port, "/file.txt").status == 200
