# SPDX-License-Identifier: MIT
"""Directories that deployments replace while the server runs: within a second the new one is served, and a line says so."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

import programs
import raw
import sites
from server import wait_until
from workers import all_begun


FENCES = {"one worker": ["--workers", 1], "workers": ["--workers", 2], "no sandbox": ["--sandbox", "off"]}


@pytest.fixture(params=FENCES)
def fence(request):
    return FENCES[request.param]


def switch(link, target):
    """As ln -sfn does where it is atomic: a new link, renamed over the old one."""
    new = link.with_name(f".{link.name}")
    new.symlink_to(target)
    new.rename(link)


def said(server, text, behind=0):
    line = server.err.wait_for(lambda line: text in line, behind=behind)
    assert line, f"{text!r} is not in {server.err.all}"
    return line


def comes(server, hosts, host, content, behind):
    """A host's new directory is served, and a line says so. A look in the middle of two changes finds the second one when
    it reads, for the first one's sake: then one line stands for both."""
    assert wait_until(lambda: raw.ask(server.port, "/file", host=host).body == content)
    lines = (f"{hosts}/{host} was replaced and is served", f"{hosts} has changed and is served")
    assert server.err.wait_for(lambda line: any(text in line for text in lines), behind=behind), server.err.all


def body(server, path="/file", **fields):
    return raw.ask(server.port, path, **fields).body


@pytest.fixture
def current(place):
    """releases/1 and releases/2, and a link to the first of them."""
    for number in "12":
        files = {"file": number, "_redirects": f"/a /{number}\n", "_headers": f"/*\n  X-Release: {number}\n"}
        sites.write_files(place / "releases" / number, files)
    (place / "current").symlink_to("releases/1")
    return place / "current"


def test_a_replaced_symbolic_link_is_noticed(start, current, fence):
    server = start(current, *fence)
    assert body(server) == b"1"
    for number in "2121":
        seen = len(server.err.all)
        switch(current, f"releases/{number}")
        line = said(server, "was replaced", behind=seen)
        assert line == f"minhttp: {current} was replaced and is served: 1 redirects, 1 blocks of fields"
        answer = raw.ask(server.port, "/file")
        assert (answer.body, answer.fields["x-release"]) == (number.encode(), number)
        assert raw.ask(server.port, "/a").fields["location"] == f"/{number}"


def test_a_symbolic_link_that_is_removed_and_created_again(start, current, fence):
    """ln -sfn is two calls where it is not atomic: in between the release that it led to is still served."""
    server = start(current, *fence)
    current.unlink()
    line = said(server, "is gone")
    assert line == (f"minhttp: {current} is gone (no such file or directory): "
                    "what was moved away from there is served until there is another one")
    assert body(server) == b"1"
    current.symlink_to("releases/1")
    assert said(server, "again") == f"minhttp: {current} is there again"
    current.unlink()
    current.symlink_to("releases/2")
    said(server, "was replaced")
    assert body(server) == b"2"


def test_a_directory_that_is_renamed_into_place_is_noticed(start, place, fence):
    site = sites.write_files(place / "site", {"file": "old"})
    new = sites.write_files(place / "new", {"file": "new"})
    server = start(site, *fence)
    site.rename(place / "old")
    new.rename(site)
    said(server, "was replaced")
    assert body(server) == b"new"


def test_a_directory_that_is_removed_and_built_again(start, place, fence):
    """rm -rf dist, and a build that takes its time: 503 meanwhile, and the rules that it writes last count too."""
    dist = sites.write_files(place / "dist", {"file": "old", "404.html": "ours", "_redirects": "/* /elsewhere 301\n"})
    server = start(dist, *fence)
    shutil.rmtree(dist)
    assert said(server, "is gone").endswith("clients get 503 until it is there again")
    for path in ("/file", "/", "/nothing/", "/nothing"):
        answer = raw.ask(server.port, path)
        assert (answer.status, answer.fields.get("retry-after")) == (503, "1"), path
    dist.mkdir()
    said(server, "was replaced")
    seen = len(server.err.all)
    sites.write_files(dist, {"file": "new", "_redirects": "/a /new\n"})
    assert wait_until(lambda: raw.ask(server.port, "/file").status == 200)
    assert body(server) == b"new"
    assert said(server, "has changed", seen).endswith("has changed and is served: 1 redirects, 0 blocks of fields")
    assert raw.ask(server.port, "/a").fields["location"] == "/new"


