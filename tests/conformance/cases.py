# SPDX-License-Identifier: MIT
"""The conformance cases as data: reading them, choosing among them, turning their notation into bytes."""

import json
import re
from pathlib import Path

BESIDE_THIS_FILE = Path(__file__).resolve().parent
CASES_FILE = BESIDE_THIS_FILE / "cases.jsonl"
HTTP2_CASES_FILE = BESIDE_THIS_FILE / "cases_http2.jsonl"

# «X*N» stands for N times X. X holds no marks itself, so that the innermost is found first.
_REPETITION = re.compile("«([^«»]*)\\*(\\d+)»", re.DOTALL)


def load(path=CASES_FILE):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def select(cases, slow=False, only=None, groups=(), without=()):
    """Slow cases wait for deadlines, so they are never mixed with the others."""
    return [
        case
        for case in cases
        if bool(case.get("slow")) == slow
        and (only is None or case["id"].startswith(only))
        and (not groups or case["group"] in groups)
        and case["group"] not in without
    ]


def steps(case):
    """A plain request is a conversation of one step."""
    return case.get("steps") or [{"send": case["request"]}]


def expand(text):
    while match := _REPETITION.search(text):
        text = text[: match.start()] + match.group(1) * int(match.group(2)) + text[match.end() :]
    return text


def to_bytes(text, values):
    """`values` maps the names between double braces (H, ETAG, LM) to what they are on this server."""
    text = expand(text)
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text.encode("latin-1")
