# SPDX-License-Identifier: MIT
"""The packages for Debian: lintian has nothing to say, and dpkg installs, upgrades, removes and purges them in a small Debian."""
import os
import re
import shutil
import subprocess

import pytest

import programs

DEPLOY = programs.PROJECT / "deploy"
BUILD = programs.SETTINGS.get("MINHTTP_BUILD", programs.MINHTTP.parent)


PACKAGES = ("minhttp", "minhttps", "minhttps-acme", "minhttp-pack")
SERVICES = ("minhttp", "minhttps")


def make(out, name="minhttp", build=BUILD, epoch="1700000000"):
    done = subprocess.run([programs.PROJECT / "tools/deb", build, out, name], env={**os.environ, "SOURCE_DATE_EPOCH": epoch},
                          check=True, capture_output=True, text=True, timeout=120)
    return done.stdout.strip()


@pytest.fixture
def package(request, place):
    """The package of this name; the dynamic programs are built first."""
    build = BUILD if request.param == "minhttp" else request.getfixturevalue("dynamic")
    return make(place, request.param, build)


def name_of(package):
    return os.path.basename(package).partition("_")[0]


def next_version(package, place):
    """The same package, ten versions later, whose authors have changed the configuration file."""
    subprocess.run(["dpkg-deb", "--raw-extract", package, place / "next"], check=True, timeout=60)
    control = place / "next/DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*", "Version: 10.0.0-1", control.read_text(), flags=re.M))
    with open(place / f"next/etc/{name_of(package)}.conf", "a") as file:
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


