# SPDX-License-Identifier: MIT
"""The request of a case as HTTP/2 has it: a field block, DATA and trailers; or why it has no counterpart there."""

import re
from dataclasses import dataclass, field

import cases

_REQUEST_LINE = re.compile(rb"([^ ]+) (.+) HTTP/(\d\.\d)", re.DOTALL)
_ABSOLUTE = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,5})(;[!-~\t ]{0,1000})?")  # more is refused (413, 400)

# RFC 9113 section 8.2.2. Transfer-Encoding is dropped only where the body it frames is understood.
_CONNECTION_SPECIFIC = {b"connection", b"keep-alive", b"proxy-connection", b"upgrade"}

_TRAILERS_MAX = 16384
_NEVER_TRAILERS = {b"content-length", b"host", b"transfer-encoding"}  # RFC 9110 section 6.5.1: framing and routing


class LeftOut(Exception):
    """The case asks about what only HTTP/1 has; the text says what."""


@dataclass
class Block:
    fields: list = field(default_factory=list)  # (name, value), pseudo-fields first
    body: bytes = b""
    trailers: list = field(default_factory=list)
    complete: bool = True  # END_STREAM is sent: the case sends all of its body

    @property
    def method(self):
        return dict(self.fields).get(b":method", b"")


def blocks(case, values):
    """The block with :authority, as clients and gateways send it, and that with Host in its place (RFC 9113 section
    8.3.1), where the request names its host in one Host field. Raises LeftOut."""
    method, target, fields, rest = _head(request_bytes(case, values))
    block = Block()
    fields = _take_body(block, fields, rest)
    named = {option.strip().lower() for name, value in fields if name == b"connection" for option in value.split(b",")}
    dropped = _CONNECTION_SPECIFIC | (named - {b"host"})
    fields = [(name, value) for name, value in fields if name not in dropped and (name, value.lower()) != (b"te", b"trailers")]
    hosts = [value for name, value in fields if name == b"host"]
    others = [(name, value) for name, value in fields if name != b"host"]

    pseudo, authority = _pseudo_fields(method, target, hosts)
    if authority is not None:
        return [_with(block, [*pseudo, (b":authority", authority), *others])]
    by_host = _with(block, [*pseudo, *fields])
    if len(hosts) != 1:
        return [by_host]
    return [_with(block, [*pseudo, (b":authority", hosts[0]), *others]), by_host]


def own_block(case, values):
    """The block of a case of cases_http2.jsonl."""

    def pairs(name):
        return [tuple(cases.to_bytes(text, values) for text in pair) for pair in case.get(name, [])]

    return Block(pairs("block"), cases.to_bytes(case.get("body", ""), values), pairs("trailers"))


def request_bytes(case, values):
    steps = cases.steps(case)
    if case.get("slow") or any(step.keys() & {"rst", "half_close", "no_read"} for step in steps):
        raise LeftOut("how a connection ends")
    return b"".join(cases.to_bytes(step.get("send", ""), values) * step.get("repeat", 1) for step in steps)


def _with(block, fields):
    return Block(fields, block.body, block.trailers, block.complete)


def _head(data):
    """Method, target, fields and what follows them."""
    head, end, rest = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    request_line = _REQUEST_LINE.fullmatch(lines[0])
    if not request_line:
        raise LeftOut("the request line's syntax")
    if not end:
        raise LeftOut("ends of lines")
    method, target, version = request_line.groups()
    if version != b"1.1":
        raise LeftOut("versions of HTTP/1")
    return method, target, _fields(lines[1:]), rest


def _fields(lines):
    fields = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t"):
            raise LeftOut("folded lines")
        if not colon:
            raise LeftOut("lines without a colon")
        fields.append((name.lower(), value.strip(b" \t")))
    return fields


def _pseudo_fields(method, target, hosts):
    """Those but :authority, and the authority that the target names, which overrides Host (RFC 9112 section 3.2)."""
    if method == b"CONNECT":
        return [(b":method", method)], target
    scheme, authority, path = b"http", None, target
    if absolute := _ABSOLUTE.fullmatch(target):
        if not hosts:
            raise LeftOut("Host beside an absolute target")
        scheme, authority, path = absolute.groups()
        path = path if path.startswith(b"/") else b"/" + path
    return [(b":method", method), (b":scheme", scheme.lower()), (b":path", path)], authority


def _take_body(block, fields, rest):
    """Puts the body into the block. What is left of the fields: without the coding that framed the body."""
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    lengths = [value for name, value in fields if name == b"content-length"]
    if [coding.lower() for coding in codings] == [b"chunked"] and not lengths:
        block.body, block.trailers, rest = _unchunk(rest)
        fields = [(name, value) for name, value in fields if name != b"transfer-encoding"]
    elif len(lengths) == 1 and not codings and lengths[0].isdigit():
        length = int(lengths[0])
        block.complete = len(rest) >= length
        block.body, rest = rest[:length], rest[length:]
    elif codings or lengths:  # nobody can tell where the body ends
        block.body, rest = rest, b""
    if rest:
        raise LeftOut("several requests in a row")
    return fields


def _unchunk(data):
    """Body, trailers and what follows them, of a strictly written chunked body."""
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        size = _CHUNK_SIZE.fullmatch(line)
        if not size or not end:
            raise LeftOut("chunks")
        length = int(size.group(1), 16)
        if length == 0:
            break
        if data[length : length + 2] != b"\r\n":
            raise LeftOut("chunks")
        body, data = body + data[:length], data[length + 2 :]
    section, _, rest = (b"\r\n" + data).partition(b"\r\n\r\n")
    trailers = _fields(section.split(b"\r\n")[1:])
    # HTTP/1 refuses these when it has read the whole body; over HTTP/2 the answer is under way by then.
    if len(section) > _TRAILERS_MAX or any(name in _NEVER_TRAILERS for name, _ in trailers):
        raise LeftOut("faults in trailers")
    return body, trailers, rest
