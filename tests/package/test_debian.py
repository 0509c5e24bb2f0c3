# SPDX-License-Identifier: MIT
"""The package for Debian: lintian has nothing to say, and dpkg installs, upgrades, removes and purges it in a small Debian."""
import os
import re
import shutil
import subprocess

import pytest

import programs

DEPLOY = programs.PROJECT / "deploy"
BUILD = programs.SETTINGS.get("MINHTTP_BUILD", programs.MINHTTP.parent)


def make(out, epoch="1700000000"):
    done = subprocess.run([programs.PROJECT / "tools/deb", BUILD, out], env={**os.environ, "SOURCE_DATE_EPOCH": epoch},
                          check=True, capture_output=True, text=True, timeout=120)
    return done.stdout.strip()


def next_version(package, place):
    """The same package, ten versions later, whose authors have changed the configuration file."""
    subprocess.run(["dpkg-deb", "--raw-extract", package, place / "next"], check=True, timeout=60)
    control = place / "next/DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*", "Version: 10.0.0-1", control.read_text(), flags=re.M))
    with open(place / "next/etc/minhttp.conf", "a") as file:
        file.write("# one more line\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", place / "next", place / "next.deb"], check=True, capture_output=True, timeout=60)
    return place / "next.deb"


class Root:
    def __init__(self, folder):
        self.folder = folder

    def run(self, *command, check=True):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        done = subprocess.run(["chroot", self.folder, *command], env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def install(self, package):
        shutil.copy(package, self.folder / "package.deb")
        return self.run("dpkg", "--force-confold", "--install", "/package.deb")


def test_lintian(place):
    done = subprocess.run(["lintian", "--allow-root", "--display-info", "--pedantic", "--fail-on", "info,pedantic,warning,error", make(place)],
                          capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_same_build_gives_the_same_bytes(place):
    one, two = (open(make(place / name), "rb").read() for name in ("one", "two"))
    assert one == two


def test_install_upgrade_remove_and_purge(place, debian):
    root = Root(debian)
    conf = debian / "etc/minhttp.conf"
    package = make(place)
    root.install(package)
    assert root.run("minhttp", "--version").startswith("minhttp ")
    user = root.run("getent", "passwd", "minhttp").strip().split(":")
    assert int(user[2]) < 1000 and user[5:] == ["/", "/usr/sbin/nologin"]
    files = [debian / path.lstrip("/") for path in root.run("dpkg", "--listfiles", "minhttp").split("\n")[1:] if path]
    files = [path for path in files if path.is_file()]
    assert debian / "lib/systemd/system/minhttp.service" in files and conf in files
    assert root.run("dpkg", "--verify", "minhttp") == ""

    changed = conf.read_text().replace("#root /var/www/html", "root /srv")
    conf.write_text(changed)
    root.install(next_version(package, place))
    assert root.run("dpkg-query", "--show", "--showformat", "${Version}", "minhttp") == "10.0.0-1"
    assert conf.read_text() == changed
    assert "root /srv  # /etc/minhttp.conf:" in root.run("minhttp", "check", "--config", "/etc/minhttp.conf", "--settings")

    root.run("dpkg", "--remove", "minhttp")
    assert [path for path in files if path.exists()] == [conf]
    (debian / "var/log/minhttp").mkdir()
    root.run("dpkg", "--purge", "minhttp")
    assert not conf.exists() and not (debian / "var/log/minhttp").exists()
    assert root.run("dpkg-query", "--list", "minhttp", check=False).count("\nii") == 0


def test_the_configuration_file(place):
    """As it is, it changes nothing; each example in it is a setting that the server accepts."""
    text = (DEPLOY / "systemd/minhttp.conf").read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []
    (place / "var").mkdir()
    examples = re.sub(r"^#(?=\w)", "", text, flags=re.M).replace("/var/www/html", f"{place}/var").replace("listen unix:/", "# unix:/")
    (place / "minhttp.conf").write_text(examples)
    done = subprocess.run([programs.MINHTTP, "check", "--config", place / "minhttp.conf", "--settings"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("minhttp.conf:") == len(re.findall(r"^#\w", text, re.M)) - 2  # listen excludes port, and port has its default


@pytest.mark.parametrize("conf, allowed", [("#root /srv\n", False), ("root /srv\n", True), ("hosts\t/srv\n", True), (" # root /srv\n", False)])
def test_the_service_does_not_start_without_a_site(place, conf, allowed):
    """Its first command, as systemd would run it."""
    command = re.search(r'^ExecStartPre=/bin/sh -c "(.*)"$', (DEPLOY / "systemd/minhttp.service").read_text(), re.M)[1]
    (place / "conf").write_text(conf)
    done = subprocess.run(["/bin/sh", "-c", command.replace("/etc/minhttp.conf", str(place / "conf"), 1)], capture_output=True, text=True, timeout=10)
    assert (done.returncode == 0) == allowed and ("root DIR" in done.stdout) != allowed
