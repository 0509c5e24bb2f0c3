# SPDX-License-Identifier: MIT
"""Starting: the addresses, the line that says them, and every start that cannot be."""

import signal

import pytest

import raw
import sites
from server import Server, run_to_end

pytestmark = pytest.mark.portable


def usage_error(*arguments):
    """The one line that a wrong command line gets."""
    return one_line(run_to_end(*arguments), code=2)


def system_error(*arguments):
    return one_line(run_to_end(*arguments), code=1)


def one_line(result, code):
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("minhttp: ") and result.stderr.endswith("\n")
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


@pytest.fixture
def site(place):
    return sites.write_files(place, {"index.html": "index"})


def test_the_start_line_of_a_directory(start, site):
    server = start(site)
    assert server.start_line == f"minhttp serving {site} at http://localhost:{server.port}/"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_one_address_only(start, site, host):
    server = start(site, "--listen", f"{host}:0")
    assert server.start_line == f"minhttp serving {site} at http://{host}:{server.port}/"
    other = {"127.0.0.1": "::1", "[::1]": "127.0.0.1"}[host]
    with raw.Connection(server.port, host.strip("[]")) as connection:
        assert connection.ask("/").body == b"index"
    with pytest.raises(ConnectionRefusedError):
        raw.Connection(server.port, other)


def test_both_address_families_by_default(start, site):
    server = start(site)
    for host in ("127.0.0.1", "::1"):
        with raw.Connection(server.port, host) as connection:
            assert connection.ask("/").body == b"index"


def test_a_directory_with_an_odd_name(start, place):
    odd = sites.write_files(place / "a b; c", {"index.html": "odd"})
    assert raw.ask(start(odd).port, "/").body == b"odd"


def test_several_addresses(start, site):
    server = start(site, "--listen", "127.0.0.1:0", "--listen", "[::1]:0")
    second_line = server.start_lines(2)[1]
    assert "http://[::1]:" in second_line
    assert raw.ask(server.port, "/").body == b"index"
    with raw.Connection(int(second_line.rpartition(":")[2].rstrip("/")), "::1") as connection:
        assert connection.ask("/").body == b"index"


def test_the_same_port_again_at_once(start, site):
    first = start(site, "--listen", "127.0.0.1:0")
    with raw.Connection(first.port) as connection:
        assert connection.ask("/").status == 200
        # The server closes first, so its side of the connection lingers in the kernel.
        first.signal(signal.SIGTERM)
        assert connection.is_closed()
    assert first.wait() == 0
    second = start(site, "--listen", f"127.0.0.1:{first.port}")
    assert raw.ask(second.port, "/").body == b"index"


def test_a_relative_directory(start, site):
    server = start(".", before=["env", "-C", site])
    assert raw.ask(server.port, "/").body == b"index"


def test_standard_output_has_only_the_log(start, site):
    server = start(site)
    raw.ask(server.port, "/")
    assert server.out.wait_for(lambda line: "GET / " in line)
    assert len(server.out.all) == 1


def test_a_missing_directory(place):
    line = system_error(place / "nowhere", "--port", 0)
    assert str(place / "nowhere") in line


def test_a_file_instead_of_a_directory(site):
    assert str(site / "index.html") in system_error(site / "index.html", "--port", 0)


def test_an_unreadable_directory(site):
    site.chmod(0)
    try:
        assert str(site) in system_error(site, "--port", 0)
    finally:
        site.chmod(0o755)


def test_a_port_in_use(start, site):
    server = start(site)
    line = system_error(site, "--port", server.port)
    assert str(server.port) in line and "in use" in line


def test_an_address_that_is_not_ours(site):
    # From the block reserved for documentation: no machine has it.
    assert "192.0.2.1" in system_error(site, "--listen", "192.0.2.1:0")


def test_a_misspelt_option_gets_a_suggestion(site):
    assert "--port" in usage_error(site, "--prot", "8080")
    assert "--loop" in usage_error(site, "--lop", "epoll")


