# SPDX-License-Identifier: MIT
"""Unix sockets, sockets of a service manager, and what that manager is told."""

import os
import signal
import socket
import stat
import sys

import pytest

import programs
import raw
import sites
from server import DEADLINE, Server, run_to_end
from workers import all_begun, workers

needs_root = pytest.mark.skipif(not programs.AS_ROOT, reason="only root can give a socket to somebody else")

# What systemd does between fork and exec: the socket becomes descriptor 3, and the variables name it.
ACTIVATE = """
import os, socket, sys
family, address, names, count, pid = sys.argv[1:6]
listener = socket.socket(getattr(socket, family))
listener.bind(address if family == "AF_UNIX" else ("127.0.0.1", int(address)))
if names != "not-listening":
    listener.listen(64)
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS=count, LISTEN_FDNAMES=names, LISTEN_PID=pid or str(os.getpid()))
os.execvp(sys.argv[6], sys.argv[6:])
"""


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front"})


def ask(client):
    client.settimeout(DEADLINE)
    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    answer = b""
    while piece := client.recv(65536):
        answer += piece
    return answer


def ask_unix(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(DEADLINE)
        client.connect(str(path))
        return ask(client)


def activated(family="AF_UNIX", address="", names="http", count="1", pid=""):
    return (sys.executable, "-c", ACTIVATE, family, address, names, count, pid)


@pytest.mark.parametrize("options", [("--loop", "plain"), ("--workers", 1), ("--workers", 3)])
def test_a_unix_socket_is_served(start, site, writable, options):
    start(site, "--listen", f"unix:{writable}/s", *options)
    for _ in range(10):
        answer = ask_unix(writable / "s")
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"front")


def test_a_unix_socket_beside_a_port(start, site, writable):
    server = start(site, "--listen", f"unix:{writable}/s", "--listen", "127.0.0.1:0")
    port = int(server.start_lines(2)[1].rpartition(":")[2].strip("/"))
    assert ask_unix(writable / "s").endswith(b"front")
    with raw.Connection(port) as connection:
        assert connection.ask("/").status == 200


def test_the_greeting_on_a_unix_socket(start, writable):
    server = start("--listen", f"unix:{writable}/s", "--listen", "127.0.0.1:0")
    assert server.port
    assert ask_unix(writable / "s").endswith(b"Hello from assembly!\n")


@pytest.mark.parametrize("given, mode", [("", 0o666), (",mode=600", 0o600), (",mode=0660", 0o660)])
def test_the_mode_of_a_unix_socket(start, site, writable, given, mode):
    start(site, "--listen", f"unix:{writable}/s{given}")
    assert stat.S_IMODE(os.stat(writable / "s").st_mode) == mode


@needs_root
def test_the_owner_of_a_unix_socket(start, site, writable):
    writable.chmod(0o755)  # only root may make sockets there, and the server is somebody else when it serves
    start(site, "--listen", f"unix:{writable}/s,mode=600,owner=1234:567", "--user", "nobody", as_root=True)
    owner = os.stat(writable / "s")
    assert (owner.st_uid, owner.st_gid) == (1234, 567)
    assert ask_unix(writable / "s").endswith(b"front")


def test_the_socket_of_a_server_that_was_killed_is_replaced(start, site, writable):
    server = start(site, "--listen", f"unix:{writable}/s")
    server.ended_as_wanted()
    killed = [server.pid, *workers(server)]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    server.wait()
    start(site, "--listen", f"unix:{writable}/s")
    assert ask_unix(writable / "s").endswith(b"front")


def test_the_socket_of_a_living_server_is_left_alone(start, site, writable):
    start(site, "--listen", f"unix:{writable}/s")
    second = run_to_end(site, "--listen", f"unix:{writable}/s")
    assert second.returncode == 1
    assert second.stderr == f"minhttp: cannot listen on unix:{writable}/s: a server listens there already\n"
    assert ask_unix(writable / "s").endswith(b"front")


def test_a_file_is_never_replaced_by_a_socket(site, writable):
    (writable / "s").write_text("precious")
    refused = run_to_end(site, "--listen", f"unix:{writable}/s")
    assert refused.returncode == 1
    assert refused.stderr == f"minhttp: cannot listen on unix:{writable}/s: the path exists and is no socket\n"
    assert (writable / "s").read_text() == "precious"


@pytest.mark.parametrize(
    "given, says",
    [
        ("unix:", "takes 8080"),
        ("unix:s", "takes 8080"),
        ("unix:@abstract", "takes 8080"),
        ("unix:/" + "x" * 107, "takes 8080"),
        ("unix:/tmp/s,mode=", "takes 8080"),
        ("unix:/tmp/s,mode=888", "takes 8080"),
        ("unix:/tmp/s,mode=7777", "takes 8080"),
        ("unix:/tmp/s,owner=", "takes 8080"),
        ("unix:/tmp/s,group=a", "takes 8080"),
        ("unix:/tmp/s,owner=no-such-user", "no such user"),
    ],
)
def test_what_is_no_unix_socket_is_refused(site, given, says):
    refused = run_to_end(site, "--listen", given)
    assert refused.returncode == 2
    assert says in refused.stderr and refused.stderr.count("\n") == 1


