# SPDX-License-Identifier: MIT
"""One site that has everything, the options that are tried on it, and requests for each of its corners."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "conformance")]

import cases  # noqa: E402

# By `openssl passwd -6`, with the fewest rounds there are: joe's password is "secret".
USERS = ("joe:$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/\n")

TEXT = "".join(f"line {number}: the quick brown fox jumps over the lazy dog\n" for number in range(1200))  # over 64 KiB

SITE = {
    "_redirects": "/old /file.txt\n/moved/* /dir/:splat 302\n/gone /gone.html 404!\n/app/* /spa.html 200\n/people/:id /p.html?id=:id 301\n"
    "/query q=:q /found/:q 301\n/forced /index.html 200!\n/away https://example.org/x 307\n/missing /nowhere.html 404\n",
    "_headers": "/*\n  X-All: yes\n/dir/*\n  X-Dir: 1\n  Cache-Control: no-store\n/types/*.bin\n  Content-Type: application/x-mine\n"
    "/about\n  ! X-All\n  Link: </a.css>; rel=preload\n/Build/*.unityweb\n  Content-Encoding: br\n",
    "about.html": "<p>about</p>", "blog/index.html": "<p>blog</p>", "blog/first.html": "<p>first</p>", "both.html": "file", "both/index.html": "directory",
    "spa.html": "<p>app</p>", "p.html": "person", "gone.html": "gone", "404.html": "<p>not here</p>", "blog/404.html": "<p>no such post</p>",
    "style.css": "body { color: red }\n" * 40, "style.css.br": "BR" * 9, "style.css.gz": gzip.compress(b"body { color: red }\n" * 40, mtime=0),
    "only.js.gz": gzip.compress(b"only();\n" * 100, mtime=0), "game.data.gz": gzip.compress(b"data" * 300, mtime=0), "game.wasm.br": "WASM" * 50,
    "logo.svgz": gzip.compress(b"<svg/>" * 100, mtime=0), "table.csv.gz": gzip.compress(b"1,2\n" * 100, mtime=0), "Build/x.unityweb": "UNITY" * 10,
    "text.txt": TEXT[:8000], "long.txt": TEXT, "data.json": '{"a": 1}\n' * 100, "assets/index-BkZ0a1b2.js": "run();\n" * 200, "assets/app.3f2a9c1d.css": "a{}",
    "types/a.bin": "a", "types/b.foo": "b", "types/c.unknown": "c", "types/d.mjs": "d", "types/e.webp": "e", "types/README": "f", "types/g.pdf": "g",
    ".well-known/security.txt": "Contact: x\n", ".git/config": "[core]", "dir/.env": "X=1", "media/film.mp4": bytes(range(256)) * 400, "list/a.txt": "a", "list/b/c.txt": "c",
    "list/<b>&.txt": "x", "list/ü.txt": "u", "list/sp ace.txt": "s", "private/page.html": "secret",
}  # fmt: skip

# `{}` is where the site, the password file and the others lie.
OPTION_SETS = {
    "greeting": [],
    "bare": ["{}/site"],
    "listing": ["{}/site", "--listing"],
    "spa": ["{}/site", "--spa", "--type", ".foo=text/x-foo", "--immutable", "off"],
    "auth": ["{}/site", "--auth", "{}/users", "--realm", "the house"],
    "auth of a part": ["{}/site", "--auth", "/private={}/users", "--listing", "--secure-headers"],
    "fields": ["{}/site", "--cors", "--secure-headers", "--header", "X-One: 1", "--header", "Cache-Control: max-age=5"],
    "isolated": ["{}/site", "--cross-origin-isolated", "--cors", "--listing"],
    "base path": ["{}/site", "--base-path", "/base", "--listing", "--env-js", "/env.js=ANSWERS_"],
    "hosts": ["--hosts", "{}/hosts", "--listing"],
    "previous": ["{}/site", "--previous", "{}/before", "--env-js", "/env.js=ANSWERS_"],
    "no compression": ["{}/site", "--compress", "off"],
    "no cache": ["{}/site", "--cache-files", "0", "--listing"],
    "plain": ["{}/site", "--loop", "plain", "--listing"],
    "plain auth": ["{}/site", "--loop", "plain", "--auth", "{}/users"],
    "few requests": ["{}/site", "--requests-max", "2", "--body-max", "10", "--sandbox", "off"],
    "denied": ["{}/site", "--deny", "127.0.0.0/8", "--log", "case-study"],
    "small": ["{}/site", "--cache-files", "3", "--workspaces", "1", "--connections", "2"],
}
ALSO_RECORDED = ("bare", "listing", "auth of a part", "base path", "hosts", "plain")  # with these, what was recorded elsewhere is sent too
ENVIRONMENT = {"ANSWERS_A": "1", "ANSWERS_B": "</script>é\""}

PATHS = (
    "/ /index.html /file.txt /empty.txt /dir /dir/ /dir/index.html /noindex /noindex/ /sub/deep/ /big.bin /.hidden /noperm.txt /fifo /null /link-in "
    "/link-out /loop /a%20b.txt /%C3%A9.txt /%2541.txt /future.txt /old.txt /nope /nope.html /nope.js /nope/ /dir/nope /blog/nope /about /about.html /about/ "
    "/blog /blog/first /blog/first/ /both /both/ /both.html /old /old?q=1 /moved/a/b /gone /app/x/y /app/x.js /people/17 /query?q=a%20b /forced /away /missing "
    "/style.css /style.css.br /only.js /only.js.gz /game.data.gz /game.wasm.br /logo.svgz /table.csv.gz /Build/x.unityweb /text.txt /long.txt /data.json "
    "/assets/index-BkZ0a1b2.js /assets/app.3f2a9c1d.css /assets/index-00000000.js /types/a.bin /types/b.foo /types/c.unknown /types/d.mjs /types/README /types/g.pdf "
    "/.well-known/security.txt /.git/config /dir/.env /media/film.mp4 /list/ /list /list/b/ /list/%3Cb%3E&.txt /private/page /private/ /env.js /base/ /base /base/about "
    "/base/env.js /base/list/ /_redirects /_headers /FILE.TXT //file.txt /./file.txt /dir/../file.txt /dir/%2e%2e/file.txt /%00 /%zz /a/b/c/d/e http://other.example/file.txt * file.txt"
).split()

JOE = "Authorization: Basic am9lOnNlY3JldA=="
VARIANTS = [
    ("GET", ""), ("GET", JOE), ("HEAD", JOE), ("POST", JOE), ("OPTIONS", JOE), ("DELETE", ""), ("GET", "Authorization: Basic am9lOndyb25n"), ("GET", "Authorization: Bearer x"),
    ("GET", f"{JOE}\r\nAccept-Encoding: gzip"), ("GET", f"{JOE}\r\nAccept-Encoding: gzip"), ("GET", f"{JOE}\r\nAccept-Encoding: br, gzip;q=0.5, zstd"), ("GET", f"{JOE}\r\nAccept-Encoding: identity;q=0, *;q=0"),
    ("GET", f"{JOE}\r\nRange: bytes=1-3"), ("GET", f"{JOE}\r\nRange: bytes=-2"), ("GET", f"{JOE}\r\nRange: bytes=0-1,5-6"), ("GET", f"{JOE}\r\nRange: bytes=99999999-"),
    ("GET", f"{JOE}\r\nIf-Modified-Since: Tue, 02 Jan 2024 03:04:05 GMT"), ("GET", f"{JOE}\r\nIf-Unmodified-Since: Mon, 01 Jan 2024 03:04:05 GMT"), ("HEAD", f"{JOE}\r\nIf-None-Match: *"),
    ("GET", f"{JOE}\r\nAccept: text/html"), ("GET", f"{JOE}\r\nAccept: application/json\r\nAccept-Language: de"), ("GET", f"{JOE}\r\nOrigin: http://a.example"), ("OPTIONS", "Origin: http://a.example\r\nAccess-Control-Request-Method: GET"),
    ("GET", f"{JOE}\r\nSec-Fetch-Dest: document\r\nAccept: */*"), ("GET", f"{JOE}\r\nConnection: close"), ("GET", f"{JOE}\r\nContent-Length: 3\r\nExpect: 100-continue"),
]  # fmt: skip
HOSTS = ("a.example", "b.example", "A.Example:80", "none.example", "127.0.0.1:8080", "")


def lay_out(root):
    subprocess.run(["/bin/bash", str(TESTS / "conformance/mkfixture.sh"), str(root / "site")], check=True)
    for name, content in SITE.items():
        _write(root / "site" / name, content)
    _write(root / "users", USERS)
    for host in ("default", "a.example", "b.example"):
        _write(root / "hosts" / host / "index.html", f"<p>{host}</p>")
        _write(root / "hosts" / host / "file.txt", host * 9)
    _write(root / "hosts/a.example/_redirects", "/old /file.txt\n")
    _write(root / "before/assets/index-00000000.js", "before();\n" * 99)
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            if os.lstat(path).st_mtime > 1_735_689_600 and "2055" not in name and name not in ("future.txt", "year2446.txt"):
                os.utime(path, (1_735_689_600, 1_735_689_600), follow_symlinks=False)
    return root


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def request(method, path, fields, host="localhost", version="1.1"):
    body = "abc" if "Content-Length: 3" in fields else ""
    return f"{method} {path} HTTP/{version}\r\nHost: {host}\r\n{fields}{chr(13) + chr(10) if fields else ''}\r\n{body}".encode()


def conformance(values):
    """The cases, each as one piece: those with a reset or a client that does not read have no answer to compare."""
    for case in cases.load():
        steps = cases.steps(case)
        if not any(step.get("rst") or step.get("no_read") or step.get("repeat") for step in steps):
            yield b"".join(cases.to_bytes(step.get("send", ""), values) for step in steps)


def conversations(tag_of):
    """`tag_of(path)` is the pair of validators that a path has in the binary before."""
    for path in PATHS:
        alone = [request(method, path, fields) for method, fields in VARIANTS]
        yield from alone
        yield request("GET", path, JOE, version="1.0")
        yield request("GET", path, JOE + "\r\nConnection: keep-alive", version="1.0")
        yield alone[1] + alone[2]
        yield alone[8] + alone[12] + alone[24]
        tag, time = tag_of(path)
        for fields in (f"If-None-Match: {tag}", f"If-Match: {tag}", f"If-Range: {tag}\r\nRange: bytes=2-", f"If-None-Match: W/{tag}\r\nAccept-Encoding: gzip",
                       f"If-Range: {time}\r\nRange: bytes=1-2", f"If-Modified-Since: {time}"):  # fmt: skip
            yield request("GET", path, JOE + "\r\n" + fields)
    for host in HOSTS:
        for path in ("/", "/file.txt", "/old", "/nope", "/dir"):
            yield request("GET", path, JOE, host=host)
