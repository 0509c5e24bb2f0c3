# SPDX-License-Identifier: MIT
"""Passwords (--auth): who is let in, what a password costs, and what its file may hold."""

import base64
import select
import subprocess
import time

import pytest

import passwords
import raw
import sites
from passwords import basic
from server import run_to_end, wait_until

UMLAUT = "pässwörd → ✓"
JOE = basic("joe", "secret")


@pytest.fixture
def site(place):
    return sites.write_files(
        place / "site",
        {
            "index.html": "front",
            "a.txt": "text",
            "app.3f2a9c1e.js": "script",
            "_headers": "/a.txt\n  X-Rule: a\n",
            "private/a.txt": "inner",
        },
    )


@pytest.fixture
def users(place):
    return passwords.write(place / "users", {"joe": "secret", "ann": UMLAUT, "bob": "a:b:", "zoë": "z"})


@pytest.fixture(scope="module")
def server_of_joe(start_for_session, fixture_site):
    users = passwords.write(fixture_site.parent / "users", {"joe": "secret"})
    return start_for_session(fixture_site, "--auth", users)


def by_openssl(password):
    return "joe:" + subprocess.check_output(["openssl", "passwd", "-6", "-stdin"], input=password).decode()


def by_mkpasswd(password):
    return "joe:" + subprocess.check_output(["mkpasswd", "-m", "sha-512", "-R", "1000", "-s"], input=password).decode()


def by_htpasswd(password):
    return subprocess.check_output(["htpasswd", "-n", "-i", "-5", "joe"], input=password).decode()


@pytest.mark.portable
@pytest.mark.parametrize("program", [by_openssl, by_mkpasswd, by_htpasswd])
def test_password_files_of_other_programs_are_read(start, place, site, program):
    for password in (b"secret", UMLAUT.encode(), b"p" * 72 + b"72 bytes and more"):
        (place / "users").write_text(program(password))
        server = start(site, "--auth", place / "users")
        assert raw.ask(server.port, "/", authorization=basic("joe", password.decode())).body == b"front"
        assert raw.ask(server.port, "/", authorization=basic("joe", password.decode()[:-1])).status == 401


@pytest.mark.portable
@pytest.mark.parametrize("realm", [None, "Joe's (1=2) files"])
def test_the_challenge(start, site, users, loop, realm):
    server = start(site, "--auth", users, "--loop", loop, *(["--realm", realm] if realm else []))
    for path in ("/", "/a.txt", "/nope", "/private"):
        for method in ("GET", "HEAD"):
            answer = raw.ask(server.port, path, method)
            assert answer.status == 401
            assert answer.fields["www-authenticate"] == f'Basic realm="{realm or "this site"}", charset="UTF-8"'
            assert answer.fields["cache-control"] == "no-store"
            assert "etag" not in answer.fields and "x-rule" not in answer.fields
            assert answer.body == (b"401 Unauthorized\n" if method == "GET" else b"")


@pytest.mark.portable
def test_only_right_passwords_are_accepted(start, site, users, loop):
    server = start(site, "--auth", users, "--loop", loop)
    good = {"joe": "secret", "ann": UMLAUT, "bob": "a:b:", "zoë": "z"}
    bad = {"joe": "Secret", "ann": "passwort", "bob": "a", "": "secret", "nobody": "secret", "Joe": "secret"}
    bad |= {"zoe": "z", "n" * 65: "secret"}
    for user, password in good.items():
        assert raw.ask(server.port, "/a.txt", authorization=basic(user, password)).body == b"text"
        head = raw.ask(server.port, "/a.txt", "HEAD", authorization=basic(user, password))
        assert (head.status, head.fields["content-length"], head.fields["x-rule"]) == (200, "4", "a")
    for user, password in bad.items():
        answer = raw.ask(server.port, "/a.txt", authorization=basic(user, password))
        assert (answer.status, answer.body) == (401, b"401 Unauthorized\n"), user
    assert raw.ask(server.port, "/nope", authorization=JOE).status == 404


@pytest.mark.portable
@pytest.mark.parametrize(
    "value, status",
    [
        (JOE.replace("Basic", "bAsIC"), 200),
        (JOE.replace(" ", "   "), 200),
        (JOE.replace(" ", ""), 401),
        (JOE + "!", 401),
        (JOE.replace("Basic", "Bearer"), 401),
        (JOE.replace("Basic", "Digest"), 401),
        (f"Bearer x, {JOE}", 401),
        (f"{JOE}, {JOE}", 401),
        (f"{JOE}\r\nAuthorization: {JOE}", 401),
        (f"{JOE}\r\nAuthorization: Bearer x", 401),
        ("Basic", 401),
        ("Basic ====", 401),
        ("Basic " + base64.b64encode(b"joe").decode(), 401),
        ("Basic " + base64.b64encode(b"joe:secret\0").decode(), 401),
        ("Basic " + base64.b64encode(b"joe:secret\n").decode(), 401),
        ("Basic " + base64.b64encode(b"joe:" + b"s" * 257).decode(), 401),
        ("Basic " + "QUFB" * 3000, 401),
        ("joe:secret", 401),
    ],
)
def test_forms_of_the_authorization_field(server_of_joe, value, status):
    assert raw.ask(server_of_joe.port, "/file.txt", authorization=value).status == status