def test_a_directory_that_is_not_there(site, writable):
    refused = run_to_end(site, "--listen", f"unix:{writable}/missing/s")
    assert refused.returncode == 1
    assert refused.stderr == f"minhttp: cannot listen on unix:{writable}/missing/s: bind: no such file or directory\n"


@pytest.mark.parametrize("options", [("--loop", "plain"), ("--workers", "1"), ("--workers", "3")])
def test_a_socket_of_the_service_manager_is_served(site, writable, options):
    server = Server(site, *options, before=activated(address=f"{writable}/s"))  # and no other address
    try:
        for _ in range(10):
            assert ask_unix(writable / "s").endswith(b"front")
    finally:
        server.stop()


def test_a_port_of_the_service_manager_is_served(start, site):
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        port = somebody.getsockname()[1]
    server = start(site, "--workers", 2, "--listen", "127.0.0.1:0", before=activated("AF_INET", str(port)))
    all_begun(server, 2)
    for _ in range(10):
        with raw.Connection(port) as connection:
            assert connection.ask("/").status == 200


def test_sockets_for_another_process_are_ignored(start, site, writable):
    server = start(site, before=activated(address=f"{writable}/s", pid="1"))
    with raw.Connection(server.port) as connection:
        assert connection.ask("/").status == 200


@pytest.mark.parametrize(
    "given, says",
    [
        ({"count": "2"}, "descriptor 4 "),
        ({"count": "9"}, "LISTEN_FDS is '9': at most 8 sockets"),
        ({"count": "-1"}, "LISTEN_FDS is '-1': at most 8 sockets"),
        ({"count": "x"}, "LISTEN_FDS is 'x': at most 8 sockets"),
        ({"names": "not-listening"}, "descriptor 3 does not listen (Accept=no)"),
    ],
)
def test_variables_that_lie_stop_the_start(site, writable, given, says):
    refused = run_to_end(site, before=activated(address=f"{writable}/s", **given))
    assert refused.returncode == 1
    assert says in refused.stderr and refused.stderr.startswith("minhttp: LISTEN_FDS"), refused.stderr


@pytest.mark.parametrize(
    "name, says",
    [
        ("proxy", "--proxy-protocol needs --trusted-proxy"),
        ("admin", "other machines reach the socket that the service manager calls admin: use localhost:"),
    ],
)
def test_sockets_of_the_service_manager_are_checked_as_addresses_are(site, name, says):
    everywhere = [word.replace("127.0.0.1", "0.0.0.0") for word in activated("AF_INET", "0", names=name)]
    refused = run_to_end(site, "--listen", "127.0.0.1:0", before=everywhere)
    assert refused.returncode == 2 and says in refused.stderr, refused.stderr


def test_the_service_manager_may_give_the_address_of_admin(start, site):
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        port = somebody.getsockname()[1]
    start(site, "--listen", "127.0.0.1:0", "--admin-public", before=activated("AF_INET", str(port), names="admin"))
    assert raw.ask(port, "/healthz").status == 200


class Manager:
    """The socket that a service manager listens on."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.socket.settimeout(DEADLINE)
        self.path = path

    def hears(self):
        while (message := self.socket.recv(4096)) == b"WATCHDOG=1":
            pass
        return message


@pytest.fixture
def manager(writable):
    manager = Manager(writable / "notify")
    yield manager
    manager.socket.close()


@pytest.mark.parametrize("options", [("--workers", 1), ("--workers", 2)])
def test_the_service_manager_hears_of_start_reload_and_end(start, site, manager, options):
    server = start(site, *options, before=("env", f"NOTIFY_SOCKET={manager.path}"))
    assert manager.hears() == b"READY=1"
    server.reload()
    assert manager.hears().startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    assert manager.hears() == b"READY=1"
    sites.write_files(site, {"_redirects": "/a /b 999\n"})
    server.reload()
    assert manager.hears().startswith(b"RELOADING=1\n")
    assert manager.hears() == b"READY=1"
    server.signal(signal.SIGTERM)
    assert manager.hears() == b"STOPPING=1"
    assert server.wait() == 0


def test_the_plain_loop_says_that_it_is_ready(start, site, manager):
    start(site, "--loop", "plain", before=("env", f"NOTIFY_SOCKET={manager.path}"))
    assert manager.hears() == b"READY=1"


def test_the_watchdog_hears_that_the_server_is_alive(start, site, manager):
    start(site, before=("env", f"NOTIFY_SOCKET={manager.path}", "WATCHDOG_USEC=200000"))
    heard = [manager.socket.recv(4096) for _ in range(6)]
    assert heard.count(b"READY=1") == 1 and heard.count(b"WATCHDOG=1") == 5


def test_an_abstract_name_of_the_manager(start, site):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0minhttp-{os.getpid()}")
        manager.settimeout(DEADLINE)
        start(site, before=("env", f"NOTIFY_SOCKET=@minhttp-{os.getpid()}"))
        assert manager.recv(4096) == b"READY=1"


@pytest.mark.parametrize("path", ["", "/", "relative", "/nowhere/notify", "/" + "x" * 200])
def test_a_manager_that_cannot_be_reached_does_not_stop_the_start(start, site, path):
    server = start(site, before=("env", f"NOTIFY_SOCKET={path}"))
    with raw.Connection(server.port) as connection:
        assert connection.ask("/").status == 200
