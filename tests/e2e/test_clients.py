# SPDX-License-Identifier: MIT
"""The clients that people have: curl, wget."""

import subprocess

import pytest

from server import DEADLINE

ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def base(fixture_server):
    return f"http://127.0.0.1:{fixture_server.port}"


def client(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=True)


def curl(*arguments):
    return client("curl", "-sS", "--noproxy", "*", *arguments)


@pytest.mark.parametrize("version", [(), ("-0",), ("--http1.1",), ("--http2",), ("--http0.9",)])
def test_curl(base, version):
    assert curl(*version, f"{base}/file.txt").stdout == ALPHABET


def test_curl_head(base):
    head = curl("-I", f"{base}/file.txt").stdout
    assert head.startswith("HTTP/1.1 200 ")
    assert "Content-Length: 26" in head


def test_curl_follows_the_redirect(base):
    result = curl("-L", "-w", " %{num_redirects} %{url_effective}", f"{base}/dir?q=1")
    assert result.stdout == f"<p>dir index</p> 1 {base}/dir/?q=1"


def test_curl_keeps_the_connection(base):
    result = curl("-v", f"{base}/file.txt", f"{base}/dir/")
    assert result.stdout == ALPHABET + "<p>dir index</p>"
    assert "Re-using existing connection" in result.stderr
    assert "left intact" in result.stderr


def code_of(*arguments):
    return curl("-o", "/dev/null", "-w", "%{http_code}", *arguments).stdout


def test_curl_uploads_and_reads_the_refusal(base):
    assert code_of("-d", "some=form", f"{base}/file.txt") == "405"
    assert code_of("-H", "Expect: 100-continue", "-d", "x" * 5000, f"{base}/file.txt") == "405"


def test_curl_uploads_far_too_much_and_reads_the_refusal(base, place):
    upload = place / "upload"
    upload.write_bytes(b"x" * (5 << 20))
    for option in ("-T", "--data-binary"):
        value = str(upload) if option == "-T" else f"@{upload}"
        for extra in ((), ("-H", "Expect:"), ("-H", "Transfer-Encoding: chunked")):
            assert code_of(option, value, *extra, f"{base}/file.txt") in ("405", "413"), (option, extra)


def test_curl_asks_for_a_part(base):
    result = curl("-w", " %{http_code}", "--range", "3-5", f"{base}/file.txt")
    assert result.stdout in ("def 206", f"{ALPHABET} 200")


def test_curl_resumes(base, place):
    partial = place / "file.txt"
    partial.write_text(ALPHABET[:10])
    curl("-C", "-", "-o", str(partial), f"{base}/file.txt")
    assert partial.read_text() == ALPHABET


def test_curl_fails_for_a_missing_file(base):
    result = subprocess.run(["curl", "-sf", "--noproxy", "*", f"{base}/nope"], timeout=DEADLINE, check=False)
    assert result.returncode == 22


def test_curl_in_parallel(base):
    downloads = [word for number in range(40) for word in ("-o", "/dev/null", f"{base}/big.bin?{number}")]
    result = curl("--parallel", "--parallel-immediate", *downloads, "-w", "%{size_download}\n")
    assert result.stdout.split() == [str(1 << 20)] * 40


def test_wget(base, place):
    client("wget", "--no-proxy", "--quiet", "-P", str(place), f"{base}/file.txt", f"{base}/dir/", f"{base}/big.bin")
    assert (place / "file.txt").read_text() == ALPHABET
    assert (place / "index.html").read_text() == "<p>dir index</p>"
    assert (place / "big.bin").stat().st_size == 1 << 20


def test_wget_sets_the_time_of_the_file(base, place):
    client("wget", "--no-proxy", "--quiet", "-P", str(place), f"{base}/file.txt")
    assert (place / "file.txt").stat().st_mtime == 1_704_164_645  # 2024-01-02 03:04:05 UTC
