# SPDX-License-Identifier: MIT
"""--env-js: variables of the environment as a script."""
import json

import pytest

import raw
import sites
from server import run_to_end


@pytest.fixture
def site(place):
    return sites.write_files(place, {"index.html": "app", "env.js": "a file", "_headers": "/*\n X-Rule: 1\n Cache-Control: max-age=9\n"})


def script_of(answer):
    assert answer.body.startswith(b"window.__ENV=") and answer.body.endswith(b";\n")
    return json.loads(answer.body[len(b"window.__ENV="):-2])


def test_the_variables_with_the_prefix(start, site, monkeypatch):
    variables = {"PUBLIC_API": "https://api.example/?a=b", "PUBLIC_ODD": "</script>\"\\\n\u2028é", "PRIVATE": "secret", "PUBLIC": "no"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    server = start(site, "--env-js", "/env.js=PUBLIC_")
    answer = raw.ask(server.port, "/env.js")
    assert answer.status == 200
    assert answer.fields["content-type"] == "text/javascript; charset=utf-8"
    assert answer.fields["cache-control"] == "no-store", "also where a rule says something else"
    assert answer.fields["x-rule"] == "1"
    assert b"<" not in answer.body
    assert script_of(answer) == {name: value for name, value in variables.items() if name.startswith("PUBLIC_")}
    head = raw.ask(server.port, "/env.js", "HEAD")
    assert (head.fields["content-length"], head.body) == (str(len(answer.body)), b"")


def test_without_variables_the_object_is_empty(start, site):
    assert script_of(raw.ask(start(site, "--env-js", "/config/env.js=NOBODY_HAS_").port, "/config/env.js")) == {}


def test_below_a_base_path(start, site, monkeypatch):
    monkeypatch.setenv("PUBLIC_A", "1")
    server = start(site, "--env-js", "/env.js=PUBLIC_", "--base-path", "/app")
    assert script_of(raw.ask(server.port, "/app/env.js")) == {"PUBLIC_A": "1"}


@pytest.mark.parametrize(
    "value, why",
    [
        ("/env.js", "empty prefix"),
        ("/env.js=", "empty prefix"),
        ("/env.js=M", "MINHTTP_"),
        ("/env.js=MINHTTP_LOG", "MINHTTP_"),
        ("env.js=A_", "/env.js=PUBLIC_"),
        ("/=A_", "/env.js=PUBLIC_"),
        ("/a/=A_", "/env.js=PUBLIC_"),
        ("/.env=A_", "/env.js=PUBLIC_"),
        ("/a%41=A_", "/env.js=PUBLIC_"),
        ("/_headers=A_", "another one"),
        ("/_redirects.gz=A_", "another one"),
    ],
)
def test_invalid_options_are_refused(site, value, why):
    result = run_to_end(site, "--env-js", value, "--port", 0)
    assert result.returncode == 2 and why in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize("base", ["/app", "/app/"])
def test_the_path_of_the_option_has_no_base_path(start, site, base):
    for path in ("/app/env.js", "/app"):
        result = run_to_end(site, "--env-js", f"{path}=A_", "--base-path", base, "--port", 0)
        assert result.returncode == 2 and "leave --base-path out" in result.stderr
    server = start(site, "--env-js", "/application.js=A_", "--base-path", base)
    assert script_of(raw.ask(server.port, "/app/application.js")) == {}


@pytest.mark.parametrize("value", ["x" * 8160, "<" * 1400, "\u00e9" * 700])
def test_too_many_variables_are_refused(site, monkeypatch, value):
    monkeypatch.setenv("PUBLIC_A", value)
    result = run_to_end(site, "--env-js", "/env.js=PUBLIC_", "--port", 0)
    assert result.returncode == 2 and "too long" in result.stderr


def test_the_maximum_size_of_the_script(start, site, monkeypatch):
    monkeypatch.setenv("PUBLIC_A", "x" * 8100)
    server = start(site, "--env-js", "/env.js=PUBLIC_")
    assert script_of(raw.ask(server.port, "/env.js")) == {"PUBLIC_A": "x" * 8100}
