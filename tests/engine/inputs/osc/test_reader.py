"""Datagrams through a real socket: in their order, each on the thread that has time for it, and none twice."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from likeness.inputs.osc.locked_loop import LockedLoop
from likeness.inputs.osc.rate_limit import Sender
from likeness.inputs.osc.reader import MANY, FloodRule, Reader

DEADLINE_S = 20.0
RULES = {b"v": FloodRule.KEEP_NEWEST, b"p": FloodRule.TAKE_EACH, b"c": FloodRule.DEFER}


class Rig:
    """A reader whose own thread is the test's, so that it runs when the test says so."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.loop = LockedLoop()
        self._socket, self._sender = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._sender.connect(self._socket.getsockname())
        self.reader = Reader(self._socket, self.loop, self)

    def flood_rule(self, datagram: bytes) -> FloodRule:
        return RULES[datagram[:1]]

    def receive(self, datagram: bytes, sender: Sender, superseded: int = 0) -> None:
        assert self.loop.lock.locked()
        self.taken.append((datagram.replace(b"\0", b" ").decode(), superseded))

    def send(self, *texts: str) -> None:
        """Send "ADDRESS VALUE" texts, whose first letter says how a flood treats them."""
        for text in texts:
            self._sender.send(text.replace(" ", "\0").encode())

    def turn(self) -> None:
        """Let the input's thread do what it has to do now."""
        self.loop.asyncio_loop.run_until_complete(asyncio.sleep(0))
        self.loop.asyncio_loop.run_until_complete(asyncio.sleep(0))

    def turn_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline
            self.turn()

    def flood(self) -> None:
        """Send so many that frames are left to read; forget them."""
        self.turn()
        while not self.reader.flooded:
            self.send(*["p flood"] * (MANY + 1))
            self.turn()
        self.reader.advance()
        self.taken.clear()

    def close(self) -> None:
        self.reader.close()
        self.loop.close()
        self._socket.close()
        self._sender.close()


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.close()


def test_a_few_are_taken_as_they_come_and_frames_have_nothing_to_do(rig: Rig) -> None:
    rig.send("v1 a", "v1 b", "c go")
    rig.turn_until(lambda: len(rig.taken) == 3)
    assert rig.taken == [("v1 a", 0), ("v1 b", 0), ("c go", 0)]
    rig.send("v1 c")
    rig.reader.advance()
    assert len(rig.taken) == 3
    rig.turn_until(lambda: len(rig.taken) == 4)


def test_in_a_flood_the_frame_takes_the_last_number_of_each_parameter_in_their_order(rig: Rig) -> None:
    rig.flood()
    rig.send("v1 a", "v2 b", "v1 c", "v1 d", "v3 e", "v2 f")
    rig.reader.advance()
    assert rig.taken == [("v1 d", 2), ("v3 e", 0), ("v2 f", 1)]
    rig.reader.advance()
    assert len(rig.taken) == 3


def test_each_press_is_taken_and_numbers_do_not_pass_it(rig: Rig) -> None:
    rig.flood()
    rig.send("v1 a", "p press", "p press", "v1 b")
    rig.reader.advance()
    assert rig.taken == [("v1 a", 0), ("p press", 0), ("p press", 0), ("v1 b", 0)]


def test_a_command_is_left_to_the_inputs_thread_and_nothing_passes_it(rig: Rig) -> None:
    rig.flood()
    rig.send("v1 a", "c store", "v1 b")
    rig.reader.advance()
    assert rig.taken == [("v1 a", 0)]
    rig.send("v1 c", "p press")
    rig.reader.advance()
    assert rig.taken == [("v1 a", 0)]
    rig.turn_until(lambda: len(rig.taken) == 5)
    assert [text for text, _ in rig.taken] == ["v1 a", "c store", "v1 b", "v1 c", "p press"]
    rig.send("v1 d")
    rig.reader.advance()
    assert rig.taken[-1] == ("v1 d", 0)


def test_a_flood_is_read_where_no_frame_comes_and_when_it_is_over_all_is_as_before(rig: Rig) -> None:
    rig.flood()
    rig.send("v1 a", "c go", "v1 b")
    rig.turn_until(lambda: len(rig.taken) == 3)
    assert rig.taken == [("v1 a", 0), ("c go", 0), ("v1 b", 0)]
    rig.turn_until(lambda: not rig.reader.flooded)
    rig.send("v1 c")
    rig.turn_until(lambda: len(rig.taken) == 4)


def test_a_frame_waits_for_nobody(rig: Rig) -> None:
    rig.flood()
    rig.send("v1 a")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with rig.loop.lock:
            held.set()
            assert done.wait(DEADLINE_S)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(DEADLINE_S)
    rig.reader.advance()
    assert rig.taken == []
    done.set()
    thread.join()
    rig.reader.advance()
    assert rig.taken == [("v1 a", 0)]
