"""The process that looks: its death is said, and it is begun again."""

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from likeness.lookalike import vision_process as lookout_module
from likeness.lookalike.arrival import FaceObservation
from likeness.lookalike.vision_process import MatchReply, MatchRequest, Seen, VisionConfig, VisionProcess

DEADLINE_S = 60.0


def say_much(pipe: Connection, outlook: VisionConfig) -> None:
    """Answer with more than a pipe holds."""
    while True:
        said = pipe.recv()
        if isinstance(said, MatchRequest):
            pipe.send(MatchReply(said.era, said.guest, latent=np.zeros((18, 512, 100), np.float32)))
        elif said is not None:
            pipe.send(Seen(said.era, FaceObservation(said.number, said.at, 0)))


def settle(lookout: VisionProcess) -> list[FaceObservation | MatchReply]:
    """Return all that is said until there is no more to say."""
    found: list[FaceObservation | MatchReply] = []
    deadline = time.monotonic() + DEADLINE_S
    while lookout.busy:
        assert time.monotonic() < deadline
        found += lookout.receive(0.1)
    return found


def test_a_lookout_that_died_is_said_and_begun_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lookout, picture = (
        VisionProcess(VisionConfig(tmp_path / "none.safetensors", tmp_path)),
        np.zeros((8, 8, 3), np.uint8),
    )
    try:
        lookout.look(1, 0.0, picture, embed=False)
        assert lookout.busy
        first = lookout._beside
        assert first is not None
        os.kill(first.pid, signal.SIGTERM)
        deadline = time.monotonic() + DEADLINE_S
        while "the lookout has died" not in caplog.text:
            assert time.monotonic() < deadline
            assert lookout.receive(0.1) == []
        assert not lookout.busy
        lookout.look(2, 0.1, picture, embed=False)
        assert lookout._beside is not None
        assert lookout._beside.pid != first.pid
    finally:
        lookout.close()


def test_where_the_end_is_meant_nothing_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lookout = VisionProcess(VisionConfig(tmp_path / "none.safetensors", tmp_path))
    lookout.look(1, 0.0, np.zeros((8, 8, 3), np.uint8), embed=False)
    lookout.closing = True
    assert lookout._beside is not None
    os.kill(lookout._beside.pid, signal.SIGTERM)
    deadline = time.monotonic() + DEADLINE_S
    while lookout._beside is not None:
        assert time.monotonic() < deadline
        lookout.receive(0.1)
    assert caplog.text == ""


def test_it_is_busy_until_all_that_was_asked_is_answered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lookout_module, "_serve", say_much)
    lookout, picture = (
        VisionProcess(VisionConfig(tmp_path / "none.safetensors", tmp_path)),
        np.zeros((900, 1600, 3), np.uint8),
    )
    who = np.zeros(128, np.float32)
    try:
        assert not lookout.busy
        lookout.request_match(1, who, farthest=False)
        lookout.request_match(2, who, farthest=False)
        assert lookout.busy
        assert [word.guest for word in settle(lookout) if isinstance(word, MatchReply)] == [1, 2]
        lookout.look(1, 0.0, picture, embed=True)
        assert len(settle(lookout)) == 1
        # What was asked before all was forgotten is answered to nobody, and is over too.
        lookout.request_match(3, who, farthest=False)
        lookout.forget()
        assert lookout.busy
        assert settle(lookout) == []
    finally:
        lookout.close()
    assert not lookout.busy
