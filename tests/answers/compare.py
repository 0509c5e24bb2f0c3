#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Do two binaries give the same answers, byte for byte? As root: compare.py OLD NEW. See README.md."""

import argparse
import contextlib
import difflib
import functools
import multiprocessing
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import wide  # noqa: E402
from worlds import Recorded, World  # noqa: E402

NOBODY = 65534
SILENCE = 10  # seconds without a byte: the server has forgotten us
ENDS = 3  # seconds after which what should end by itself goes on for ever
TRIES = 4  # what differs in one of these does not count: it depends on time
MANY = 50  # so many differences depend on no time
_STARTED = re.compile(rb"^minhttp serving .*? at http://(\S+):(\d+)/|port (\d+)\.\.\.$", re.M)
_PORT = re.compile(rb"(?<= at http://)(\S+):\d+(?=/)|(?<=port )\d+(?=\.\.\.)")
_DATE = re.compile(rb"(\r\nDate: )[^\r]*")
_BOUNDARY = re.compile(rb"boundary=([0-9a-f]{16})")
_WAIT = re.compile(rb"(HTTP/1\.1 429 [^\r]*\r\n(?:[^\r]+\r\n)*?Retry-After: )\d+")
_LOG_TIME = re.compile(rb"\[\d\d/\w{3}/\d{4}:[^]]*\]")


@dataclass
class Difference:
    where: str  # the same in each try
    old: bytes
    new: bytes


