# SPDX-License-Identifier: MIT
"""bench/compare --tls: minhttps beside other servers with TLS, in one run.

One certificate (ECDSA P-256) for all, TLS 1.3, X25519. Every server has one worker on one processor; clients ask from
another: h2load for requests, and bench/tls_client.py, with eight threads, for handshakes. The servers are visited in
turn, forth and back. The figure is the CPU time of all processes of a server (schedstat, user and kernel) over the
requests or handshakes of a visit; what is compared is the ratio within a round."""
import contextlib
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import peers
from hold import proc, programs

VISIT_S = 60
SIZES = {"1k": 1 << 10, "10k": 10 << 10, "1m": 1 << 20}
# name: what, requests or handshakes of a visit
WORKLOADS = {
    "full": ("a handshake and a request of 1 KiB", 400),
    "resumed": ("the same, resumed by a ticket", 400),
    "h1-1k": ("HTTP/1, 1 KiB, 8 connections", 16_000),
    "h1-10k": ("HTTP/1, 10 KiB, 8 connections", 12_000),
    "h1-1m": ("HTTP/1, 1 MiB, 8 connections", 400),
    "h2-1k": ("HTTP/2, 1 KiB, 32 streams", 40_000),
    "h2-10k": ("HTTP/2, 10 KiB, 32 streams", 16_000),
    "h2-1m": ("HTTP/2, 1 MiB, 32 streams", 400),
}
SETTLED_S = 4  # minhttps looks at a file for each request while it may still be changing
IDLE = 1000  # connections whose memory is measured


def make_certificate(folder):
    """Readable for servers that change their user."""
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    key.chmod(0o644)
    (folder / "both.pem").write_text(certificate.read_text() + key.read_text())
    return certificate, key


def nginx(port, site, run, pair):
    file = peers.configured("nginx.conf", port, site, run, False)
    file.write_text(file.read_text().replace("backlog=4096;", f"ssl http2 backlog=4096; ssl_certificate {pair[0]}; "
                                             f"ssl_certificate_key {pair[1]}; ssl_protocols TLSv1.3; http2_max_concurrent_streams 128;"))
    return ["/usr/sbin/nginx", "-c", file]


def h2o(port, site, run, pair):
    file = peers.configured("h2o.conf", port, site, run, False)
    file.write_text(file.read_text().replace(f"  port: {port}\n", f"  port: {port}\n  ssl:\n    certificate-file: {pair[0]}\n"
                                             f"    key-file: {pair[1]}\n"))
    return ["/usr/bin/h2o", "-c", file]


def caddy(port, site, run, pair):
    file = peers.configured("Caddyfile", port, site, run, False)
    file.write_text(file.read_text().replace(f":{port} {{", f"https://localhost:{port} {{\n  tls {pair[0]} {pair[1]}"))
    return ["/usr/bin/caddy", "run", "--config", file, "--adapter", "caddyfile"]


def haproxy(port, _, run, pair):
    """It has no files: minhttp is behind it, over HTTP/1, whose CPU time is counted, too."""
    file = run / "haproxy.cfg"
    file.write_text(f"""global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout client 600s
  timeout connect 5s
  timeout server 600s
frontend tls
  bind 127.0.0.1:{port} ssl crt {pair[0].with_name("both.pem")} alpn h2,http/1.1
  default_backend files
backend files
  http-reuse always
  server files unix@{run}/socket
""")
    return ["/usr/sbin/haproxy", "-db", "-f", file]


PEERS = {"nginx": nginx, "h2o": h2o, "caddy": caddy, "haproxy": haproxy}


