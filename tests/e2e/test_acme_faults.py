# SPDX-License-Identifier: MIT
"""minhttps-acme with an authority that suggests, limits, lies or breaks (acme_stub.py), with wrong clocks, and with a state that is damaged.
The certificate that was there stays there."""

import datetime
import json
import os
import shlex
import subprocess

import pytest

from acme import DEADLINE, NEEDED, TEMPORARY, authority_pair, days_from_now, issued, shared_place, stub  # noqa: F401
from acme_stub import Stub, decoded, problem, utc
from certificates import Certificate, new_key

pytestmark = NEEDED
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def test_what_is_asked_and_what_is_left(stub):
    got = stub.client.gets("--email", "anna@example.org")
    key = json.loads((stub.client.state / "_account.json").read_text())
    assert key == {"directory": stub.directory, "url": stub.url("/account/1")}
    assert stub.payload("/newAccount") == {"termsOfServiceAgreed": True, "contact": ["mailto:anna@example.org"]}
    assert stub.payload("/newOrder") == {"identifiers": [{"type": "dns", "value": "www.test"}]}
    token, = stub.files
    assert stub.files[token].startswith(f"{token}.") and len(stub.files[token]) == len(token) + 1 + 43
    assert not stub.client.leftovers()
    assert (stub.client.place / "current").is_symlink() and os.readlink(stub.client.place / "privkey.pem") == "current/privkey.pem"
    stub.client.gets("--renew-now")
    stub.client.gets("--renew-now")
    assert stub.paths().count("/newAccount") == 1
    assert sorted(path.name for path in stub.client.place.iterdir()) == ["2", "3", "current", "fullchain.pem", "privkey.pem", "renewal.json"]
    assert got.serial_number != stub.client.certificate().serial_number


def test_a_third_of_the_life(stub):
    issued(stub, begins=-59, ends=31)
    done = stub.client.run()
    assert done.returncode == 0 and done.stdout.endswith("nothing to do\n") and "renewed from" in done.stdout
    done = stub.client.run(at=days_from_now(0.9))
    assert done.returncode == 0 and "nothing to do" in done.stdout
    issued(stub, begins=-61, ends=29)
    stub.client.gets()


def test_renewal_information(stub):
    issued(stub, begins=-10, ends=80)
    stub.window = [NOW + 5 * DAY, NOW + 6 * DAY]
    for _ in range(2):  # the second one is within Retry-After
        done = stub.client.run()
        assert done.stdout.endswith("nothing to do\n"), done.stderr
        window = stub.client.remembered()["window"]
        assert stub.window[0].timestamp() - 1 <= window["chosen"] <= stub.window[1].timestamp()
        assert len(stub.asked) == 2 and stub.paths()[1] == "/ari/" + window["id"]
        assert window["next"] - window["asked"] == 7200
    assert stub.client.run(at=days_from_now(0.2)).returncode == 0
    assert len(stub.asked) == 4 and stub.client.remembered()["window"]["chosen"] == window["chosen"]
    stub.window = [NOW - 2 * DAY, NOW - DAY]  # the authority is in a hurry, as if it had to revoke
    done = stub.client.run(at=days_from_now(0.4))
    assert done.returncode == 0 and "the authority suggests it" in done.stdout, done.stderr
    assert stub.payload("/newOrder")["replaces"] == window["id"]


BAD_WINDOWS = {
    "an error": lambda _: problem("serverInternal", 500),
    "no window": lambda _: (200, {}, {}),
    "wrong types": lambda _: (200, {}, {"suggestedWindow": {"start": 1, "end": []}}),
    "no times": lambda _: (200, {}, {"suggestedWindow": {"start": "soon", "end": "later"}}),
    "too late": lambda _: (200, {}, {"suggestedWindow": {"start": utc(NOW), "end": utc(NOW + 1000 * DAY)}}),
    "the wrong way round": lambda _: (200, {}, {"suggestedWindow": {"start": utc(NOW + 2 * DAY), "end": utc(NOW + DAY)}}),
}


