# SPDX-License-Identifier: MIT
"""Real sites, and a person who clicks through them: real/walk.js in Chromium, which reports in JSON lines."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import programs

REAL = Path(__file__).resolve().parent / "real"
BUILT = programs.PROJECT / "build/real-sites"
PYTHON_DOCUMENTATION = Path("/usr/share/doc/python3-doc/html")
WALK_SECONDS = 120  # ends what would hang


class Answer:
    """What the browser's network log says of one request. `travelled` counts fields and body, `decoded` the body."""

    def __init__(self, told):
        self.step = told["step"]
        self.path = told["path"]
        self.is_page = told["document"]
        self.cached = told["cached"]
        self.status = told.get("status")
        self.headers = told["headers"]
        self.decoded = told["decoded"]
        self.travelled = told.get("travelled", 0)

    @property
    def type(self):
        return self.headers.get("content-type")

    @property
    def cache(self):
        return self.headers.get("cache-control")

    @property
    def coding(self):
        return self.headers.get("content-encoding")

    @property
    def suffix(self):
        return Path(urlsplit(self.path).path).suffix

    def varies_by(self, name):
        return name in self.headers.get("vary", "").split(", ")

    def __repr__(self):
        return f"<{self.step}: {self.status} {self.path} {self.cache} {self.coding} {self.travelled}/{self.decoded}>"


class Walk:
    def __init__(self, lines):
        told = [json.loads(line) for line in lines]
        self.places = {line["step"]: line["path"] for line in told if line["kind"] == "place"}
        self.broken_images = [image for line in told if line["kind"] == "place" for image in line["broken"]]
        self.complaints = [line for line in told if line["kind"] == "complaint"]
        self.said = [line["text"] for line in told if line["kind"] == "text"]
        self.answers = [Answer(line) for line in told if line["kind"] == "answer"]

    def page(self, step):
        """The one HTML page that was asked for in this step."""
        (answer,) = [answer for answer in self.answers if answer.step == step and answer.is_page]
        return answer

    def parts(self, *steps):
        """What else was asked for."""
        return [answer for answer in self.answers if answer.step in steps and not answer.is_page]


def walk(name, server, *arguments):
    """One of real/walks, from the first page on. Pictures go to MINHTTP_SCREENSHOTS, or nowhere."""
    place = programs.open_directory()
    try:
        result = subprocess.run(
            ["node", REAL / f"walks/{name}.js", f"http://127.0.0.1:{server.port}", place / "profile",
             programs.SETTINGS.get("MINHTTP_SCREENSHOTS", place), *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WALK_SECONDS, check=False,
        )
    finally:
        shutil.rmtree(place)
    assert result.returncode == 0, result.stdout + result.stderr
    return Walk(result.stdout.splitlines())


def copy_of_built(name, place):
    """A built site where the server, another user, can read it. Times stay, as the siblings must not look older."""
    assert (BUILT / "made").exists(), "the real sites are not built: tests/e2e/README.md says how"
    return shutil.copytree(BUILT / name, place / name)


def copy_of_python_documentation(place):
    """Debian's package links to scripts of other packages, and links that lead out of the root are not served."""
    assert (PYTHON_DOCUMENTATION / "index.html").exists(), "install the package python3-doc"
    return shutil.copytree(PYTHON_DOCUMENTATION, place / "python3-doc")