class Server:
    def __init__(self, stack, name, command, site, pair, minhttp):
        server_cpu, client_cpus = programs.processors()
        self.name, self.cpus = name, ",".join(map(str, sorted(client_cpus)))
        run = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tls-")))
        run.chmod(0o777)
        self.port, self.pair, self.roots = programs.free_port(), pair, []
        if name == "haproxy":
            behind = programs.spawn(stack, [minhttp, site, "--listen", f"unix:{run}/socket,mode=666", "--log", "off",
                                            "--workers", 1], server_cpu, stderr=subprocess.DEVNULL)
            self.roots = [behind.pid]
        environment = {"GOMAXPROCS": "1", "HOME": str(run), "PATH": "/usr/bin:/bin"} if name == "caddy" else None
        server = programs.spawn(stack, command(self.port, site, run, pair), server_cpu, 16384, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env=environment)
        programs.wait_for(server, self.port)
        self.roots.append(server.pid)
        self.client("handshakes", self.port, pair[0], 8, "full")  # then all its processes are there

    @property
    def pids(self):
        return [pid for root in self.roots for pid in proc.tree(root)]

    @property
    def keys(self):
        return [pid for pid in self.pids if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "minhttps-keys"]

    def client(self, *words):
        """The words that bench/tls_client.py prints."""
        command = ["taskset", "-c", self.cpus, sys.executable, pathlib.Path(__file__).with_name("tls_client.py"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=VISIT_S, check=True).stdout.split()

    def visit(self, workload):
        """CPU in us a request, that of the key process, and the median and 99th percentile of a handshake in us."""
        count = WORKLOADS[workload][1]
        before, keys_before = proc.cpu_ns(self.pids), proc.cpu_ns(self.keys)
        p50 = p99 = 0
        if workload in ("full", "resumed"):
            p50, p99 = map(float, self.client("handshakes", self.port, self.pair[0], count, workload))
        else:
            protocol, size = workload.split("-")
            how = ["--h1", "-c", "8"] if protocol == "h1" else ["-c", "1", "-m", "32"]
            said = subprocess.run(["taskset", "-c", self.cpus, "h2load", *how, "-n", str(count),
                                   f"https://localhost:{self.port}/{size}"], capture_output=True, text=True, timeout=VISIT_S).stdout
            done = re.search(r"(\d+) succeeded.*\n.*?(\d+) 2xx", said)
            if not done or done.groups() != (str(count), str(count)):
                raise programs.Failure(f"{self.name}, {workload}: not all requests succeeded: {said[:600]}")
        return ((proc.cpu_ns(self.pids) - before) / 1000 / count, (proc.cpu_ns(self.keys) - keys_before) / 1000 / count, p50, p99)

    def idle(self, protocol):
        """Memory of an idle connection in KiB, of the server's processes (PSS) only."""
        command = ["taskset", "-c", self.cpus, sys.executable, pathlib.Path(__file__).with_name("tls_client.py"), "hold",
                   str(self.port), str(self.pair[0]), str(IDLE), protocol]
        before = proc.memory(self.pids)["Pss"]
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if holder.stdout.readline() != "ready\n":
                raise programs.Failure(f"{self.name} does not keep {IDLE} connections")
            return (proc.memory(self.pids)["Pss"] - before) / 1024 / IDLE
        finally:
            holder.communicate(timeout=VISIT_S)


def start(stack, options, site, pair):
    minhttp, = programs.built(options.build, "minhttp")
    minhttps = options.minhttp or programs.built(options.build, "minhttps")[0]
    commands = {"minhttps": lambda port, site, run, pair: [minhttps, site, "--cert", pair[0], "--key", pair[1], "--listen",
                                                           f"127.0.0.1:{port}", "--log", "off", "--workers", 1]}
    wanted = (options.peer or ",".join(PEERS)).split(",")
    present = {peer.name for peer in peers.PEERS if peer.present()}
    for name in wanted:
        if name not in present:
            print(f"{name} is left out: it is not installed (tools/setup/bench.sh)")
    commands |= {name: command for name, command in PEERS.items() if name in wanted and name in present}
    return [Server(stack, name, command, site, pair, minhttp) for name, command in commands.items()]


def measure(servers, workload, rounds):
    rows = {server.name: [] for server in servers}
    for number in range(rounds + 1):
        for server in servers if number % 2 else reversed(servers):
            seen = server.visit(workload)
            if number > 0:  # the first warms up
                rows[server.name].append(seen)
    print(f"\n{workload}: {WORKLOADS[workload][0]}")
    print(f"  {'':10}{'us CPU':>9}{'quartiles':>18}{'x minhttps':>12}{'quartiles':>14}" + ("   p50 us   p99 us" if rows["minhttps"][0][2] else ""))
    ours = [row[0] for row in rows["minhttps"]]
    for name, seen in rows.items():
        low, middle, high = statistics.quantiles([row[0] for row in seen], n=4, method="inclusive")
        below, ratio, above = statistics.quantiles([row[0] / own for row, own in zip(seen, ours)], n=4, method="inclusive")
        latency = "".join(f"{statistics.median(row[i] for row in seen):9.0f}" for i in (2, 3)) if seen[0][2] else ""
        print(f"  {name:10}{middle:9.2f}{low:9.2f}{high:9.2f}{ratio:12.2f}{below:7.2f}{above:7.2f}{latency}")
    if workload in ("full", "resumed"):
        print(f"  of minhttps: {statistics.median(row[1] for row in rows['minhttps']):.2f} us are the key process")


def show_idle(options, site, pair):
    """Of servers that have done nothing else: what they have used before would be used again."""
    seen = {}
    for protocol in ("http/1.1", "h2"):
        with contextlib.ExitStack() as stack:
            for server in start(stack, options, site, pair):
                seen.setdefault(server.name, []).append(server.idle(protocol))
    print(f"memory of an idle connection, of {IDLE}: KiB (PSS)\n  {'':10}{'HTTP/1':>8}{'HTTP/2':>8}")
    for name, (http1, http2) in seen.items():
        print(f"  {name:10}{http1:8.1f}{http2:8.1f}")


def compare(stack, options):
    chosen = (options.workload or ",".join([*WORKLOADS, "idle"])).split(",")
    folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minhttp-tls-")))
    folder.chmod(0o755)
    site = folder / "site"
    site.mkdir(mode=0o755)
    for name, size in SIZES.items():
        (site / name).write_bytes(b"minhttps" * (size // 8))
    pair = make_certificate(folder)
    time.sleep(SETTLED_S)
    if "idle" in chosen:
        show_idle(options, site, pair)
    servers = start(stack, options, site, pair)
    for workload in chosen:
        if workload != "idle":
            measure(servers, workload, options.rounds)
