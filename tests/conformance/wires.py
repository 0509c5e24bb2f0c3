# SPDX-License-Identifier: MIT
"""One request over HTTP/1 and over HTTP/2, and what differs in the answers."""

import http.client
import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import http2
import malformed
import translate

# Those of HTTP/1 alone (RFC 9113 section 8.2.2).
_OF_THE_WIRE = {"connection", "keep-alive", "transfer-encoding"}
_BOUNDARY = re.compile(r'(?<=boundary=)[^;"]+')
_CLOCK_SECONDS = 1.0  # Date has no fractions
_BLOCK_MAX = 16384  # bytes of an encoded field block; with more the connection ends


@dataclass
class Comparison:
    identity: str
    left_out: str | None = None  # why
    refused: str | None = None  # why HTTP/2 answers with a stream error; HTTP/1 refused as well
    blocks: int = 0
    differences: list = field(default_factory=list)


def ask_http1(port, data, patience=10.0):
    """The first final response to the bytes. Status 0: there was none."""
    response = http2.Response(status=0)
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            connection.sendall(data)
        except OSError:
            pass  # the server was faster; what it said can still be read
        answer = http.client.HTTPResponse(connection, method="HEAD" if data.startswith(b"HEAD ") else "GET")
        try:
            answer.begin()
            response.status = answer.status
            response.fields = [(name.lower(), value) for name, value in answer.headers.items()]
            response.body = answer.read()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            answer.close()  # or it keeps the connection open
    return response


def ask_http2(port, block, host):
    """The response to the block. Whatever it was, the next request of the connection must be answered; but after 431 the
    connection may end with GOAWAY, where even more fields came than are dropped (docs/http2.md, h2_block_max)."""
    with http2.Connection(port) as connection:
        response = connection.ask(block)
        if response.goaway:
            return response
        path = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", host.encode()), (b":path", b"/file.txt")]
        following = connection.ask(translate.Block(path))
        if following.status != 200 and not (response.status == 431 and following.goaway):
            raise http2.WrongServer("the next request of the connection has another response")
    return response


def compare(case, port, values):
    """A case of cases.jsonl, as it is and translated."""
    comparison = Comparison(case["id"])
    try:
        blocks = translate.blocks(case, values)
    except translate.LeftOut as why:
        comparison.left_out = str(why)
        return comparison
    begin = time.time()
    one = ask_http1(port, translate.request_bytes(case, values))
    for block in blocks:
        _compare_block(comparison, one, block, begin, port, values)
    return comparison


def compare_own(case, port, values):
    """A case of cases_http2.jsonl: it says what HTTP/2 must answer, and may have a counterpart over HTTP/1."""
    comparison = Comparison(case["id"])
    begin = time.time()
    one = ask_http1(port, translate.request_bytes(case, values)) if "request" in case else None
    two = _compare_block(comparison, one, translate.own_block(case, values), begin, port, values)
    if two is not None:
        found = two.status if two.error is None else "reset"
        if found != case["expect"]:
            comparison.differences.append(f"{found}, not {case['expect']}")
    return comparison


def _compare_block(comparison, one, block, begin, port, values):
    """The response over HTTP/2, None if there is none, is compared with `one`, if there is one."""
    comparison.blocks += 1
    try:
        two = ask_http2(port, block, values["H"])
    except (OSError, http2.WrongServer) as fault:
        comparison.differences.append(repr(fault))
        return None
    if two.error is not None:
        comparison.refused, faults = _refusal(one, two, block)
    else:
        faults = differences(one or two, two, malformed.reason(block), begin)
    comparison.differences += faults
    return two


def differences(one, two, why_malformed, begin):
    """`one` came over HTTP/1; `why_malformed` is None for a well-formed request; both came since `begin`."""
    found = []
    if why_malformed and two.status < 400:
        found.append(f"a malformed request is answered with {two.status}: {why_malformed}")
    if one.status != two.status:
        found.append(f"status {one.status}, {two.status}")
    fields_of_one, body_of_one = _comparable(one, begin, found)
    fields_of_two, body_of_two = _comparable(two, begin, found)
    if fields_of_one != fields_of_two:
        found.append(f"fields {fields_of_one}, {fields_of_two}")
    if body_of_one != body_of_two:
        found.append(f"body {body_of_one[:80]}, {body_of_two[:80]}")
    return found


def _refusal(one, two, block):
    """Why HTTP/2 ended the stream, and what is wrong with that: HTTP/1 must have refused too, with 400 (or 501, for an
    unknown transfer coding), and have closed, because it does not know where the next request begins."""
    why = malformed.reason(block)
    may_be = (400, 501)
    allowed = why is not None and two.error == http2.PROTOCOL_ERROR and not two.goaway
    if http2.encoded_bytes(block.fields) > _BLOCK_MAX:
        why, may_be = "more fields than there is memory for", (431,)
        allowed = two.error == http2.ENHANCE_YOUR_CALM and two.goaway
    faults = []
    if not allowed:
        faults.append(f"error {two.error}, GOAWAY: {two.goaway}, for a request that is malformed by: {why}")
    if one is not None and (one.status not in may_be or ("connection", "close") not in one.fields):
        faults.append(f"HTTP/2 refuses by: {why}; HTTP/1 answers {one.status} {one.fields}")
    return why, faults


def _comparable(response, begin, found):
    """Fields and body without what may differ from one response to the next."""
    fields = []
    boundary = None
    for name, value in response.fields:
        if name == "date":
            seconds = parsedate_to_datetime(value).timestamp()
            if not begin - 2 * _CLOCK_SECONDS <= seconds <= time.time() + _CLOCK_SECONDS:
                found.append(f"Date is {value}")
            value = "now"
        elif name == "content-type" and (match := _BOUNDARY.search(value)):
            boundary = match.group(0)
            value = _BOUNDARY.sub("-" * len(boundary), value)
        if name not in _OF_THE_WIRE:
            fields.append((name, value))
    body = response.body
    if boundary:
        body = body.replace(boundary.encode(), b"-" * len(boundary))
    return fields, body


def run(port, cases, values, workers=8):
    """All comparisons, in the order of the cases, which may be of both files."""

    def one(case):
        return (compare_own if "block" in case else compare)(case, port, values)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, cases))


def summary(comparisons):
    """Lines for people: how many were compared, and how many left out, for which reason."""
    compared = [one for one in comparisons if one.left_out is None]
    refused = Counter(one.refused for one in compared if one.refused)
    left_out = Counter(one.left_out for one in comparisons if one.left_out)
    differ = sum(bool(one.differences) for one in compared)
    lines = [f"over both wires: {len(compared)} cases ({sum(one.blocks for one in compared)} requests), {differ} differ"]
    lines += [f"  {count:3} refused alike: {why}" for why, count in refused.most_common()]
    lines += [f"  {count:3} left out: {why}" for why, count in left_out.most_common()]
    return lines
