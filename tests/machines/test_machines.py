# SPDX-License-Identifier: MIT
"""Several machines behind HAProxy, under clients who never stop: whatever happens to one of them, no request fails. The figures of
docs/scaling.md: pytest -s test_machines.py."""

import os
import shutil
import signal

import pytest

import programs
from cluster import PATHS, Cluster

os.umask(0o022)  # the servers, another user, must be able to read what tests write
ENOUGH = 300  # requests behind an event: its consequences are among them
# A server that stands still or is cut off costs those who were with it the time that HAProxy is patient, and another attempt.
LONGEST_MS = 8000


@pytest.fixture(scope="module", params=["HTTP/1.1", "HTTP/2"])
def cluster(request):
    programs.needs_root("makes network namespaces")
    place = programs.open_directory()
    started = Cluster(place, request.param)
    yield started
    started.stop()
    shutil.rmtree(place)
    programs.copies.remove()


def nobody_noticed(cluster, name):
    cluster.answers(ENOUGH)
    phase = cluster.phase(name)
    assert phase.failed == [], phase.failed[:3]
    assert len(phase.requests) >= ENOUGH and phase.ms(1) < LONGEST_MS, str(phase)
    return phase


def contents(phase):
    return {(request["path"], request["etag"], request["digest"]) for request in phase.requests}


def test_tags_are_the_same_on_all_machines(cluster):
    for path in PATHS:
        for coding in ("identity", "gzip"):
            assert len(set(cluster.etags(path, coding))) == 1, path
    nobody_noticed(cluster, "at rest")


def test_every_server_is_replaced_in_turn(cluster):
    for host in cluster.hosts:
        behind = cluster.balancer.mark()
        host.end()
        host.start()
        cluster.balancer.wait_for(host, "UP", behind)
    nobody_noticed(cluster, "each replaced in turn")


def test_a_server_is_killed(cluster):
    host = cluster.hosts[0]
    behind = cluster.balancer.mark()
    host.signal_all(signal.SIGKILL)
    host.process.wait(30)
    cluster.balancer.wait_for(host, "DOWN", behind)
    cluster.answers(ENOUGH)
    host.start()
    cluster.balancer.wait_for(host, "UP", behind)
    nobody_noticed(cluster, "one killed")


def test_a_server_stands_still(cluster):
    host = cluster.hosts[1]
    behind = cluster.balancer.mark()
    host.signal_all(signal.SIGSTOP)
    cluster.balancer.wait_for(host, "DOWN", behind)
    cluster.answers(ENOUGH)
    host.signal_all(signal.SIGCONT)
    cluster.balancer.wait_for(host, "UP", behind)
    nobody_noticed(cluster, "one frozen")


def test_a_machine_is_cut_off(cluster):
    host = cluster.hosts[2]
    behind = cluster.balancer.mark()
    host.machine.unplug()
    cluster.balancer.wait_for(host, "DOWN", behind)
    cluster.answers(ENOUGH)
    host.machine.plug_in()
    cluster.balancer.wait_for(host, "UP", behind)
    nobody_noticed(cluster, "one cut off")


def test_a_release_is_switched_on_each(cluster):
    cluster.answers(ENOUGH)
    old = contents(cluster.phase("at rest"))
    for host in cluster.hosts:
        host.switch_to(2)
        assert host.err.wait_for(lambda line: "was replaced and is served" in line), host.err.all
    switched = nobody_noticed(cluster, "a release switched on each")
    new = contents(switched) - old
    # A path has one tag in each release, which stands for the same bytes, whichever machine sent it.
    for release in (old, new):
        assert len({path for path, _, _ in release}) == len(release) == len(PATHS)
    cluster.answers(ENOUGH)
    after = cluster.phase("at rest again")
    assert after.failed == []
    assert contents(after) == new
