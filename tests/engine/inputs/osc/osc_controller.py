"""A controller for the tests of OSC, in this process or in another, and waiting for what it sends."""

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable

from pythonosc.osc_message import OscMessage

from likeness.inputs.osc.packet import EPOCH_S, encode
from likeness.parameters.store import ParamStore

Until = Callable[[Callable[[], bool]], None]


class Controller:
    """A sender with a socket of its own, which hears the answers."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.port = self._socket.getsockname()[1]
        self._socket.settimeout(20)
        self._port = port

    def send(self, address: str, *args: float | int | bool | str) -> None:
        self.send_bytes(encode(address, *args))

    def send_bytes(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, ("127.0.0.1", self._port))

    def answer(self) -> list[object]:
        message = OscMessage(self._socket.recv(65_536))
        return [message.address, *message.params]

    def close(self) -> None:
        self._socket.close()


def bundle(due: float, *messages: bytes) -> bytes:
    tag = 1 if due == 0 else int((due + EPOCH_S) * 2**32)
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(m)) + m for m in messages)


def wait_for(store: ParamStore, until: Until, name: str, value: object) -> None:
    def there() -> bool:
        store.advance(0.01)
        return bool(store.snapshot["walk"][name] == value)

    until(there)


def sender(code: str, port: int) -> "subprocess.Popen[bytes]":
    """Run `code` in a second process, with `send(datagram)` and `message(address, *args)` at hand."""
    before = (
        "import socket, struct, time\n"
        "from likeness.inputs.osc.packet import encode as message\n"
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        f"sock.connect(('127.0.0.1', {port}))\n"
        "send = sock.send\n"
    )
    return subprocess.Popen([sys.executable, "-c", before + code])


def advance_until(store: ParamStore, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        store.advance(0.01)
        time.sleep(0.001)
