# SPDX-License-Identifier: MIT
"""tools/oci: an image in the OCI layout, read as a tool would read it. tests/package runs it in containers."""
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

import programs
import tls
from sites import write_files

KIB = 1024
MACHINES = {"amd64": 62, "arm64": 183, "riscv64": 243}


def make(out, *arguments, epoch="1700000000", check=True):
    command = [programs.PROJECT / "tools/oci", out, *arguments]
    return subprocess.run(command, env={"SOURCE_DATE_EPOCH": epoch, "PATH": "/usr/bin:/bin"}, check=check, capture_output=True, text=True, timeout=60)


class Layout:
    def __init__(self, folder):
        self.folder = folder
        self.top = json.loads((folder / "index.json").read_text())
        assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}

    def blob(self, descriptor):
        content = (self.folder / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
        assert descriptor["size"] == len(content) and descriptor["digest"] == "sha256:" + hashlib.sha256(content).hexdigest()
        return content

    def json(self, descriptor):
        return json.loads(self.blob(descriptor))

    def images(self):
        """By architecture: manifest, configuration, the tar of each layer."""
        for descriptor in self.json(self.top["manifests"][0])["manifests"]:
            manifest = self.json(descriptor)
            config = self.json(manifest["config"])
            assert config["architecture"] == descriptor["platform"]["architecture"]
            layers = [gzip.decompress(self.blob(layer)) for layer in manifest["layers"]]
            assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
            yield config["architecture"], descriptor, manifest, config, layers


def foreign(place, machine):
    """The program, with the ELF header of another machine."""
    path = place / f"minhttp-{machine}"
    content = bytearray(programs.MINHTTP.read_bytes())
    content[18:20] = machine.to_bytes(2, "little")
    path.write_bytes(content)
    return path


def test_three_architectures_under_one_name(place):
    printed = make(place / "image", *(foreign(place, machine) for machine in MACHINES.values()), "--version", "1.2.3").stdout
    layout = Layout(place / "image")
    assert layout.top["manifests"][0]["annotations"] == {"org.opencontainers.image.ref.name": "minhttp:1.2.3"}
    assert layout.top["manifests"][0]["digest"] in printed
    images = list(layout.images())
    assert [name for name, *_ in images] == sorted(MACHINES)
    for name, descriptor, manifest, config, layers in images:
        [member] = tarfile.open(fileobj=io.BytesIO(layers[0])).getmembers()
        assert (member.name, member.mode, member.uid, member.gid, member.mtime) == ("minhttp", 0o755, 0, 0, 1700000000)
        program = tarfile.open(fileobj=io.BytesIO(layers[0])).extractfile(member).read()
        assert int.from_bytes(program[18:20], "little") == MACHINES[name]
        # What is not the program: a head and an end in the layer, the configuration, the manifest.
        assert len(layers[0]) - len(program) < 2 * KIB
        assert manifest["config"]["size"] + descriptor["size"] < KIB
        assert manifest["layers"][0]["size"] < len(program)


def test_what_a_container_is_told(place):
    make(place / "image", programs.MINHTTP, "--version", "1.2.3", "--set", "MINHTTP_SPA=on")
    [(_, _, _, config, _)] = Layout(place / "image").images()
    told = config["config"]
    assert told["User"] == "65532:65532" and told["StopSignal"] == "SIGTERM" and told["Entrypoint"] == ["/minhttp"]
    assert told["ExposedPorts"] == {"8080/tcp": {}} and told["Env"] == ["MINHTTP_ROOT=/site", "MINHTTP_SPA=on"]
    assert told["Healthcheck"]["Test"] == ["CMD", "/minhttp", "healthcheck"]
    assert config["created"] == "2023-11-14T22:13:20Z"
    assert told["Labels"]["org.opencontainers.image.version"] == "1.2.3" and told["Labels"]["org.opencontainers.image.licenses"] == "MIT"


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_inputs_give_the_same_bytes(place):
    """Whatever times, owners, permissions and order the site's files have."""
    content = {"index.html": "home", "a/b.txt": "b", "a/a.txt": "a"}
    first, second = place / "first", place / "second"
    write_files(first, content)
    write_files(second, dict(reversed(content.items())))
    (second / "index.html").chmod(0o600)
    for out, site in (("one", first), ("two", second)):
        make(place / out, programs.MINHTTP, "--site", site)
        make(place / f"{out}.tar", programs.MINHTTP, "--site", site)
    assert files_of(place / "one") == files_of(place / "two")
    assert (place / "one.tar").read_bytes() == (place / "two.tar").read_bytes()
    with tarfile.open(place / "one.tar") as archive:
        assert {member.name: archive.extractfile(member).read() for member in archive} == files_of(place / "one")


def test_a_site_is_a_layer_of_its_own(place):
    write_files(place / "site", {"index.html": "home", "a/" + "long" * 40 + ".txt": "long"})
    (place / "site/link").symlink_to("a")
    make(place / "image", programs.MINHTTP, "--site", place / "site", "--name", "shop")
    [(_, _, _, config, layers)] = Layout(place / "image").images()
    assert len(layers) == 2 and "org.opencontainers.image.licenses" not in config["config"]["Labels"]
    members = {member.name: member for member in tarfile.open(fileobj=io.BytesIO(layers[1]))}
    assert sorted(members) == sorted(["site", "site/index.html", "site/a", "site/a/" + "long" * 40 + ".txt", "site/link"])
    assert members["site"].mode == 0o755 and members["site/index.html"].mode == 0o644 and members["site/link"].linkname == "a"


def pack(place):
    """A site in the server, and its bytes."""
    write_files(place / "packed", {"index.html": "home " * 1000, "app.js": "let a = 1;\n" * 1000})
    subprocess.run([programs.MINHTTP.with_name("minhttp-pack"), place / "packed", "-o", place / "pack", "--no-cache"], check=True, capture_output=True, timeout=60)
    return place / "pack"


# The presets size and debug do not build it; tests/tidy/test_binary.py wants it in a release.
needs_packer = pytest.mark.skipif(not programs.MINHTTP.with_name("minhttp-pack").exists(), reason="minhttp-pack is not built")


@needs_packer
def test_a_packed_site_is_one_file_and_a_kibibyte(place):
    site = pack(place)
    make(place / "image", site, "--name", "shop")
    [(_, descriptor, manifest, config, layers)] = Layout(place / "image").images()
    [layer] = layers
    [member] = tarfile.open(fileobj=io.BytesIO(layer)).getmembers()
    assert (member.name, member.size) == ("minhttp", site.stat().st_size)
    # A header and two empty blocks of tar(5), and the rest of the last block.
    assert len(layer) <= site.stat().st_size + 4 * 512
    assert manifest["config"]["size"] + descriptor["size"] < 1024 + 256
    assert config["config"].get("Env", []) == [] and "org.opencontainers.image.licenses" not in config["config"]["Labels"]
    done = make(place / "other", site, "--site", place / "packed", check=False)
    assert done.returncode == 1 and "has its site inside" in done.stderr


@tls.NEEDED
def test_the_image_of_minhttps(place):
    make(place / "image", tls.MINHTTPS, "--https")
    layout = Layout(place / "image")
    [(_, _, _, config, [layer])] = layout.images()
    told = config["config"]
    assert layout.top["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"].startswith("minhttps:")
    assert told["Entrypoint"] == ["/minhttps"] and told["Healthcheck"]["Test"] == ["CMD", "/minhttps", "healthcheck"]
    assert set(told["ExposedPorts"]) == {"443/tcp", "80/tcp"} and told["Env"] == ["MINHTTP_ROOT=/site"]
    assert tarfile.open(fileobj=io.BytesIO(layer)).extractfile("minhttps").read() == tls.MINHTTPS.read_bytes()


def test_mistakes_are_named(place):
    (place / "text").write_text("no program")
    (place / "there").mkdir()
    for arguments, message in (
        ([place / "image", place / "text"], "is not a build of minhttp"),
        ([place / "there", programs.MINHTTP], "exists already"),
        ([place / "image", programs.MINHTTP, programs.MINHTTP], "two binaries are of the same architecture"),
        ([place / "image", programs.MINHTTP, "--site", place / "none"], "is no directory"),
        ([place / "image", Path("/bin/sh")], "is linked dynamically"),
    ):
        done = make(*arguments, check=False)
        assert done.returncode == 1 and message in done.stderr and not (place / "image").exists()
