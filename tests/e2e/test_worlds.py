# SPDX-License-Identifier: MIT
"""Worlds that lack what a server is used to. In each it starts and serves, or says in one line why not."""

import itertools
import os
import re
import shutil
import signal

import pytest

import programs
import raw
import sites
from own_network import own_network
from server import run_to_end, wait_until
from workers import all_begun


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "index", "other": "other"})


@pytest.fixture(params=[1, 2], ids=["one worker", "two"])
def workers(request):
    return request.param


def shell(line, *arguments):
    """A command that runs the server from bash: in `line` it is "$@", and the arguments have the names before it."""
    names = "".join(f"{name}=$1; shift; " for name in "abc"[: len(arguments)])
    return ["bash", "-c", names + line, "bash", *arguments]


def python(lines):
    """The same from Python: at the end of these lines, minhttp is run."""
    return ["/usr/bin/python3", "-c", f"import os, signal, sys\n{lines}\nos.execv(sys.argv[1], sys.argv[1:])"]


def serves(server):
    """It answers, with what was asked for and nothing else, and ends when it is told to."""
    for path, body in (("/", b"index"), ("/other", b"other"), ("/", b"index")):
        with raw.Connection(server.port) as connection:
            assert connection.ask(path, connection="close").body == body
            assert connection.is_closed()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def says_why(*arguments, before=()):
    """The one line of a start that fails."""
    result = run_to_end(*arguments, "--port", 0, before=before)
    assert (result.returncode, result.stdout) == (1, ""), result
    assert re.fullmatch(r"minhttp: [^\n]+\n", result.stderr)
    return result.stderr


# No files


if programs.AS_ROOT:
    def world_of(place, how="--userspec=65534:65534", without=""):
        """Nothing but a server and a site, and not to be written to: no /proc, /dev, /tmp, /etc, no shell."""
        shutil.copy(programs.copies.of(programs.MINHTTP), place / "minhttp")
        read_only = 'mount --bind "$a" "$a" && mount -o remount,bind,ro "$a" && '
        enter = f'shift && exec chroot {how} "$a" /minhttp "$@" {without}'
        return ["unshare", "--mount", *shell(read_only + enter, place)]

    @pytest.fixture
    def world(place, site):
        return world_of(place)

    @pytest.mark.parametrize("arguments", [("--workers", 1), ("--workers", 2), ("--workers", 0), ("--loop", "plain")])
    def test_it_starts_in_an_empty_root(start, world, arguments):
        server = start("/site", *arguments, before=world, as_root=True)
        assert sorted(os.listdir(f"/proc/{server.pid}/root")) == ["minhttp", "site"]
        serves(server)

    def test_the_greeting_starts_in_an_empty_root(start, world):
        server = start("--workers", 2, before=world, as_root=True)
        assert raw.exchange(server.port, b"GET / HTTP/1.0\r\n\r\n").endswith(b"Hello from assembly!\n")


    def test_it_starts_in_an_empty_root_without_standard_descriptors(start, place, site, workers):
        before = world_of(place, without="<&- >&- 2>&-")
        serves(start("/site", "--workers", workers, before=before, as_root=True, silent=True))

    def test_a_numeric_user_needs_no_passwd(start, place, site):
        server = start("/site", "--workers", 1, "--user", "12345", before=world_of(place, how=""), as_root=True)
        with open(f"/proc/{server.pid}/status") as status:
            assert "Uid:\t12345\t12345\t12345\t12345\n" in status.readlines()
        serves(server)

    def test_a_named_user_needs_passwd(place, site):
        ended = run_to_end("/site", "--port", 0, "--user", "nobody", before=world_of(place, how=""), as_root=True)
        wanted = "minhttp: the user of --user nobody: /etc/passwd: no such file or directory; a number always works\n"
        assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", wanted)


def test_a_site_that_is_a_dangling_link(place):
    (place / "link").symlink_to("nowhere")
    assert f"cannot serve '{place}/link': no such file or directory; " in says_why(place / "link")


# No arguments, no environment


def test_it_starts_with_an_empty_name_and_environment(start, site, workers):
    serves(start(site, "--workers", workers, before=shell('exec -c -a "" "$@"')))