@pytest.mark.parametrize("options", [["--spa"], ["--listing"], ["--cache-files", "0"]], ids=" ".join)
def test_a_missing_directory_is_503(start, place, options):
    """Neither an application's page nor an empty listing; and not what a cache would keep."""
    dist = sites.write_files(place / "dist", {"index.html": "page", "sub/file": "file"})
    server = start(dist, *options)
    shutil.rmtree(dist)
    for path in ("/", "/deep", "/sub/", "/sub/file"):
        def missing():
            answer = raw.ask(server.port, path, accept="text/html")
            assert answer.status in (200, 503)
            return answer.status == 503 and answer.fields["cache-control"] == "no-store"

        assert wait_until(missing), path  # the cache knows files for a second


@pytest.fixture
def image(place):
    """A container's root: overlayfs, with dist/ and empty/ in the layer below."""
    programs.needs_root("mounts a file system")
    layers = place / "layers"
    layers.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", layers], check=True)
    sites.write_files(layers / "below", {"dist/file": "old"})
    for name in ("below/empty", "above", "work", "root"):
        (layers / name).mkdir()
    options = f"lowerdir={layers}/below,upperdir={layers}/above,workdir={layers}/work"
    try:
        mounted = subprocess.run(["mount", "-t", "overlay", "-o", options, "none", layers / "root"], capture_output=True, text=True)
        if mounted.returncode != 0 and "overlay" not in pathlib.Path("/proc/filesystems").read_text().split():
            pytest.skip("this kernel has no overlayfs, and so no such directory")
        assert mounted.returncode == 0, mounted.stderr
        yield layers / "root"
        subprocess.run(["umount", "--lazy", layers / "root"], check=True)
    finally:
        subprocess.run(["umount", "--lazy", layers], check=True)


@pytest.mark.parametrize("options", [["--workers", 1], ["--sandbox", "off"], ["--loop", "plain"]], ids=str)
@pytest.mark.parametrize("name", ["dist", "empty"])
def test_a_directory_in_a_container_is_built_again(start, image, name, options):
    """There the removed directory has as many names as the one in the layer below, for ever."""
    server = start(image / name, *options)
    assert raw.ask(server.port, "/nothing").status == 404
    shutil.rmtree(image / name)
    if "plain" not in options:
        assert said(server, "is gone").endswith("clients get 503 until it is there again")
    assert wait_until(lambda: raw.ask(server.port, "/file").status == 503)
    assert raw.ask(server.port, "/nothing").status == 503
    if "plain" not in options:
        sites.write_files(image / name, {"file": "new"})
        said(server, "was replaced")
        assert wait_until(lambda: body(server) == b"new")


def test_the_working_directory_of_a_container_is_removed(start, image):
    server = start(".", before=["env", "--chdir", image / "dist"])
    shutil.rmtree(image / "dist")
    assert said(server, "is gone") == "minhttp: . is gone (no such file or directory): clients get 503 until it is there again"


def test_the_plain_loop_answers_503(start, place):
    dist = sites.write_files(place / "dist", {"file": "old"})
    server = start(dist, "--loop", "plain")
    shutil.rmtree(dist)
    assert wait_until(lambda: raw.ask(server.port, "/file").status == 503)


def test_a_release_with_a_mistake_is_not_served(start, current, place):
    """The one before it stays, the mistake is said once, and the mended one is served without a signal."""
    server = start(current)
    sites.write_files(place / "releases/2", {"_redirects": "/a 999\n"})
    switch(current, "releases/2")
    assert said(server, "was replaced") == (f"minhttp: {current} was replaced, but cannot be read: "
                                           "what was read before stays in force")
    assert body(server) == b"1"
    sites.write_files(place / "releases/2", {"_redirects": "/a /mended\n"})
    said(server, "and is served")
    assert body(server) == b"2"
    assert len([line for line in server.err.all if "_redirects:1: " in line]) == 1


def test_a_directory_that_cannot_be_read_yet(start, place):
    """mkdir with the umask of a secretive build, and chmod when it is done."""
    site = sites.write_files(place / "site", {"file": "old"})
    server = start(site)
    new = sites.write_files(place / "new", {"file": "new"})
    new.chmod(0o700)
    site.rename(place / "old")
    new.rename(site)
    said(server, "cannot be read")
    assert body(server) == b"old"
    site.chmod(0o755)
    said(server, "and is served")
    assert body(server) == b"new"


