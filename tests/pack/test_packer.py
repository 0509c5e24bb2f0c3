# SPDX-License-Identifier: MIT
"""What minhttp-pack does with files: packs, refuses, lists, extracts, verifies, writes siblings."""

import gzip
import os
import pty
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

import writer
from packing import PACKER, PROSE, SERVER, files_of, lay, lay_site, listing, pack, run


@pytest.fixture
def site(tmp_path):
    return lay_site(tmp_path / "site")


@pytest.fixture
def packed(site, tmp_path):
    pack(site, tmp_path / "out")
    return tmp_path / "out"


def test_what_is_packed_comes_out_again(site, packed, tmp_path):
    assert run("--extract", packed, "-C", tmp_path / "again").returncode == 0
    expected = files_of(site)
    del expected[".hidden"]
    assert files_of(tmp_path / "again") == expected
    assert (tmp_path / "again/empty directory").is_dir()
    assert run("--verify", packed).returncode == 0
    refused = run("--extract", packed, "-C", tmp_path / "again")
    assert refused.returncode == 1 and "is not empty" in refused.stderr


def test_a_pack_is_an_executable_that_begins_with_the_server(packed):
    assert os.access(packed, os.X_OK)
    head = 64 + 56 * 8  # ELF header and program headers
    assert packed.read_bytes()[head:SERVER.stat().st_size] == SERVER.read_bytes()[head:]


def test_texts_are_compressed_where_that_saves(packed):
    rows = listing(packed)
    page = {coding: int(size) for coding, size in rows["index.html"].items()}
    assert page["br"] < page["zstd"] and page["br"] < page["gzip"] < page["identity"] / 3
    assert rows["about.html"]["br"] == "-", "36 bytes"
    assert rows["logo.png"]["br"] == "-", "an image"
    assert rows["empty.txt"] == {"identity": "0", "br": "-", "zstd": "-", "gzip": "-"}
    assert rows["empty directory/"]["identity"] == "-"
    assert ".hidden" not in rows


def test_equal_files_are_stored_once(tmp_path):
    noise = os.urandom(100_000)
    sizes = []
    for count in 1, 20:
        site = lay(tmp_path / str(count), {f"{i}.bin": noise for i in range(count)})
        pack(site, tmp_path / "out")
        sizes.append((tmp_path / "out").stat().st_size)
    assert sizes[1] - sizes[0] < 10_000


def test_the_same_site_gives_the_same_bytes(site, packed, tmp_path):
    other = tmp_path / "other"
    for name, content in sorted(files_of(site).items(), reverse=True):
        lay(other, {name: content})
        os.utime(other / name, (10, 10))
    (other / "empty directory").mkdir()
    pack(other, tmp_path / "again", "--jobs", "7", cwd=tmp_path)
    assert (tmp_path / "again").read_bytes() == packed.read_bytes()


def spoil_by_link(target):
    return lambda site: (site / "bad").symlink_to(target)


SPOILED = {
    "out": (spoil_by_link("../outside"), "a link that leads nowhere, or out of the site"),
    "nowhere": (spoil_by_link("missing"), "a link that leads nowhere, or out of the site"),
    "absolute": (lambda site: (site / "bad").symlink_to(site / "index.html"), "a link with an absolute path"),
    "circle": (lambda site: (site / "copy/bad").symlink_to("../copy"), "a link to a directory above it"),
    "pipe": (lambda site: os.mkfifo(site / "bad"), "neither a file nor a directory"),
    "backslash": (lambda site: (site / "a\\b").write_text(""), "no URL reaches this name"),
    "long": (lambda site: lay(site, {"/".join(["ü" * 100] * 15) + "/x": ""}), "no URL reaches this name: it is too long"),
    "rules": (lambda site: (site / "_redirects").write_text("/a\n"), "_redirects:1: "),
}