def test_it_starts_without_any_argument(start):
    """Before Linux 5.18 there was no argument at all then (execve(2)); since then there is an empty one."""
    nothing = "import ctypes; none = (ctypes.c_char_p * 1)(None)\n"
    with own_network():
        server = start(before=python(nothing + "ctypes.CDLL(None).execve(sys.argv[1].encode(), none, none)"))
        assert server.start_line == "minhttp listening on port 8080..."
        assert raw.exchange(server.port, b"GET / HTTP/1.0\r\n\r\n").endswith(b"Hello from assembly!\n")


# Nobody to talk to

MISSING = [numbers for count in (1, 2, 3) for numbers in itertools.combinations((0, 1, 2), count)]


@pytest.mark.parametrize("missing", MISSING, ids=str)
def test_it_starts_without_standard_descriptors(start, site, workers, missing):
    """The next file that is opened would take their place, and get the log."""
    without = shell('exec "$@" ' + " ".join(f"{number}>&-" for number in missing))
    server = start(site, "--workers", workers, before=without, silent=True)
    serves(server)
    assert server.err.wait_for_end() == []
    assert sum('"GET /' in line for line in server.out.wait_for_end()) == (0 if 1 in missing else 3)


@pytest.mark.parametrize("missing", MISSING, ids=str)
def test_a_failing_start_without_standard_descriptors(place, missing):
    without = shell('exec "$@" ' + " ".join(f"{number}>&-" for number in missing))
    result = run_to_end(place / "nowhere", before=without)
    assert (result.returncode, result.stdout) == (1, "")
    assert ("nowhere" in result.stderr) == (2 not in missing)


NO_READER = "signal.signal(signal.SIGPIPE, signal.SIG_DFL); r, w = os.pipe(); os.dup2(w, 1); os.close(w); os.close(r)"
NOWHERE = {
    "closed": shell('exec "$@" >&-'),
    "a full disk": shell('exec "$@" >/dev/full'),
    "a pipe without a reader": python(NO_READER),
    "a file that may not grow": shell('ulimit -f 0; exec "$@" >"$a"', "log"),
}


@pytest.mark.parametrize("nowhere", NOWHERE)
def test_a_log_that_cannot_be_written_is_dropped(start, place, site, nowhere):
    """The lines are gone: nothing waits until they can be written, and looks again and again."""
    trace = place / "trace"
    trace.touch()
    trace.chmod(0o666)
    place.chmod(0o777)
    before = ["env", "-C", place, "strace", "-f", "-o", trace, "-e", "trace=epoll_pwait", *NOWHERE[nowhere]]
    serves(start(site, "--workers", 1, before=before, forks=True, silent=True))
    waits = [int(ms) for ms in re.findall(r"epoll_pwait\(.*, (-?\d+), NULL, 8\)", trace.read_text())]
    assert waits and waits.count(100) < 3, "by chance the next heartbeat is due then"


def test_it_starts_with_a_closed_standard_error(start, site, workers):
    """A pipe that is full: what is to be said there does not hold up anybody."""
    full = "r, w = os.pipe(); os.set_inheritable(r, True); os.set_blocking(w, False)\n"
    full += "try:\n while True: os.write(w, b'-')\nexcept BlockingIOError: os.set_blocking(w, True); os.dup2(w, 2)"
    server = start(site, "--workers", workers, before=python(full), silent=True)
    (site / "_redirects").write_text("/old /new 301\n")
    os.kill(server.pid, signal.SIGHUP)
    assert wait_until(lambda: raw.ask(server.port, "/old").status == 301)
    serves(server)


# No IPv6


def test_a_kernel_without_ipv6(start, place, site, workers):
    trace = place / "trace"
    trace.touch()
    trace.chmod(0o666)
    before = ["strace", "-f", "-o", trace, "--seccomp-bpf", "-e", "trace=socket"]
    before += ["-e", "inject=socket:error=EAFNOSUPPORT:when=1"]
    server = start(site, "--workers", workers, before=before, forks=True)
    assert re.findall(r"socket\((\w+)", trace.read_text())[:2] == ["AF_INET6", "AF_INET"]
    serves(server)