@pytest.mark.parametrize("answer", BAD_WINDOWS.values(), ids=BAD_WINDOWS)
def test_bad_renewal_information_is_ignored(stub, answer):
    issued(stub, begins=-10, ends=80)
    stub.window, stub.answers["ari"] = [NOW, NOW], answer
    done = stub.client.run()
    assert done.returncode == 0 and done.stdout.endswith("nothing to do\n")
    assert "no renewal information, which is only a suggestion" in done.stderr
    issued(stub, begins=-61, ends=29)  # a third of the life: renewed all the same
    stub.client.gets()


@pytest.mark.parametrize("information", [7, None, {}, "http://127.0.0.1/", "nowhere"])
def test_renewal_information_that_is_nowhere(stub, information):
    issued(stub)

    def directory(_):
        status, fields, body = stub.answer_directory(None)
        return status, fields, {**body, "renewalInfo": information}
    stub.answers["directory"] = directory
    stub.client.gets()


@pytest.mark.parametrize("kind, status", [("alreadyReplaced", 409), ("malformed", 400), ("conflict", 409), ("of their own", 403)])
def test_one_that_was_replaced_already_is_ordered_without_saying_so(stub, kind, status):
    issued(stub)
    stub.window = [NOW - DAY, NOW]
    stub.answers["newOrder"] = lambda payload: problem(kind, status) if "replaces" in payload else None
    stub.client.gets()


def of_another_key(stub):
    return lambda _: (200, {}, stub.sign(new_key().public_key()))


def of_another_name(stub):
    return lambda _: (200, {}, stub.sign(stub_key(stub), ["evil.test"]))


def stub_key(stub):
    from cryptography import x509
    return x509.load_der_x509_csr(decoded(stub.payload("/finalize/1")["csr"])).public_key()


def of_another_issuer(stub):
    return lambda _: (200, {}, stub.chain.split(b"-----END")[0] + b"-----END CERTIFICATE-----\n" + Certificate(authority=True).pem)


def with_ballast(stub):
    return lambda _: (200, {}, stub.sign(stub_key(stub), ballast=16 << 10))


def encrypted(_):
    block = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END CERTIFICATE-----\n"
    return lambda _: (200, {}, block)


def with_token(stub, token):
    _, _, body = stub.answer_authorization(None)
    body["challenges"][0]["token"] = token
    return lambda _: (200, {}, body)


HOSTILE = {
    "a giant answer": ("directory", lambda _: lambda _: (200, {}, b"x" * (2 << 20)), "is larger than 1 MiB"),
    "a giant head": ("directory", lambda _: lambda _: (200, {f"X-{i}": "y" * 4000 for i in range(20)}, {}), "is larger than 1 MiB"),
    "no JSON": ("directory", lambda _: lambda _: (200, {}, "<html>"), "no JSON object"),
    "deep JSON": ("directory", lambda _: lambda _: (200, {}, "[" * 500_000), "no JSON object"),
    "a list": ("directory", lambda _: lambda _: (200, {}, []), "no JSON object"),
    "no members": ("directory", lambda _: lambda _: (200, {}, {}), 'has no text "newNonce"'),
    "wrong types": ("newOrder", lambda stub: lambda _: (201, {"Location": stub.url("/order/1")}, {"status": 7}), 'has no text "status"'),
    "http": ("directory", lambda _: lambda _: (200, {}, {"newNonce": "http://127.0.0.1/", "newAccount": 1}), 'no https URL as "newNonce"'),
    "another scheme": ("newOrder", lambda _: lambda _: (201, {"Location": "file:///etc/passwd"}, {}), "no URL of the order"),
    "nonces that are never good": ("newOrder", lambda _: lambda _: problem("badNonce"), "badNonce"),
    "nonces that are none": ("newNonce", lambda _: lambda _: (200, {"Replay-Nonce": "a b"}, b""), "gives no nonce"),
    "no authorizations": ("newOrder", lambda stub: lambda _: (201, {"Location": stub.url("/order/1")}, {**stub.order(), "authorizations": [stub.url()] * 9}), "no list of authorizations"),
    "a token that leads elsewhere": ("authorization", lambda stub: with_token(stub, "../../index.html"), "a token that is none"),
    "a long token": ("authorization", lambda stub: with_token(stub, "a" * 300), "a token that is none"),
    "another key": ("certificate", of_another_key, "it is for another key"),
    "another name": ("certificate", of_another_name, "it is for other names"),
    "another issuer": ("certificate", of_another_issuer, "do not follow from each other"),
    "no certificate": ("certificate", lambda _: lambda _: (200, {}, b"-----BEGIN CERTIFICATE-----\nMIIB\n"), "no chain of certificates"),
    "a giant chain": ("certificate", with_ballast, "more than 16 KiB"),
    "an encrypted one": ("certificate", encrypted, "no chain of certificates"),
    "too many": ("certificate", lambda stub: lambda _: (200, {}, stub.chain * 9), "no chain of certificates"),
    "an error without words": ("newOrder", lambda _: lambda _: (500, {}, b"\0\x1b[31m"), "answers with 500"),
}