def test_files_of_a_kubernetes_configmap(start, place, fence):
    """As Kubernetes mounts a ConfigMap: each file is a link through ..data, and that link is replaced."""
    volume = place / "volume"
    for number in "12":
        sites.write_files(volume / f"..2024_{number}", {"file": number, "_redirects": f"/a /{number}\n"})
    (volume / "..data").symlink_to("..2024_1")
    for name in ("file", "_redirects"):
        (volume / name).symlink_to(f"..data/{name}")
    server = start(volume, *fence)
    serving = all_begun(server, 2 if 2 in fence else 1)
    assert (body(server), raw.ask(server.port, "/a").fields["location"]) == (b"1", "/1")
    switch(volume / "..data", "..2024_2")
    shutil.rmtree(volume / "..2024_1")
    assert said(server, "has changed") == f"minhttp: {volume} has changed and is served: 1 redirects, 0 blocks of fields"
    assert (body(server), raw.ask(server.port, "/a").fields["location"]) == (b"2", "/2")
    assert all_begun(server, len(serving)) == serving, "the directory is the same: nobody is replaced for it"


def test_a_site_in_a_kubernetes_volume(start, place, fence):
    for number in "12":
        sites.write_files(place / f"..2024_{number}/site", {"file": number})
    (place / "..data").symlink_to("..2024_1")
    (place / "site").symlink_to("..data/site")
    server = start(place / "site", *fence)
    switch(place / "..data", "..2024_2")
    said(server, "was replaced")
    assert body(server) == b"2"


def test_password_files_are_replaced(start, place, fence):
    site = sites.write_files(place / "site", {"file": "file"})
    passwords = sites.write_passwords(place / "passwords")
    server = start(site, "--auth", passwords, *fence)

    def status(password):
        return raw.ask(server.port, "/file", authorization=sites.authorization(password)).status

    assert (status("secret"), status("changed")) == (200, 401)
    sites.write_passwords(place / "new", "changed").rename(passwords)
    assert said(server, "was replaced") == f"minhttp: {passwords} was replaced and is in force"
    assert (status("secret"), status("changed")) == (401, 200)
    passwords.unlink()
    assert said(server, "is gone") == (f"minhttp: {passwords} is gone (no such file or directory): "
                                       "what was read before stays in force")
    assert (status("secret"), status("changed")) == (401, 200)


def test_a_replaced_host_is_noticed(start, place, fence):
    hosts = place / "hosts"
    for number in "12":
        sites.write_files(place / f"releases/{number}", {"file": number})
    sites.write_files(hosts, {"other.example/file": "other"})
    (place / "current").symlink_to("releases/1")
    (hosts / "one.example").symlink_to("../current")
    server = start("--hosts", hosts, *fence)
    assert body(server, host="one.example") == b"1"
    switch(place / "current", "releases/2")
    assert said(server, "was replaced").startswith(f"minhttp: {hosts}/one.example was replaced and is served: ")
    assert (body(server, host="one.example"), body(server, host="other.example")) == (b"2", b"other")


def test_hosts_that_are_added_and_built_again(start, place, fence):
    hosts = sites.write_files(place / "hosts", {"one.example/file": "one", "default/file": "default"})
    server = start("--hosts", hosts, *fence)
    assert body(server, host="new.example") == b"default"
    sites.write_files(place / "new", {"file": "new"}).rename(hosts / "new.example")
    said(server, f"minhttp: {hosts} has changed and is served")
    assert body(server, host="new.example") == b"new"
    shutil.rmtree(hosts / "one.example")
    said(server, f"minhttp: {hosts}/one.example is gone")
    assert raw.ask(server.port, "/file", host="one.example").status == 503, "not the default's, nor 421"
    assert body(server, host="new.example") == b"new"
    seen = len(server.err.all)
    sites.write_files(place / "again", {"file": "again"}).rename(hosts / "one.example")
    comes(server, hosts, "one.example", b"again", seen)


