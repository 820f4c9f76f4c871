"""A network camera of a few lines: RTSP with its pictures interleaved, each with its number in black and white."""

import base64
import contextlib
import socket
import struct
import threading
import time
from urllib.parse import unquote

import av
import numpy as np

WIDTH, HEIGHT, BITS, FPS = 128, 96, 8, 25
# As it stands in an address.
PASSWORD = "secret%2159"  # noqa: S105 - nobody else's


def number_of(picture: np.ndarray) -> int:
    """Read the number that is drawn into a picture: each bit is a bar."""
    bars = picture.reshape(picture.shape[0], BITS, -1, 3).mean(axis=(0, 2, 3))
    return sum(1 << bit for bit, shade in enumerate(bars) if shade > 128)


def encoded_film() -> list[list[bytes]]:
    """Return the NAL units of 256 pictures, every 25th of which is a key frame."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.framerate, encoder.thread_count = FPS, 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "25"}
    film = []
    for number in range(1 << BITS):
        bars = [235 if number >> bit & 1 else 20 for bit in range(BITS)]
        row = np.repeat(np.array(bars, np.uint8), WIDTH // BITS)
        picture = np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3))
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        units = b"".join(bytes(packet) for packet in encoder.encode(frame))
        film.append([unit for unit in units.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit])
    return film


class RtspServer:
    """Serves `rtsp://127.0.0.1:PORT/cam`, one viewer at a time, in real time.

    Args:
        film: see `encoded_film`.
        port: 0 takes a free one.
        password: of the user "me"; empty asks nobody.

    Attributes:
        sent: the number of the newest picture.
        silent: nothing is sent and nothing answered any more; the connection stays.
        asked: is set once somebody asks.
    """

    def __init__(self, film: list[list[bytes]], port: int = 0, password: str = "") -> None:
        self._film, self._password = film, password
        self.sent, self.silent, self.asked = -1, False, threading.Event()
        self._closing, self._viewer = threading.Event(), None
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, path: str = "/cam", login: str = "") -> str:
        return f"rtsp://{login}{'@' if login else ''}127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self._closing.set()
        for each in (self._viewer, self._listener):
            if each is not None:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(OSError):
                self._viewer, _ = self._listener.accept()
                with self._viewer:
                    self._answer(self._viewer)

    def _answer(self, viewer: socket.socket) -> None:
        unread = b""
        while not self._closing.is_set():
            while b"\r\n\r\n" not in unread:
                more = viewer.recv(4096)
                if not more:
                    return
                unread += more
            asked, _, unread = unread.partition(b"\r\n\r\n")
            self.asked.set()
            if self.silent:
                continue
            viewer.sendall(self._reply(asked.decode()))
            if asked.startswith(b"PLAY"):
                self._play(viewer)
                return

    def _reply(self, asked: str) -> bytes:
        method, url, _ = asked.split("\r\n")[0].split()
        sequence = next(line for line in asked.split("\r\n") if line.lower().startswith("cseq"))
        login = base64.b64encode(f"me:{unquote(self._password)}".encode()).decode()
        status, headers, body = "200 OK", [sequence, "Session: 7"], ""
        if self._password and login not in asked and method != "OPTIONS":
            status, headers = "401 Unauthorized", [sequence, 'WWW-Authenticate: Basic realm="cam"']
        elif "/cam" not in url:
            status = "404 Not Found"
        elif method == "DESCRIBE":
            body = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=cam\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=control:*\r\n"
                "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:0\r\n"
            )
            headers += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        elif method == "SETUP":
            headers.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        return "\r\n".join([f"RTSP/1.0 {status}", *headers, "", body]).encode()

    def _play(self, viewer: socket.socket) -> None:
        began, number, count = time.monotonic(), 0, 0
        while not self._closing.wait(max(0.0, began + number / FPS - time.monotonic())):
            units = self._film[number % len(self._film)]
            for at, unit in enumerate(units):
                if not self.silent:
                    last = 0x80 if at == len(units) - 1 else 0
                    head = struct.pack(">BBHII", 0x80, last | 96, count & 0xFFFF, number * 90000 // FPS, 7)
                    viewer.sendall(struct.pack(">cBH", b"$", 0, len(head) + len(unit)) + head + unit)
                    count += 1
            self.sent, number = number, number + 1
