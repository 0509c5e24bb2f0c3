# SPDX-License-Identifier: MIT
"""Servers and clients of a measurement: started pinned, with bounds on every wait, and ended with it."""
import contextlib
import ctypes
import os
import pathlib
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time

from . import proc

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1 # linux/prctl.h
START_S = 10
CAP_SYS_RESOURCE = 24 # linux/capability.h
END_S = 60  # a million connections take a while to close


class Failure(Exception):
    """What ends a measurement, in words for the terminal."""


def built(build, *names):
    """The programs, from the build folder; with a word on how to make them."""
    found = [pathlib.Path(build) / name for name in names]
    for path in found:
        if not path.exists():
            raise Failure(f"{path} is missing: cmake --preset release && "
                          f"ninja -C build/release minhttp case-study bench-hold")
    return found


def workers(minhttp, count):
    """The option for so many workers, if this minhttp has it; it had one of them and no option once."""
    named = "--workers" in subprocess.run([minhttp, "--help"], capture_output=True, text=True, timeout=10).stdout
    return ["--workers", count] if named else [] if count == 1 else None


def processors():
    """(server's, clients'): one each where there are two; the clients take all the others."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, set(usable[1:]) or {usable[0]}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descriptors_at_most(wanted):
    """What of so many descriptors a process can have: with CAP_SYS_RESOURCE all, up to fs.nr_open."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        return wanted
    able = re.search(r"^CapEff:\s+(\w+)", pathlib.Path("/proc/self/status").read_text(), re.M)[1]
    return wanted if int(able, 16) >> CAP_SYS_RESOURCE & 1 else hard


def raise_descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        hard = max(hard, count)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(count, soft), hard))


def spawn(stack, command, cpus, descriptors=0, **rest):
    """A child that ends with the stack, by SIGTERM and after END_S by SIGKILL; or with us, should we be killed."""
    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cpus)
        if descriptors:
            raise_descriptors(descriptors)
    process = subprocess.Popen([str(word) for word in command], preexec_fn=prepare, **rest)
    stack.callback(finish, process)
    return process


def finish(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_S)
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def serve(stack, command, port, cpus, descriptors=0):
    """A server that listens; says so or fails within START_S."""
    server = spawn(stack, command, cpus, descriptors, stdout=subprocess.DEVNULL)
    return wait_for(server, port)


def wait_for(server, port):
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Failure(f"{server.args[0]} ended at once with {server.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return server
        time.sleep(0.01)
    raise Failure(f"{server.args[0]} does not listen on {port}")


class Client:
    """One bench-hold: lines in, lines out."""

    def __init__(self, stack, program, *arguments, cpus, descriptors=0):
        self.name = arguments[0]
        self.process = spawn(stack, [program, *arguments], cpus, descriptors, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, bufsize=0)
        self.waiting = b""

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")

    def line(self, seconds):
        """The next line; None: not yet."""
        until = time.monotonic() + seconds
        while b"\n" not in self.waiting:
            if not select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))[0]:
                return None
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise Failure(f"bench-hold {self.name} has ended; its last words are above")
            self.waiting += data
        line, self.waiting = self.waiting.split(b"\n", 1)
        return line.decode()

    def expect(self, word, seconds):
        """A line "word N": N."""
        line = self.line(seconds)
        if line is None or not line.startswith(word + " "):
            raise Failure(f"bench-hold {self.name}: '{word}' expected within {seconds} s, not {line!r}")
        return int(line.split()[1])

    def end(self):
        """The end of its input: it closes its connections."""
        self.process.stdin.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"bench-hold {self.name} does not end") from None


@contextlib.contextmanager
def kernel_limits(wanted):
    """Values of /proc/sys that have to be at least so high: raised for the while, then as they were."""
    before = {}
    try:
        for name, least in wanted.items():
            path = pathlib.Path("/proc/sys") / name.replace(".", "/")
            if not path.exists():
                continue
            value = path.read_text().strip()
            if int(value) >= least:
                continue
            try:
                path.write_text(str(least))
            except OSError as error:
                raise Failure(f"{name} is {value} and has to be {least}: {error.strerror}; "
                              f"as root it is raised for the while") from None
            before[path] = value
            print(f"{name}: {value}, raised to {least} for the while")
        yield
    finally:
        for path, value in before.items():
            path.write_text(value)


def run(main):
    """main(stack), with everything that it started ended afterwards, however it ends."""
    # SIGINT too: whoever is started in the background by a script ignores it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with contextlib.ExitStack() as stack:
            main(stack)
    except Failure as failure:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {failure}")
    except KeyboardInterrupt:
        sys.exit("ended by a signal; everything is as it was")
