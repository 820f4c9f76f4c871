"""Heartbeats of a show, and what becomes of one whose supervisor is dead."""

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from likeness import master
from likeness.outputs.group import OutputGroup
from likeness.parameters.store import ParamStore
from likeness.show import heartbeat
from likeness.show.frame_stats import FrameStats
from likeness.show.heartbeat import VARIABLE, Dimming, Heartbeat, beating

DEADLINE_S = 20.0


@pytest.fixture
def loop() -> Any:
    """Return what heartbeats read of a loop."""
    store = ParamStore()
    store.declare("master", master.PARAMS)
    store.finish_glides()
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    level = SimpleNamespace(level=1.0)
    return SimpleNamespace(
        store=store, stats=FrameStats(7, 2), shown=picture, master=level, outputs=OutputGroup(), drawn=None
    )


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.01)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(DEADLINE_S)
        monkeypatch.setenv(VARIABLE, f"{sock.getsockname()[1]}:word")
        yield sock


def test_a_supervisor_hears_what_is_shown_and_says_how_bright(loop: Any, supervisor: socket.socket) -> None:
    with beating(loop, lambda: (True, "well")):
        datagram, show = supervisor.recvfrom(65536)
        beat = Heartbeat.decode(datagram, "word")
        assert beat is not None
        assert (beat.pictures, beat.look, beat.held, beat.health) == (5, "", False, "well")
        supervisor.sendto(Dimming(0.1, 0.0).encode("another word"), show)
        supervisor.sendto(b"nonsense", show)
        supervisor.sendto(Dimming(0.25, 0.0).encode("word"), show)
        while loop.store.target("master.brightness") == 1.0:
            supervisor.recv(65536)
            loop.store.advance(1.0)
        assert loop.store.target("master.brightness") == 0.25


def test_a_show_whose_supervisor_was_killed_ends(
    loop: Any, supervisor: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    ended = threading.Event()
    with beating(loop, end=ended.set):
        supervisor.recv(65536)
        assert not ended.is_set()
        supervisor.close()
        assert ended.wait(DEADLINE_S)
    assert "the supervisor is dead; the show ends" in caplog.text


def test_a_show_that_hangs_without_a_supervisor_is_ended_by_force(
    loop: Any, supervisor: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "ALONE_S", 0.01)
    status: list[int] = []
    forced = threading.Event()
    monkeypatch.setattr(heartbeat.os, "_exit", lambda code: (status.append(code), forced.set()))
    with beating(loop):
        supervisor.close()
        assert forced.wait(DEADLINE_S)
    assert status == [heartbeat.ALONE_STATUS]


@pytest.mark.parametrize("datagram", [b"", b"[]", b'{"word": "word"}', b'{"word": "word", "brightness": "x"}'])
def test_what_is_no_dimming_is_none(datagram: bytes) -> None:
    assert Dimming.decode(datagram, "word") is None
