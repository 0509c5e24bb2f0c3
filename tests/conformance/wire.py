# SPDX-License-Identifier: MIT
"""Reading answers out of received bytes, as a strict but patient client would."""

import re
from dataclasses import dataclass, field

_STATUS_LINE = re.compile(rb"HTTP/(\d\.\d) (\d{3})")
_REQUEST_LINE = re.compile(rb"(?:^|(?<=\n))([A-Z]+) [^\r\n]* HTTP/1\.[01]\r?\n")
_DATE_LINE = re.compile(rb"(?im)^(Date: )[^\r\n]*")


@dataclass
class Answer:
    status: int
    version: str
    fields: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_final(self):
        return self.status >= 200


def requests_for_head(sent):
    """Which of the sent requests were HEAD; their answers have no body whatever their fields say."""
    return [match.group(1) == b"HEAD" for match in _REQUEST_LINE.finditer(sent)] or [False]


def read_answers(received, heads):
    """All answers at the front of `received`, and the bytes that are no answer."""
    answers, position, final_count = [], 0, 0
    while True:
        end_of_head = received.find(b"\r\n\r\n", position)
        if end_of_head < 0 or received[position : position + 5] != b"HTTP/":
            break
        answer = read_head(received[position:end_of_head])
        if answer is None:
            break
        position = end_of_head + 4
        if answer.is_final:
            bodiless = heads[final_count] if final_count < len(heads) else False
            if not bodiless and answer.status not in (204, 304):
                answer.body, position = _read_body(received, position, answer.fields)
            final_count += 1
        answers.append(answer)
        position = min(position, len(received))
    return answers, received[position:]


def read_head(head):
    """The answer that begins so, without its body; None where this is no HTTP."""
    lines = head.split(b"\r\n")
    status_line = _STATUS_LINE.match(lines[0])
    if not status_line:
        return None
    answer = Answer(status=int(status_line.group(2)), version=status_line.group(1).decode())
    for line in lines[1:]:
        name, _, value = (part.strip().decode("latin-1") for part in line.partition(b":"))
        name = name.lower()
        answer.fields[name] = f"{answer.fields[name]}, {value}" if name in answer.fields else value
    return answer


def _read_body(received, position, fields):
    """The body, as much of it as has come, and the position behind it."""
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return _read_chunks(received, position)
    if "content-length" in fields:
        length = int(fields["content-length"].split(",")[0])
        return received[position : position + length], position + length
    return received[position:], len(received)


def _read_chunks(received, position):
    body = b""
    while (end_of_line := received.find(b"\r\n", position)) >= 0:
        size = int(received[position:end_of_line].split(b";")[0] or b"0", 16)
        body += received[end_of_line + 2 : end_of_line + 2 + size]
        position = end_of_line + 2 + size + 2
        if size == 0:
            break
    return body, position


def without_dates(received):
    """The bytes with the value of every Date field taken out: all that may differ between two runs."""
    return _DATE_LINE.sub(rb"\1-", received)
