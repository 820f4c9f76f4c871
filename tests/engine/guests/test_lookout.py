"""The process that looks: its death is said, and it is begun again."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from likeness.guests.lookout import Lookout, Outlook

DEADLINE_S = 60.0


def test_a_lookout_that_died_is_said_and_begun_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lookout, picture = Lookout(Outlook(tmp_path / "none.safetensors", tmp_path)), np.zeros((8, 8, 3), np.uint8)
    try:
        lookout.look(1, 0.0, picture, embed=False)
        assert lookout.looking
        first = lookout._beside
        assert first is not None
        os.kill(first.pid, signal.SIGTERM)
        deadline = time.monotonic() + DEADLINE_S
        while "the lookout has died" not in caplog.text:
            assert time.monotonic() < deadline
            assert lookout.news(0.1) == []
        assert not lookout.looking
        lookout.look(2, 0.1, picture, embed=False)
        assert lookout._beside is not None
        assert lookout._beside.pid != first.pid
    finally:
        lookout.close()


def test_where_the_end_is_meant_nothing_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lookout = Lookout(Outlook(tmp_path / "none.safetensors", tmp_path))
    lookout.look(1, 0.0, np.zeros((8, 8, 3), np.uint8), embed=False)
    lookout.parting = True
    assert lookout._beside is not None
    os.kill(lookout._beside.pid, signal.SIGTERM)
    deadline = time.monotonic() + DEADLINE_S
    while lookout._beside is not None:
        assert time.monotonic() < deadline
        lookout.news(0.1)
    assert caplog.text == ""
