# SPDX-License-Identifier: MIT
"""Every conformance case whose meaning exists in HTTP/2 has the same response there; and the cases of HTTP/2's own."""

import pytest

import cases
import http2
import programs
import run
import translate
import wires

PLACEHOLDERS = {"H": "localhost", "ETAG": '"none"', "LM": "Thu, 01 Jan 1970 00:00:00 GMT"}
ALL = cases.load()
OWN = cases.load(cases.HTTP2_CASES_FILE)
QUIET_SECONDS = 3.0 if programs.WRAPPER else 1.5

# What only HTTP/1 has. A reason that is not here, or has too many cases, is a fault of the translation.
LEFT_OUT_AT_MOST = {
    "chunks": 20,
    "the request line's syntax": 10,
    "versions of HTTP/1": 10,
    "several requests in a row": 10,
    "how a connection ends": 5,
    "folded lines": 3,
    "lines without a colon": 3,
    "faults in trailers": 2,
    "ends of lines": 1,
    "Host beside an absolute target": 1,
}


def reason_for_leaving_out(case):
    try:
        translate.blocks(case, PLACEHOLDERS)
    except translate.LeftOut as why:
        return str(why)
    return None


def identity(case):
    return case["id"]


COMPARED = [case for case in ALL if reason_for_leaving_out(case) is None]


@pytest.fixture(scope="module")
def comparisons(start_for_session, fixture_site):
    server = start_for_session(fixture_site, "--h2c")
    found = run.compare(server.port, ALL + OWN, quiet=QUIET_SECONDS)
    print("\n".join(wires.summary(found)))
    return {comparison.identity: comparison for comparison in found}


@pytest.mark.portable
@pytest.mark.parametrize("case", COMPARED, ids=identity)
def test_case_has_the_same_response_over_http2(case, comparisons):
    comparison = comparisons[case["id"]]
    assert comparison.blocks and not comparison.differences, case["note"]


@pytest.mark.portable
@pytest.mark.parametrize("case", OWN, ids=identity)
def test_case_of_http2(case, comparisons):
    assert not comparisons[case["id"]].differences, case["note"]


def test_only_what_http2_lacks_is_left_out():
    reasons = [reason for case in ALL if (reason := reason_for_leaving_out(case))]
    assert set(reasons) == set(LEFT_OUT_AT_MOST)
    assert {reason: reasons.count(reason) for reason in reasons if reasons.count(reason) > LEFT_OUT_AT_MOST[reason]} == {}


def test_cases_have_names_of_their_own():
    names = [case["id"] for case in ALL + OWN]
    assert len(set(names)) == len(names)


def test_the_comparison_sees_what_differs():
    def response(status=200, fields=(), body=b"", **options):
        return http2.Response(status, list(fields), body, **options)

    def differs(one, two, why_malformed=None):
        return bool(wires.differences(one, two, why_malformed, begin=0))

    range_type = "multipart/byteranges; boundary="
    one = response(206, [("connection", "close"), ("a", "1"), ("content-type", range_type + "XX")], b"--XX--")
    assert not differs(one, response(206, [("a", "1"), ("content-type", range_type + "YY")], b"--YY--"))
    assert differs(one, response(206, [("a", "1"), ("content-type", range_type + "YYY")], b"--YYY--"))
    assert differs(one, response(206, [("content-type", range_type + "YY"), ("a", "1")], b"--YY--"))
    assert differs(response(), response(404))
    assert differs(response(), response(fields=[("a", "1")]))
    assert differs(response(body=b"a"), response(body=b"b"))
    old = [("date", "Sun, 06 Nov 1994 08:49:37 GMT")]
    assert bool(wires.differences(response(fields=old), response(fields=old), None, begin=1e9))
    assert differs(response(), response(), "malformed, and answered")
