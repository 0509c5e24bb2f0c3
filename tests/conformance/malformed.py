# SPDX-License-Identifier: MIT
"""Which requests RFC 9113 section 8.1.1 calls malformed, and why: these may end with a stream error, others may not."""

import ipaddress
import re

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*")
_AUTHORITY = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::([0-9]*))?")
_PSEUDO = {b":method", b":scheme", b":authority", b":path"}
_CONNECTION_SPECIFIC = {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
_LENGTH_MAX = (1 << 63) - 1
_HOST_MAX = 255


def reason(block):
    """None where the request is well formed. The first reason that is found."""
    return (
        _of_fields(block.fields)
        or _of_pseudo_fields([(name, value) for name, value in block.fields if name.startswith(b":")])
        or _of_host(block.fields)
        or _of_length(block)
        or ("pseudo-field in the trailers" if any(name.startswith(b":") for name, _ in block.trailers) else None)
        or _of_fields(block.trailers)
    )


def _of_fields(fields):
    names = [name for name, _ in fields]
    for (name, value), before in zip(fields, [b":", *names]):
        if name.startswith(b":"):
            if name not in _PSEUDO:
                return "unknown pseudo-field"
            if not before.startswith(b":"):
                return "pseudo-field behind a field"
            if names.count(name) > 1:
                return "pseudo-field twice"
        elif not _NAME.fullmatch(name):
            return "field name"
        if not _VALUE.fullmatch(value) or value != value.strip(b" \t"):
            return "field value"
        if name in _CONNECTION_SPECIFIC or (name == b"te" and value.lower() != b"trailers"):
            return "connection-specific field"
    return None


def _of_pseudo_fields(fields):
    values = dict(fields)
    method = values.get(b":method")
    if method is None or not re.fullmatch(_TOKEN, method):
        return ":method"
    if method == b"CONNECT":
        complete = values.keys() == {b":method", b":authority"} and re.search(rb":[0-9]+$", values[b":authority"])
        return None if complete else "CONNECT"
    if not _SCHEME.fullmatch(values.get(b":scheme", b"")):
        return ":scheme"
    path = values.get(b":path", b"")
    return None if path.startswith(b"/") or (path, method) == (b"*", b"OPTIONS") else ":path"


def _of_host(fields):
    names = [value for name, value in fields if name in (b":authority", b"host")]
    hosts = [value for name, value in fields if name == b"host"]
    if not names or len(hosts) > 1 or len({name.lower() for name in names}) > 1:
        return "no host, or several"
    return None if _names_a_host(names[0]) else "authority"


def _names_a_host(authority):
    """An authority of RFC 3986 without userinfo, of a host that DNS can know and a port that TCP can."""
    parts = _AUTHORITY.fullmatch(authority)
    if not parts or len(parts.group(1)) > _HOST_MAX or int(parts.group(2) or 0) > 65535:
        return False
    host = parts.group(1).decode()
    try:
        return not host.startswith("[") or ipaddress.IPv6Address(host[1:-1]) is not None
    except ValueError:
        return False


def _of_length(block):
    lengths = [value for name, value in block.fields if name == b"content-length"]
    if not lengths:
        return None
    if len(lengths) > 1 or not lengths[0].isdigit() or int(lengths[0]) > _LENGTH_MAX:
        return "content-length"
    said, sent = int(lengths[0]), len(block.body)
    return "content-length and DATA differ" if sent > said or (block.complete and sent < said) else None
