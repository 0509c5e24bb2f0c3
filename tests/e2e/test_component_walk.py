# SPDX-License-Identifier: MIT
"""Where the kernel (or a container's filter) has no openat2, paths are as safe as with it."""

import pytest

import cases
import choices
import programs
import raw
import run
from test_names import LINKS, linked  # noqa: F401  (a fixture)

PATH_CASES = [case for case in cases.load() if case["group"] in ("path", "request-line", "response")]


@pytest.fixture(params=["ENOSYS", "EPERM"])
def start_without_openat2(request, start, place):
    trace = place / "trace"
    trace.touch()
    trace.chmod(0o666)

    def start_it(*arguments):
        if programs.TRACES is None:
            before = ["strace", "-f", "-o", trace, "--seccomp-bpf", "-e", "trace=openat2"]
        else:
            before = ["strace", *programs.trace_everything()]
        before += ["-e", f"inject=openat2:error={request.param}"]
        return start(*arguments, before=before, forks=True)

    yield start_it
    lines = [] if programs.TRACES else trace.read_text().splitlines()
    calls = [line for line in lines if "openat2(" in line]
    assert all("(INJECTED)" in line for line in calls)
    assert programs.TRACES or 1 <= len(calls) <= 2, "asked once at start, not for each request"


def test_path_cases(start_without_openat2, fixture_site):
    server = start_without_openat2(fixture_site)
    for verdict in run.run(server.port, PATH_CASES, workers=48, quiet=1.5):
        assert verdict.passed, (verdict.identity, verdict.observed, verdict.misses)
        assert verdict.status == choices.STATUS.get(verdict.identity, verdict.status), verdict.identity


def test_links_without_openat2(start_without_openat2, linked):  # noqa: F811
    server = start_without_openat2(linked)
    for name, (_, status) in LINKS.items():
        answer = raw.ask(server.port, "/" + name)
        assert answer.status == status, name
        assert b"SECRET" not in answer.body
    assert raw.ask(server.port, "/to_directory/file.txt").body == b"inside"
    assert raw.ask(server.port, "/inside/deep/up").body == b"inside"
    for path in ("/to_outside_directory/", "/to_outside_directory/secret.txt", "/round/x", "/dangling/"):
        assert raw.ask(server.port, path).status == 404, path


def test_many_requests_leak_no_descriptor(start_without_openat2, linked):  # noqa: F811
    server = start_without_openat2(linked)
    assert raw.ask(server.port, "/inside/file.txt").status == 200
    before = server.open_descriptors()
    with raw.Connection(server.port) as connection:
        for _ in range(50):
            for name in LINKS:
                connection.ask("/" + name)
            connection.ask("/inside/deep/up")
            connection.ask("/inside/deep/nope/x")
        # This connection, and perhaps the file that was served last.
        assert server.open_descriptors() <= before + 2