if programs.AS_ROOT:
    def test_disabled_ipv6(start, site, workers):
        common = os.readlink("/proc/thread-self/ns/net")
        with own_network():
            if os.readlink("/proc/thread-self/ns/net") != common:
                with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as switch:
                    switch.write("1")
            serves(start(site, "--workers", workers))


# Limits


@pytest.mark.parametrize("descriptors", range(3, 17))
def test_it_starts_with_few_descriptors(start, site, descriptors):
    """Ten are needed: 0 to 2, signals, the site, the listener, epoll and its reserve, a client and its file."""
    before = ["prlimit", f"--nofile={descriptors}:{descriptors}"]
    if descriptors < 10:
        assert "no file descriptors left; raise their limit (ulimit -n)" in says_why(site, "--workers", 1, before=before)
    else:
        serves(start(site, "--workers", 1, before=before))


@pytest.mark.parametrize("descriptors", range(3, 17))
def test_two_workers_start_with_few_descriptors(start, site, descriptors):
    before = ["prlimit", f"--nofile={descriptors}:{descriptors}"]
    if descriptors < 11:
        assert "no file descriptors left; raise their limit (ulimit -n)" in says_why(site, "--workers", 2, before=before)
    else:
        serves(start(site, "--workers", 2, before=before))


@pytest.mark.parametrize("limit", ["--as", "--data"])
@pytest.mark.parametrize("size", [64 << 20, 1 << 20])
def test_too_little_memory_for_a_site(site, limit, size):
    line = says_why(site, before=["prlimit", f"{limit}={size}"])
    assert re.search(
        r"cannot reserve \d+ MiB of memory: out of memory; raise the limit \(ulimit -v, ulimit -d\), or lower --\w+.* all but \d+ MiB", line)


@pytest.mark.parametrize("limit", ["--as", "--data"])
def test_little_memory_for_a_site(start, site, workers, limit):
    """What the message says to lower is enough: nothing else takes more than there is."""
    (site / "_redirects").write_text("/old /other 301\n")
    fewer = ["--connections", 1000, "--workspaces", 100, "--cache-bytes", 8 << 20]
    server = start(site, *fewer, "--workers", workers, before=["prlimit", f"{limit}={64 << 20}"])
    assert raw.ask(server.port, "/old").status == 301
    (site / "_redirects").write_text("/new /other 301\n")
    assert server.reload() == ["minhttp: reloaded: 1 redirects, 0 blocks of fields"]
    serves(server)


def test_rules_that_do_not_fit_into_little_memory(site):
    (site / "_redirects").write_text("".join(f"/a{number}/{'x' * 50} /other 301\n" for number in range(40_000)))
    fewer = ["--connections", 100, "--workspaces", 10, "--cache-files", 1000, "--cache-bytes", 1 << 20]
    line = says_why(site, *fewer, before=["prlimit", f"--as={32 << 20}"])
    assert re.search(r"need more than \d MiB of memory; for more, raise the limit \(ulimit -v\)$", line), line


def test_it_starts_with_little_address_space(start, workers):
    """Without a site there is little to reserve but what the options ask for."""
    before = ["prlimit", f"--as={3 << 19}", f"--stack={144 << 10}"]
    server = start("--connections", 16, "--workspaces", 4, "--workers", workers, before=before)
    assert raw.exchange(server.port, b"GET / HTTP/1.0\r\n\r\n").endswith(b"Hello from assembly!\n")


@pytest.mark.parametrize("arguments", [["--workers", 1], ["--workers", 2], ["--loop", "plain"]], ids=str)
def test_a_stack_that_is_too_small_is_refused(site, arguments):
    """A request would end its worker, so there is none."""
    line = says_why(site, *arguments, before=["prlimit", f"--stack={64 << 10}"])
    assert re.search(r"cannot serve with a stack of 64 KiB: \d+ KiB are needed; raise the limit \(ulimit -s\)$", line)