def test_conditions_and_ranges_reveal_nothing_without_a_password(start, site, users):
    server = start(site, "--auth", users)
    tag = raw.ask(server.port, "/a.txt", authorization=JOE).fields["etag"]
    assert raw.ask(server.port, "/a.txt", if_none_match=tag).status == 401
    assert raw.ask(server.port, "/a.txt", range="bytes=0-0").status == 401
    assert raw.ask(server.port, "/a.txt", if_none_match=tag, authorization=JOE).status == 304


@pytest.mark.parametrize("path, kept", [
    ("/", "private, no-cache"),
    ("/a.txt", "private, max-age=0, must-revalidate"),
    ("/app.3f2a9c1e.js", "private, max-age=31536000, immutable"),
    ("/private/", "private, no-cache"),
    ("/nope", "no-store"),
])
def test_protected_files_are_private_for_caches(start, site, users, path, kept):
    server = start(site, "--auth", users, "--listing")
    assert raw.ask(server.port, path, authorization=JOE).fields["cache-control"] == kept


def test_the_log_names_the_user(start, site, users):
    server = start(site, "--auth", users)
    for path, field in (("/1", JOE), ("/2", basic("joe", "wrong")), ("/3", basic("zoë", "z")), ("/4", "Bearer joe")):
        raw.ask(server.port, path, authorization=field)
    said = [server.out.wait_for(lambda line, path=path: f"GET /{path} " in line) for path in "1234"]
    assert [line.split()[2] for line in said] == ["joe", "-", "zoë", "-"]
    assert not [line for line in server.log_lines() if "secret" in line or "wrong" in line]


def test_fifty_requests_cost_one_check(start, site, place):
    server = start(site, "--auth", passwords.write(place / "users", {"joe": "secret"}, rounds=200_000))

    def cost(*fields):
        before = server.cpu_seconds()
        with raw.Connection(server.port) as connection:
            statuses = {connection.ask("/a.txt", authorization=field).status for field in fields}
        return statuses, server.cpu_seconds() - before

    refused, one_check = cost(basic("joe", "wrong"))
    granted, fifty_requests = cost(*[JOE] * 50)
    print(f"a check took {one_check} s, fifty requests {fifty_requests} s")
    assert (refused, granted) == ({401}, {200})
    assert one_check >= 0.02  # so that it can be told from nothing
    assert fifty_requests < 5 * one_check


def test_the_same_wrong_password_at_once_is_one_guess(start, site, place):
    server = start(site, "--auth", passwords.write(place / "users", {"joe": "secret"}, rounds=100_000))
    connections = [raw.Connection(server.port) for _ in range(40)]
    for connection in connections:
        connection.send(raw.request("/", authorization=basic("joe", "wrong"), connection="close"))
    assert {connection.answer().status for connection in connections} == {401}  # 429 for none of them


def test_failed_attempts_are_limited(start, site, users):
    server = start(site, "--auth", users)
    assert raw.ask(server.port, "/", authorization=JOE).status == 200
    begin = time.monotonic()
    tries, slowed = 0, None
    with raw.Connection(server.port) as connection:
        while slowed is None and tries < 60:
            answer = connection.ask("/", authorization=basic("joe", f"guess {tries}"))
            slowed = answer if answer.status != 401 else None
            tries += slowed is None
        assert 20 <= tries <= 21 + (time.monotonic() - begin) / 3
        assert slowed.status == 429 and 1 <= int(slowed.fields["retry-after"]) <= 3
        assert "www-authenticate" not in slowed.fields  # a browser would ask its user again
        assert connection.ask("/", authorization=JOE).status == 200  # remembered
        assert connection.ask("/").status == 401  # no guess at all
    with raw.Connection(server.port, "::1") as neighbour:
        assert neighbour.ask("/", authorization=basic("bob", "a:b:")).status == 200