@pytest.mark.parametrize("how", SPOILED)
def test_what_cannot_be_served_is_refused_by_name(site, tmp_path, how):
    spoil, why = SPOILED[how]
    (tmp_path / "outside").write_text("secret")
    spoil(site)
    before = set(os.listdir(tmp_path))
    done = run(site, "-o", tmp_path / "out", "--server", SERVER)
    assert done.returncode == 1 and why in done.stderr
    assert done.stderr.endswith("1 mistake: nothing was written\n")
    assert set(os.listdir(tmp_path)) == before


def test_unreadable_files_are_refused():
    nobody = {"user": 65534, "extra_groups": []} if os.geteuid() == 0 else {}  # root reads every file
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o777)
        lay(place, {"site/index.html": "x", "site/about.html": "y"})
        (place / "site/about.html").chmod(0)
        programs = [shutil.copy(program, place) for program in (PACKER, SERVER)]
        done = subprocess.run([programs[0], place / "site", "-o", place / "out", "--no-cache", "--server", programs[1]],
                              capture_output=True, text=True, timeout=60, cwd=place, **nobody)
        assert done.returncode == 1 and "/about.html: may not be read" in done.stderr, done.stderr
        assert not (place / "out").exists()


def test_links_within_the_site_are_followed(site, tmp_path):
    (site / "link.html").symlink_to("about.html")
    (site / "section").symlink_to("copy")
    pack(site, tmp_path / "out")
    assert {"link.html", "section/", "section/logo.png"} <= set(listing(tmp_path / "out"))


def test_the_output_must_not_lie_in_the_site(site, tmp_path):
    for out in site / "out", site / "copy/out":
        done = run(site, "-o", out, "--server", SERVER)
        assert done.returncode == 2 and "write it elsewhere" in done.stderr and not out.exists()
    done = run(site, "-o", tmp_path, "--server", SERVER)
    assert done.returncode == 2 and "is a directory" in done.stderr


def test_passwords_do_not_become_files_of_the_site(site, tmp_path):
    lay(site, {"users": "me:x"})
    for words in f"--auth /private={site}/users", "--auth=site/users":
        done = run("site", "--dry-run", "--with", words, cwd=tmp_path)
        assert done.returncode == 2 and "users lies in the site, where every visitor could read it" in done.stderr


def test_what_must_stay_apart_is_found_by_any_name(tmp_path):
    """A host may be a link to anywhere, and a file may have two names."""
    elsewhere = lay(tmp_path / "elsewhere", {"index.html": "x", "users": "me:x", "deep/page.html": "x"})
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/a.example").symlink_to(elsewhere)
    why = "users lies in the site, where every visitor could read it"
    done = run("--hosts", tmp_path / "sites", "--dry-run", "--with", f"--auth /private={elsewhere}/users")
    assert done.returncode == 2 and why in done.stderr
    for out in elsewhere / "out", elsewhere / "deep/out":
        done = run("--hosts", tmp_path / "sites", "-o", out, "--no-cache", "--server", SERVER)
        assert done.returncode == 2 and "write it elsewhere" in done.stderr and not out.exists()
    site = lay(tmp_path / "site", {"index.html": "x"})
    os.link(elsewhere / "users", site / "other-name")
    done = run(site, "--dry-run", "--with", f"--auth /private={elsewhere}/users")
    assert done.returncode == 2 and why in done.stderr
    os.unlink(site / "other-name")
    lay(site, {".private/users": "me:x"})
    assert run(site, "--dry-run", "--with", f"--auth /private={site}/.private/users").returncode == 0, "which is not packed"


def test_siblings_of_the_build_are_used(tmp_path):
    made = gzip.compress(PROSE, 1, mtime=0)
    site = lay(tmp_path / "site", {"a.css": PROSE, "a.css.gz": made, "b.css": PROSE, "b.css.br": made, "c.css": "c" * 90,
                                   "c.css.gz": gzip.compress(b"c" * 90) + gzip.compress(b"")})
    os.utime(site / "a.css.gz", (10, 10))  # a checkout sets any time; its content counts
    done = pack(site, tmp_path / "out")
    assert "/b.css.br: warning: not made from the file beside it" in done.stderr
    assert "a.css" not in done.stderr
    rows = listing(tmp_path / "out")
    assert int(rows["a.css"]["gzip"]) == len(made) == int(rows["a.css.gz"]["identity"])
    assert int(rows["b.css"]["gzip"]) < len(made) and int(rows["b.css"]["br"]) < len(made)
    assert run("--verify", tmp_path / "out").returncode == 0