def test_it_starts_with_a_small_stack(start, site, workers):
    """As much as it says that it needs, also for a request that takes much of it."""
    needed = re.search(r"(\d+) KiB are needed", says_why(site, before=["prlimit", f"--stack={64 << 10}"])).group(1)
    sites.write_files(site, {"_redirects": "/old/:year/* /new/:splat/:year 301\n", "_headers": "/old/*\n  X-Old: yes\n"})
    server = start(site, "--workers", workers, "--listing", before=["prlimit", f"--stack={int(needed) + 8 << 10}"])
    assert raw.ask(server.port, "/old/1999/page?x=y").fields["location"] == "/new/page/1999?x=y"
    serves(server)


def test_less_memory_than_the_program_needs(site):
    """It is the kernel that ends it, before the first instruction."""
    result = run_to_end(site, before=["prlimit", f"--as={64 << 10}"])
    assert result.returncode < 0 and result.stderr == ""


def test_a_start_without_free_processes_fails(site, workers):
    line = says_why(site, "--workers", workers, before=["prlimit", "--nproc=0"])
    assert "cannot start workers: the limit of processes is reached (ulimit -u" in line and "--loop plain" in line


def test_one_process_is_enough_for_the_plain_loop(start, site):
    serves(start(site, "--loop", "plain", before=["prlimit", "--nproc=0"]))


def test_limits_on_core_locked_memory_and_signals_do_not_matter(start, site, workers):
    limits = ["--core=0", "--memlock=0", "--msgqueue=0", "--sigpending=0", "--rtprio=0", "--nice=0"]
    serves(start(site, "--workers", workers, before=["prlimit", *limits]))


# Rights


if programs.AS_ROOT:
    def test_any_user_without_capabilities(start, site, workers):
        somebody = ["--reuid=12345", "--regid=12345", "--clear-groups"]
        nothing = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs"]
        before = ["setpriv", *somebody, *nothing]
        serves(start(site, "--workers", workers, before=before, as_root=True))

    def test_root_without_capabilities(start, site, workers):
        nothing = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
        serves(start(site, "--workers", workers, before=nothing, as_root=True))

    def test_a_port_that_needs_a_capability(site, workers):
        with own_network():  # where net.ipv4.ip_unprivileged_port_start is what it is at boot
            result = run_to_end(site, "--port", 80, "--workers", workers)
        assert (result.returncode, result.stdout) == (1, "")
        wanted = "bind: permission denied; ports below 1024 need CAP_NET_BIND_SERVICE; choose another --port\n"
        assert result.stderr == f"minhttp: cannot listen on port 80: {wanted}"


# Time


if programs.AS_ROOT:
    def after(seconds):
        """A command: its clocks say that the system has run for so long."""
        with open("/proc/uptime") as uptime:
            offset = seconds - int(float(uptime.read().split()[0]))
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        clocks = [f"--monotonic={offset}", f"--boottime={offset}"]
        return ["unshare", "--time", "--fork", "--kill-child", *clocks, *nobody]

    # The last two begin a second or two before 32 bits of milliseconds are over, with and without a sign.
    @pytest.mark.parametrize("seconds, ms", [(1, 50), (2_000_000_000, 50), (2**31 // 1000 - 1, 2500), (2**32 // 1000 - 1, 2500)])
    def test_it_serves_for_any_uptime_of_the_machine(start, site, seconds, ms):
        """Deadlines are counted from the start of the system."""
        patience = ["--idle-ms", ms, "--head-ms", ms]
        server = start(site, "--workers", 1, *patience, before=after(seconds), forks=True, as_root=True)
        with raw.Connection(server.port) as silent, raw.Connection(server.port) as idle, raw.Connection(server.port) as slow:
            assert idle.ask("/").body == b"index"
            slow.send(b"GET / HT")
            assert silent.is_closed() and idle.is_closed()
            assert slow.answer().status == 408
        serves(server)

    def test_workers_serve_for_any_uptime_of_the_machine(start, site):
        """A supervisor's patience, too: who dies is replaced."""
        server = start(site, "--workers", 2, before=after(2_000_000_000), forks=True, as_root=True)
        os.kill(all_begun(server, 2)[0], signal.SIGKILL)
        assert server.err.wait_for(lambda line: line.endswith("another one takes its place"))
        serves(server)
