import asyncio
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import av
import cv2
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from likeness.picture import Picture
from likeness.web import stream
from likeness.web.preview import Preview
from likeness.web.stream import MjpegStreams, TimedConnection

DEADLINE_S = 20.0
MOST = 3


class Server:
    """A server of its own thread that streams moving stripes at `/stream.mjpg`, echoes sockets, and stops."""

    def __init__(self) -> None:
        self.step = 0
        self.port = 0
        self.preview = Preview(self.newest)
        self._picture, self._at = self.draw(0), 0
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run)

    @staticmethod
    def draw(step: int) -> Picture:
        return np.full((240, 320, 3), (step * 16 % 256, 60, 120), np.uint8)

    def newest(self) -> Picture:
        """Draw a new picture each time that one is looked for: a show that is faster than the preview."""
        self.step += 1
        return self.draw(self.step)

    def start(self) -> None:
        self.preview.start()
        self._thread.start()
        assert self._ready.wait(DEADLINE_S)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()
        self.preview.close()

    def url(self, path: str = "/stream.mjpg", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    @property
    def streaming(self) -> int:
        return len(self.streams._open)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self.streams = MjpegStreams(self.preview, MOST)

        async def answer(connection: ServerConnection, request: Request) -> Response | None:
            if request.path == "/stream.mjpg":
                return await self.streams.serve(connection, 320, 30)
            if request.path == "/socket":
                return None
            return connection.respond(404, "")

        async def echo(connection: ServerConnection) -> None:
            async for message in connection:
                await connection.send(message)

        async with serve(
            echo,
            "127.0.0.1",
            0,
            process_request=answer,
            create_connection=TimedConnection,
            open_timeout=None,
            close_timeout=1,
        ) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._stop.wait()
            self.streams.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.close()


def eventually(happened: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def ask(server: Server, path: str = "/stream.mjpg") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    return client


def closed(client: socket.socket) -> bool:
    """Wait for bytes; return whether the connection ended instead."""
    try:
        return client.recv(1 << 16) == b""
    except ConnectionError:
        return True


def is_drawn(picture: Picture) -> bool:
    """Return whether a decoded picture, in RGB, is one that the server draws."""
    return picture.shape == (240, 320, 3) and bool(np.abs(picture[..., 1:].astype(int) - (60, 120)).max() < 8)


def test_ffmpegs_library_plays_the_stream(server: Server) -> None:
    seen: list[Picture] = []
    with av.open(server.url(), format="mpjpeg", timeout=DEADLINE_S) as container:
        for frame in container.decode(video=0):
            seen.append(np.asarray(frame.to_ndarray(format="rgb24")))
            if len(seen) == 5:
                break
    assert all(is_drawn(picture) for picture in seen)
    assert len({int(picture[0, 0, 0]) // 8 for picture in seen}) > 1
    eventually(lambda: server.streaming == 0)


def test_opencv_plays_the_stream_as_a_camera(server: Server) -> None:
    capture = cv2.VideoCapture(server.url())
    try:
        for _ in range(3):
            came, picture = capture.read()
            assert came
            assert is_drawn(np.asarray(picture)[..., ::-1].astype(np.uint8))
    finally:
        capture.release()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_the_parts_with_their_lengths(server: Server) -> None:
    command = ["curl", "-sNi", "--max-time", "1", server.url()]
    came = subprocess.run(command, capture_output=True, check=False).stdout
    head, _, body = came.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=picture\r\n")
    assert b"X-Content-Type-Options: nosniff" in head
    parts = body.split(b"--picture\r\n")
    assert parts[0] == b""
    assert len(parts) > 3
    for part in parts[1:-1]:
        headers, _, jpeg = part.partition(b"\r\n\r\n")
        assert headers == f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg) - 2}".encode()
        assert jpeg.endswith(b"\xff\xd9\r\n")


def test_no_more_streams_than_there_may_be(server: Server) -> None:
    with ExitStack() as clients:
        for _ in range(MOST):
            assert clients.enter_context(ask(server)).recv(20).startswith(b"HTTP/1.1 200")
        assert clients.enter_context(ask(server)).recv(20).startswith(b"HTTP/1.1 503")
    eventually(lambda: server.streaming == 0)
    with ask(server) as client:
        assert client.recv(20).startswith(b"HTTP/1.1 200")


def test_a_program_that_takes_nothing_is_let_go_and_others_play_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PATIENCE_S", 0.3)
    monkeypatch.setattr(stream, "_SEND_BUFFER", 4096)
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", server.port))
    stuck.sendall(f"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    with stuck, ask(server) as other:
        eventually(lambda: server.streaming == 2)
        end = time.monotonic() + DEADLINE_S
        while server.streaming == 2:
            assert time.monotonic() < end
            assert other.recv(1 << 16)
        assert server.streaming == 1
        assert other.recv(1 << 16)


def test_a_client_that_leaves_while_nothing_new_is_drawn_is_noticed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = server.draw(3)
    monkeypatch.setattr(server.preview, "_newest", lambda: still)
    with ask(server) as client:
        assert client.recv(20)
        eventually(lambda: server.streaming == 1)
    eventually(lambda: server.streaming == 0)


def test_a_stream_ends_with_the_preview(server: Server) -> None:
    with ask(server) as client:
        assert client.recv(20)
        server.preview.close()
        while not closed(client):
            pass


def test_who_asks_for_nothing_is_cut_and_sockets_and_streams_are_not(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HANDSHAKE_S", 0.3)

    async def talk() -> str:
        async with connect(server.url("/socket", "ws")) as client:
            idle = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
            with idle:
                idle.sendall(b"GET /socket HTT")
                assert await asyncio.to_thread(closed, idle)
            await client.send("still here")
            return str(await client.recv())

    with ask(server) as streaming:
        assert streaming.recv(20)
        assert asyncio.run(talk()) == "still here"
        assert server.streaming == 1
        assert streaming.recv(1 << 16)


def test_nobody_takes_all_connections_that_the_show_may_open(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_CONNECTIONS", 5)
    with ExitStack() as clients:
        idle = [
            clients.enter_context(socket.create_connection(("127.0.0.1", server.port), DEADLINE_S)) for _ in range(5)
        ]
        assert closed(clients.enter_context(socket.create_connection(("127.0.0.1", server.port), DEADLINE_S)))
        idle[0].close()
        eventually(lambda: not closed(clients.enter_context(ask(server, "/nothing"))))


def test_a_plain_answer_still_comes_and_ends(server: Server) -> None:
    with ask(server, "/nothing") as client:
        came = b""
        while part := client.recv(4096):
            came += part
    assert came.startswith(b"HTTP/1.1 404")
