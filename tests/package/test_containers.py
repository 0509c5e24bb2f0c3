# SPDX-License-Identifier: MIT
"""The image runs where a container has next to nothing, and is built by a container tool, too (docs/container.md)."""
import shutil
import subprocess

import pytest

import programs
import tls
from containers import LEAST, Container, make_image
from sites import write_files

CONTAINER = programs.PROJECT / "deploy/container"
MIB = 1 << 20


@pytest.fixture(scope="module")
def image(tools, tmp_path_factory):
    archive = make_image(tmp_path_factory.mktemp("image") / "minhttp.tar", "--version", "1.2.3")
    assert tools.podman("load", "--input", archive).stdout == "Loaded image: localhost/minhttp:1.2.3\n"
    return "localhost/minhttp:1.2.3"


def test_a_mounted_site_with_next_to_nothing(tools, image, place):
    write_files(place / "site", {"index.html": "home"})
    with Container(tools, "least", *LEAST, "--volume", f"{place}/site:/site:ro", image) as container:
        assert container.curl("http://localhost:8080/") == "home"
        status = container.status()
        assert (status["NoNewPrivs"], status["Uid"].split()[0]) == ("1", "12345")
        assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert int(container.control_group("memory", ("memory.limit_in_bytes", "memory.max"))) == 16 * MIB
        assert int(container.control_group("memory", ("memory.max_usage_in_bytes", "memory.peak"))) < 16 * MIB
        assert int(container.control_group("pids", ("pids.max", "pids.max"))) == 20
        health = tools.podman("exec", "least", "/minhttp", "healthcheck")
        assert health.stdout + health.stderr != ""
        code, seconds = container.stop()
        assert code == 0 and seconds < 10


def test_arguments_are_options(tools, image, place):
    write_files(place / "site", {"index.html": "home"})
    with Container(tools, "options", *LEAST, "--volume", f"{place}/site:/site:ro", image, "--spa") as container:
        assert container.curl("-H", "Sec-Fetch-Mode: navigate", "http://localhost:8080/deep/link") == "home"


def test_without_a_site_it_does_not_start(tools, image):
    done = tools.podman("run", "--rm", *LEAST, image, check=False)
    assert done.returncode == 1 and "/site" in done.stderr


def test_an_image_of_a_site(tools, place):
    write_files(place / "site", {"index.html": "home", "about.html": "about"})
    archive = make_image(place / "shop.tar", "--site", place / "site", "--name", "shop", "--version", "7")
    tools.podman("load", "--input", archive)
    with Container(tools, "shop", *LEAST, "localhost/shop:7") as container:
        assert container.curl("http://localhost:8080/about") == "about"


def pack(place):
    write_files(place / "packed", {"index.html": "home"})
    subprocess.run([programs.MINHTTP.with_name("minhttp-pack"), place / "packed", "-o", place / "pack", "--no-cache"], check=True, capture_output=True, timeout=60)
    return place / "pack"


def test_an_image_of_a_packed_site(tools, place):
    archive = place / "packed.tar"
    subprocess.run([programs.PROJECT / "tools/oci", archive, pack(place), "--name", "packed", "--version", "7"], check=True, capture_output=True, timeout=60)
    tools.podman("load", "--input", archive)
    with Container(tools, "packed", *LEAST, "localhost/packed:7") as container:
        assert container.curl("http://localhost:8080/") == "home"
        assert tools.podman("exec", "packed", "/minhttp", "healthcheck").returncode == 0
    context = place / "context"
    shutil.copytree(CONTAINER / "pack", context)
    shutil.copy(place / "pack", context / "site-amd64")
    tools.build(context, "--format", "docker", "--tag", "packed-by-buildah")
    with Container(tools, "packed-too", *LEAST, "localhost/packed-by-buildah") as container:
        assert container.curl("http://localhost:8080/") == "home"