def test_a_missing_host_does_not_delay_others(start, place, fence):
    """The others are replaced and new ones come; it is never the default's files that answer for it."""
    hosts = sites.write_files(place / "hosts", {f"{name}/file": name for name in ("one.example", "default")})
    sites.write_files(place / "releases/1", {"file": "1", "_redirects": "/a /b\n"})
    (place / "current").symlink_to("releases/1")
    (hosts / "linked.example").symlink_to("../current")
    sites.write_files(place / "old", {"file": "old"})
    (hosts / "two.example").symlink_to("../old")
    server = start("--hosts", hosts, *fence)
    assert body(server, host="two.example") == b"old"
    shutil.rmtree(hosts / "one.example")
    said(server, f"{hosts}/one.example is gone")
    (place / "current").unlink()
    said(server, f"{hosts}/linked.example is gone")
    said(server, f"{hosts} has changed and is served")  # a link that is switched while that is read has no line of its own
    for number in range(2):
        seen = len(server.err.all)
        sites.write_files(place / f"new-{number}", {"file": f"new {number}"})
        (place / "link").symlink_to(f"../new-{number}")
        (place / "link").rename(hosts / "two.example")  # at once: it is never gone
        comes(server, hosts, "two.example", f"new {number}".encode(), seen)
        for path in ("/file", "/nothing"):
            assert raw.ask(server.port, path, host="one.example").status == 503
        assert body(server, host="linked.example") == b"1", "what is left of it"
        assert raw.ask(server.port, "/a", host="linked.example").fields["location"] == "/b"
    gone = len([line for line in server.err.all if "is gone" in line])
    assert gone <= 3, f"not with each reading; once more where the second one goes during the first one's: {server.err.all}"
    seen = len(server.err.all)
    sites.write_files(place / "again", {"file": "again"}).rename(hosts / "one.example")
    (place / "current").symlink_to("releases/1")
    comes(server, hosts, "one.example", b"again", seen)
    assert wait_until(lambda: body(server, host="linked.example") == b"1")
    shutil.rmtree(hosts / "one.example")
    seen = len(server.err.all)
    assert server.reload()[-1].startswith("minhttp: reloaded")
    assert body(server, host="one.example") == b"default", "SIGHUP takes it out"


def test_a_missing_default_host_is_503(start, place):
    hosts = sites.write_files(place / "hosts", {"one.example/file": "one", "default/file": "default"})
    server = start("--hosts", hosts)
    shutil.rmtree(hosts / "default")
    said(server, "is gone")
    sites.write_files(place / "new", {"file": "new"}).rename(hosts / "new.example")
    said(server, "has changed and is served")
    assert raw.ask(server.port, "/file", host="other.example").status == 503, "not 421"
    (hosts / "default").write_text("a file is no site\n")
    assert wait_until(lambda: raw.ask(server.port, "/file", host="other.example").status == 421)


def test_a_missing_directory_of_hosts(start, place):
    hosts = sites.write_files(place / "hosts", {"one.example/file": "one"})
    server = start("--hosts", hosts)
    hosts.rename(place / "old")
    said(server, f"{hosts}/one.example is gone")
    assert body(server, host="one.example") == b"one"
    sites.write_files(place / "new", {"one.example/file": "again"}).rename(hosts)
    assert "is served" in said(server, f"{hosts}/one.example was replaced")
    assert body(server, host="one.example") == b"again"
    assert not any("cannot be read" in line for line in server.err.all), server.err.all


def test_a_long_path_is_cut_in_the_message(start, place):
    """Which is to be seen."""
    site = place / ("a" * 150) / ("b" * 150)
    sites.write_files(site, {"file": "old"})
    server = start(site)
    site.rename(place / "old")
    sites.write_files(site, {"file": "new"})
    assert said(server, "was replaced").startswith(f"minhttp: {str(site)[:256]}... was replaced and is served: ")


def test_a_reload_right_after_a_release_reports_once(start, current):
    """SIGHUP has its own answer, whoever was first."""
    server = start(current)
    for number in "21" * 10:
        switch(current, f"releases/{number}")
        assert server.reload()[-1] == "minhttp: reloaded: 1 redirects, 1 blocks of fields"
        assert body(server) == number.encode()


def test_a_worker_that_dies_while_the_directory_is_gone(start, place):
    """The next one serves what there is: 503, and the directory when it is back."""
    dist = sites.write_files(place / "dist", {"file": "old"})
    server = start(dist)
    shutil.rmtree(dist)
    said(server, "is gone")
    os.kill(all_begun(server, 1)[0], signal.SIGKILL)
    said(server, "takes its place")
    assert raw.ask(server.port, "/file").status == 503
    sites.write_files(dist, {"file": "new"})
    said(server, "was replaced")
    assert wait_until(lambda: body(server) == b"new")
