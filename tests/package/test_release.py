# SPDX-License-Identifier: MIT
"""tools/release: everything that it makes is complete, fits together, is made again with the same bytes, and starts.

It takes minutes, as it builds for three architectures; the build directories build/dist-* are kept. That compiling anew gives the
same program, too, tests/reproducible shows, and here the comparison with the program that the other tests have tried."""
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import tarfile
import urllib.request

import pytest

import programs
from sites import write_files

VERSION = re.search(r"^project\(minhttp VERSION (\S+) ", (programs.PROJECT / "CMakeLists.txt").read_text(), re.M)[1]
EMULATORS = {"x86_64": [], "aarch64": ["qemu-aarch64-static"], "riscv64": ["qemu-riscv64-static"]}
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64", "riscv64": "riscv64"}
PROGRAMS = {"minhttp": list(DEBIAN), "minhttps": ["x86_64", "aarch64"], "minhttp-pack": ["x86_64"]}
SERVERS = [(name, architecture) for name in ("minhttp", "minhttps") for architecture in PROGRAMS[name]]
PACKAGES_ONLY = [("minhttps-acme", "x86_64")]  # they depend on the system's libraries
EACH = [(name, architecture) for name, architectures in PROGRAMS.items() for architecture in architectures]
BUILD_SECONDS_MAX = 2400


def release(*arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("MINHTTP", "MINHTTP_BUILD")}
    return subprocess.run([programs.PROJECT / "tools/release", *arguments], env={**kept, **environment}, capture_output=True, text=True,
                          timeout=BUILD_SECONDS_MAX)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("release") / "made"
    done = release(VERSION, out)
    assert done.returncode == 0, done.stderr
    return out


def program(made, architecture, name="minhttp"):
    return made / f"{name}-{VERSION}-linux-{architecture}"


def test_all_files_are_there_and_have_their_checksums(made):
    names = [program(made, architecture, name).name for name, architecture in EACH]
    names += [f"{name}_{VERSION}-1_{DEBIAN[architecture]}.deb" for name, architecture in EACH + PACKAGES_ONLY]
    names += [f"minhttp-{VERSION}-oci.tar", f"minhttps-{VERSION}-oci.tar", f"minhttp-{VERSION}.spdx.json", f"CHANGES-{VERSION}.md", "SHA256SUMS"]
    assert sorted(path.name for path in made.iterdir()) == sorted(names)
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=made, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.count(": OK\n") == len(names) - 1


def test_again_it_gives_the_same_bytes(made, tmp_path):
    """Also where a package was upgraded meanwhile: then it compiles anew. The smallest build shows it."""
    folder = programs.PROJECT / "build/dist-riscv64"
    before = (folder / "packages").read_text(), (folder / "minhttp").stat().st_mtime_ns
    (folder / "packages").write_text("libc6-dev 0\n")
    done = release(VERSION, tmp_path / "again", TZ="Pacific/Kiritimati", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    for path in made.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), f"{path.name} differs"
    assert (folder / "packages").read_text() == before[0] and (folder / "minhttp").stat().st_mtime_ns > before[1]


@pytest.mark.parametrize("name", ["minhttp", "minhttps"])
def test_the_program_is_the_one_that_was_tested(made, name):
    assert program(made, "x86_64", name).read_bytes() == programs.MINHTTP.with_name(name).read_bytes()


