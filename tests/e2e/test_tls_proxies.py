# SPDX-License-Identifier: MIT
"""HAProxy and nginx as clients of minhttps, whose certificate they verify. Only ./test all plays it, which installs them."""

import subprocess

import pytest

import raw
import tls
from server import free_port, wait_until
from tls import pair, shared, site, start_tls  # noqa: F401 (fixtures)

pytestmark = tls.NEEDED

HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend public
    bind 127.0.0.1:{public}
    default_backend site
backend site
    server minhttps 127.0.0.1:{port} ssl verify required ca-file {authority} sni str(localhost) verifyhost localhost alpn {protocol}
"""

NGINX = """
daemon off;
pid {place}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    upstream site {{
        server 127.0.0.1:{port};
        keepalive 4;
    }}
    server {{
        listen 127.0.0.1:{public};
        location / {{
            proxy_pass https://site;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host localhost;
            proxy_ssl_server_name on;
            proxy_ssl_name localhost;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {authority};
        }}
    }}
}}
"""


@pytest.mark.parametrize(("program", "protocol"), [("haproxy", "h2"), ("haproxy", "http/1.1"), ("nginx", "http/1.1")])
def test_a_proxy_speaks_tls_to_minhttps(start, site, pair, place, program, protocol):
    server = start_tls(start, site, pair)
    public = free_port()
    config = place / "proxy.conf"
    text = HAPROXY if program == "haproxy" else NGINX
    config.write_text(text.format(public=public, port=server.port, authority=pair[0], place=place, protocol=protocol))
    command = ["haproxy", "-db", "-f", config] if program == "haproxy" else ["nginx", "-p", place, "-c", config]
    log = place / "proxy.log"
    with open(log, "wb") as output:
        proxy = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        assert wait_until(lambda: proxy.poll() is not None or listens(public)), log.read_text()
        for _ in range(3):
            with raw.Connection(public) as client:
                assert client.ask("/").body == b"<p>hello</p>", log.read_text()
                assert client.ask("/large.bin").body == (site / "large.bin").read_bytes()
        version = "HTTP/2.0" if protocol == "h2" else "HTTP/1.1"
        assert wait_until(lambda: len(server.log_lines()) == 6)
        assert all(f' {version}" 200 ' in line for line in server.log_lines())
    finally:
        proxy.terminate()
        proxy.wait(30)


def listens(port):
    try:
        with raw.Connection(port):
            return True
    except OSError:
        return False
