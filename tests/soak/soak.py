#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""soak.py --minutes N: two servers, of one worker and of two, over a site that is never at rest, among clients who do
everything wrong. Those who do everything right must not notice. Closes with a line for each server; status 1 if
anything is amiss."""

import argparse
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("attack", "e2e", "conformance")]

import programs  # noqa: E402
import witness  # noqa: E402
from bad import Bad  # noqa: E402
from good import Good, settled  # noqa: E402
from server import Server, wait_until  # noqa: E402
from site_at_work import Site  # noqa: E402

SLOTS = 600  # more than all clients have at once, so that none has to make room
CACHE_FILES = 100  # fewer than the site has names
# What a worker may have more in the second half than in the first: a few more requests at the same time, and in a short
# run the responses that it stores for replay, until there are limits::replay_entries of 2 KiB.
FLAT_BYTES = 2 << 20
FILLING_BYTES = 8 << 20
FILLED_SECONDS = 300
RELOAD_SECONDS = 3.0


class Trial:
    """One server, its clients, and what is seen of it."""

    def __init__(self, site, workers, enough):
        self.workers, self.site = workers, site
        options = ["--connections", SLOTS, "--cache-files", CACHE_FILES]
        self.server = Server(site.root, "--port", 0, "--workers", workers, "--log", "common", *options)
        witness.begun(self.server, workers)
        self.base_sockets = witness.sockets(self.server)
        self.base_others = self._others()
        port = self.server.port
        self.good = [Good(port, site, f"good {workers} {i}", enough) for i in range(3)]
        self.bad = [Bad(port, f"bad {workers} {i}", enough) for i in range(6)]
        self.samples = []  # memory, descriptors
        self.log_lines = self.reloads = 0
        self.faults = []

    def _others(self):
        """Descriptors that are no sockets."""
        return witness.descriptors(self.server) - witness.sockets(self.server)

    def begin(self):
        for client in self.good + self.bad:
            client.start()

    def sample(self):
        self.samples.append((witness.memory(self.server), witness.descriptors(self.server)))
        self.log_lines += len(self.server.out.all)
        del self.server.out.all[:]  # or we would be the ones who grow

    def reload(self, mistaken):
        verdict = self.server.reload()[-1]
        wanted = "reload failed" if mistaken else "reloaded: "
        self.reloads += 1
        if wanted not in verdict:
            self.faults.append(f"SIGHUP: {verdict}")
        del self.server.err.all[:]

    def end(self, seconds):
        """Everybody has gone: all must be as it was."""
        for client in self.good + self.bad:
            client.join(60)
        for client in self.good:
            self.faults += client.faults
        self._expect(wait_until(lambda: witness.sockets(self.server) == self.base_sockets), "sockets are left")
        files = self._others() - self.base_others
        self._expect(files <= self.workers * CACHE_FILES, f"{files} files are open")
        self._expect(wait_until(lambda: not settled(self.server.port, self.site)), "an old state is served for ever")
        half = len(self.samples) // 2
        first, second = (max(memory for memory, _ in part) for part in (self.samples[:half], self.samples[half:]))
        more = self.workers * (FLAT_BYTES if seconds >= FILLED_SECONDS else FILLING_BYTES)
        self._expect(second <= first + more, f"memory grows: {first} bytes, then {second}")
        try:
            witness.assert_all_slots_are_free(self.server, SLOTS, next(iter(self.site.still)))
        except (AssertionError, OSError) as fault:
            self.faults.append(f"a slot is lost: {fault!r}")

    def _expect(self, holds, what):
        if not holds:
            self.faults.append(what)

    def summary(self):
        memory, count = ([sample[i] for sample in self.samples] for i in (0, 1))
        kib = [max(1, bytes_ // 1024) for bytes_ in memory]
        quarter = max(1, len(kib) // 4)
        return (
            f"soak: {self.workers} worker(s): {sum(client.requests for client in self.good)} good requests, "
            f"{sum(client.faults for client in self.bad)} bad clients, {self.reloads} reloads, "
            f"{self.site.churned} changes, {self.log_lines} log lines; memory {min(kib)} to {max(kib)} KiB "
            f"(last quarter {min(kib[-quarter:])} to {max(kib[-quarter:])}), "
            f"descriptors {min(count)} to {max(count)}; {len(self.faults)} faults"
        )


def soak(seconds, site, trials):
    enough = threading.Event()
    trials += [Trial(site, workers, enough) for workers in (1, 2)]
    churner = threading.Thread(target=site.churn_until, args=(enough,), daemon=True)
    churner.start()
    try:
        for trial in trials:
            trial.begin()
        watch(seconds, site, trials)
    finally:
        enough.set()
        churner.join()
    for trial in trials:
        trial.end(seconds)


def watch(seconds, site, trials):
    """Looks at the servers, and has them read their rules anew, every third time with a mistake in them."""
    end = time.monotonic() + seconds
    next_reload, turn = time.monotonic() + RELOAD_SECONDS, 0
    pause = threading.Event()
    while time.monotonic() < end:
        pause.wait(0.5)
        for trial in trials:
            trial.sample()
        if time.monotonic() > next_reload:
            mistaken = turn % 3 == 2
            site.write_rules(1 + turn % 2, mistaken)
            for trial in trials:
                trial.reload(mistaken)
            turn, next_reload = turn + 1, time.monotonic() + RELOAD_SECONDS


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    seconds = parser.parse_args().minutes * 60
    os.umask(0o022)  # the servers are another user
    place = programs.open_directory()
    trials = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("soak: ended before its time"))
    try:
        soak(seconds, Site(place), trials)
    finally:
        for trial in trials:
            trial.server.stop()
        shutil.rmtree(place)
        programs.copies.remove()
    for trial in trials:
        for fault in trial.faults[:20]:
            print(f"soak: {trial.workers} worker(s): {fault}")
        print(trial.summary())
    return any(trial.faults for trial in trials)


if __name__ == "__main__":
    sys.exit(main())