@pytest.mark.parametrize("option", ["--frobnicate", "-x"])
def test_an_unknown_option(site, option):
    line = usage_error(site, option)
    assert option in line


@pytest.mark.parametrize("value", ["65536", "-1", "http", "", "8080x", "0x50", "99999999999999999999", " 80"])
def test_a_bad_port(site, value):
    assert "--port" in usage_error(site, "--port", value)


@pytest.mark.parametrize(
    "value", ["127.0.0.1:", "127.0.0.1:65536", "[::1", "[::1]", "::1:80:x", "256.0.0.1:80", "localhost:", ":x", ""]
)
def test_a_bad_address(site, value):
    assert "--listen" in usage_error(site, "--listen", value)


@pytest.mark.parametrize(
    "option, value",
    [
        ("--loop", "select"),
        ("--log", "loud"),
        ("--head-ms", "soon"),
        ("--idle-ms", "1.5"),
        ("--connections", "many"),
        ("--body-max", "-5"),
    ],
)
def test_a_bad_value(site, option, value):
    line = usage_error(site, option, value)
    assert option in line and value in line


def test_an_option_without_its_value(site):
    assert "--port" in usage_error(site, "--port")


def test_two_directories(site):
    usage_error(site, site)


@pytest.mark.parametrize(
    "given, advice",
    [
        (["", "--port", 0], "write . for the one that you are in"),
        (["chek", "SITE"], "did you mean minhttp check SITE?"),
        (["SITE", "--explain", "/"], "minhttp check DIR --explain /path"),
        (["check", "SITE", "--explain"], "--explain needs a value"),
        (["check", "SITE", "--explain="], "--explain takes a path like /about"),
        (["SITE", "--zzz", "c.pem"], "there is no option --zzz (minhttp --help shows all)"),
        (["SITE", "--listen", "localhos:80"], "localhost:8080"),
    ],
)
def test_messages_have_advice(site, given, advice):
    assert advice.replace("SITE", str(site)) in usage_error(*(site if word == "SITE" else word for word in given))


def test_check_explains_with_an_equals_sign_too(site):
    spaced, joined = (run_to_end("check", site, *words) for words in (["--explain", "/"], ["--explain=/"]))
    assert spaced.returncode == 0 and spaced.stdout.startswith("GET /\n")
    assert [line for line in joined.stdout.splitlines() if "Date" not in line] == [
        line for line in spaced.stdout.splitlines() if "Date" not in line]


def test_short_forms_and_the_end_of_options(place):
    sites.write_files(place / "--odd", {"index.html": "odd"})
    server = Server("-l", "localhost:0", "--", "--odd", before=["env", "-C", place])
    try:
        assert server.start_line == f"minhttp serving --odd at http://127.0.0.1:{server.port}/"
        assert raw.ask(server.port, "/").body == b"odd"
        assert f":{server.port}: " in system_error(place / "--odd", "-l", f"localhost:{server.port}")
    finally:
        server.stop()
    server = Server("-p", server.port, place / "--odd")
    try:
        assert server.start_line == f"minhttp serving {place}/--odd at http://localhost:{server.port}/"
    finally:
        server.stop()
    assert run_to_end("-V").stdout == run_to_end("--version").stdout


def test_help():
    result = run_to_end("--help")
    assert (result.returncode, result.stderr) == (0, "")
    times = [f"--{name}-ms" for name in ("head", "idle", "send", "body", "linger", "drain")]
    counts = ["--connections", "--body-max", "--requests-max"]
    for option in ["--port", "--listen", "--loop", "--log", *times, *counts, "--help", "--version"]:
        assert option in result.stdout, option
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert run_to_end("-h").stdout == result.stdout


def test_version():
    result = run_to_end("--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("minhttp ") and result.stdout.count("\n") == 1


def test_options_may_come_before_the_directory(start, site):
    server = start("--listen", "127.0.0.1:0", "--log", "off", site)
    assert raw.ask(server.port, "/").body == b"index"
