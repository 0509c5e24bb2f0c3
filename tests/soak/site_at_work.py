# SPDX-License-Identifier: MIT
"""A site that is never at rest, and what each of its paths may be answered with."""

import os
import random
import threading

SIZES = (0, 1, 20, 2048, 2049, 12 * 1024, 12 * 1024 + 1, 70_000, 400_000)  # either side of each way to send
SECRET = b"what nobody may read"
NEW_NAMES = 300  # kept at a time: more than the servers' caches hold
IN_PLACE_MAX = 200_000


def _bytes(seed, size):
    return random.Random(seed).randbytes(size)


class Site:
    """`still` has contents that stay. `states` has, for what changes as a whole, all bodies there ever are; None among
    them: it may be missing. A path in `in_place` holds only the letter a, of any length, and may end early."""

    def __init__(self, place):
        self.place, self.root = place, place / "root"
        self.random = random.Random(1)
        self.churned = 0
        self.still = {f"/still/{size}.bin": _bytes(size, size) for size in SIZES}
        self.in_place = ["/place/large.txt", "/place/small.txt"]
        self.states = {f"/whole/{i}.txt": [_bytes(f"{i} {size}", size) for size in SIZES] for i in range(6)}
        self.states |= {f"/gone/{i}.txt": [_bytes(f"gone {i}", 3000 * i), None] for i in range(4)}
        self.states |= {f"/moving-{name}/x.txt": [b"it moves", None] for name in "ab"}
        self.states["/current/page.html"] = [b"release 1", b"release 2"]
        self.states["/way/out.txt"] = [b"inside", None]
        self.newest = {}
        self._made = 0
        self._lay()

    def _lay(self):
        for path, body in self.still.items():
            self._write(path, body)
        for path, states in self.states.items():
            if not path.startswith(("/moving-b", "/current", "/way")):
                self._write(path, states[0])
        for path in self.in_place:
            self._write(path, b"a" * 100)
        for name in "12":
            self._write(f"/release-{name}/page.html", f"release {name}".encode())
        self._write("/inside/out.txt", b"inside")
        (self.place / "outside").mkdir()
        (self.place / "outside/out.txt").write_bytes(SECRET)
        self._link("release-1", "current")
        self._link("inside", "way")
        self.write_rules(1)

    def write_rules(self, number, mistaken=False):
        """What SIGHUP reads anew: a field of every answer."""
        text = f"/*\n  X-Soak: {number}\n" + ("  no field\n" if mistaken else "")
        self._write("/_headers", text.encode())

    def _file(self, path):
        return self.root / path.removeprefix("/")

    def _write(self, path, body):
        """As a whole: written beside, renamed into its place."""
        file = self._file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(".beside")
        beside.write_bytes(body)
        beside.rename(file)

    def _link(self, target, name):
        beside = self.root / ".link"
        beside.symlink_to(target)
        beside.rename(self.root / name)

    def churn(self):
        """One change."""
        kinds = [self._replace, self._in_place, self._delete_or_make, self._move, self._release, self._lead_out]
        self.random.choice([*kinds, self._replace, self._new_name])()
        self.churned += 1

    def churn_until(self, enough: threading.Event):
        while not enough.wait(0.01):
            self.churn()

    def _replace(self):
        path = f"/whole/{self.random.randrange(6)}.txt"
        self._write(path, self.random.choice(self.states[path]))

    def _in_place(self):
        file = self._file(self.random.choice(self.in_place))
        what = self.random.randrange(3)
        if what == 0:
            os.truncate(file, self.random.randrange(file.stat().st_size + 1))
        elif what == 1 and file.stat().st_size < IN_PLACE_MAX:
            with open(file, "ab") as growing:
                growing.write(b"a" * self.random.choice((1, 500, 50_000)))
        else:
            file.write_bytes(b"a" * self.random.choice((1, 1000, 60_000)))

    def _delete_or_make(self):
        path = f"/gone/{self.random.randrange(4)}.txt"
        if self._file(path).exists():
            self._file(path).unlink()
        else:
            self._write(path, self.states[path][0])

    def _move(self):
        here, there = sorted((self.root / "moving-a", self.root / "moving-b"), key=lambda it: not it.exists())
        here.rename(there)

    def _release(self):
        self._link(f"release-{self.random.choice('12')}", "current")

    def _lead_out(self):
        self._link(self.random.choice(("inside", "../outside", str(self.place / "outside"))), "way")

    def _new_name(self):
        path = f"/new/{self._made}.txt"
        self._made += 1
        self._write(path, path.encode())
        self.newest = {**self.newest, path: path.encode()}
        if len(self.newest) > NEW_NAMES:
            oldest, *_ = self.newest
            self._file(oldest).unlink()
            self.newest = {name: body for name, body in self.newest.items() if name != oldest}

    def is_now(self):
        """What each path must be answered with when nothing changes any more."""
        now = {}
        for path in [*self.states, *self.in_place]:
            file = self._file(path)
            inside = file.resolve().is_relative_to(self.root.resolve())
            now[path] = file.read_bytes() if inside and file.exists() else None
        return now
