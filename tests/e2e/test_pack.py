# SPDX-License-Identifier: MIT
"""A site inside the executable answers as the same site in a directory does; what differs is listed here, and in
docs/pack-format.md."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

import cases
import packs
import play
import programs
import run

FAST = cases.select(cases.load())
CONDITIONS_ON_TIME = re.compile(rb"(?i)if-(un)?modified-since|if-range: *[A-Z]")
# A pack has no times, and its packer refuses what the server may not read.
UNREADABLE = b"noperm.txt"


def without_time_and_boundary(answer):
    answer = re.sub(rb"(?i)\r\nlast-modified: [^\r]*", b"", answer)
    boundary = re.search(rb"boundary=([\w-]+)", answer)
    return answer.replace(boundary[1], b"B") if boundary else answer


@pytest.fixture(scope="module")
def packed_fixture(fixture_site):
    place = programs.open_directory()
    yield packs.executable(place, fixture_site)
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def packed_server(start_for_session, packed_fixture):
    return start_for_session("--port", 0, "--workers", 1, program=packed_fixture)


@pytest.fixture(scope="module")
def both(fixture_server, packed_server):
    """By case: what the directory answers, and what its pack does."""
    directory, pack = play.Player(fixture_server.port), play.Player(packed_server.port)
    pack.values = directory.values | {"H": pack.host}

    def one(case):
        return (directory.play_to_the_end(case).replace(directory.host.encode(), b"H"),
                pack.play_to_the_end(case).replace(pack.host.encode(), b"H"))

    with ThreadPoolExecutor(8) as pool:
        return dict(zip([case["id"] for case in FAST], pool.map(one, FAST)))


def sent(case):
    values = {"H": "h", "ETAG": '"e"', "LM": "Thu, 01 Jan 1970 00:00:00 GMT"}
    return b"".join(cases.to_bytes(step.get("send", ""), values) for step in cases.steps(case))


def is_comparable(case):
    return not (UNREADABLE in sent(case) or CONDITIONS_ON_TIME.search(sent(case))) and not any(
        step.get("rst") or step.get("no_read") for step in cases.steps(case))


@pytest.mark.portable
@pytest.mark.parametrize("case", [case for case in FAST if is_comparable(case)], ids=lambda case: case["id"])
def test_a_pack_answers_as_its_directory(case, both):
    directory, pack = both[case["id"]]
    assert without_time_and_boundary(pack) == without_time_and_boundary(directory), case["note"]


def test_few_cases_are_not_compared():
    assert len([case for case in FAST if not is_comparable(case)]) <= 25


@pytest.mark.portable
def test_http2_has_the_responses_of_http1(start_for_session, packed_fixture):
    server = start_for_session("--h2c", "--port", 0, "--workers", 1, program=packed_fixture)
    comparisons = run.compare(server.port, FAST)
    assert [found.identity for found in comparisons if found.differences] == []
    assert sum(1 for found in comparisons if found.blocks) > 200