@pytest.mark.parametrize("name, architecture", SERVERS)
def test_each_program_serves(made, name, architecture, place):
    write_files(place / "site", {"index.html": "home"})
    command = [*EMULATORS[architecture], program(made, architecture, name)]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60)
    assert re.fullmatch(rf"{name} {VERSION}( with OpenSSL 3\.\S+)?\n", version.stdout) and ("OpenSSL" in version.stdout) == (name == "minhttps")
    options = ["--port", "0"] if name == "minhttp" else ["--self-signed", "--listen", "127.0.0.1:0"]
    server = subprocess.Popen([*command, place / "site", *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        port = next(match[1] for line in server.stderr if (match := re.search(r"https?://(?:localhost|127\.0\.0\.1):(\d+)/", line)))
        unverified = ssl.create_default_context()
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(f"http{name.removeprefix('minhttp')}://localhost:{port}/", timeout=60, context=unverified) as response:
            assert response.read() == b"home"
    finally:
        server.terminate()
        server.communicate(timeout=60)
    assert server.returncode == 0


def test_the_packer_packs_where_none_of_its_libraries_are(made, place):
    write_files(place / "site", {"index.html": "home " * 1000})
    packer = program(made, "x86_64", "minhttp-pack")
    headers = subprocess.run(["readelf", "--program-headers", packer], check=True, capture_output=True, text=True, timeout=60).stdout
    assert "INTERP" not in headers
    for architecture in DEBIAN:
        done = subprocess.run([packer, place / "site", "-o", place / architecture, "--no-cache", "--server", program(made, architecture)],
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        checked = subprocess.run([*EMULATORS[architecture], place / architecture, "check"], capture_output=True, text=True, timeout=60)
        assert checked.returncode == 0, checked.stderr


def test_the_packages_of_minhttps_ask_for_the_systems_openssl(made):
    for architecture in PROGRAMS["minhttps"]:
        package = made / f"minhttps_{VERSION}-1_{DEBIAN[architecture]}.deb"
        fields = subprocess.run(["dpkg-deb", "--field", package, "Architecture", "Depends"], check=True, capture_output=True, text=True, timeout=60).stdout
        assert f"Architecture: {DEBIAN[architecture]}\n" in fields and "libssl3 (" in fields and "libc6 (" in fields


@pytest.mark.parametrize("architecture", DEBIAN)
def test_package_and_image_have_the_same_program(made, architecture, place):
    package = made / f"minhttp_{VERSION}-1_{DEBIAN[architecture]}.deb"
    fields = subprocess.run(["dpkg-deb", "--field", package, "Architecture", "Version"], check=True, capture_output=True, text=True, timeout=60)
    assert fields.stdout == f"Architecture: {DEBIAN[architecture]}\nVersion: {VERSION}-1\n"
    subprocess.run(["dpkg-deb", "--extract", package, place / "package"], check=True, timeout=60)
    expected = program(made, architecture).read_bytes()
    assert (place / "package/usr/bin/minhttp").read_bytes() == expected
    shutil.copy(made / f"minhttp-{VERSION}-oci.tar", place)
    with tarfile.open(place / f"minhttp-{VERSION}-oci.tar") as layout:
        def blob(descriptor):
            return layout.extractfile("blobs/" + descriptor["digest"].replace(":", "/"))
        [top] = json.load(layout.extractfile("index.json"))["manifests"]
        assert top["annotations"]["org.opencontainers.image.ref.name"] == f"minhttp:{VERSION}"
        [image] = [each for each in json.load(blob(top))["manifests"] if each["platform"]["architecture"] == DEBIAN[architecture]]
        [layer] = json.load(blob(image))["layers"]
        assert tarfile.open(fileobj=blob(layer), mode="r:gz").extractfile("minhttp").read() == expected


def test_the_bill_of_materials(made):
    """SPDX 2.3: what it must have, names that lead somewhere, and the digests of all files."""
    document = json.loads((made / f"minhttp-{VERSION}.spdx.json").read_text())
    assert (document["spdxVersion"], document["dataLicense"], document["SPDXID"]) == ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT")
    elements = document["packages"] + document["files"]
    names = {element["SPDXID"] for element in elements}
    assert len(names) == len(elements) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name) for name in names)
    for relation in document["relationships"]:
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= names | {"SPDXRef-DOCUMENT"}
    listed = {}
    for file in document["files"]:
        content = (made / file["fileName"]).read_bytes()
        listed[file["fileName"]] = {entry["algorithm"]: entry["checksumValue"] for entry in file["checksums"]}
        assert listed[file["fileName"]] == {"SHA1": hashlib.sha1(content).hexdigest(), "SHA256": hashlib.sha256(content).hexdigest()}
    assert len(listed) == 2 * len(EACH) + len(PACKAGES_ONLY) + 2  # programs, packages, images
    links = {(relation["spdxElementId"], relation["relationshipType"], relation["relatedSpdxElement"]) for relation in document["relationships"]}
    version = subprocess.run([program(made, "x86_64", "minhttps"), "--version"], capture_output=True, text=True, timeout=60).stdout
    openssl = next(element for element in document["packages"] if element["SPDXID"] == "SPDXRef-OpenSSL-x86-64")
    assert openssl["versionInfo"].partition("-")[0] == re.search(r"OpenSSL (\S+)", version)[1]
    assert (f"SPDXRef-file-minhttps-{VERSION}-linux-x86-64", "STATIC_LINK", "SPDXRef-OpenSSL-x86-64") in links
    assert (f"SPDXRef-file-minhttps-{VERSION}-1-amd64.deb", "DYNAMIC_LINK", "SPDXRef-OpenSSL-x86-64") in links
    # Headers are in the program, however it is linked.
    packer = next(file for file in document["files"] if file["fileName"] == f"./minhttp-pack_{VERSION}-1_amd64.deb")
    assert (packer["SPDXID"], "STATIC_LINK", "SPDXRef-CLI11-x86-64") in links and (packer["SPDXID"], "DYNAMIC_LINK", "SPDXRef-Brotli-x86-64") in links
    assert packer["licenseConcluded"] == "MIT AND BSD-3-Clause"
    assert not [one for one, _, other in links if one.startswith("SPDXRef-file-minhttp-0") and other != "SPDXRef-minhttp"]
    main = document["packages"][0]
    assert (main["name"], main["versionInfo"], main["licenseDeclared"]) == ("minhttp", VERSION, "MIT")


def test_the_part_of_the_changelog(made):
    text = (made / f"CHANGES-{VERSION}.md").read_text()
    assert text.startswith(f"## {VERSION}") and text.count("\n## ") == 0
    assert text.strip() in (programs.PROJECT / "CHANGELOG.md").read_text()


def test_what_stops_it(tmp_path):
    (tmp_path / "there").mkdir()
    for arguments, message in ((["99.0.0", tmp_path / "out"], "the version stands in CMakeLists.txt"), ([VERSION, tmp_path / "there"], "exists already")):
        done = release(*arguments)
        assert done.returncode == 1 and message in done.stderr and not (tmp_path / "out").exists()
