# SPDX-License-Identifier: MIT
"""Settings: flags, variables and the lines of a file, which of them wins, and the one line about a mistake."""

import os
import signal

import pytest

import raw
import sites
from server import run_to_end


@pytest.fixture
def site(place):
    return sites.write_files(place / "site", {"index.html": "front", "sub/a.txt": "a"})


@pytest.fixture
def config(place):
    """Writes a file of settings."""
    path = place / "minhttp.conf"

    def write(text):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def settings(*arguments, before=()):
    """What `check --settings` prints: the line of a file, and the origin behind it."""
    printed = run_to_end("check", *arguments, "--settings", before=before)
    assert printed.returncode == 0, printed.stderr
    return [tuple(line.rsplit("  # ", 1)) for line in printed.stdout.splitlines()]


def env(**variables):
    return ("/usr/bin/env", *(f"{name}={value}" for name, value in variables.items()))


def test_each_level_wins_over_the_one_before(site, config):
    path = config(f"root {site}\nidle-ms 1s\nhead-ms 1s\nbody-ms 1s\n")
    assert settings("--config", path, "--body-ms", "3s", before=env(MINHTTP_HEAD_MS="2s", MINHTTP_BODY_MS="2s")) == [
        (f"config {path}", "--config"),
        (f"root {site}", f"{path}:1: root"),
        ("head-ms 2s", "MINHTTP_HEAD_MS"),
        ("body-ms 3s", "--body-ms"),
        ("idle-ms 1s", f"{path}:2: idle-ms"),
    ]


def test_values_of_a_higher_level_take_the_place_of_a_list(site, config):
    path = config(f"root {site}\nheader A: 1\nheader B: 2\nallow 10.0.0.0/8\n")
    assert settings(before=env(MINHTTP_CONFIG=path)) == [
        (f"config {path}", "MINHTTP_CONFIG"),
        (f"root {site}", f"{path}:1: root"),
        ("header A: 1", f"{path}:2: header"),
        ("header B: 2", f"{path}:3: header"),
        ("allow 10.0.0.0/8", f"{path}:4: allow"),
    ]
    got = settings("--config", path, "--deny", "::1", before=env(MINHTTP_HEADER="C: 3\nD: 4"))
    assert got[2:] == [("header C: 3", "MINHTTP_HEADER"), ("header D: 4", "MINHTTP_HEADER"), ("deny ::1/128", "--deny")]


def test_a_server_is_started_by_a_file_alone(start, site, config):
    path = config(f"root {site}\nspa\nheader \"X-A: # 1\"   # a comment\n")
    server = start("--config", path)
    with raw.Connection(server.port) as connection:
        answer = connection.ask("/nothing", accept="text/html")
        assert (answer.status, answer.body, answer.fields["x-a"]) == (200, b"front", "# 1")


def test_a_server_is_started_by_variables_alone(start, site):
    server = start(before=env(MINHTTP_ROOT=site, MINHTTP_HEADER="X-A: 1\nX-B: 2", MINHTTP_SPA="on"))
    with raw.Connection(server.port) as connection:
        answer = connection.ask("/nothing", accept="text/html")
        assert (answer.status, answer.fields["x-a"], answer.fields["x-b"]) == (200, "1", "2")


@pytest.mark.parametrize("off", ["off", "false", "no", "0"])
def test_a_switch_can_be_turned_off_again(site, config, off):
    path = config(f"root {site}\nspa\n")
    assert ("spa on", f"{path}:2: spa") in settings("--config", path)
    assert "spa" not in str(settings("--config", path, before=env(MINHTTP_SPA=off))[2:])
    assert "spa" not in str(settings("--config", path, f"--spa={off}")[2:])


@pytest.mark.parametrize(
    "value, printed", [("500ms", "500ms"), ("90s", "90s"), ("5m", "300s"), ("1h", "3600s"), ("1500", "1500ms"), ("2000", "2s")])
def test_times_take_units(site, value, printed):
    assert (f"idle-ms {printed}", "--idle-ms") in settings(site, "--idle-ms", value)


@pytest.mark.parametrize(
    "variables, arguments, expected",
    [
        ({"PORT": "8099"}, (), ("port 8099", "PORT")),
        ({"PORT": "8099", "MINHTTP_PORT": "8100"}, (), ("port 8100", "MINHTTP_PORT")),
        ({"PORT": "8099"}, ("--port", "8101"), ("port 8101", "--port")),
        ({"PORT": "8099"}, ("--listen", ":8102"), ("listen :8102", "--listen")),
        ({"PORT": "8099", "MINHTTP_LISTEN": ":8103\n[::1]:1"}, (), ("listen :8103", "MINHTTP_LISTEN")),
    ],
)
def test_port_alone_counts_where_no_other_is_given(site, variables, arguments, expected):
    got = settings(site, *arguments, before=env(**variables))
    assert expected in got
    assert len([line for line, _ in got if line.startswith("port")]) == (1 if expected[0].startswith("port") else 0)


def test_what_kubernetes_sets_for_a_service_of_our_name_is_ignored(site):
    variables = {
        "MINHTTP_SERVICE_HOST": "10.0.0.1", "MINHTTP_SERVICE_PORT": "80", "MINHTTP_SERVICE_PORT_HTTP": "80",
        "MINHTTP_PORT": "tcp://10.0.0.1:80", "MINHTTP_PORT_80_TCP": "tcp://10.0.0.1:80", "MINHTTP_PORT_80_TCP_PROTO": "tcp",
        "MINHTTP_PORT_80_TCP_PORT": "80", "MINHTTP_PORT_80_TCP_ADDR": "10.0.0.1",
        "MINHTTP_WEB_SERVICE_HOST": "10.0.0.2", "MINHTTP_WEB_PORT": "tcp://10.0.0.2:80", "MINHTTP_WEB_PORT_80_TCP_ADDR": "10.0.0.2",
    }
    assert settings(site, before=env(**variables)) == [(f"root {site}", "DIR")]


