# SPDX-License-Identifier: MIT
"""Flow control (RFC 9113 section 5.2 and 6.9): no byte more than the client allows, and each that it allows; and streams
that share a connection."""

import random

import pytest

import http2_client as h2
import sites

SIZE = 300_000
LARGE = bytes(i % 251 for i in range(SIZE))


class Counting(h2.Client):
    """Fails where the server sends more than was allowed. A smaller INITIAL_WINDOW_SIZE counts from its acknowledgement."""

    def __init__(self, port, initial=h2.WINDOW, **options):
        self.window, self.windows = h2.WINDOW, {}
        self.initial, self.changes = h2.WINDOW, [initial]
        super().__init__(port, own=[(h2.INITIAL_WINDOW_SIZE, initial)], **options)
        self.on_data = self.count

    def count(self, frame):
        size = frame.flow_controlled_length
        self.window -= size
        self.windows[frame.stream_id] = self.windows.get(frame.stream_id, 0) - size
        left = self.initial + self.windows[frame.stream_id]
        assert size == 0 or (self.window >= 0 and left >= 0), (frame, self.window, left)

    def allow(self, stream, size):
        if stream == 0:
            self.window += size
        else:
            self.windows[stream] = self.windows.get(stream, 0) + size
        self.send(h2.window_update(stream, size))

    def change(self, initial):
        self.changes.append(initial)
        self.send(h2.settings((h2.INITIAL_WINDOW_SIZE, initial)))

    def read_frame(self):
        frame = super().read_frame()
        if isinstance(frame, h2.frames.SettingsFrame) and "ACK" in frame.flags:
            self.initial = self.changes.pop(0)
        return frame


@pytest.fixture(scope="module")
def server(start_for_session, tmp_path_factory):
    root = tmp_path_factory.mktemp("http2")
    for directory in (root, *root.parents[:2]):
        directory.chmod(0o755)
    return start_for_session(sites.write_files(root, {"large": LARGE, "short": LARGE[:100], "index.html": "index"}), "--h2c")


def test_a_window_of_one_byte(server):
    with Counting(server.port, initial=1) as client:
        client.send(h2.headers(1, h2.get("/short")))
        stream = client.stream(1)
        for received in range(1, 100):
            client.read_until(lambda: len(stream.body) == received)
            client.allow(1, 1)
        assert client.response(1).body == LARGE[:100]


def test_a_window_of_none(server):
    with Counting(server.port, initial=0) as client:
        client.send(h2.headers(1, h2.get("/short")), h2.headers(3, h2.get("/short", "HEAD")))
        assert client.response(3).status == 200, "a response without a body needs no window"
        client.sync()
        assert client.stream(1).status == 200 and not client.stream(1).body
        client.allow(1, 100)
        assert client.response(1).body == LARGE[:100]


def test_the_window_of_the_connection(server):
    with Counting(server.port, initial=h2.WINDOW_MAX) as client:
        client.send(h2.headers(1, h2.get("/large")))
        stream = client.stream(1)
        for step in (0, 1, 1, 10_000, 20_000):
            client.allow(0, step) if step else None
            client.read_until(lambda: client.window == 0)
            client.sync()
        assert len(stream.body) == h2.WINDOW + 30_002
        client.send(h2.headers(3, h2.get("/short", "HEAD")))
        assert client.response(3).status == 200
        client.allow(0, SIZE)
        assert client.response(1).body == LARGE


def test_exactly_what_a_response_needs(server):
    with Counting(server.port, initial=100) as client:
        client.send(h2.headers(1, h2.get("/short")))
        assert client.response(1).body == LARGE[:100]


def test_settings_change_the_windows_of_open_streams(server):
    with Counting(server.port, initial=10) as client:
        client.send(*(h2.headers(i, h2.get("/short")) for i in (1, 3, 5)))
        client.read_until(lambda: all(len(client.stream(i).body) == 10 for i in (1, 3, 5)))
        client.change(25)
        client.read_until(lambda: all(len(client.stream(i).body) == 25 for i in (1, 3, 5)))
        client.change(5)  # the windows are -20 now
        client.sync()
        client.allow(1, 20)
        client.sync()
        assert len(client.stream(1).body) == 25, "a window of 0 again"
        client.allow(1, 1)
        client.read_until(lambda: len(client.stream(1).body) == 26)
        client.allow(3, 21)
        client.read_until(lambda: len(client.stream(3).body) == 26)
        client.send(h2.headers(7, h2.get("/short")))
        client.read_until(lambda: len(client.stream(7).body) == 5)
        client.change(1000)
        assert all(client.response(i).body == LARGE[:100] for i in (1, 3, 5, 7))


