# SPDX-License-Identifier: MIT
"""Files that are kept at hand: what changes shows soon, and nothing else changes.

How many system calls an answer costs is what the cache is for, so it is counted here.
"""

import collections
import mmap
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

import programs
import raw
import sites
from server import wait_until


@pytest.mark.parametrize("size", [5, 5_000, 50_000])
def test_a_change_shows_soon(start, place, size):
    file = sites.write_files(place, {"file": b"a" * size}) / "file"
    server = start(place)
    assert raw.ask(server.port, "/file").body == b"a" * size
    file.write_bytes(b"b" * size)
    assert wait_until(lambda: raw.ask(server.port, "/file").body == b"b" * size)
    other = sites.write_files(place, {"other": b"c" * size}) / "other"
    other.rename(file)
    assert wait_until(lambda: raw.ask(server.port, "/file").body == b"c" * size)
    file.unlink()
    assert wait_until(lambda: raw.ask(server.port, "/file").status == 404)
    file.write_bytes(b"d" * size)
    assert wait_until(lambda: raw.ask(server.port, "/file").body == b"d" * size)


def test_a_file_that_is_shortened_in_place(start, place):
    """Its head may still tell of the old length: then the connection ends, and nothing is shifted."""
    file = sites.write_files(place, {"file": b"a" * 500_000, "next": b"next"}) / "file"
    server = start(place)
    assert len(raw.ask(server.port, "/file").body) == 500_000
    os.truncate(file, 1000)
    with raw.Connection(server.port) as connection:
        connection.send(raw.request("/file") + raw.request("/next", connection="close"))
        rest = connection.rest()
    head, _, body = rest.partition(b"\r\n\r\n")
    if b"content-length: 500000" in head.lower():
        assert body.strip(b"a\0") == b""
    else:
        assert body.startswith(b"a" * 1000 + b"HTTP/1.1 200")
    assert raw.ask(server.port, "/file").body == b"a" * 1000, "once it has shown, it is known"


def test_removed_files_are_closed_and_file_systems_can_be_unmounted(start, place):
    """Of a file in memory nothing is held; a descriptor that nobody asks for is closed."""
    sites.write_files(place, {"index.html": "front"})
    disk = place / "disk"
    disk.mkdir()
    programs.needs_root("mounts a file system")
    if subprocess.run(["mount", "-t", "tmpfs", "minhttp-test", disk]).returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        sites.write_files(disk, {f"{i}.bin": b"x" * 1_000_000 for i in range(8)} | {"small.txt": "small"})
        server = start(place, "--workers", 1)
        files = programs.descriptors_of(server.serving)
        for i in range(8):
            assert len(raw.ask(server.port, f"/disk/{i}.bin").body) == 1_000_000
        assert raw.ask(server.port, "/disk/small.txt").body == b"small"

        def held():
            return [path for path in map(os.readlink, files.iterdir()) if path.startswith(str(disk))]

        for i in range(4):
            (disk / f"{i}.bin").unlink()
        assert len([path for path in held() if path.endswith("(deleted)")]) == 4
        assert wait_until(lambda: held() == [])
        subprocess.run(["umount", disk], check=True)
    finally:
        subprocess.run(["umount", "--lazy", disk], stderr=subprocess.DEVNULL)


