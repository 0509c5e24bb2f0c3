# SPDX-License-Identifier: MIT
"""--listen-http of minhttps: the listener that sends clients to https."""

import raw
import tls
from server import wait_until
from test_tls_server import plain_port
from tls import pair, shared, site, start_tls  # noqa: F401 (fixtures)

pytestmark = tls.NEEDED


def test_the_connections_of_a_client_are_counted_there_too(start, site, pair):
    server = start_tls(start, site, pair, "--listen-http", "127.0.0.1:0", "--client-connections", 3)
    port = plain_port(server)
    held = [raw.Connection(port) for _ in range(2)]
    with tls.connect(server.port, pair[0]) as secure:
        tls.get(secure)
        for client in held:
            assert client.ask("/").status == 308
        with raw.Connection(port) as refused:
            assert refused.ask("/").status == 429
        held.pop().socket.close()

        def has_room():
            with raw.Connection(port) as client:
                return client.ask("/").status == 308

        assert wait_until(has_room)
    held.pop().socket.close()