@pytest.mark.parametrize("seed", range(8))
def test_windows_at_random(server, seed):
    chance = random.Random(seed)
    streams = range(1, 24, 2)
    with Counting(server.port, initial=chance.choice([0, 1, 100, 30_000, 200_000])) as client:
        client.send(*(h2.headers(i, h2.get("/large")) for i in streams))
        for _ in range(60):
            what = chance.randrange(4)
            if what == 0:
                client.change(chance.choice([0, 1, 1000, 20_000, 65_535, 100_000]))
            elif what == 1:
                client.allow(0, chance.randrange(1024, 300_000))
            else:
                client.allow(chance.choice(streams), chance.randrange(1024, 50_000))
            for _ in range(chance.randrange(3)):
                client.sync()
        client.change(400_000)
        client.allow(0, len(streams) * SIZE)
        for i in streams:
            assert client.response(i).body == LARGE, i


def test_padding_counts(server):
    """A client's padding uses up the server's window, which opens again for it."""
    with h2.Client(server.port) as client:
        client.send(h2.headers(1, h2.get("/", "POST"), end=False))
        updates = {0: 0, 1: 0}
        sent = 0
        while sent < 4 * h2.WINDOW:
            client.send(h2.data(1, b"\xff" + b"y" * 768 + b"\0" * 255, flags=h2.PADDED) * 8)
            sent += 8 * 1024
            client.send(h2.ping())
            while not isinstance(frame := client.read_frame(), h2.frames.PingFrame):
                if isinstance(frame, h2.frames.WindowUpdateFrame):
                    updates[frame.stream_id] += frame.window_increment
            assert all(h2.WINDOW - sent + more > 0 for more in updates.values()), "the client could go on"
        assert all(0 <= sent - more < h2.WINDOW for more in updates.values())


def at_any_moment(client, streams, least):
    """Reads until each has so many bytes; the largest ratio of two of them since all had a tenth of that."""
    worst = [1.0]

    def look(frame):
        sizes = [len(client.stream(i).body) for i in streams]
        if min(sizes) > least // 4:
            worst[0] = max(worst[0], max(sizes) / min(sizes))

    client.on_data = look
    client.read_until(lambda: min(len(client.stream(i).body) for i in streams) >= least)
    return worst[0]


@pytest.mark.parametrize("count", [2, 3, 100])
def test_downloads_share_a_connection_evenly(start, place, count):
    (place / "large").write_bytes(b"l" * (8 << 20))
    server = start(place, "--h2c")
    streams = range(1, 2 * count, 2)
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, h2.WINDOW_MAX)], receive_buffer=64 << 10) as client:
        client.send(h2.window_update(0, h2.WINDOW_MAX - h2.WINDOW), *(h2.headers(i, h2.get("/large")) for i in streams))
        assert at_any_moment(client, streams, 800_000) < 1.2
        client.connection.reset()


def test_a_stream_whose_window_is_closed_holds_up_nobody(server):
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, 1)]) as client:
        blocked = range(1, 180, 2)
        client.send(*(h2.headers(i, h2.get("/large")) for i in blocked), h2.window_update(0, 100 * SIZE))
        client.sync()
        for i in range(1001, 1021, 2):
            client.send(h2.headers(i, h2.get("/large")), h2.window_update(i, SIZE))
            assert client.response(i).body == LARGE
        assert all(len(client.stream(i).body) == 1 for i in blocked)
        client.send(h2.settings((h2.INITIAL_WINDOW_SIZE, SIZE)))
        assert all(client.response(i).body == LARGE for i in blocked)


def test_urgent_streams_come_first(server):
    """RFC 9218: by urgency; within it in turns, or one after the other."""
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, 0)]) as client:
        order = []
        client.send(h2.window_update(0, h2.WINDOW_MAX - h2.WINDOW))
        for i, priority in ((1, "u=5"), (3, "u=1"), (5, "u=3"), (7, "u=0"), (9, "u=3")):
            client.send(h2.headers(i, h2.get("/large", "GET", ("priority", priority))))
        client.sync()
        client.on_data = lambda frame: order.append(frame.stream_id) if "END_STREAM" in frame.flags else None
        client.send(h2.frame(h2.PRIORITY_UPDATE, 0, 0, h2.number(7) + b"u=7"), h2.settings((h2.INITIAL_WINDOW_SIZE, SIZE)))
        for i in (1, 3, 5, 7, 9):
            client.response(i)
        assert order == [3, 5, 9, 1, 7]


def test_a_reader_who_does_not_read_is_heard(server):
    """The output is full, since nobody reads; resets and pings are read nevertheless."""
    with h2.Client(server.port, own=[(h2.INITIAL_WINDOW_SIZE, h2.WINDOW_MAX)], receive_buffer=4096) as client:
        client.send(h2.window_update(0, h2.WINDOW_MAX - h2.WINDOW), *(h2.headers(i, h2.get("/large")) for i in range(1, 40, 2)))
        client.read_until(lambda: client.stream(1).body)
        client.send(*(h2.reset(i) for i in range(1, 40, 2)), h2.ping(b"are you?"))
        client.read_until(lambda: b"are you?" in client.pongs)
        assert sum(len(client.stream(i).body) for i in range(1, 40, 2)) < 20 * SIZE
        assert client.ask(41).status == 200