@pytest.fixture
def tmpfs():
    directory = Path(tempfile.mkdtemp(prefix="minhttp-", dir="/dev/shm"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def test_a_change_through_a_mapping_shows_within_ten_seconds(start, tmpfs):
    """It moves no time of the file before msync(2), and on tmpfs never. Slow: only a file
    that has not changed for some seconds is kept in memory for long."""
    file = sites.write_files(tmpfs, {"file": b"a" * 4_000}) / "file"
    server = start(tmpfs, "--workers", 1)
    with open(file, "r+b") as opened, mmap.mmap(opened.fileno(), 0) as page:
        page[0:1] = b"a"  # the first store into a page moves the time, the next ones do not
        assert wait_until(lambda: time.time() - os.stat(file).st_ctime > 5)  # no longer read early
        assert raw.ask(server.port, "/file").body == b"a" * 4_000
        page[:] = b"b" * 4_000
        assert wait_until(lambda: raw.ask(server.port, "/file").body == b"b" * 4_000)


def test_a_directory_that_is_renamed(start, place):
    sites.write_files(place, {"a/file": "in a", "b/file": "in b"})
    server = start(place)
    assert raw.ask(server.port, "/a/file").body == b"in a"
    (place / "a").rename(place / "c")
    (place / "b").rename(place / "a")
    assert wait_until(lambda: raw.ask(server.port, "/a/file").body == b"in b")


def test_a_file_is_replaced_by_a_link_that_leads_out(start, place):
    secret = place.parent / f"{place.name}.secret"
    secret.write_text("secret")
    try:
        file = sites.write_files(place, {"file": "public"}) / "file"
        server = start(place)
        assert raw.ask(server.port, "/file").status == 200
        file.unlink()
        file.symlink_to(secret)
        assert wait_until(lambda: raw.ask(server.port, "/file").status == 404)
    finally:
        secret.unlink()


def test_sighup_empties_the_cache(start, place):
    file = sites.write_files(place, {"file": "old"}) / "file"
    server = start(place)
    assert raw.ask(server.port, "/file").body == b"old"
    file.write_text("new!")
    server.reload()
    assert wait_until(lambda: raw.ask(server.port, "/file").body == b"new!")


def test_a_file_that_cannot_be_read_is_opened_again(start, place, loop):
    """The first sendfile fails as with a bad disk. The next client is not given that descriptor again."""
    sites.write_files(place / "site", {"large": b"l" * 100_000})
    trace = place / "trace"
    trace.touch()
    trace.chmod(0o666)
    strace = ["strace", "-f", "-o", trace, "-e", "trace=openat2,sendfile", "--inject=sendfile:error=EIO:when=1"]
    server = start(place / "site", "--loop", loop, "--sandbox", "off", before=strace, forks=True)  # whose memory it reads
    assert raw.exchange(server.port, raw.request("/large")).endswith(b"\r\n\r\n"), "the head, and then the end"
    assert raw.ask(server.port, "/large").body == b"l" * 100_000
    assert len(re.findall(r'openat2\(\d+, "large"', trace.read_text())) == 2


def test_descriptors_are_bounded(start, place):
    sites.write_files(place, {f"{i}.bin": b"x" * 20_000 for i in range(100)})
    server = start(place, "--cache-files", "10")
    before = server.open_descriptors()
    for i in range(100):
        assert raw.ask(server.port, f"/{i}.bin").status == 200
    assert wait_until(lambda: server.open_descriptors() <= before + 10)


def test_the_cache_leaves_few_descriptors_to_clients(start, place):
    sites.write_files(place, {f"{i}.bin": b"x" * 20_000 for i in range(40)})
    server = start(place, before=["prlimit", "--nofile=64:64"])
    for i in range(40):
        assert raw.ask(server.port, f"/{i}.bin").status == 200


@pytest.fixture
def traced(start, place):
    """A server under strace; what it calls for so many requests, beside what it does once."""
    files = {"small": b"s" * 500, "ten": b"t" * 10_000, "large": b"l" * 100_000}
    sites.write_files(place, {**files, "many/index.html": "m"})
    trace = place / "trace"
    trace.touch()
    trace.chmod(0o666)

    def run(batches, per_batch, path, *options, own_connection=False):
        server = start(place, "--log", "off", *options, before=["strace", "-f", "-o", trace], forks=True)
        request = raw.request(path, connection="close") if own_connection else raw.request(path)
        if own_connection:
            for _ in range(batches):
                raw.exchange(server.port, request)
        else:
            with raw.Connection(server.port) as connection:
                for _ in range(batches):
                    connection.send(request * per_batch)
                    for _ in range(per_batch):
                        assert connection.answer().status == 200
        server.stop()
        counts = collections.Counter(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), flags=re.M))
        return {name for name, count in counts.items() if count >= batches * 0.8}, counts

    return run


WAITING = {"epoll_pwait", "clock_gettime"}
# Under strace the server is so slow that it takes its client for one who is alone, and looks at the file anew.
LOOKING = {"openat2", "statx", "pread64", "close"}


@pytest.mark.parametrize(
    "path, sending", [("/small", {"sendto"}), ("/ten", {"sendmsg"}), ("/large", {"sendto", "sendfile"})]
)
def test_calls_of_a_kept_connection(traced, path, sending):
    """read and write for what is in memory; with MSG_MORE and sendfile for what is not."""
    often, _ = traced(200, 1, path)
    assert often - LOOKING == WAITING | {"read"} | sending


def test_calls_of_a_connection_for_each_request(traced):
    """accept, read, write, close; nothing is registered with epoll."""
    often, counts = traced(200, 1, "/small", own_connection=True)
    assert often - WAITING - LOOKING == {"accept4", "read", "sendto"}
    assert counts["epoll_ctl"] < 100
    assert counts["accept4"] < 1.3 * 200, "nor is there a second accept for each, which finds nobody and is dear"


def test_calls_of_a_pipelined_batch(traced):
    """One read and one write for sixteen requests."""
    often, counts = traced(200, 16, "/small")
    assert often - LOOKING == WAITING | {"read", "sendto"}
    assert counts["read"] < 2 * 200 and counts["sendto"] < 2 * 200
    assert counts["openat2"] < 2 * 200, "nor more than one look at the file"


def test_no_response_waits_for_an_acknowledgement(start, place):
    """With Nagle's algorithm the second of two answers would wait for the client's delayed
    acknowledgement, 40 ms. The kernel's own word for it: nothing is left unsent."""
    sites.write_files(place, {"small": b"s" * 500, "ten": b"t" * 10_000, "large": b"l" * 100_000})
    server = start(place)
    with raw.Connection(server.port) as connection:
        for path in ("/small", "/ten", "/large"):
            for _ in range(20):
                assert connection.ask(path).status == 200
        port = connection.socket.getsockname()[1]
        sockets = subprocess.run(
            ["ss", "-tinH", f"sport = :{server.port} and dport = :{port}"], capture_output=True, text=True, check=True
        ).stdout
        assert "notsent" not in sockets
        assert not re.search(r"\bcork", sockets)