@pytest.mark.parametrize("package", PACKAGES, indirect=True)
def test_lintian(package):
    done = subprocess.run(["lintian", "--allow-root", "--display-info", "--pedantic", "--fail-on", "info,pedantic,warning,error", package],
                          capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("package", PACKAGES, indirect=True)
def test_the_same_build_gives_the_same_bytes(package, place, request):
    name = name_of(package)
    again = make(place / "again", name, BUILD if name == "minhttp" else request.getfixturevalue("dynamic"))
    assert open(package, "rb").read() == open(again, "rb").read()


def depends(package):
    text = subprocess.run(["dpkg-deb", "--field", package, "Depends"], check=True, capture_output=True, text=True, timeout=60).stdout
    return {re.split(r"[ |]", one.strip())[0] for one in text.split(",")}


@pytest.mark.parametrize("package, libraries", [("minhttp", set()), ("minhttps", {"libc6", "libssl3"}),
                                                ("minhttps-acme", {"libc6", "libssl3", "libcurl4"}), ("minhttp-pack", {"libbrotli1", "libzstd1", "libgumbo1"})],
                         indirect=["package"])
def test_the_libraries_that_it_depends_on(package, libraries, place):
    found = {name for name in depends(package) if name.startswith("lib")}
    assert libraries <= found and bool(found) == bool(libraries)
    name = name_of(package)
    subprocess.run(["dpkg-deb", "--extract", package, place / "package"], check=True, timeout=60)
    done = subprocess.run([place / "package/usr/bin" / name, "--version"], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(f"{name} ")


def test_the_packer_brings_the_server(place, dynamic):
    assert "minhttp" in depends(make(place, "minhttp-pack", dynamic))


def test_a_static_minhttps_is_no_package(place):
    """Updates of the system's OpenSSL would not reach it."""
    done = subprocess.run([programs.PROJECT / "tools/deb", BUILD, place / "out", "minhttps"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "linked dynamically" in done.stderr and not (place / "out").exists()


@pytest.mark.parametrize("package", SERVICES, indirect=True)
def test_install_upgrade_remove_and_purge(package, place, debian):
    root = Root(debian)
    name = name_of(package)
    conf = debian / f"etc/{name}.conf"
    root.install(package)
    assert root.run(name, "--version").startswith(f"{name} ")
    user = root.run("getent", "passwd", name).strip().split(":")
    assert int(user[2]) < 1000 and user[5:] == ["/", "/usr/sbin/nologin"]
    files = [debian / path.lstrip("/") for path in root.run("dpkg", "--listfiles", name).split("\n")[1:] if path]
    files = [path for path in files if path.is_file()]
    assert debian / f"lib/systemd/system/{name}.service" in files and conf in files
    assert root.run("dpkg", "--verify", name) == ""

    changed = conf.read_text().replace("#root /var/www/html", "root /srv")
    conf.write_text(changed)
    root.install(next_version(package, place))
    assert root.run("dpkg-query", "--show", "--showformat", "${Version}", name) == "10.0.0-1"
    assert conf.read_text() == changed
    assert f"root /srv  # /etc/{name}.conf:" in root.run(name, "check", "--config", f"/etc/{name}.conf", "--settings")

    root.run("dpkg", "--remove", name)
    assert [path for path in files if path.exists()] == [conf]
    (debian / "var/log" / name).mkdir()
    root.run("dpkg", "--purge", name)
    assert not conf.exists() and not (debian / "var/log" / name).exists()
    assert root.run("dpkg-query", "--list", name, check=False).count("\nii") == 0


@pytest.mark.parametrize("name, unlike", [("minhttp", 2), ("minhttps", 0)])  # listen excludes port, and port has its default
def test_the_configuration_file(place, name, unlike):
    """As it is, it changes nothing; each example in it is a setting that the server accepts."""
    text = (DEPLOY / f"systemd/{name}.conf").read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []
    (place / "var").mkdir()
    examples = re.sub(r"^#(?=\w)", "", text, flags=re.M).replace("/var/www/html", f"{place}/var").replace("listen unix:/", "# unix:/")
    (place / f"{name}.conf").write_text(examples)
    program = programs.MINHTTP.with_name(name)
    done = subprocess.run([program, "check", "--config", place / f"{name}.conf", "--settings"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"{name}.conf:") == len(re.findall(r"^#\w", text, re.M)) - unlike


def first_commands(name, conf, place):
    """What the unit runs before the server, as systemd would, until one fails: the status and the output of the last one."""
    (place / "conf").write_text(conf)
    for command in re.findall(r'^ExecStartPre=/bin/sh -c "(.*)"$', (DEPLOY / f"systemd/{name}.service").read_text(), re.M):
        command = command.replace(f"/etc/{name}.conf", str(place / "conf"), 1)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=10)
        if done.returncode != 0:
            break
    return done.returncode, done.stdout


def test_the_certificates_package_has_its_service(place, dynamic):
    """Nothing of it runs before somebody has named a host and enabled the timer."""
    package = make(place, "minhttps-acme", dynamic)
    subprocess.run(["dpkg-deb", "--raw-extract", package, place / "package"], check=True, timeout=60)
    units = place / "package/lib/systemd/system"
    assert sorted(path.name for path in units.iterdir()) == ["minhttps-acme.service", "minhttps-acme.timer"]
    assert (place / "package/DEBIAN/conffiles").read_text() == "/etc/minhttps-acme.conf\n"
    assert "ca-certificates" in depends(package)
    text = (place / "package/etc/minhttps-acme.conf").read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == []
    for conf, allowed in (text, False), ("OPTIONS=\n", False), (text.replace("#OPTIONS=", "OPTIONS="), True):
        assert (first_commands("minhttps-acme", conf, place)[0] == 0) == allowed
    words = re.search(r'^#OPTIONS="(.*)"$', text, re.M)[1].split()
    done = subprocess.run([place / "package/usr/bin/minhttps-acme", *words, "--state", place / "file/none"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "cannot make the directory" in done.stderr  # all of the words were understood


@pytest.mark.parametrize("name, holders", [("minhttp-pack", ["University of Cincinnati"]), ("minhttps-acme", ["University of Cincinnati", "Niels Lohmann"])])
def test_the_notices_of_headers_come_with_the_program(place, dynamic, name, holders):
    subprocess.run(["dpkg-deb", "--raw-extract", make(place, name, dynamic), place / "package"], check=True, timeout=60)
    text = (place / f"package/usr/share/doc/{name}/copyright").read_text()
    for holder in holders:
        assert re.search(rf"^Files: usr/include/.*\nCopyright: .*{holder}", text, re.M)
    assert "License: BSD-3-clause\n Redistribution and use" in text and text.count("\nLicense: Expat\n Permission is") == 1


def test_a_program_that_the_systems_openssl_would_not_reach_is_no_package(place):
    """A dynamic program with libssl.a in it; here another one that is linked dynamically, without OpenSSL."""
    shutil.copy("/usr/bin/true", place / "minhttps")
    done = subprocess.run([programs.PROJECT / "tools/deb", place, place / "out", "minhttps"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "minhttps does not ask for the system's OpenSSL" in done.stderr and not list((place / "out").iterdir())


def test_a_build_directory_that_exists_changes_between_both_kinds_of_openssl(place):
    off = [f"-DMINHTTP_{part}=OFF" for part in ("TESTS", "SIM", "BENCH", "PACK", "ACME")]
    for shared in "OFF", "ON", "OFF":
        subprocess.run(["cmake", "--preset", "release", "-B", place / "build", f"-DMINHTTP_TLS_SHARED={shared}", *off],
                       cwd=programs.PROJECT, check=True, capture_output=True, timeout=300)
        [linked] = re.findall(r"^build minhttps: .*(?:\n .*)*LINK_LIBRARIES = (.*)", (place / "build/build.ninja").read_text(), re.M)
        assert ("libssl.a" in linked, "libssl.so" in linked) == (shared == "OFF", shared == "ON")


@pytest.mark.parametrize("conf, allowed", [("#root /srv\n", False), ("root /srv\n", True), ("hosts\t/srv\n", True), (" # root /srv\n", False)])
@pytest.mark.parametrize("name, more", [("minhttp", ""), ("minhttps", "self-signed\n")])
def test_the_service_does_not_start_without_a_site(place, name, more, conf, allowed):
    status, said = first_commands(name, conf + more, place)
    assert (status == 0) == allowed and ("root DIR" in said) != allowed


@pytest.mark.parametrize("conf, allowed", [("#cert /x\n", False), ("cert /x\n", True), ("cert\t/x\n", True), ("self-signed\n", True), ("certain\n", False)])
def test_the_https_service_does_not_start_without_a_certificate(place, conf, allowed):
    status, said = first_commands("minhttps", "root /srv\n" + conf, place)
    assert (status == 0) == allowed and ("cert DIR" in said) != allowed
