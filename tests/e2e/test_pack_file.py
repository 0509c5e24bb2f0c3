# SPDX-License-Identifier: MIT
"""The executable with a site in it, as a file: damaged, cut off, replaced while it runs; and that it opens no other."""

import re
import shutil
import signal
import struct
import subprocess

import pytest

import packs
import programs
import raw
import sites
from server import free_port, run_to_end, wait_until
from test_upgrade import Load, Upgradable

OPENS = re.compile(r"\b(open|openat|openat2|statx|stat|access|readlinkat|getdents64|execve)\(")


def small():
    return packs.site(index_html="<p>front", about_html="<p>about", docs__a_txt="a").add("style.css", b"c" * 3000, gzip=b"gz")


@pytest.fixture
def site(place):
    return packs.executable(place, small(), ["--spa"], name="site")


def place_of_pack(data):
    return packs.reader.find(data)


def test_the_test_reader_reads_what_its_writer_wrote(site, place):
    pack = packs.reader.Pack.of_file(site)
    pack.verify()
    assert pack.options == ["--spa"]
    pack.extract(place / "out")
    assert (place / "out/about.html").read_text() == "<p>about" and (place / "out/docs/a.txt").read_text() == "a"


def test_every_changed_byte_of_the_header_is_noticed(site):
    good = site.read_bytes()
    begin, _ = place_of_pack(good)
    for at in range(packs.layout.HEADER.size):
        changed = bytearray(good)
        changed[begin + at] ^= 0x10
        site.write_bytes(changed)
        ended = run_to_end("check", program=site)
        assert ended.returncode == 1 and "the site in this executable cannot be served" in ended.stderr, at


def test_changed_bytes_of_the_index_are_answered_with_500_or_rightly(start, place):
    """tests/unit/site/pack_test.cc changes every byte; here some of them, through the whole server."""
    good = packs.executable(place, small(), name="good").read_bytes()
    begin, size = place_of_pack(good)
    header = packs.reader.Pack(good[begin:begin + size])
    end = sum(header.sections["names"])
    paths = ["/", "/about", "/docs/a.txt", "/style.css", "/docs", "/none"]
    right = [(200, b"<p>front"), (200, b"<p>about"), (200, b"a"), (200, b"c" * 3000), (301, None), (404, None)]
    failed = 0
    for at in range(192, end, 41):
        changed = bytearray(good)
        changed[begin + at] ^= 0xFF
        site = place / f"changed{at}"
        site.write_bytes(changed)
        site.chmod(0o755)
        try:
            server = packs.serve(start, site)
        except AssertionError as refused:  # where the rules are looked for
            assert "the packed site/_" in str(refused) and "damaged" in str(refused)
            continue
        for path, (status, body) in zip(paths, right):
            answer = raw.ask(server.port, path, accept_encoding="identity")
            failed += answer.status == 500
            assert answer.status == 500 or (answer.status == status and body in (None, answer.body)), (at, path)
        server.stop()
    assert failed > 5


@pytest.mark.parametrize("missing", [1, 7, 8, 9, 4096, 5000, 70_000])
def test_a_cut_off_file_is_refused(place, missing):
    files = packs.site(index_html="front").add("big.bin", bytes(range(251)) * 300)
    site = packs.executable(place, files)
    site.write_bytes(site.read_bytes()[:-missing])
    ended = run_to_end("--port", 0, program=site)
    assert ended.returncode == 1
    assert re.search("cannot be served: (the file was cut off|its end is missing or damaged)", ended.stderr)


def test_a_pack_of_another_version_says_so(site):
    data = bytearray(site.read_bytes())
    begin, _ = place_of_pack(data)
    struct.pack_into("<I", data, begin + 8, 2)
    struct.pack_into("<Q", data, begin + 160, packs.content_hash.digest(data[begin:begin + 160])[0])
    site.write_bytes(data)
    assert "another version" in run_to_end("check", program=site).stderr


def strip(path):
    tool = shutil.which("strip")
    if tool is None:
        pytest.skip("needs strip")  # an emulated machine may have no binutils
    return subprocess.run([tool, str(path)], capture_output=True, check=False, timeout=60).returncode


def test_strip_leaves_a_pack_alone(site, start):
    assert strip(site) != 0
    assert raw.ask(packs.serve(start, site).port, "/about").body == b"<p>about"


