# SPDX-License-Identifier: MIT
"""A packed minhttps: the same site over TLS, and only the process that has the keys may open a file."""

import re
import shutil
import signal
import subprocess
import sys

import pytest

import programs
import tls
from tls import make_pair

sys.path.insert(1, str(programs.PROJECT / "tests/pack"))
import packing  # noqa: E402

# Presets without its libraries (debug, size, other architectures) have none; tests/tidy/test_binary.py wants it in a release.
pytestmark = [tls.NEEDED, pytest.mark.skipif(not packing.PACKER.exists(), reason="minhttp-pack is not built: its libraries are missing")]

# Calls of x86_64 that open files or read them without having opened one.
OPENING = {2: "open", 17: "pread64", 40: "sendfile", 257: "openat", 437: "openat2"}
ACCEPT4 = 288
DECODERS = {"br": ["brotli", "-dc"], "zstd": ["zstd", "-dc"], "gzip": ["gzip", "-dc"]}


@pytest.fixture(scope="module")
def shared():
    directory = programs.open_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def pair(shared):
    return make_pair(shared)


@pytest.fixture(scope="module")
def tree(shared):
    return packing.lay_site(shared / "site")


@pytest.fixture(scope="module")
def packed(shared, tree):
    out = shared / "packed"
    done = packing.run(tree, "-o", out, "--no-cache", "--no-links", "--server", tls.MINHTTPS, "--with", "--health /up")
    assert done.returncode == 0, done.stderr
    return out


def serve(start, packed, pair, *more, **how):
    return start(*tls.options(pair), "--listen", "127.0.0.1:0", "--workers", 1, *more, program=packed, **how)


def fetch(server, pair, path, version, coding="identity"):
    """The fields of an answer, in lower case, and its body as it came."""
    seen = tls.curl(server, pair, path, {"1.1": "--http1.1", "2": "--http2"}[version], "-i", "-H", f"Accept-Encoding: {coding}")
    head, _, body = seen.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/{version} 200".encode()), head
    return dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:]), body


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_each_coding_comes_over_tls(start, packed, pair, tree, version):
    server = serve(start, packed, pair, "--sandbox", "require")
    for path, name in ("/", "index.html"), ("/logo.png", "logo.png"), ("/sp%20ace/%C3%BC.txt", "sp ace/ü.txt"):
        fields, body = fetch(server, pair, path, version)
        assert body == (tree / name).read_bytes() and "content-encoding" not in fields and fields["x-site"] == "packed"
    for coding, decoder in DECODERS.items():
        fields, body = fetch(server, pair, "/", version, coding)
        assert fields["content-encoding"] == coding
        assert subprocess.run(decoder, input=body, capture_output=True, check=True).stdout == (tree / "index.html").read_bytes()
    assert fetch(server, pair, "/up", version)[1] == b"ok\n", "a packed option"


def allowed_calls(filter_):
    """Of a filter as strace shows it: the numbers that it compares the call's with. What stands between one comparison
    and the next looks at arguments."""
    lines = re.findall(r"BPF_(?:STMT|JUMP)\([^()]*\)", filter_)
    at = 1 + next(i for i, line in enumerate(lines) if line == "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0)")  # the call's number
    numbers = set()
    while compares := re.fullmatch(r"BPF_JUMP\(BPF_JMP\|BPF_K\|(BPF_JEQ|BPF_JGE), (\w+), (\w+), (\w+)\)", lines[at]):
        kind, number, _, otherwise = compares.groups()
        if kind == "BPF_JEQ":
            numbers.add(int(number, 0))
        at += 1 + int(otherwise, 0)
    assert lines[at] == "BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_TRAP)" or "KILL" in lines[at], "the end of the list"
    return numbers


def test_only_the_process_with_the_keys_opens_files_and_only_those_of_the_pair(start, packed, pair, place):
    programs.needs_root("reads the memory of a process that is not dumpable")
    trace = place / "trace"
    server = serve(start, packed, pair, "--listing", before=["strace", "-f", "-v", "-o", trace], forks=True, as_root=True)
    for version in "1.1", "2":
        assert fetch(server, pair, "/about", version)[1]
    server.signal(signal.SIGHUP)
    assert server.err.wait_for(lambda line: "reloaded" in line)
    server.stop()
    lines = [line.split(maxsplit=1) for line in trace.read_text().splitlines()]
    fences = {pid: (i, allowed_calls(call)) for i, (pid, call) in enumerate(lines) if call.startswith("seccomp(SECCOMP_SET_MODE_FILTER")}
    assert len(fences) == 3, "a supervisor, a worker, and the process with the keys"
    [keeper] = [pid for pid, (_, numbers) in fences.items() if OPENING.keys() & numbers]
    assert ACCEPT4 not in fences[keeper][1], "it sees no client"
    # Landlock refuses /etc/localtime, for which the C library asks in OpenSSL's name.
    opened = {(pid, name) for i, (pid, call) in enumerate(lines) if i > fences[pid][0]
              for name in re.findall(r'^open\w*\((?:AT_FDCWD, )?"([^"]*)".* = \d+$', call)}
    assert opened == {(keeper, str(path)) for path in pair}