class Running:
    """One server, in an environment that holds nothing else."""

    def __init__(self, binary, arguments, environment, place):
        self.out, self.err = place / "out", place / "err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([binary, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment)
        self.at = None
        end = time.monotonic() + SILENCE
        while self.at is None and self.process.poll() is None and time.monotonic() < end:
            if found := _STARTED.search(self.err.read_bytes()) or _STARTED.search(self.out.read_bytes()):
                self.at = ("::1" if found[1] == b"[::1]" else "127.0.0.1", int(found[2] or found[3]))
            else:
                time.sleep(0.001)

    def stop(self):
        """Exit code, standard output, standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(SILENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return code, self.out.read_bytes(), self.err.read_bytes()


def exchange(at, data):
    """All that comes when our end follows `data` at once; no server has to wait for more then."""
    received = bytearray()
    with socket.create_connection(at) as connection:
        connection.setblocking(False)
        left, open_for_us = memoryview(data), True
        while True:
            if open_for_us and not left:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                open_for_us = False
            readable, writable, _ = select.select([connection], [connection] if left else [], [], SILENCE)
            if not readable and not writable:
                return bytes(received) + b"<silence>"
            try:
                if writable:
                    left = left[connection.send(left) :]
                if readable:
                    if not (came := connection.recv(1 << 20)):
                        return bytes(received)
                    received += came
            except ConnectionError:
                if not left and not readable:
                    return bytes(received) + b"<reset>"
                left = memoryview(b"")
                with contextlib.suppress(ConnectionError):
                    while came := connection.recv(1 << 20):
                        received += came
                return bytes(received) + b"<reset>"


def masked(answer):
    """Without what has to differ: Date, how long who guesses passwords has to wait, and the random boundary between the
    parts of a range."""
    for boundary in set(_BOUNDARY.findall(answer)):
        answer = answer.replace(boundary, b"-" * 16)
    return _WAIT.sub(rb"\1-", _DATE.sub(rb"\1-", answer))


def lines_of(text):
    text = _PORT.sub(lambda match: (match[1] or b"") + b":PORT", text)
    return _LOG_TIME.sub(b"[time]", text)


class Comparison:
    def __init__(self, binaries, log):
        self.binaries, self.log = binaries, log

    def world(self, name, world, places):
        """What differs each time that this world is played. Returns (differences, exchanges, how many vanished)."""
        first, exchanges = self._once(name, world, places)
        left = first
        for _ in range(TRIES - 1):
            if 0 < len(left) < MANY:
                again = {difference.where for difference in self._once(name, world, places)[0]}
                left = [difference for difference in left if difference.where in again]
        return left, exchanges, len(first) - len(left)

    def _once(self, name, world, places):
        arguments = [_place(argument, places) for argument in world.arguments]
        if world.ends:
            ended = [_run_to_end(binary, arguments, world.environment) for binary in self.binaries]
            return list(_differences(name, ended)), 1
        with tempfile.TemporaryDirectory(prefix="answers-") as place:
            running = []
            for number, binary in enumerate(self.binaries):
                beside = Path(place) / str(number)
                beside.mkdir()
                running.append(Running(binary, _for_one_worker(arguments), world.environment, beside))
            found, exchanges = [], 0
            try:
                if None not in (places := [server.at for server in running]):
                    for number, sent in enumerate(world.conversations):
                        exchanges += 1
                        old, new = (masked(exchange(at, sent)) for at in places)
                        if old != new:
                            found.append(Difference(f"{name}: request {number}: {sent[:600].decode('latin-1')!r}", old, new))
            except OSError as error:
                found.append(Difference(f"{name}: {error}", b"", b""))
            stopped = [server.stop() for server in running]
        ended = [(code, lines_of(out), lines_of(err)) for code, out, err in stopped]
        if not self.log:
            ended = [(code, b"", err) for code, _, err in ended]
        return found + list(_differences(name, ended)), exchanges


def _place(argument, places):
    return re.sub(r"\{(\d?)\}", lambda match: str(places[int(match[1] or 0)]), argument)


def _differences(name, ended):
    for what, old, new in zip(("exit code", "standard output (the log)", "standard error"), *ended):
        if old != new:
            yield Difference(f"{name}: {what}", *(x if isinstance(x, bytes) else b"%d" % x for x in (old, new)))


def _run_to_end(binary, arguments, environment):
    try:
        run = subprocess.run([binary, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=ENDS, env=environment, check=False)
    except subprocess.TimeoutExpired:
        return -1, b"it does not end", b""
    return run.returncode, run.stdout, run.stderr


def _for_one_worker(arguments):
    """Several workers would each have a cache of their own, and both binaries the same port."""
    arguments = list(arguments)
    for number, (flag, value) in enumerate(zip(arguments, arguments[1:]), 1):
        if flag == "--workers":
            arguments[number] = "1"
        if flag in ("--port", "-p"):
            arguments[number] = "0"
        if flag in ("--listen", "-l"):
            arguments[number] = re.sub(r"\d+$", "0", value)
    if "--port" not in arguments and "--listen" not in arguments:
        arguments += ["--port", "0"]
    return arguments if {"--workers", "plain"} & set(arguments) else [*arguments, "--workers", "1"]


def wide_conversations(binary, site, top):
    """Some name validators: those that the binary before gives."""
    place = top / "asked"
    place.mkdir()
    server = Running(binary, [site, "--port", "0", "--workers", "1"], {}, place)

    def tag_of(path):
        head = exchange(server.at, wide.request("GET", path.removeprefix("/base") or "/", ""))
        tag, date = (re.search(rb"\r\n" + name + rb": ([^\r]*)", head) for name in (b"ETag", b"Last-Modified"))
        return (tag[1].decode() if tag else '"none"'), (date[1].decode() if date else "Tue, 02 Jan 2024 03:04:05 GMT")

    tag, date = tag_of("/file.txt")
    found = [*wide.conformance({"H": "127.0.0.1:8080", "ETAG": tag, "LM": date}), *wide.conversations(tag_of)]
    server.stop()
    return found


def wrong_usages(binary):
    """Each option with values that hardly one takes. The directory does not exist, so nothing ever starts."""
    text = subprocess.run([binary, "--help"], capture_output=True, check=True, text=True).stdout
    nowhere = "/nonexistent/site"
    for flag in dict.fromkeys(re.findall(r"^  (--[a-z-]+)", text, re.M)):
        yield from ([nowhere, flag], [flag], [nowhere, flag, flag], [nowhere, flag[:-1]], [nowhere, flag + "x"], [nowhere, flag + "="], [nowhere, f"{flag}=x"],
                    ["check", nowhere, flag, "x"])
        for value in ("", "x", "-1", "0", "1", "65536", "99999999999999999999", "on", "off", "/", "/x", "/x=", "=", ".a=b", "A: b", "é", "1.2.3.4", "::1/129", nowhere):
            yield [nowhere, flag, value]
    yield from (["check"], ["--help"], ["-h"], ["-V"], ["--version"], ["a", "b"], ["-x"], ["--helpp"], ["check", "--explain"], ["check", nowhere, "--explain", "x"])


def _become_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def _play(number):
    begin = time.monotonic()
    result = COMPARISON.world(*ITEMS[number])
    if VERBOSE:
        print(f"{time.monotonic() - begin:6.1f} s  {result[1]:6} exchanges, {len(result[0])} differences  {ITEMS[number][0][:150]}", flush=True)
    return result


def show(difference):
    print(f"--- {difference.where}")
    old, new = ([repr(line)[2:-1][:300] for line in text.splitlines(keepends=True)] for text in (difference.old, difference.new))
    shown = list(difflib.unified_diff(old, new, "OLD", "NEW", lineterm="", n=1))[2:]
    print("\n".join(shown[:40] or [f"{len(difference.old)} and {len(difference.new)} bytes"]))
    if len(shown) > 40:
        print(f"... and {len(shown) - 40} lines more")


def main():
    global COMPARISON, ITEMS, VERBOSE
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--no-log", action="store_true", help="do not compare standard output: the format of the log is meant to change")
    parser.add_argument("--only", default="", metavar="TEXT", help="worlds whose names have this text")
    parser.add_argument("--show", type=int, default=20, metavar="N", help="so many differences (20)")
    parser.add_argument("--verbose", action="store_true", help="a line for each world, with its time")
    options = parser.parse_args()
    VERBOSE = options.verbose
    if os.geteuid() != 0:
        sys.exit("compare.py: must run as root: there are devices and unreadable files among what is served")
    begin = time.monotonic()
    os.umask(0o022)
    top = Path(tempfile.mkdtemp(prefix="answers-"))
    try:
        top.chmod(0o755)
        binaries = []
        for number, binary in enumerate((options.old, options.new)):
            (top / f"binary{number}").mkdir()
            binaries.append(shutil.copy(binary, top / f"binary{number}" / "minhttp"))
        COMPARISON = Comparison(binaries, not options.no_log)
        ITEMS = [item for item in worlds(top, binaries[0]) if options.only in item[0]]
        time.sleep(3.5)  # what changed less than three seconds ago is neither hashed nor compressed
        with multiprocessing.Pool(len(os.sched_getaffinity(0)), _become_nobody) as pool:
            results = pool.map(_play, range(len(ITEMS)), chunksize=1)
    finally:
        shutil.rmtree(top)
    differences = [difference for found, _, _ in results for difference in found]
    for difference in differences[: options.show]:
        show(difference)
    print(f"{len(ITEMS)} worlds, {sum(count for _, count, _ in results)} exchanges with each binary, {len(differences)} differences"
          f" ({sum(gone for _, _, gone in results)} that did not come again) in {time.monotonic() - begin:.0f} seconds")
    return 1 if differences else 0


def worlds(top, old):
    """(name, world, where its trees are), the long ones first."""
    recorded = Recorded.load()
    short = [sent for world in recorded.worlds.values() for sent in world.conversations if len(sent) < 2000]
    place = wide.lay_out(top / "wide")
    own = list(dict.fromkeys(wide_conversations(old, place / "site", top)))
    for name, arguments in wide.OPTION_SETS.items():
        conversations = list(dict.fromkeys([*own, *short])) if name in wide.ALSO_RECORDED else own
        yield f"wide, {name}", World(arguments, [], wide.ENVIRONMENT, conversations), [place]

    @functools.cache
    def laid_out(tree):
        recorded.lay_out(tree, top / tree)
        return str(top / tree)

    for number, world in enumerate(sorted(recorded.worlds.values(), key=lambda world: -len(world.conversations))):
        yield f"recorded {number}, {' '.join(world.arguments)}", world, [laid_out(tree) for tree in world.trees]
    for arguments in wrong_usages(old):
        yield f"usage, {' '.join(arguments)}", World(arguments, [], ends=True), []


if __name__ == "__main__":
    sys.exit(main())
