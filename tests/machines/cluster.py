# SPDX-License-Identifier: MIT
"""Three servers, each on a machine of its own with a copy of the site, HAProxy before them as deploy/haproxy/haproxy.cfg has it, and
clients on one more machine."""

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import programs
from network import Machine, Network
from server import Lines, children, wait_until

HERE = Path(__file__).parent
EXAMPLE = programs.PROJECT / "deploy/haproxy/haproxy.cfg"
SERVERS = 3
CLIENTS = 12
SECONDS_MAX = 150  # the clients stop by themselves
PORT = 8080
PATHS = [f"/page-{number}" for number in range(8)] + ["/style.css", "/"]


def lay_release(root, number):
    root.mkdir(parents=True)
    for path in PATHS:
        name = path[1:] or "index"
        text = f"release {number} of {path}\n" * 40  # long enough to be compressed
        (root / (name if "." in name else f"{name}.html")).write_text(text)


def setting_of(text):
    """The options of the servers, from the head of HAProxy's example, but for the addresses."""
    options = re.search(r"^#   minhttp /srv/site (.+)$", text, re.M)[1].split()
    return [word for word in options if word not in ("--listen", "127.0.0.1:8081", "--trusted-proxy", "127.0.0.1")]


class Host:
    """A machine with a server."""

    def __init__(self, network, place, number, options):
        self.machine = Machine(network, f"s{number}", 10 + number)
        self.name = f"s{number}"
        self.root = place / self.name
        for release in (1, 2):
            lay_release(self.root / f"releases/{release}", release)
        # As if each machine had been set up at another time.
        for file in self.root.rglob("*.*"):
            os.utime(file, (1_700_000_000 + 1000 * number,) * 2)
        self.switch_to(1)
        self.options = options
        self.start()

    def switch_to(self, release):
        link = self.root / "next"
        link.symlink_to(f"releases/{release}")
        link.rename(self.root / "current")

    def start(self):
        minhttp = [programs.copies.of(programs.MINHTTP), self.root / "current", "--listen", f"{self.machine.address}:{PORT}", *self.options]
        nobody = ["setpriv", "--reuid", programs.NOBODY, "--regid", programs.NOBODY, "--clear-groups"]
        self.process = subprocess.Popen(self.machine.command(*nobody, *minhttp), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.err = Lines(self.process.stderr)
        assert self.err.wait_for(lambda line: line.startswith("minhttp serving ")), self.err.all

    def processes(self):
        return [self.process.pid, *children(self.process.pid)]

    def signal_all(self, number):
        for pid in self.processes():
            os.kill(pid, number)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.err.all

    def stop(self):
        if self.process.poll() is None:
            self.signal_all(signal.SIGCONT)
            self.signal_all(signal.SIGKILL)
            self.process.wait(30)


class Balancer:
    def __init__(self, network, place, hosts, protocol):
        self.machine = Machine(network, "lb", 1)
        text = EXAMPLE.read_text()
        lines = [line for line in text.splitlines() if not re.match(r" *server s2 ", line)]
        text = ""
        for line in lines:
            for host in hosts if re.match(r" *server s1 ", line) else [None]:
                text += line.replace("s1", host.name).replace("127.0.0.1:8081", f"{host.machine.address}:{PORT}") + "\n" if host else line + "\n"
        if protocol == "HTTP/1.1":
            assert "proto h2 " in text
            text = text.replace("proto h2 ", "")
        file = place / "haproxy.cfg"
        file.write_text(text)
        self.process = subprocess.Popen(self.machine.command("haproxy", "-db", "-f", file), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.log = Lines(self.process.stdout)

    def wait_for(self, host, state, behind=0):
        """HAProxy says that the health of this server has changed."""
        line = self.log.wait_for(lambda line: f"Server site/{host.name} is {state}" in line, behind=behind)
        assert line, f"{host.name} is not {state}: {self.log.all[-5:]}"

    def mark(self):
        return len(self.log.all)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Phase:
    def __init__(self, name, requests):
        self.name = name
        self.requests = requests
        self.failed = [request for request in requests if request["status"] != 200]

    def ms(self, share):
        times = sorted(request["ms"] for request in self.requests)
        return times[min(len(times) - 1, int(share * len(times)))]

    def __str__(self):
        return (f"{self.name}: {len(self.requests)} requests, {len(self.failed)} failed, ms: median "
                f"{statistics.median(request['ms'] for request in self.requests):.1f}, p99 {self.ms(0.99):.1f}, longest {self.ms(1):.0f}")


class Cluster:
    def __init__(self, place, protocol):
        self.protocol = protocol
        self.network = Network()
        options = [*setting_of(EXAMPLE.read_text()), "--trusted-proxy", "192.0.2.1", "--workers", "1", "--log", "off"]
        self.hosts = [Host(self.network, place, number, options) for number in range(1, SERVERS + 1)]
        self.balancer = Balancer(self.network, place, self.hosts, protocol)
        self.client = Machine(self.network, "client", 100)
        assert wait_until(lambda: self.get("/", "192.0.2.1", 8000) is not None)
        self.asking = subprocess.Popen(
            self.client.command(sys.executable, HERE / "ask.py", "192.0.2.1", 8000, CLIENTS, SECONDS_MAX, *PATHS),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.asked = Lines(self.asking.stdout)
        self.answers(20)
        self.reported = len(self.asked.all)

    def get(self, path, address, port, *fields):
        """Status, fields and body, from the clients' machine; None if there is no answer."""
        command = ["curl", "-sS", "-i", "--max-time", "5", *fields, f"http://{address}:{port}{path}"]
        result = subprocess.run(self.client.command(*command), capture_output=True, timeout=30, check=False)
        return result.stdout if result.returncode == 0 and b" 200" in result.stdout[:16] else None

    def etags(self, path, coding):
        """Of all machines; gzip is there when a file has been asked for a second time."""
        answers = []

        def coded():
            answers[:] = [self.get(path, host.machine.address, PORT, "-H", f"Accept-Encoding: {coding}") for host in self.hosts]
            return coding == "identity" or all(f"content-encoding: {coding}\r".encode() in answer.lower() for answer in answers)

        assert wait_until(coded)
        return [re.search(rb"^etag: (.+?)\r$", answer, re.M | re.I)[1] for answer in answers]

    def answers(self, count):
        """Waits for so many more answers to requests that begin from now on, at least one to each client: what was under way is told
        then."""
        begin = time.monotonic()
        behind = len(self.asked.all)

        def heard():
            begun = [told["client"] for told in map(json.loads, self.asked.all[behind:]) if told["begin"] >= begin]
            return len(begun) >= count and len(set(begun)) == CLIENTS

        assert wait_until(heard), "nobody asks, or somebody waits"

    def phase(self, name):
        """What was asked since the last phase."""
        requests = [json.loads(line) for line in self.asked.all[self.reported:]]
        self.reported += len(requests)
        phase = Phase(f"{self.protocol}, {name}", requests)
        print(phase)
        return phase

    def stop(self):
        self.asking.stdin.close()
        self.asking.wait(30)
        self.balancer.stop()
        for host in self.hosts:
            host.stop()
        with self.network:
            pass
