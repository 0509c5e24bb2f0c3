# SPDX-License-Identifier: MIT
"""Password files, and the fields that answer them."""

import base64
import functools
import os
import signal
import subprocess

from server import wait_until

# A hash that is no password's, and takes long enough for others to come meanwhile.
ENDLESS = "$6$rounds=1000000$salt$" + "a" * 85 + "0"


@functools.cache
def hashed(password, rounds=1000):
    """What `openssl passwd -6` makes of it; few rounds, so that tests are fast."""
    command = ["openssl", "passwd", "-6", "-salt", f"rounds={rounds}$0123456789abcdef", "-stdin"]
    run = subprocess.run(command, input=password.encode() + b"\n", capture_output=True, check=True, timeout=60)
    return run.stdout.decode().strip()


def write(path, users, rounds=1000):
    """`users` maps names to passwords."""
    path.write_text("".join(f"{name}:{hashed(password, rounds)}\n" for name, password in users.items()))
    return path


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def reload(server):
    """SIGHUP; the line that says what came of it."""
    def lines():
        return [line for line in server.err.all if "reloaded: " in line or "reload failed" in line]

    before = len(lines())
    os.kill(server.pid, signal.SIGHUP)
    assert wait_until(lambda: len(lines()) > before), server.err.all
    return lines()[-1]
