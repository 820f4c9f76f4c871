"""The process that looks: its death is logged, and it is started again."""

import os
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from likeness.lookalike import vision_process as module
from likeness.lookalike.messages import FaceObservation, MatchReply, MatchRequest, VisionConfig
from likeness.lookalike.vision_process import VisionProcess

DEADLINE_S = 60.0


def say_much(pipe: Connection, config: VisionConfig) -> None:
    """Answer with more than a pipe holds."""
    while True:
        request = pipe.recv()
        if isinstance(request, MatchRequest):
            pipe.send(MatchReply(request.generation, request.visitor, latent=np.zeros((18, 512, 100), np.float32)))
        elif request is not None:
            pipe.send(FaceObservation(request.number, request.at, 0, generation=request.generation))


def settle(vision: VisionProcess) -> list[FaceObservation | MatchReply]:
    """Return the replies until none is outstanding."""
    found: list[FaceObservation | MatchReply] = []
    deadline = time.monotonic() + DEADLINE_S
    while vision.busy:
        assert time.monotonic() < deadline
        found += vision.receive(0.1)
    return found


def test_a_process_that_died_is_logged_and_started_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    vision, picture = (
        VisionProcess(VisionConfig(tmp_path / "none.safetensors", tmp_path)),
        np.zeros((8, 8, 3), np.uint8),
    )
    try:
        vision.request_look(1, 0.0, picture, embed=False)
        assert vision.busy
        first = vision.pid
        assert first is not None
        os.kill(first, signal.SIGTERM)
        deadline = time.monotonic() + DEADLINE_S
        while "the vision process has died" not in caplog.text:
            assert time.monotonic() < deadline
            assert vision.receive(0.1) == []
        assert not vision.busy
        vision.request_look(2, 0.1, picture, embed=False)
        assert vision.pid not in (None, first)
    finally:
        vision.close()


def test_where_the_end_is_meant_nothing_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    vision = VisionProcess(VisionConfig(tmp_path / "none.safetensors", tmp_path))
    vision.request_look(1, 0.0, np.zeros((8, 8, 3), np.uint8), embed=False)
    vision.closing = True
    assert vision.pid is not None
    os.kill(vision.pid, signal.SIGTERM)
    deadline = time.monotonic() + DEADLINE_S
    while vision.pid is not None:
        assert time.monotonic() < deadline
        vision.receive(0.1)
    assert caplog.text == ""


def test_it_is_busy_until_all_that_was_asked_is_answered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_serve", say_much)
    vision, picture = (
        VisionProcess(VisionConfig(tmp_path / "none.safetensors", tmp_path)),
        np.zeros((900, 1600, 3), np.uint8),
    )
    who = np.zeros(128, np.float32)
    try:
        assert not vision.busy
        vision.request_match(1, who, farthest=False)
        vision.request_match(2, who, farthest=False)
        assert vision.busy
        assert [reply.visitor for reply in settle(vision) if isinstance(reply, MatchReply)] == [1, 2]
        vision.request_look(1, 0.0, picture, embed=True)
        assert len(settle(vision)) == 1
        # What was asked before all was forgotten is answered to nobody, and is over too.
        vision.request_match(3, who, farthest=False)
        vision.forget()
        assert vision.busy
        assert settle(vision) == []
    finally:
        vision.close()
    assert not vision.busy