def test_a_pack_that_was_stripped_of_its_site_says_so(place):
    site = place / "site"
    site.write_bytes(packs.writer.append(programs.MINHTTP.read_bytes(), packs.writer.write_pack(small()), sections=True))
    site.chmod(0o755)
    assert strip(site) == 0
    ended = run_to_end("--port", 0, program=site)
    assert ended.returncode == 1 and "cannot be served: it is missing, as strip(1) leaves it" in ended.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_no_file_is_opened_behind_the_start(site, start, place, workers):
    trace = place / "trace"
    trace.touch(mode=0o666)
    trace.chmod(0o666)
    server = packs.serve(start, site, "--workers", workers, "--listing", "--spa", before=["strace", "-f", "-o", trace], forks=True)
    for path in ("/", "/about", "/docs/", "/docs/a.txt", "/none.png", "/style.css"):
        raw.ask(server.port, path)
    server.signal(signal.SIGHUP)
    assert server.err.wait_for(lambda line: "reloaded" in line)
    server.stop()
    lines = trace.read_text().splitlines()
    fenced = max(i for i, line in enumerate(lines) if "SECCOMP_SET_MODE_FILTER" in line)
    assert [line for line in lines[fenced:] if OPENS.search(line)] == []
    opened = [line for line in lines if re.search(r"\bopenat2?\(.*(site|exe)", line)]
    assert opened == []


def test_log_file_is_reopened_and_passwords_are_read(start, place, writable):
    users = sites.write_passwords(place / "users")
    site = packs.executable(place, small())
    log = writable / "log"
    server = packs.serve(start, site, "--log-file", log, "--auth", f"/docs={users}", "--workers", 2)
    raw.ask(server.port, "/about")
    assert wait_until(lambda: "/about" in log.read_text())
    log.rename(writable / "old")
    server.signal(signal.SIGUSR1)
    assert wait_until(log.exists)


PAGES = {"/": 500, "/a.txt": 20, "/b/c.txt": 1}


def version(number):
    return packs.site(index_html=said(number, 500), a_txt=said(number, 20), b__c_txt=said(number, 1))


def said(number, times):
    return f"site {number} " * times


class Visitors(Load):
    """Of each answer they ask that all of it is from one site, and never an older one than before."""

    def _ask(self, connection):
        newest = self.newest
        for path, times in PAGES.items():
            answer = connection.ask(path)
            number = int(answer.body.split()[1])
            assert answer.status == 200 and answer.body.decode() == said(number, times) and number >= newest - 1, answer
            self.answers += 1
            if answer.fields.get("connection") == "close":
                return False
        return True

    newest = 1

    def _kept(self):
        def ask_on_one():
            with raw.Connection(self.port) as connection:
                while not self._stop.is_set() and self._ask(connection):
                    pass

        self._run(ask_on_one)

    def _new(self):
        def ask_on_one():
            with raw.Connection(self.port) as connection:
                self._ask(connection)

        self._run(ask_on_one)

    _http2 = _new


def test_a_new_executable_takes_over_under_load_and_no_answer_is_mixed(place):
    site = packs.executable(place, version(1), name="live")
    server = Upgradable(site, "--workers", 2, "--port", 0)
    try:
        with Visitors(server.port, clients=2) as load:
            load.more()
            for number in (2, 3):
                packs.executable(place, version(number), name="next").rename(site)
                load.more()
                assert raw.ask(server.port, "/a.txt").body.decode() == said(number - 1, 20)
                server.upgrade()
                load.newest = number
                # The old workers may answer who came to them, until they have given way.
                assert wait_until(lambda: all(raw.ask(server.port, path).body.decode() == said(load.newest, times) for path, times in PAGES.items()))
                load.more()
        assert load.faults == []
    finally:
        server.stop()


def test_healthcheck_knows_the_packed_options(place, start):
    port = free_port()
    site = packs.executable(place, small(), ["--listen", f"127.0.0.1:{port}", "--health", "/healthz"])
    assert run_to_end("healthcheck", program=site).returncode == 1
    start("--workers", 1, program=site)
    assert run_to_end("healthcheck", program=site).returncode == 0


def test_a_pack_needs_no_file_of_its_own_to_be_readable(site, start):
    """Whoever may execute it may serve it: the kernel maps it."""
    site.chmod(0o711)
    assert raw.ask(packs.serve(start, site).port, "/about").body == b"<p>about"
