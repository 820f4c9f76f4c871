"""The face process: pictures in, measures out, and a death that the show outlives."""

import os
import signal
import threading

import numpy as np
import pytest

from likeness.toolkit.puppet import face_process
from likeness.toolkit.puppet.expression import Measures
from likeness.toolkit.puppet.face_process import FaceProcess
from likeness.toolkit.worker_process import WorkerProcess

EMPTY = np.zeros((120, 160, 3), np.uint8)


def test_pictures_are_answered_and_a_dead_process_is_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Measures] = []
    answered, started = threading.Event(), list[int]()

    def tell(measures: Measures) -> None:
        told.append(measures)
        answered.set()

    class Watched(WorkerProcess):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]  # passed on as they are
            started.append(self.pid)

    monkeypatch.setattr(face_process, "WorkerProcess", Watched)
    monkeypatch.setattr(face_process, "RETRY_S", 0.0)
    process = FaceProcess(None, tell)
    try:
        process.submit(EMPTY, 0.0)
        assert answered.wait(20)
        assert told == [{}]
        answered.clear()
        os.kill(started[0], signal.SIGKILL)
        process.submit(EMPTY, 1.0)
        # That nobody is seen any more is told at once, before the new process answers.
        assert answered.wait(20)
        answered.clear()
        process.submit(EMPTY, 2.0)
        assert answered.wait(20)
    finally:
        process.close()
    assert len(set(started)) == 2
    assert caplog.text.count("has died; it is started again") == 1
    process.submit(EMPTY, 3.0)
    process.close()
