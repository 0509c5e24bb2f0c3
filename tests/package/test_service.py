# SPDX-License-Identifier: MIT
"""The package under a real systemd, which boots in a container: the unit starts, reloads, stays through its watchdog, and is upgraded.

What systemd hides from a service shows only here: RestrictSUIDSGID took openat2 away, and a small Debian has no /bin/kill."""
import re
import subprocess
import time

import pytest

import programs
import test_debian
import tls
from acme import Pebble
from containers import Container

BOOT_SECONDS_MAX = 60
SERVICE_SECONDS_MAX = 30


class Machine(Container):
    """A Debian with systemd as process 1, which prints nothing: it is booted when systemctl says so."""

    def __init__(self, tools, name, image, shared):
        self.tools, self.name = tools, name
        # SYS_ADMIN to mount, DAC_READ_SEARCH for minhttps.service, and no filter before the unit's own.
        tools.podman("run", "--detach", "--name", name, "--systemd=always", "--network=none", "--cap-add=SYS_ADMIN,DAC_READ_SEARCH", "--security-opt=seccomp=unconfined",
                     "--ulimit=nofile=20000:20000", "--ulimit=nproc=1000:1000", "--volume", f"{shared}:/shared:ro", image, "/lib/systemd/systemd")
        self.pid = int(tools.podman("inspect", "--format", "{{.State.Pid}}", name).stdout)
        self.wait_for(lambda: self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded"), BOOT_SECONDS_MAX)

    def __exit__(self, *_):
        self.tools.podman("rm", "--force", "--time", "1", self.name, check=False)

    def run(self, *command, check=True):
        done = self.tools.podman("exec", self.name, *command, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr + self.journal()
        return done.stdout

    def journal(self):
        return self.tools.podman("exec", self.name, "journalctl", "--no-pager", "--unit", "minhttp*.service", check=False).stdout

    def show(self, what, service="minhttp.service"):
        return self.run("systemctl", "show", "--value", "--property", what, service).strip()

    def wait_for(self, condition, seconds=SERVICE_SECONDS_MAX):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.journal()
            time.sleep(0.1)  # systemd is in a container: outside there is no event to wait for, and each question starts a process


@pytest.fixture
def debian_image(tools):
    tools.podman("import", programs.PROJECT / "build/debian-root.tar", "localhost/debian:systemd")
    return "localhost/debian:systemd"


@pytest.fixture
def machine(tools, place, debian_image):
    (place / "shared").mkdir()
    package = test_debian.make(place / "shared")
    subprocess.run(["cp", package, place / "shared/now.deb"], check=True, timeout=10)
    test_debian.next_version(package, place).rename(place / "shared/next.deb")
    with Machine(tools, "machine", debian_image, place / "shared") as machine:
        yield machine


def test_https_with_a_key_that_only_root_may_read(tools, place, debian_image, dynamic):
    shared = place / "shared"
    shared.mkdir()
    subprocess.run(["cp", test_debian.make(shared, "minhttps", dynamic), shared / "minhttps.deb"], check=True, timeout=10)
    certificate, _ = tls.make_pair(shared)
    with Machine(tools, "https", debian_image, shared) as machine:
        machine.run("dpkg", "--install", "/shared/minhttps.deb")
        machine.run("sh", "-ec", "mkdir /srv/www && echo home >/srv/www/index.html && mkdir -m 700 -p /etc/letsencrypt/live && cd /etc/letsencrypt/live && "
                    "mkdir site && cp /shared/site.pem site/fullchain.pem && cp /shared/site.key site/privkey.pem && chmod 600 site/*")
        machine.run("sed", "-i", "s|^#root .*|root /srv/www|; s|^#cert .*|cert /etc/letsencrypt/live/site|", "/etc/minhttps.conf")
        machine.run("systemctl", "enable", "--now", "minhttps.service")
        machine.wait_for(lambda: machine.show("ActiveState", "minhttps.service") == "active")
        assert machine.curl("--cacert", certificate, "https://localhost/") == "home\n"
        assert "location: https://localhost/x" in machine.curl("--head", "http://localhost/x").lower()
        rights = {}
        for status in machine.run("sh", "-c", "cat /proc/[0-9]*/status").split("Name:\t")[1:]:
            held = re.findall(r"^Cap(?:Prm|Eff|Amb):\t(\w+)$", status, re.M)
            if status.startswith("minhttp"):
                rights[status.partition("\n")[0]] = max(int(mask, 16) for mask in held)
        assert len(rights) > 2 and {name for name, held in rights.items() if held} == {"minhttps-keys"}, rights
        machine.run("dpkg", "--purge", "minhttps")


def test_from_nothing_to_https_by_the_lines_of_the_handbook(tools, place, debian_image, dynamic):
    """Under the units as they are installed. Only the authority is another one than the lines say."""
    shared = place / "shared"
    shared.mkdir()
    for name in ("minhttps", "minhttps-acme"):
        subprocess.run(["cp", test_debian.make(shared, name, dynamic), shared / f"{name}.deb"], check=True, timeout=10)
    pair = tls.make_pair(shared)
    page = (programs.PROJECT / "docs/tls.md").read_text().partition("\nFrom nothing to https")[2]
    before, after = ["\n".join(re.findall(r"^    (.*)$", part, re.M)) for part in page.split("\n\n") if part.startswith("    ")][:2]
    with Machine(tools, "acme", debian_image, shared) as machine:
        authority = Pebble(place, pair, 80, before=("nsenter", "--target", str(machine.pid), "--net")).wait()
        try:
            machine.run("sh", "-ec", "mkdir /srv/site && echo home >/srv/site/index.html")
            machine.run("sh", "-ec", re.sub(r"^apt install .*", "dpkg --install /shared/minhttps.deb /shared/minhttps-acme.deb", before))
            own = f"--agree-to-terms --directory {authority.directory} --ca-bundle /shared/{pair[0].name}"
            machine.run("sh", "-ec", after.replace("--agree-to-terms", own))
            chain = shared / "chain.pem"
            chain.write_text(machine.run("cat", "/var/lib/minhttps-acme/www.example.org/fullchain.pem"))
            asked = ("--resolve", "www.example.org:443:127.0.0.1", "--cacert", chain, "https://www.example.org/")
            machine.wait_for(lambda: machine.show("ActiveState", "minhttps.service") == "active")
            assert machine.curl(*asked) == "home\n"
            assert machine.show("ActiveState", "minhttps-acme.timer") == "active"
            machine.run("systemctl", "start", "minhttps-acme.service")
            assert "nothing to do" in machine.journal()
            machine.run("sed", "-i", "s/--domain/--renew-now --domain/", "/etc/minhttps-acme.conf")
            machine.run("systemctl", "start", "minhttps-acme.service")
            machine.run("systemctl", "reload", "minhttps.service")
            new = machine.run("cat", "/var/lib/minhttps-acme/www.example.org/fullchain.pem")
            assert new != chain.read_text()
            chain.write_text(new)
            machine.wait_for(lambda: "new certificate in use" in machine.journal())
            assert machine.curl(*asked) == "home\n"
            machine.run("dpkg", "--purge", "minhttps-acme")
            assert machine.run("sh", "-c", "ls -d /var/lib/minhttps-acme /etc/systemd/system/timers.target.wants/minhttps* 2>/dev/null", check=False) == ""
        finally:
            authority.stop()


def test_the_life_of_the_service(machine):
    machine.run("dpkg", "--install", "/shared/now.deb")
    assert machine.show("ActiveState") == "inactive"
    machine.run("systemctl", "start", "minhttp.service", check=False)
    machine.wait_for(lambda: machine.show("ActiveState") == "failed")
    assert "/etc/minhttp.conf names no site yet: root DIR" in machine.journal()

    machine.run("sh", "-c", "mkdir /srv/www && echo home >/srv/www/index.html")
    machine.run("sed", "-i", "s|^#root .*|root /srv/www|; s|^#log-file|log-file|; s|^#listen|listen|", "/etc/minhttp.conf")
    machine.run("systemctl", "reset-failed")
    # A start of the unit that must end at once: a short watchdog, as the unit's half a minute is long for a test.
    machine.run("sh", "-c", "mkdir -p /etc/systemd/system/minhttp.service.d && printf '[Service]\\nWatchdogSec=2\\n' >/etc/systemd/system/minhttp.service.d/test.conf")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", "minhttp.socket", "minhttp.service")
    assert machine.curl("http://localhost/") == "home\n"
    assert machine.curl("--unix-socket", f"/proc/{machine.pid}/root/run/minhttp/site.sock", "http://localhost/") == "home\n"
    assert '"GET / HTTP/1.1" 200' in machine.run("cat", "/var/log/minhttp/access.log")
    assert "openat2" not in machine.journal()  # the message about a kernel that lacks it

    machine.run("sh", "-c", "echo '/old /index.html 301' >/srv/www/_redirects")
    machine.run("systemctl", "reload", "minhttp.service")
    machine.wait_for(lambda: " 301 " in machine.curl("--head", "http://localhost/old"))
    machine.wait_for(lambda: machine.show("SubState") == "running")
    since = machine.show("MainPID")
    began = time.monotonic()
    machine.wait_for(lambda: time.monotonic() - began > 5)  # two times the watchdog's patience: what must not happen takes that long
    assert (machine.show("MainPID"), machine.show("NRestarts")) == (since, "0")

    machine.run("dpkg", "--force-confold", "--install", "/shared/next.deb")
    machine.wait_for(lambda: machine.show("MainPID") not in (since, "0") and machine.show("ActiveState") == "active")
    assert machine.curl("http://localhost/") == "home\n"
    machine.run("dpkg", "--purge", "minhttp")
    assert machine.run("find", "/etc/systemd/system", "-name", "minhttp.s*", "!", "-type", "d") == ""
    assert machine.run("sh", "-c", "ls -d /var/log/minhttp /etc/minhttp.conf 2>/dev/null", check=False) == ""
