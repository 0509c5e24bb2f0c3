# SPDX-License-Identifier: MIT
"""Starts minhttp-pack, and makes sites for it."""

import gzip
import os
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SERVER = Path(os.environ.get("MINHTTP", PROJECT / "build/release/minhttp")).resolve()


def _packer():
    """The one beside the server; for a server of another architecture, which has none, that of this machine."""
    beside = SERVER.with_name("minhttp-pack")
    machine = slice(18, 20)  # of an ELF header: e_machine
    foreign = SERVER.exists() and SERVER.read_bytes()[machine] != Path("/proc/self/exe").read_bytes()[machine]
    return PROJECT / "build/release/minhttp-pack" if foreign and not beside.exists() else beside


PACKER = Path(os.environ.get("MINHTTP_PACK", _packer())).resolve()
PROSE = "".join(f"Line {i} of a text that compresses: {i * 7919 % 1000}.\n" for i in range(400)).encode()


def run(*arguments, **options):
    """Ends with its status, its output and its messages."""
    options.setdefault("env", {**os.environ, "XDG_CACHE_HOME": "/nonexistent"})
    options.setdefault("timeout", 120)
    return subprocess.run([PACKER, *map(os.fspath, arguments)], capture_output=True, text=True, **options)


def pack(site, out, *arguments, **options):
    """Packs without a cache, and expects that to work."""
    done = run(site, "-o", out, "--no-cache", "--server", SERVER, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done


def lay(root, files):
    """Writes files, by name: bytes or text."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def lay_site(root):
    """A small site with one of everything."""
    lay(root, {
        "index.html": b"<title>Home</title><a href=about>About</a>" + PROSE,
        "about.html": "<a href=/>Home</a><img src=logo.png>",
        "404.html": "nothing",
        "logo.png": os.urandom(0) + bytes(range(256)) * 8,
        "copy/logo.png": bytes(range(256)) * 8,
        "style.css": PROSE[:5000],
        "style.css.gz": gzip.compress(PROSE[:5000], 9, mtime=0),
        "empty.txt": b"",
        "sp ace/ü.txt": "umlaut",
        ".hidden": "no",
        ".well-known/security.txt": "Contact: mailto:a@example.com",
        "_headers": "/*\n  X-Site: packed\n",
        "_redirects": "/old /about 301\n",
    })
    (root / "empty directory").mkdir()
    return root


def files_of(root):
    """Every file beneath a directory, by its name."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def listing(site):
    """Of --list: sizes by coding and name."""
    rows = {}
    for line in run("--list", site).stdout.splitlines():
        if not line.startswith("#"):
            sizes, name = line[:44].split(), line[45:]
            rows[name] = dict(zip(("identity", "br", "zstd", "gzip"), sizes, strict=True))
    return rows