def test_names_that_differ_in_case_only_are_warned_of(site, tmp_path):
    lay(site, {"About.html": "other", "COPY/x": ""})
    done = pack(site, tmp_path / "out")
    assert "/about.html: warning: differs only in case from About.html" in done.stderr
    assert "/copy: warning: differs only in case from COPY" in done.stderr


LINKS = """<!doctype html><base href="/docs/"><a href="there">1</a>
<a href="missing">2</a><a href="There">3</a><img srcset="a.png, b.png 2x"><script src="/x.js"></script>
<a href="#here">4</a><a href="https://example.com/missing">5</a><a href="mailto:a@b">6</a><a href="/old">7</a>
<a href="../docs">8</a><a href=".git/config">9</a><a href="%zz">10</a><link rel=preconnect href=/><a href="?page=2">11</a>
<template><a href="{{ url }}"></a></template><video src="there.mp4" poster="a.png"></video>
"""


def test_links_that_lead_nowhere_are_warned_of(tmp_path):
    site = lay(tmp_path / "site", {"index.html": LINKS, "docs/there.html": "", "docs/a.png": "", "docs/index.html": "",
                                   "_redirects": "/old /docs/there 301\n"})
    done = pack(site, tmp_path / "out")
    found = re.findall(r"/(index.html:\d+): warning: the link '(.*?)' (.*)", done.stderr)
    assert found == [
        ("index.html:2", "missing", "leads nowhere"),
        ("index.html:2", "There", "leads nowhere: the file is called docs/there.html"),
        ("index.html:2", "b.png", "leads nowhere"),
        ("index.html:2", "/x.js", "leads nowhere"),
        ("index.html:4", ".git/config", "hidden: its name begins with a dot, or has an empty part"),
        ("index.html:4", "%zz", "malformed"),
        ("index.html:5", "there.mp4", "leads nowhere"),
    ]
    strict = run(site, "-o", tmp_path / "strict", "--strict", "--no-cache", "--server", SERVER)
    assert strict.returncode == 1 and "7 warnings, and --strict: nothing was written" in strict.stderr
    assert not (tmp_path / "strict").exists()
    assert "link" not in pack(site, tmp_path / "out", "--no-links").stderr


def test_hosts_are_counted_and_not_their_directories(tmp_path):
    for i in range(300):
        (tmp_path / f"sites/example.com/{i}").mkdir(parents=True)
    done = run("--hosts", tmp_path / "sites", "--dry-run", "--no-cache")
    assert done.returncode == 0, done.stderr
    for i in range(256):
        (tmp_path / f"sites/{i}.example").mkdir()
    done = run("--hosts", tmp_path / "sites", "--dry-run", "--no-cache")
    assert done.returncode == 1 and "more than 256 hosts" in done.stderr
    (tmp_path / "none").mkdir()
    done = run("--hosts", tmp_path / "none", "--dry-run", "--no-cache")
    assert done.returncode == 1 and "no directory is named as a host" in done.stderr


def test_many_warnings_of_a_kind_are_counted(tmp_path):
    site = lay(tmp_path / "site", {"index.html": "".join(f"<a href=x{i}>" for i in range(50))})
    assert "and 30 more: links" in pack(site, tmp_path / "out").stderr
    assert len(pack(site, tmp_path / "out", "--all").stderr.splitlines()) == 50


def test_a_deeply_nested_page_is_read(tmp_path):
    site = lay(tmp_path / "site", {"index.html": "<div>" * 9_999 + "<a href=nowhere>"})
    done = pack(site, tmp_path / "out")
    assert "'nowhere' leads nowhere" in done.stderr and "not checked" not in done.stdout


