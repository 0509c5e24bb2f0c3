# SPDX-License-Identifier: MIT
"""Deciding whether a recorded conversation is what its case expects."""

import re
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import wire

CLOSED_SILENTLY, NO_ANSWER, NOT_HTTP = 0, -1, -2


@dataclass
class Verdict:
    identity: str
    status: int = 0
    observed: str = ""
    misses: list = field(default_factory=list)
    seconds: float = 0.0
    location: str | None = None

    @property
    def passed(self):
        return not self.misses

    def as_dict(self):
        return {
            "id": self.identity,
            "ok": self.passed,
            "obs": self.observed,
            "why": "; ".join(self.misses),
            "seconds": round(self.seconds, 1),
            "loc": self.location,
        }


def judge(case, recording):
    verdict = Verdict(case["id"], seconds=recording.seconds)
    if recording.refused is not None:
        verdict.misses.append("connect " + recording.refused)
    elif recording.alive is not None:
        verdict.observed = "alive" if recording.alive else "DEAD"
        if not recording.alive:
            verdict.misses.append("the server is dead after a reset")
    elif recording.freed is not None:
        verdict.observed = "freed" if recording.freed else "held"
        if not recording.freed:
            verdict.misses.append("a client that never reads is held")
    else:
        _judge_answers(case["expect"], recording, verdict)
    return verdict


def _judge_answers(expect, recording, verdict):
    answers, rest = wire.read_answers(recording.received, wire.requests_for_head(recording.sent))
    final = [answer for answer in answers if answer.is_final]
    first = final[0] if final else None
    closed = recording.end != "timeout"
    verdict.status = status = _status(answers, recording.received, closed)
    misses = verdict.misses

    _judge_status(expect, status, first, misses)
    _judge_connection(expect, status, closed, recording.kept, misses)
    if len(final) > expect.get("max_responses", len(final)):
        misses.append(f"{len(final)} responses")
    if len(final) != expect.get("n_responses", len(final)):
        misses.append(f"{len(final)} responses != {expect['n_responses']}")
    if expect.get("nobody") and (rest or (first and first.body)):
        misses.append("body sent")
    forbidden = expect.get("no_body_contains")
    if forbidden and forbidden.encode() in recording.received:
        misses.append("body contains " + forbidden)
    if any(answer.status == expect.get("no_status") for answer in answers):
        misses.append(f"sent {expect['no_status']}")
    if first:
        _judge_body(expect, first, misses)
        _judge_fields(expect, first, misses)
        _judge_location(expect, first, misses)
        verdict.location = first.fields.get("location")
    verdict.observed = _observed(answers, status, closed, recording.end)


def _status(answers, received, closed):
    if answers:
        return answers[0].status
    if received:
        return NOT_HTTP
    return CLOSED_SILENTLY if closed else NO_ANSWER


def _waiting_is_fine(expect, status):
    return status == NO_ANSWER and expect.get("timeout_ok")


def _judge_status(expect, status, first, misses):
    continued_well = status == 100 and first and first.status in expect["status"]
    if status not in expect["status"] and not continued_well and not _waiting_is_fine(expect, status):
        misses.append(f"status {status} not in {expect['status']}")


def _judge_connection(expect, status, closed, kept, misses):
    if expect["conn"] == "close" and not closed and not _waiting_is_fine(expect, status):
        misses.append("not closed")
    if expect["conn"] == "keep" and not kept:
        misses.append("not kept alive")


def _judge_body(expect, answer, misses):
    # Where 200 may stand in for 206, a whole body is right as well.
    whole_instead_of_part = answer.status == 200 and expect["status"] == [206, 200]
    if "body" in expect and answer.status in (200, 206) and not whole_instead_of_part:
        if answer.body.decode("latin-1") != expect["body"]:
            misses.append("body differs")
    if len(answer.body) != expect.get("body_len", len(answer.body)):
        misses.append(f"len {len(answer.body)}")
    if len(answer.body) > expect.get("max_body", len(answer.body)):
        misses.append(f"amplified {len(answer.body)}")


def _judge_fields(expect, answer, misses):
    fields = answer.fields
    for name, value in expect.get("hdr", {}).items():
        if name == "content-range" and answer.status == 200:
            continue
        if fields.get(name, "").lower() != value.lower():
            misses.append(f"{name}={fields.get(name)}")
    for name, pattern in expect.get("re", {}).items():
        if not re.search(pattern, fields.get(name, "")):
            misses.append(f"{name}={fields.get(name)}")
    for name, pattern in expect.get("re_if", {}).items():
        if name in fields and not re.search(pattern, fields[name]):
            misses.append(f"{name}={fields[name]}")
    if "has" in expect and expect["has"] not in fields:
        misses.append("no " + expect["has"])
    if "no_header" in expect and expect["no_header"].lower() in fields:
        misses.append("has " + expect["no_header"])
    if expect.get("allow_if_405") and answer.status == 405 and "allow" not in fields:
        misses.append("405 without Allow")
    length = fields.get("content-length")
    if "cl_absent_or" in expect and length not in (None, expect["cl_absent_or"]):
        misses.append("CL " + length)
    if expect.get("lm_not_future") and "last-modified" in fields:
        if parsedate_to_datetime(fields["last-modified"]) > parsedate_to_datetime(fields["date"]):
            misses.append("Last-Modified > Date")
    if answer.version > "1.1":
        misses.append("version " + answer.version)


def _judge_location(expect, answer, misses):
    location = answer.fields.get("location", "")
    if "location" in expect and answer.status in (301, 308) and not location.endswith(expect["location"]):
        misses.append("Location " + location)
    path = re.sub(r"^https?://[^/]*", "", location)
    if "no_location_prefix" in expect and path.startswith(expect["no_location_prefix"]):
        misses.append("Location " + location)


def _observed(answers, status, closed, end):
    if not answers:
        unanswered = {CLOSED_SILENTLY: "close", NO_ANSWER: "wait", NOT_HTTP: "raw"}[status]
        return unanswered + ("R" if end == "reset" else "")
    shown = ",".join(str(answer.status) for answer in answers[:4])
    more = f"…{len(answers)}" if len(answers) > 4 else ""
    return shown + more + ("c" if closed else "") + ("R" if end == "reset" else "")