@pytest.mark.parametrize(
    "variables, arguments, says",
    [
        ({"MINHTTP_SPAA": "1"}, (), "there is no setting MINHTTP_SPAA; did you mean MINHTTP_SPA?"),
        ({"MINHTTP_SPA": "maybe"}, (), "MINHTTP_SPA takes on or off, true or false, yes or no, 1 or 0, not 'maybe'"),
        ({"MINHTTP_SPA": ""}, (), "MINHTTP_SPA takes on or off, true or false, yes or no, 1 or 0, not ''"),
        ({}, ("--spa=",), "--spa takes on or off, true or false, yes or no, 1 or 0, not ''"),
        ({"MINHTTP_PORT": "x"}, (), "MINHTTP_PORT takes a number from 0 to 65535, not 'x'"),
        ({"PORT": "x"}, (), "PORT takes a number from 0 to 65535, not 'x'"),
        ({"MINHTTP_": "1"}, (), "there is no setting MINHTTP_"),
        ({"MINHTTP_" + "X" * 4000: "1"}, (), "there is no setting MINHTTP_XXX"),
        ({"MINHTTP_HEADER": "A: b\n" * 17}, (), "MINHTTP_HEADER can be given 16 times at most"),
        ({"MINHTTP_HEADER": "A: " + "b" * 70000}, (), "MINHTTP_HEADER"),
        ({}, ("--spa", "--spa"), "--spa is given twice"),
        ({"MINHTTP_TYPE": "bad"}, (), "MINHTTP_TYPE bad: it takes an extension and a media type"),
        ({}, ("--port", "1", "--listen", ":2"), "--port and --listen exclude each other: each address of the latter has its own port"),
        ({}, ("--idle-ms", "5x"), "--idle-ms takes a time from 1ms to 86400s, like 500ms or 5s, or a number of milliseconds, not '5x'"),
        ({}, ("--drain-delay", "5"), "--drain-delay takes a time from 0ms to 3600s, like 500ms or 5s, not '5'"),
        ({}, ("--config", "/nowhere/minhttp.conf"), "--config /nowhere/minhttp.conf: no such file or directory"),
        ({}, ("--config", "/"), "--config /: it is not a regular file"),
        ({"MINHTTP_CONFIG": "/dev/zero"}, (), "/dev/zero: it is not a regular file"),
    ],
)
def test_a_mistake_stops_the_start_with_one_line(site, variables, arguments, says):
    refused = run_to_end(site, *arguments, before=env(**variables))
    assert refused.returncode in (1, 2)
    assert says in refused.stderr and refused.stderr.startswith("minhttp: ") and refused.stderr.count("\n") == 1, refused.stderr


@pytest.mark.parametrize(
    "text, says",
    [
        ("spa\nspax on\n", ":2: there is no setting spax; did you mean spa?"),
        ("spa\n\n# spa\nspa\n", ":4: spa is given twice, first in line 1"),
        ("spa \x01\n", ":1: the line has a control byte"),
        (b"spa on\x00\n", ":1: the line has a control byte"),
        ('realm "a\n', ":1: the quotation mark that begins the value has no end"),
        ('realm "a" b\n', ":1: text follows the quotation mark that ends the value"),
        ("port\n", ":1: port takes a number from 0 to 65535, not ''"),
        ("config other\n", ":1: a file cannot name another one"),
        ("port 1\nlisten :2\n", "exclude each other"),
        ("#" * 9000 + "\n", ":1: the line is too long"),
        ("# a\n" * 20_000, "it has more than 65535 bytes"),
        ("\u00e9 1\n", ":1: there is no setting "),
        ("root .\n\ntype bad\n", ":3: type bad: it takes an extension and a media type"),
        ("root .\nheader A: b\nheader b\n", ":3: header 'b': a field is written"),
        ("root .\nauth nowhere=x\n", ":2: auth nowhere=x: "),
        ("root .\nenv-js x\n", ":2: env-js x: "),
        ("root .\nbase-path x y\n", ":2: base-path takes a path like /app"),
    ],
)
def test_a_mistake_in_a_file_names_its_line(site, config, text, says):
    path = config(text)
    refused = run_to_end(site, "--config", path)
    assert refused.returncode in (1, 2)
    assert says in refused.stderr and str(path) in refused.stderr and refused.stderr.count("\n") == 1, refused.stderr


def test_windows_line_ends_and_a_missing_last_one(site, config):
    path = config(f"root {site}\r\nspa\r\nidle-ms 2s")
    assert [line for line, _ in settings("--config", path)][1:] == [f"root {site}", "spa on", "idle-ms 2s"]


def test_reload_says_that_the_file_is_not_read_anew(start, site, config):
    path = config(f"root {site}\n")
    server = start("--config", path)
    server.reload()
    assert not [line for line in server.err.all if str(path) in line]
    path.write_text(f"root {site}\nspa\n")
    os.kill(server.pid, signal.SIGHUP)
    assert server.err.wait_for(lambda line: line == (
        f"minhttp: {path} has changed: settings are read at the start only, so those of the start stay in force until a restart"))


def test_settings_of_nothing(place):
    assert settings() == []