@pytest.mark.parametrize("page, why", [
    ("<ul><li>" * 200_000 + "<a href=nowhere>", "it nests more than 10,000 elements"),  # gumbo would take minutes
    ("<p>" + "".join(f"<font size={i}>" for i in range(5_000)) + "<p>x" * 5_000, "its elements take more than 1 GiB of memory"),
    ("<p>" * (12 << 20), "it is larger than 32 MiB"),
], ids=["deep", "multiplied", "large"])
def test_a_page_that_would_take_too_long_is_not_checked_for_links_and_that_is_said(tmp_path, page, why):
    site = lay(tmp_path / "site", {"index.html": page, "other.html": "<a href=other-page>"})
    done = run(site, "--dry-run", "--no-cache", "--codings", "gzip")
    assert done.returncode == 0 and f"/index.html: warning: not checked for links: {why}" in done.stderr
    assert "'nowhere'" not in done.stderr and "other.html:1: warning: the link 'other-page' leads nowhere" in done.stderr
    assert re.search(r"^  not checked +1  for links", done.stdout, re.M)
    assert run(site, "--dry-run", "--no-cache", "--codings", "gzip", "--strict").returncode == 1


def test_a_dry_run_writes_nothing_and_says_the_same(site, tmp_path):
    before = set(os.listdir(tmp_path))
    done = run(site, "--dry-run", "--no-cache")
    assert done.returncode == 0 and "nothing was written" in done.stdout
    table = re.compile(r"^  (files|br|zstd|gzip|biggest) .*", re.M)
    assert set(os.listdir(tmp_path)) == before
    written = pack(site, tmp_path / "out").stdout
    assert [match[0] for match in table.finditer(done.stdout)] == [match[0] for match in table.finditer(written)]
    assert "hidden: their names begin with a dot" in written


def test_no_progress_in_a_pipe_and_a_bar_on_a_terminal(site, tmp_path):
    done = pack(site, tmp_path / "out")
    assert "\x1b" not in done.stderr + done.stdout and "compressing" not in done.stderr
    assert pack(site, tmp_path / "out", "--quiet").stdout == ""
    ours, theirs = pty.openpty()
    try:
        subprocess.run([PACKER, site, "-o", tmp_path / "out", "--no-cache", "--server", SERVER], stderr=theirs,
                       stdout=subprocess.DEVNULL, check=True, timeout=120)
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "compressing [" in shown and shown.endswith("\r\x1b[K"), "and it is gone at the end"


def test_damage_is_found(packed, tmp_path):
    whole = packed.read_bytes()
    start = whole.index(b"minhttp\x1a", SERVER.stat().st_size)
    index = whole.index(b"404.html", start)  # the names
    for place in [start + 9, start + 30, start + 100, start + 170, start + 200, index, index - 200, len(whole) - 1]:
        (tmp_path / "damaged").write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        done = run("--verify", tmp_path / "damaged")
        in_padding = not whole[place] and done.returncode == 0
        assert done.returncode == 1 or in_padding, place
    body = whole.index(b"umlaut", start)
    (tmp_path / "damaged").write_bytes(whole[:body] + b"U" + whole[body + 1:])
    done = run("--extract", tmp_path / "damaged", "-C", tmp_path / "damage")
    assert done.returncode == 1 and "the site inside is damaged: a body of sp ace/ü.txt" in done.stderr
    assert not (tmp_path / "damage/sp ace/ü.txt").exists()
    for size in start, start + 100, len(whole) - 1:
        (tmp_path / "damaged").write_bytes(whole[:size])
        for command in ["--verify"], ["--list"], ["-C", tmp_path / "x", "--extract"]:
            done = run(*command, tmp_path / "damaged")
            assert done.returncode == 1 and done.stderr.startswith("minhttp-pack: "), size
    assert run("--verify", SERVER).stderr == f"minhttp-pack: {SERVER}: has no site inside\n"