def test_failed_attempts_at_an_account_do_not_block_others(start, site, users, loop):
    """As behind a proxy: all clients have one address."""
    server = start(site, "--auth", users, "--loop", loop, "--workers", 1)
    statuses = [raw.ask(server.port, "/", authorization=basic("joe", f"guess {number}")).status for number in range(60)]
    assert statuses[:20] == [401] * 20 and 429 in statuses
    for user, password in {"ann": UMLAUT, "bob": "a:b:", "zoë": "z"}.items():
        assert raw.ask(server.port, "/a.txt", authorization=basic(user, password)).body == b"text"
    wrong = [raw.ask(server.port, "/", authorization=basic("ann", f"guess {number}")).status for number in range(60)]
    assert wrong[:5] == [401] * 5 and 429 in wrong


def test_right_passwords_are_not_limited(start, site, place):
    names = {f"user{number}": "secret" for number in range(50)}
    server = start(site, "--auth", passwords.write(place / "users", names))
    with raw.Connection(server.port) as connection:
        assert {connection.ask("/", authorization=basic(name, "secret")).status for name in names} == {200}


def test_at_most_sixteen_checks_run_at_once(start, site, place):
    """All that come while sixteen are under way are told so, whichever the server read first."""
    (place / "users").write_text(f"joe:{passwords.ENDLESS}\n")
    server = start(site, "--auth", place / "users", "--drain-ms", 0)
    guessing = [raw.Connection(server.port) for _ in range(20)]
    for number, connection in enumerate(guessing):
        connection.send(raw.request("/", authorization=basic("joe", f"{number}")))

    def answered():
        return select.select([connection.socket for connection in guessing], [], [], 0)[0]

    assert wait_until(lambda: len(answered()) == 4)
    told = [connection for connection in guessing if connection.socket in answered()]
    for connection in told:
        answer = connection.answer()
        assert (answer.status, answer.fields["retry-after"]) == (503, "1")
    assert told[0].ask("/").status == 401  # who brings no password is told at once
    for connection in guessing:
        connection.socket.close()


def test_other_clients_are_served_during_checks(start, site, place):
    (place / "users").write_text(f"joe:{passwords.ENDLESS}\n")
    server = start(site, "--auth", f"/private={place / 'users'}", "--drain-ms", 0)
    guessing = [raw.Connection(server.port) for _ in range(10)]
    for number, connection in enumerate(guessing):
        connection.send(raw.request("/private/a.txt", authorization=basic("joe", f"{number}"), connection="close"))
    with raw.Connection(server.port) as other:
        for _ in range(20):
            assert other.ask("/a.txt").body == b"text"
    answered, _, _ = select.select([connection.socket for connection in guessing], [], [], 0)
    assert answered == []  # twenty answers, and the checks are still under way
    for connection in guessing:
        connection.socket.close()


def test_answers_stay_in_order(start, site, place, loop):
    users = passwords.write(place / "users", {"joe": "secret"}, rounds=20_000)
    server = start(site, "--auth", f"/private={users}", "--loop", loop)
    asked = [("/a.txt", {}), ("/private/a.txt", {"authorization": basic("joe", "wrong")}), ("/a.txt", {}),
             ("/private/a.txt", {"authorization": JOE}), ("/private/a.txt", {}), ("/", {"connection": "close"})]
    with raw.Connection(server.port) as connection:
        connection.send(b"".join(raw.request(path, **fields) for path, fields in asked))
        answers = [connection.answer() for _ in asked]
        assert [answer.status for answer in answers] == [200, 401, 200, 200, 401, 200]
        assert [answers[at].body for at in (0, 2, 3, 5)] == [b"text", b"text", b"inner", b"front"]
        assert connection.is_closed()


@pytest.mark.parametrize("leave", [raw.Connection.reset, raw.Connection.end_sending, lambda c: c.socket.close()])
def test_a_client_that_leaves_during_its_check(start, site, place, leave):
    server = start(site, "--auth", passwords.write(place / "users", {"joe": "secret"}, rounds=20_000))
    sockets = server.open_sockets()
    for number in range(16):
        connection = raw.Connection(server.port)
        connection.send(raw.request("/", authorization=basic("joe", f"{number}"), connection="close"))
        leave(connection)
    assert wait_until(lambda: raw.ask(server.port, "/", authorization=JOE).status == 200)  # 503 while 16 are under way
    assert wait_until(lambda: server.open_sockets() == sockets)


def test_half_closed_clients_get_their_answer(start, site, users, loop):
    server = start(site, "--auth", users, "--loop", loop)
    with raw.Connection(server.port) as connection:
        connection.send(raw.request("/a.txt", authorization=JOE))
        connection.end_sending()
        assert connection.answer().body == b"text"


def test_other_methods_need_no_password(start, site, users):
    server = start(site, "--auth", users)
    assert raw.ask(server.port, "/", "OPTIONS").status == 204
    assert raw.ask(server.port, "/", "POST").status == 405


