# SPDX-License-Identifier: MIT
"""Who is compared, how each is started, and what it can do. Configurations stand beside this file."""
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
KEPT = {"a", "d1k", "d10k", "d100k", "d1m", "e"}
ALL = KEPT | {"b", "c", "f"}


def configured(name, port, site, run, log):
    """The file beside this one, for these; of its lines that end so, those for the log on, or off."""
    lines = (HERE / name).read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.endswith("# log off\n" if log else "# log on\n"))
    file = run / name
    file.write_text(text.replace("@PORT@", str(port)).replace("@SITE@", str(site)).replace("@RUN@", str(run)))
    return file


class Peer:
    def __init__(self, name, program, version, command, workloads, **environment):
        self.name, self.program, self.version_option = name, program, version
        self.command, self.workloads, self.environment = command, workloads, environment

    def version(self):
        said = subprocess.run([self.program, self.version_option], capture_output=True, text=True, timeout=10)
        return (said.stdout + said.stderr).strip().splitlines()[0]

    def present(self):
        return shutil.which(self.program) is not None


# Where they log, it is to standard output or /dev/null, which are the same here.
PEERS = [
    Peer("nginx", "/usr/sbin/nginx", "-v",
         lambda *place: ["/usr/sbin/nginx", "-c", configured("nginx.conf", *place)], ALL),
    Peer("lighttpd", "/usr/sbin/lighttpd", "-v",
         lambda *place: ["/usr/sbin/lighttpd", "-D", "-f", configured("lighttpd.conf", *place)], ALL),
    Peer("h2o", "/usr/bin/h2o", "--version",
         lambda *place: ["/usr/bin/h2o", "-c", configured("h2o.conf", *place)], ALL),
    Peer("caddy", "/usr/bin/caddy", "version",
         lambda *place: ["/usr/bin/caddy", "run", "--config", configured("Caddyfile", *place),
                         "--adapter", "caddyfile"], ALL - {"c"}, GOMAXPROCS="1"),
    # 8,192 connections and directories; its own name, so that it asks no resolver.
    Peer("webfs", "/usr/bin/webfsd", "-h",
         lambda port, site, run, log: ["/usr/bin/webfsd", "-F", "-4", "-i", "127.0.0.1", "-p", str(port), "-r", str(site), "-n",
                                       "localhost", "-c", "8192", "-j", *(["-l", "/dev/null"] if log else [])],
         ALL - {"c", "f"}),
    # A process for each connection, and none is kept.
    Peer("busybox", "/usr/bin/busybox", "--help",
         lambda port, site, run, log: ["/usr/bin/busybox", "httpd", "-f", "-p", f"127.0.0.1:{port}", "-h", str(site),
                                       *(["-vv"] if log else [])], {"b"}),
    Peer("haproxy", "/usr/sbin/haproxy", "-v",
         lambda *place: ["/usr/sbin/haproxy", "-db", "-f", configured("haproxy.cfg", *place)],
         {"a", "b", "c"}),
]
