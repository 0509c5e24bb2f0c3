# SPDX-License-Identifier: MIT
"""HAProxy and nginx in front of a server, and what they say they have passed on to it."""

import re
import socket
import subprocess
from pathlib import Path

import raw
from server import wait_until

HERE = Path(__file__).with_name("proxies")

# HAProxy's own checks are switched off in two of its forms: what it would refuse meets minhttp.
LAX = "option accept-invalid-http-request"
FRONTS = {
    "haproxy": ("haproxy.cfg", {"lax": "", "protocol": "", "upgrades": ""}),
    "haproxy-lax": ("haproxy.cfg", {"lax": LAX, "protocol": "", "upgrades": ""}),
    "nginx": ("nginx.conf", {}),
}
# To a server without extended CONNECT, HAProxy 2.6 cannot pass an upgrade on: it resets a stream that it never opened,
# which ends the connection (RFC 9113 section 6.4). docs/http2.md has the same rule.
UPGRADES = "use-server upgrades if { req.hdr(upgrade) -m found }\n  server upgrades 127.0.0.1:@port@ weight 0 pool-max-conn 1"
HTTP2_FRONTS = {
    "haproxy-http2": ("haproxy.cfg", {"lax": "", "protocol": "proto h2", "upgrades": UPGRADES}),
    "haproxy-lax-http2": ("haproxy.cfg", {"lax": LAX, "protocol": "proto h2", "upgrades": UPGRADES}),
}
MARK = "passed:"  # begins each of HAProxy's lines, whose other ones are about itself


class Client(raw.Connection):
    """Talks to a proxy, which listens at a path: no port has to be free."""

    def __init__(self, path, deadline=30.0):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(deadline)
        self.socket.connect(str(path))
        self.unread = bytearray()


class Proxy:
    def __init__(self, name, place, port):
        self.place, self.listen, self.log = place, place / "front", place / "access.log"
        self.log.touch()
        template, values = {**FRONTS, **HTTP2_FRONTS}[name]
        self.is_nginx = template == "nginx.conf"
        # A malformed request of HTTP/2 ends with a stream error, and minhttp does not note it: S is that end.
        self._unnoted = "CcS" if name in HTTP2_FRONTS else "Cc"
        log = self.log if self.is_nginx else "stdout"
        values = {**values, "place": place, "listen": self.listen, "log": log, "port": port, "mark": MARK}
        text = (HERE / template).read_text()
        config = place / template
        for _ in range(2):  # a value may hold others
            text = re.sub(r"@(\w+)@", lambda found: str(values.get(found[1], found[0])), text)
        config.write_text(text)
        command = ["haproxy", "-db", "-f", config]
        if self.is_nginx:
            command = ["nginx", "-e", place / "error.log", "-p", place, "-c", config]
        self._output = open(place / "output" if self.is_nginx else self.log, "wb")
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT
        )
        assert wait_until(lambda: self._listens() or self.process.poll() is not None)
        assert self.process.poll() is None, (place / "output").read_text() if self.is_nginx else self.log.read_text()

    def _listens(self):
        try:
            with Client(self.listen):
                return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self._output.close()

    def passed_on(self):
        """The request lines that went to minhttp, and those among them whose clients left before their end: minhttp may
        have heard too little of these to note them."""
        lines = self.log.read_bytes().decode("latin-1").splitlines()
        if self.is_nginx:
            found = [line.split("|", 2) for line in lines]
            left = ("400", "408", "499")
            passed = [(request, status in left) for upstream, status, request in found if upstream != "-"]
        else:
            found = [line.removeprefix(MARK).split(" ", 2) for line in lines if line.startswith(MARK)]
            behind = [(end, request) for server, end, request in found if server in ("behind", "upgrades")]
            passed = [(request.strip('"'), end[0] in self._unnoted) for end, request in behind]
        return [request for request, _ in passed], [request for request, left in passed if left]