@pytest.mark.parametrize("where, answer, said", HOSTILE.values(), ids=HOSTILE)
def test_hostile_answers(stub, where, answer, said):
    old = issued(stub)
    stub.answers[where] = lambda payload: answer(stub)(payload)
    done = stub.client.run()
    assert done.returncode == TEMPORARY and said in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) == 2 + (where == "directory") and len(done.stderr) < 2000 and "\x1b" not in done.stderr
    assert len(stub.asked) < 40
    assert stub.client.remembered()["failures"] == 1
    assert stub.client.certificate() == old.certificate and not stub.client.leftovers()


def test_redirects_are_not_followed(stub, authority_pair):
    issued(stub)
    other = Stub(authority_pair, stub.webroot)
    try:
        for where in ("newOrder", "directory"):
            stub.answers[where] = lambda _: (307, {"Location": other.directory}, b"")
            done = stub.client.run("--retry")
            assert done.returncode == TEMPORARY and "redirects are not followed" in done.stderr
    finally:
        other.stop()
    assert other.asked == []


def test_an_account_that_was_forgotten_is_made_again(stub):
    stub.client.gets()
    forgotten = [1]
    stub.answers["newOrder"] = lambda _: problem("accountDoesNotExist") if forgotten and forgotten.pop() else None
    stub.client.gets("--renew-now")
    assert stub.paths().count("/newAccount") == 2


def test_an_account_that_was_deactivated(stub):
    stub.client.gets()
    closed = stub.signer
    stub.answers["newOrder"] = lambda _: problem("unauthorized", 401) if stub.signer == closed else None
    done = stub.client.run("--renew-now")
    key = stub.client.state / "_account.pem"
    assert done.returncode == 1 and f"if the account was deactivated, remove {key}, so that a new account is made" in done.stderr
    key.unlink()
    stub.client.gets("--renew-now", "--retry")


def test_the_limit_of_one_authority_does_not_keep_from_another(stub):
    issued(stub)
    stub.answers["newOrder"] = lambda _: problem("rateLimited", 429, **{"Retry-After": "100000"})
    assert stub.client.run().returncode == TEMPORARY
    del stub.answers["newOrder"]
    assert "wants not to be asked before" in stub.client.run().stderr
    stub.client.directory += "?for-trials"
    stub.client.gets()


def test_a_limit_that_would_let_the_certificate_end(stub):
    issued(stub, ends=1)
    stub.answers["newOrder"] = lambda _: problem("rateLimited", 429, **{"Retry-After": "600000"})
    assert stub.client.run().returncode == TEMPORARY
    remembered = stub.client.remembered()
    assert 0 < remembered["until"] - remembered["failed"] <= 43200
    del stub.answers["newOrder"]
    assert stub.client.run(at=days_from_now(0.4)).returncode == TEMPORARY
    stub.client.gets(at=days_from_now(0.6))


