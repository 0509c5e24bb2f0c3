# SPDX-License-Identifier: MIT
"""One running server: started, listened to, ended by its id."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import programs

DEADLINE = 30.0  # how long anything that must happen may take on a busy machine, under an emulator

# The case study's line, on standard output; that of a directory, on standard error.
_GREETS = re.compile(r"port (\d+)\.\.\.$")
_SERVES = re.compile(r"^minhttps? serving .* at (?:https?://\S*?(?::(\d+))?/\S*|unix:\S+|a Unix socket of .*)$")

_VERDICT = re.compile(r"minhttps?: (reloaded|reload failed): ")


class Lines:
    """The lines of a stream as they come, for whoever waits for one of them; those that match `apart` are kept apart."""

    def __init__(self, stream, apart=None, changed=None):
        self.all = []
        self.apart = []
        self._apart = apart
        self.ended = False
        self.reading = threading.Event()  # cleared: nobody reads, so that the pipe fills
        self.reading.set()
        self._changed = changed or threading.Condition()
        self._thread = threading.Thread(target=self._collect, args=(stream,), daemon=True)
        self._thread.start()

    def _collect(self, stream):
        with stream, contextlib.suppress(OSError):  # a terminal whose other side is closed
            for line in stream:
                self.reading.wait()
                with self._changed:
                    line = line.decode("utf-8", "backslashreplace").removesuffix("\n")
                    is_apart = self._apart is not None and self._apart.match(line)
                    (self.apart if is_apart else self.all).append(line)
                    self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait_for(self, wanted, deadline=DEADLINE, behind=0):
        """The first line that `wanted` accepts, behind so many others; None if the stream ends or time runs out."""
        def found():
            return next((line for line in self.all[behind:] if wanted(line)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or self.ended, deadline)
            return found()

    def wait_for_end(self, deadline=DEADLINE):
        with self._changed:
            self._changed.wait_for(lambda: self.ended, deadline)
        return self.all


class Server:
    def __init__(self, *arguments, program=programs.MINHTTP, before=(), forks=False, as_root=False, silent=False):
        """`before` is a command that runs the server; `forks` says that it does so as its child, `silent` that the
        start-up line gets lost."""
        user = {} if as_root else programs.unprivileged()
        if silent:
            self.port = free_port()
            arguments = (*arguments, "--listen", f"127.0.0.1:{self.port}")
        self.process = subprocess.Popen(
            programs.command(program, arguments, before),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **user,
        )
        self._changed = threading.Condition()
        self.out = Lines(self.process.stdout, changed=self._changed)
        self.err = Lines(self.process.stderr, apart=_SERVES, changed=self._changed)  # but for the start lines
        self.start_line = None if silent else self._wait_for_start()
        if self.start_line is not None:
            self.port = int((_SERVES.match(self.start_line) or _GREETS.search(self.start_line))[1] or 80)
        elif not (silent and self._begins_to_accept()):
            self._give_up()
        self.pid = _only_child(self.process.pid) if forks else self.process.pid
        self._ended_by_us = False

    def _give_up(self):
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"the server did not start: {self.err.wait_for_end()} {self.out.all}")

    def _wait_for_start(self):
        def found():
            return next(iter(self.err.apart + list(filter(_GREETS.search, self.out.all))), None)

        with self._changed:
            self._changed.wait_for(lambda: found() or (self.out.ended and self.err.ended), DEADLINE)
            return found()

    def start_lines(self, count):
        """So many start lines of a directory: one for each address."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.err.apart) >= count, DEADLINE), self.err.apart
        return self.err.apart

    def _begins_to_accept(self):
        return wait_until(lambda: self._accepts() or self.process.poll() is not None) and self.process.poll() is None

    def _accepts(self):
        """Does somebody take connections there? Where nobody listens, one may get through to itself."""
        with socket.socket() as client:
            reached = client.connect_ex(("127.0.0.1", self.port)) == 0
            return reached and client.getsockname() != client.getpeername()

    @property
    def serving(self):
        """The process that serves: the only worker, or the server itself where it has none, or several."""
        workers = [pid for pid in children(self.pid) if name_of(pid).startswith("minhttp-")]
        return workers[0] if len(workers) == 1 else self.pid

    def signal(self, number):
        self._ended_by_us = True
        os.kill(self.pid, number)

    def reload(self):
        """Has rules and passwords read anew. What is said about it: mistakes, and the verdict last."""
        seen = len(self.err.all)
        os.kill(self.pid, signal.SIGHUP)
        assert self.err.wait_for(_VERDICT.match, behind=seen), "SIGHUP has no answer"
        # Where there is no seccomp or Landlock (an emulator), the start says so after its line on standard output: on a
        # busy machine it can be read only now.
        return [line for line in self.err.all[seen:] if not line.startswith(("minhttp: sandbox: ", "minhttps: sandbox: "))]

    def ended_as_wanted(self):
        """For tests in which the server has to die."""
        self._ended_by_us = True

    def wait(self, deadline=DEADLINE):
        """The exit code, once the server has ended of its own will."""
        return self.process.wait(deadline)

    def stop(self):
        """Ends the server and says whether it had died before."""
        died = self.process.poll() is not None and not self._ended_by_us
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                os.kill(self.pid, signal.SIGKILL)
                self.process.wait()
                raise
        if died:
            raise AssertionError(f"the server died: code {self.process.returncode}, {self.err.wait_for_end()}")

    def cpu_seconds(self):
        """Processor time that the process that serves has used so far."""
        behind_the_name = Path(f"/proc/{self.serving}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, behind_the_name[11:13])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        """Memory that is really there for the process that serves, its own text included."""
        status = Path(f"/proc/{self.serving}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024

    def open_descriptors(self):
        return len(self._descriptors())

    def open_sockets(self):
        """Listeners and connections. The start-up line comes when the first are there and none of the second."""
        channels = local_sockets(self.serving)
        return sum(what.startswith("socket:") and what[8:-1] not in channels for what in self._descriptors())

    def _descriptors(self):
        directory = programs.descriptors_of(self.serving)
        found = []
        for name in os.listdir(directory):
            try:
                found.append(os.readlink(f"{directory}/{name}"))
            except FileNotFoundError:
                pass  # closed meanwhile
        return found

    def log_lines(self):
        return [line for line in self.out.all if line != self.start_line]


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def local_sockets(pid):
    """The inodes of Unix sockets, over which a worker passes connections on to the next one."""
    return {line.split()[6] for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]}


def name_of(pid):
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has just ended


def _only_child(parent):
    return children(parent)[0]


def free_port():
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        return somebody.getsockname()[1]


def run_to_end(*arguments, program=programs.MINHTTP, before=(), as_root=False):
    """For what ends by itself: --help, and every start that fails."""
    return subprocess.run(
        programs.command(program, arguments, before),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        **({} if as_root else programs.unprivileged()),
    )


def wait_until(condition, deadline=DEADLINE):
    """For what announces itself nowhere: asks again and again, for a bounded time."""
    end = time.monotonic() + deadline
    pause = threading.Event()
    while not condition():
        if time.monotonic() > end:
            return False
        pause.wait(0.02)
    return True
