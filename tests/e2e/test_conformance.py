# SPDX-License-Identifier: MIT
"""Every conformance case against the server as it is used: directory face, epoll."""

import pytest

import cases
import choices
import programs
import run
import wire

FAST = cases.select(cases.load())
SLOW = cases.select(cases.load(), slow=True)
CHOSEN = [case for case in FAST if case["id"] in choices.STATUS]
QUIET_SECONDS = 3.0 if programs.WRAPPER else 1.5


def identity(case):
    return case["id"]


@pytest.fixture(scope="module")
def verdicts(fixture_server):
    """The cases mostly wait for silence, so all of them wait together."""
    all_verdicts = run.run(fixture_server.port, FAST, workers=48, quiet=QUIET_SECONDS)
    return {verdict.identity: verdict for verdict in all_verdicts}


@pytest.mark.portable
@pytest.mark.parametrize("case", FAST, ids=identity)
def test_case(case, verdicts):
    verdict = verdicts[case["id"]]
    assert verdict.passed, f"{case['note']}: {verdict.observed}: {'; '.join(verdict.misses)}"


@pytest.mark.portable
@pytest.mark.parametrize("case", CHOSEN, ids=identity)
def test_the_response_is_the_one_chosen_among_several(case, verdicts):
    assert verdicts[case["id"]].status == choices.STATUS[case["id"]], case["note"]


@pytest.mark.parametrize("case", SLOW, ids=identity)
def test_slow_case(case, start, fixture_site):
    server = start(fixture_site, "--send-ms", 1000)
    (verdict,) = run.run(server.port, [case])
    assert verdict.passed, f"{case['note']}: {verdict.observed}: {'; '.join(verdict.misses)}"


def test_every_choice_is_allowed_by_its_case():
    by_identity = {case["id"]: case for case in cases.load()}
    for case_identity, status in choices.STATUS.items():
        assert status in by_identity[case_identity]["expect"]["status"], case_identity


def test_the_test_client_finds_the_end_of_responses():
    received = (
        b"HTTP/1.1 100 Continue\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: today\r\n\r\nhello"
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
        b"HTTP/1.0 400 Bad Request\r\n\r\nto the end"
    )
    answers, rest = wire.read_answers(received, heads=[False, True, False, False])
    assert [answer.status for answer in answers] == [100, 200, 200, 200, 400]
    assert [answer.body for answer in answers] == [b"", b"hello", b"", b"ab", b"to the end"]
    assert rest == b""
    assert b"today" not in wire.without_dates(received)
