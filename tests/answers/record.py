#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Records what the end-to-end tests send, and to which servers on which files. See README.md.

`tests/e2e/conftest.py` calls install() where MINHTTP_RECORD names a directory; each run of pytest leaves a file there.
`record.py DIR` puts these files together into recorded.jsonl.xz.
"""

import os
import re
import sys
import tempfile
import time
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from worlds import Recorded, World  # noqa: E402

SENT_MAX = 64 << 10  # of one conversation; what is behind it is left out
CONVERSATIONS_MAX = 1000  # of one server
FROM_NOW_ON = 1_735_689_600  # 2025-01-01: what was written during the tests is moved there, so that trees are the same again
_PLACE = re.compile(r"/tmp/minhttp-[a-z0-9_]+")
_DATE = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT")


class _Recorder:
    def __init__(self):
        self.begin = time.time() - 5
        self.recorded = Recorded()
        self.by_port = {}  # port: (World, how many seconds its times were moved)
        self.conversations = []  # (port, World, seconds, what was sent)

    def world(self, arguments, ends=False):
        """The world that a server finds when it starts now; None where it is none that can be laid out again."""
        arguments = list(map(str, arguments))
        places = list(dict.fromkeys(_PLACE.findall("\0".join(arguments))))
        newest = max((self._newest(place) for place in places if os.path.isdir(place)), default=0)
        moved = FROM_NOW_ON - newest if newest > self.begin else 0
        trees = []
        for number, place in enumerate(places):
            if not os.path.isdir(place):
                return None, 0
            trees.append(self.recorded.note_tree(place, lambda then: then + moved if then > self.begin else then))
            arguments = [argument.replace(place, f"{{{number}}}") for argument in arguments]
        if None in trees or any("{0" in argument and len(argument) > 2000 for argument in arguments):
            return None, 0
        prefixes = [text.partition("=")[2] for flag, text in zip(arguments, arguments[1:]) if flag == "--env-js"]
        environment = {name: value for name, value in os.environ.items() if any(p and name.startswith(p) for p in prefixes)}
        return World(arguments, trees, environment, ends=ends), moved

    @staticmethod
    def _newest(place):
        times = [0.0]
        for directory, names, files in os.walk(place):
            times += [os.lstat(os.path.join(directory, name)).st_mtime for name in names + files]
            times.append(os.lstat(directory).st_mtime)
        return int(max(then for then in times if then < time.time() + 5))

    def started(self, port, world, moved):
        self.by_port[port] = (world, moved)
        self.recorded.add_world(world)

    def connected(self, port):
        """What is sent on a new connection shall be appended to this list."""
        parts = []
        if port in self.by_port:
            self.conversations.append((port, *self.by_port[port], parts))
        return parts

    def save(self):
        for port, world, moved, parts in self.conversations:
            text = b"".join(parts)[:SENT_MAX]
            for host in (b"127.0.0.1", b"localhost", b"[::1]"):
                text = text.replace(b"%s:%d" % (host, port), host + b":8080")
            text = _DATE.sub(lambda match, moved=moved: self._move(match[0], moved), text)
            conversations = self.recorded.worlds[world.key()].conversations
            if text and text not in conversations and len(conversations) < CONVERSATIONS_MAX:
                conversations.append(text)
        import programs  # of tests/e2e, where this is called

        handle, name = tempfile.mkstemp(dir=programs.SETTINGS["MINHTTP_RECORD"], suffix=".xz")
        os.close(handle)
        self.recorded.save(name)

    def _move(self, date, moved):
        try:
            then = int(parsedate_to_datetime(date.decode()).timestamp())
        except (ValueError, OverflowError):
            return date
        return formatdate(then + moved, usegmt=True).encode() if abs(then - time.time()) < 7200 else date


def install():
    """Before the test modules are read: they import run_to_end by its name."""
    import raw
    import server

    recorder = _Recorder()
    start, connect, send, run = server.Server.__init__, raw.Connection.__init__, raw.Connection.send, server.run_to_end
    minhttp = server.programs.MINHTTP

    def new_start(self, *arguments, program=minhttp, before=(), as_root=False, **options):
        plain = program == minhttp and not as_root and not set(before) - set(server.programs.UNTRACED)
        world, moved = recorder.world(arguments) if plain else (None, 0)
        start(self, *arguments, program=program, before=before, as_root=as_root, **options)
        recorder.by_port.pop(self.port, None)
        if world is not None and not options.get("silent"):
            recorder.started(self.port, world, moved)

    def new_connect(self, port, *arguments, **options):
        connect(self, port, *arguments, **options)
        self.recorded, self.room = recorder.connected(port), SENT_MAX

    def new_send(self, data):
        self.recorded.append(bytes(data[: self.room]))
        self.room -= len(self.recorded[-1])
        send(self, data)

    def new_run(*arguments, program=minhttp, before=(), as_root=False):
        if program == minhttp and not before and not as_root:
            world, _ = recorder.world(arguments, ends=True)
            if world is not None:
                recorder.recorded.add_world(world)
        return run(*arguments, program=program, before=before, as_root=as_root)

    server.Server.__init__, raw.Connection.__init__, raw.Connection.send = new_start, new_connect, new_send
    server.run_to_end = new_run
    return recorder.save


def main():
    together = Recorded()
    for file in sorted(Path(sys.argv[1]).glob("*.xz")):
        together.add(Recorded.load(file))
    together.worlds = {key: world for key, world in together.worlds.items() if world.conversations or world.ends}
    used = {tree for world in together.worlds.values() for tree in world.trees}
    together.trees = {tree: entries for tree, entries in together.trees.items() if tree in used}
    blobs = {entry[4] for entries in together.trees.values() for entry in entries}
    together.blobs = {blob: content for blob, content in together.blobs.items() if blob in blobs}
    together.save()
    print(f"{len(together.worlds)} worlds, {len(together.trees)} trees,",
          f"{sum(len(world.conversations) for world in together.worlds.values())} conversations")


if __name__ == "__main__":
    main()
