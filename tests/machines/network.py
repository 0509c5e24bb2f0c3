# SPDX-License-Identifier: MIT
"""Machines: network namespaces whose only links lead to one switch, a bridge in a namespace of its own (ip-netns(8)). Nothing
outside of them can be reached, and nothing outside is touched."""

import os
import subprocess

PREFIX = "192.0.2."  # RFC 5737: addresses that are nobody's


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True, timeout=30, capture_output=True)


class Machine:
    def __init__(self, network, name, number):
        self.name, self.address = name, f"{PREFIX}{number}"
        self.namespace = f"{network.tag}-{name}"
        self._switch, self._port = network.switch, f"p{number}"
        network.add_namespace(self.namespace)
        ip("-n", self._switch, "link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        ip("-n", self._switch, "link", "set", self._port, "master", "bridge", "up")
        ip("-n", self.namespace, "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip("-n", self.namespace, "link", "set", device, "up")

    def command(self, *command):
        """It is executed in place of ip: who starts it has its process id."""
        return ["ip", "netns", "exec", self.namespace, *map(str, command)]

    def unplug(self):
        """At the switch: the machine itself sees no more than that nobody answers, and nobody gets a reset."""
        ip("-n", self._switch, "link", "set", self._port, "nomaster")

    def plug_in(self):
        ip("-n", self._switch, "link", "set", self._port, "master", "bridge")


class Network:
    def __init__(self):
        self.tag = f"minhttp{os.getpid()}"
        self._namespaces = []
        self.switch = f"{self.tag}-switch"
        self.add_namespace(self.switch)
        ip("-n", self.switch, "link", "add", "bridge", "type", "bridge", "forward_delay", "0")
        ip("-n", self.switch, "link", "set", "bridge", "up")

    def add_namespace(self, name):
        ip("netns", "add", name)
        self._namespaces.append(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self._namespaces:
            ip("netns", "delete", name)