@tls.NEEDED
def test_https_with_next_to_nothing(tools, place):
    write_files(place / "site", {"index.html": "home"})
    (place / "pair").mkdir()
    certificate, _ = tls.make_pair(place / "pair", stem="tls")
    certificate.rename(place / "pair/tls.crt")
    subprocess.run([programs.PROJECT / "tools/oci", place / "https.tar", tls.MINHTTPS, "--https", "--version", "1"], check=True, capture_output=True, timeout=60)
    tools.podman("load", "--input", place / "https.tar")
    context = place / "context"
    shutil.copytree(CONTAINER / "https", context)
    shutil.copy(tls.MINHTTPS, context / "minhttps-amd64")
    tools.build(context, "--format", "docker", "--tag", "https-by-buildah")
    volumes = ["--volume", f"{place}/site:/site:ro", "--volume", f"{place}/pair:/certificate:ro", "--sysctl", "net.ipv4.ip_unprivileged_port_start=0"]
    for name, image in ("https", "localhost/minhttps:1"), ("https-too", "localhost/https-by-buildah"):
        with Container(tools, name, *LEAST, *volumes, "--env", "MINHTTP_CERT=/certificate", image) as container:
            assert container.curl("--cacert", place / "pair/tls.crt", "https://localhost/") == "home"
            assert "location: https://localhost/\n" in container.curl("--head", "http://localhost/").lower().replace("\r", "")
            assert tools.podman("exec", name, "/minhttps", "healthcheck").returncode == 0
            code, seconds = container.stop()
            assert code == 0 and seconds < 10


def server_context(place):
    shutil.copytree(CONTAINER, place / "server")
    for architecture in ("amd64", "arm64", "riscv64"):
        shutil.copy(programs.MINHTTP, place / "server" / f"minhttp-{architecture}")
    return place / "server"


def test_buildah_makes_the_same_image(tools, image, place):
    context = server_context(place)
    for architecture in ("amd64", "arm64", "riscv64"):
        tools.build(context, "--platform", f"linux/{architecture}", "--timestamp", "0", "--manifest", "all")
    assert tools.buildah("manifest", "inspect", "all").stdout.count('"architecture"') == 3
    # In Docker's format, the only one in which Buildah keeps a health check.
    tools.build(context, "--format", "docker", "--tag", "by-buildah")
    ours, theirs = (tools.config_of(name)["Config"] for name in (image, "localhost/by-buildah"))
    for name in ("User", "ExposedPorts", "Entrypoint", "StopSignal"):
        assert ours[name] == theirs[name], name
    assert "MINHTTP_ROOT=/site" in ours["Env"] and "MINHTTP_ROOT=/site" in theirs["Env"]
    assert ours["Labels"].items() >= {name: text for name, text in theirs["Labels"].items() if "opencontainers" in name}.items()


def test_buildah_builds_a_site(tools, place, debian_image):
    tools.build(server_context(place), "--format", "docker", "--tag", "server")
    site = place / "project"
    write_files(site / "dist", {"index.html": "home", "app.js": "let a = 1;\n" * 1000, "_redirects": "/old /app.js 301\n"})
    shutil.copy(CONTAINER / "site/Containerfile", site)
    base = ["--build-arg", f"BASE={debian_image}", "--build-arg", "MINHTTP=localhost/server"]
    tools.build(site, "--format", "docker", "--tag", "site", *base)
    with Container(tools, "site", *LEAST, "localhost/site") as container:
        head = container.curl("--head", "-H", "Accept-Encoding: br", "http://localhost:8080/app.js").lower()
        assert "content-encoding: br\n" in head
        assert "location: /app.js\n" in container.curl("--head", "http://localhost:8080/old").lower()
        assert tools.podman("exec", "site", "/minhttp", "healthcheck").returncode == 0
    assert tools.config_of("localhost/site")["Healthcheck"]["Test"] == ["CMD", "/minhttp", "healthcheck"]
    (site / "dist/_redirects").write_text("/old /app.js 999\n")
    done = tools.build(site, "--tag", "wrong", *base, check=False)
    assert done.returncode != 0 and "_redirects:1" in done.stdout + done.stderr


@pytest.fixture
def debian_image(tools):
    tools.podman("import", programs.PROJECT / "build/debian-root.tar", "localhost/debian:here")
    return "localhost/debian:here"