def test_nobody_is_asked_for_a_passphrase(stub):
    """Not even where a terminal is there, in which OpenSSL would ask."""
    issued(stub)
    stub.answers["certificate"] = encrypted(stub)
    done = subprocess.run(["script", "-qec", shlex.join(stub.client.command()), "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE)
    assert "no chain of certificates" in done.stdout and "pass phrase" not in done.stdout, done.stdout


def test_a_challenge_of_a_type_that_is_deep(stub):
    deep = "[" * 200_000 + "]" * 200_000
    body = json.dumps(stub.answer_authorization(None)[2]).replace('"http-01"', deep)
    stub.answers["authorization"] = lambda _: (200, {}, body)
    done = stub.client.run()
    assert done.returncode == 1 and "does not offer HTTP-01" in done.stderr, done.stderr


def test_an_authorization_that_has_ended_otherwise(stub):
    stub.answers["authorization"] = lambda _: (200, {}, {**stub.answer_authorization(None)[2], "status": "revoked"})
    done = stub.client.run()
    assert done.returncode == TEMPORARY and 'authorization of www.test is "revoked"' in done.stderr


def test_a_limit_is_respected(stub):
    old = issued(stub)
    stub.answers["newOrder"] = lambda _: problem("rateLimited", 429, "too many certificates", **{"Retry-After": "10000"})
    done = stub.client.run()
    assert done.returncode == TEMPORARY and "too many certificates" in done.stderr and "wants not to be asked before" in done.stderr
    count = len(stub.asked)
    for options in ([], ["--retry"]):
        done = stub.client.run(*options)
        assert done.returncode == TEMPORARY and "wants not to be asked before" in done.stderr and "too many certificates" in done.stderr
    assert len(stub.asked) == count and stub.client.certificate() == old.certificate
    del stub.answers["newOrder"]
    stub.client.gets(at=days_from_now(0.2))


def test_terms_are_agreed_to_by_a_person(stub):
    done = stub.client.run(agree=False)
    assert done.returncode == 2 and stub.url("/terms") in done.stderr and "--agree-to-terms" in done.stderr
    stub.client.gets()
    stub.client.gets("--renew-now", agree=False)


def test_an_authority_that_wants_another_account(stub):
    def directory(_):
        status, fields, body = stub.answer_directory(None)
        return status, fields, {**body, "meta": {"externalAccountRequired": True}}
    stub.answers["directory"] = directory
    done = stub.client.run()
    assert done.returncode == 1 and "external account binding" in done.stderr


def test_a_clock_that_differs_from_the_authoritys(stub):
    old = issued(stub)
    for days in (-3, 3):
        stub.date = (NOW + days * DAY).strftime("%a, %d %b %Y %H:%M:%S GMT")
        done = stub.client.run("--retry")
        assert done.returncode == 1 and "set the clock" in done.stderr and "authority's 20" in done.stderr
    assert set(stub.paths()) == {"/directory"} and stub.client.certificate() == old.certificate


@pytest.mark.parametrize("days", [-1000, 1000])
def test_a_clock_for_which_the_authoritys_certificate_is_none(stub, days):
    old = issued(stub, begins=-2000, ends=9)
    done = stub.client.run("--renew-now", at=days_from_now(days))
    assert done.returncode == TEMPORARY and "set the clock" in done.stderr, done.stderr
    assert stub.client.certificate() == old.certificate


def test_a_certificate_that_begins_in_the_future(stub):
    old = issued(stub, begins=2, ends=90)
    done = stub.client.run()
    assert done.returncode == 1 and "the certificate begins on" in done.stderr and "set the clock" in done.stderr and stub.asked == []
    old = issued(stub)
    for begins, said in ((NOW + DAY, "it begins on"), (NOW - 100 * DAY, "it ends on")):
        stub.begins = begins
        done = stub.client.run("--retry")
        assert done.returncode == 1 and f"the new certificate is not used: {said}" in done.stderr and "set the clock" in done.stderr
    assert stub.client.certificate() == old.certificate and not stub.client.leftovers()


def test_days_that_are_longer_than_the_life(stub):
    """They were written for certificates of 90 days, and those have become shorter: not each run renews."""
    stub.life = 47 * DAY
    stub.client.gets()
    done = stub.client.run("--renew-within", 60)
    assert done.stdout.endswith("nothing to do\n")
