# SPDX-License-Identifier: MIT
"""The two loops answer the same bytes to the same bytes."""

import pytest

import cases
import play
import raw

ALL_FAST = cases.select(cases.load())


@pytest.fixture(scope="module")
def players(fixture_server, plain_server):
    return [play.Player(fixture_server.port), play.Player(plain_server.port)]


@pytest.mark.parametrize("case", ALL_FAST, ids=lambda case: case["id"])
def test_both_loops_send_the_same_bytes(case, players):
    # A validator changes with the file only, and both servers serve the same files.
    assert players[0].values["ETAG"] == players[1].values["ETAG"]
    by_epoll, by_plain = (player.play_to_the_end(case) for player in players)
    assert by_plain == by_epoll


def test_the_plain_loop_keeps_connections(plain_server):
    with raw.Connection(plain_server.port) as connection:
        assert connection.ask("/file.txt").status == 200
        assert connection.ask("/file.txt").status == 200


def test_the_plain_loop_closes_a_silent_client(start, fixture_site):
    server = start(fixture_site, "--loop", "plain", "--head-ms", 300, "--idle-ms", 300)
    with raw.Connection(server.port) as silent:
        assert raw.ask(server.port, "/file.txt").status == 200
        assert silent.is_closed()


def test_the_plain_loop_survives_a_client_that_vanishes(start, fixture_site):
    server = start(fixture_site, "--loop", "plain")
    for _ in range(20):
        vanishing = raw.Connection(server.port, receive_buffer=4096)
        vanishing.send(raw.request("/big.bin") * 4)
        vanishing.reset()
    assert raw.ask(server.port, "/file.txt").status == 200