def test_reload(start, site, place, users, way):
    server = start(site, "--auth", users, *way)
    bob = basic("bob", "a:b:")
    assert raw.ask(server.port, "/", authorization=JOE).status == 200
    good = users.read_text()
    users.write_text("joe:plain\n")
    assert "reload failed" in passwords.reload(server)
    assert server.err.wait_for(lambda line: line.startswith(f"{users}:1: "))
    assert raw.ask(server.port, "/", authorization=JOE).status == 200
    users.unlink()
    assert "reload failed" in passwords.reload(server)
    users.write_text("\n".join(line for line in good.splitlines() if not line.startswith("joe:")))
    assert "reloaded: " in passwords.reload(server)
    assert raw.ask(server.port, "/", authorization=JOE).status == 401  # though he was remembered
    assert raw.ask(server.port, "/", authorization=bob).status == 200
    passwords.write(users, {"joe": "new"})
    assert "reloaded: " in passwords.reload(server)
    assert raw.ask(server.port, "/", authorization=basic("joe", "new")).status == 200
    assert raw.ask(server.port, "/", authorization=bob).status == 401


def test_a_check_under_way_is_repeated_with_the_new_file(start, site, place):
    (place / "users").write_text(f"joe:{passwords.ENDLESS}\n")
    server = start(site, "--auth", place / "users", "--drain-ms", 0)
    with raw.Connection(server.port) as connection:
        connection.send(raw.request("/a.txt", authorization=JOE))
        assert connection.is_open_and_silent()
        passwords.write(place / "users", {"joe": "secret"})
        passwords.reload(server)
        assert connection.answer().body == b"text"


@pytest.mark.portable
@pytest.mark.parametrize(
    "text, where, words",
    [
        ("joe", ":1: ", "colon"),
        ("# users\n\njoe:secret\n", ":3: ", "no hash"),
        ("joe:\n", ":1: ", "no hash behind the colon"),
        ("joe:$apr1$x$y\n", ":1: ", "Apache's MD5"),
        ("joe:$2y$05$abc\n", ":1: ", "bcrypt"),
        ("joe:$5$abc$def\n", ":1: ", "SHA-256"),
        ("joe:$y$j9T$abc\n", ":1: ", "yescrypt"),
        ("joe:{SHA}abc=\n", ":1: ", "{SHA}"),
        ("joe:$6$salt$short\n", ":1: ", "86 characters"),
        (f"joe:{passwords.ENDLESS.replace('1000000', '2000000')}\n", ":1: ", "rounds"),
        (f"joe:{passwords.ENDLESS}:rest\n", ":1: ", "86 characters"),
        (f":{passwords.ENDLESS}\n", ":1: ", "name"),
        (f"jo e:{passwords.ENDLESS}\n", ":1: ", "name"),
        (f"joe:{passwords.ENDLESS}\njoe:{passwords.ENDLESS}\n", ":2: ", "(line 1)"),
        (f"\ufeffjoe:{passwords.ENDLESS}\n", ":1: ", "byte order mark"),
        ("# nobody\n", ": ", "no user"),
        ("", ": ", "no user"),
        ("#" * 300_000, ": ", "256 KiB"),
    ],
    ids=lambda value: value[:12],
)
def test_mistakes_of_a_file(site, place, text, where, words):
    (place / "users").write_text(text)
    result = run_to_end(site, "--auth", place / "users", "--port", 0)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{place / 'users'}{where}") and words in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.portable
def test_all_mistakes_of_all_files_at_once(site, place):
    (place / "a").write_text("one\ntwo\n")
    (place / "b").write_text("three\n")
    result = run_to_end(site, "--auth", place / "a", "--auth", f"/private={place / 'b'}", "--port", 0)
    assert [line.partition(" ")[0] for line in result.stderr.splitlines()] == [
        f"{place / 'a'}:1:", f"{place / 'a'}:2:", f"{place / 'b'}:1:"
    ]


@pytest.mark.portable
def test_files_that_cannot_be_read(site, place, users):
    users.chmod(0)
    for file in (place / "nowhere", users, site):
        result = run_to_end(site, "--auth", file, "--port", 0)
        assert result.returncode == 1
        assert result.stderr.startswith(f"minhttp: --auth {file}: ") and result.stderr.count("\n") == 1


@pytest.mark.portable
@pytest.mark.parametrize("realm", ['a"b', "a\\b", "é", "a\nb", "r" * 129, ""])
def test_invalid_realms_are_refused(site, users, realm):
    result = run_to_end(site, "--auth", users, "--realm", realm, "--port", 0)
    assert result.returncode == 2 and "--realm" in result.stderr and result.stderr.count("\n") == 1