def test_what_the_server_refuses_is_not_whole(tmp_path):
    """A pack whose checks all agree, with more options than a server takes."""
    site = writer.write_site(tmp_path / "site", SERVER, writer.Files(), ["--spa"] * 300)
    assert subprocess.run([site, "check"], capture_output=True, timeout=60).returncode == 1
    done = run("--verify", site)
    assert done.returncode == 1 and "the site inside is damaged: its options are damaged" in done.stderr


def test_siblings_are_written_beside_the_files(site):
    os.utime(site / "index.html", (1_700_000_000, 1_700_000_000))
    lay(site, {"index.html.gz": "an old one"})
    done = run("--siblings", site, "--no-cache")
    assert done.returncode == 0, done.stderr
    names = set(files_of(site))
    assert {"index.html.br", "index.html.zst", "index.html.gz", "style.css.br"} <= names
    assert not {"logo.png.br", "about.html.br", "_headers.gz", "index.html.gz.gz", ".hidden.gz"} & names
    assert gzip.decompress((site / "index.html.gz").read_bytes()) == (site / "index.html").read_bytes()
    for suffix in "br", "zst", "gz":
        assert (site / f"index.html.{suffix}").stat().st_mtime == 1_700_000_000, "not older than its original"
    before = files_of(site)
    again = run("--siblings", site, "--no-cache")
    assert again.returncode == 0 and again.stderr == "" and files_of(site) == before


def test_siblings_that_stand_for_nothing_are_replaced_or_removed(tmp_path):
    site = lay(tmp_path / "site", {"a.txt": PROSE, "b.txt": PROSE, "image.png": b"new" * 99, "image.png.gz": gzip.compress(b"old")})
    assert run("--siblings", site, "--no-cache").returncode == 0
    lay(site, {"a.txt": "short", "b.txt": b"another" + PROSE})
    names = {path.name for path in site.iterdir()}
    assert {"a.txt.br", "a.txt.zst", "a.txt.gz", "b.txt.br", "b.txt.zst", "b.txt.gz"} < names
    done = run("--siblings", site, "--no-cache", "--codings", "gzip", "--dry-run")
    assert done.returncode == 0 and {path.name for path in site.iterdir()} == names
    done = run("--siblings", site, "--no-cache", "--codings", "gzip")
    assert done.returncode == 0 and done.stderr.count("so it is replaced or removed") == 6
    assert "/image.png.gz: warning: not made from the file beside it; the file is no text, so it is left as it is" in done.stderr
    assert {path.name for path in site.iterdir()} == {"a.txt", "b.txt", "b.txt.gz", "image.png", "image.png.gz"}
    assert gzip.decompress((site / "b.txt.gz").read_bytes()) == (site / "b.txt").read_bytes()


def test_a_packed_site_is_no_server_to_pack(site, packed, tmp_path):
    done = run(site, "-o", tmp_path / "again", "--server", packed)
    assert done.returncode == 1 and "has a site inside already" in done.stderr
    done = run(site, "-o", tmp_path / "again", "--server", site / "index.html")
    assert done.returncode == 1 and "not an executable" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["a", "b", "-o", "c"], ["."], [".", "-o"], ["--list", "a", "--verify", "b"],
                                       ["--list", "a", "-o", "b"], [".", "-o", "x", "-C", "y"], ["--extract", "x"],
                                       [".", "-o", "x", "--codings", "lzma"], [".", "-o", "x", "--jobs", "0"],
                                       [".", "-o", "x", "--with", "'"], ["--frobnicate"]])
def test_wrong_usage(arguments, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("minhttp-pack: ") and not os.listdir(tmp_path)


def test_help_and_version():
    version = re.search(r"minhttp (\S+)", subprocess.run([SERVER, "--version"], capture_output=True, text=True).stdout)[1]
    assert run("--version").stdout == f"minhttp-pack {version}\n"
    text = run("--help").stdout
    assert text.count("\n") > 20 and "--siblings" in text
