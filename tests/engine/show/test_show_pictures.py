"""Pictures of cues and of the past in a whole show: with its own weights, live, and none in a render."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.options import QUIET
from likeness.parameters.presets import Preset, ShowTable
from likeness.picture import Picture
from likeness.show.show import Show

DEADLINE_S = 20.0
SIDE = 160
PRESET = Preset(show=ShowTable(plugins=("random_walk",), seed=3))


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Show]]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path / "home"))
    shows: list[Show] = []

    def make(*, offline: bool = False) -> Show:
        shows.append(Show(PRESET, replace(QUIET, size=(SIDE, SIDE), offline=offline)))
        return shows[-1]

    yield make
    for each in shows:
        each.close()


def play_until(show: Show, condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        show.loop.frame()
        assert time.monotonic() < deadline


def difference(jpeg: bytes, picture: Picture) -> float:
    """Return the mean difference of levels between a decoded thumbnail and the picture scaled by averaging."""
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert decoded.shape == (128, 128, 3)
    # 160 px are 128 of 1.25 px each: four of five parts, averaged.
    fine = picture.repeat(4, axis=0).repeat(4, axis=1).reshape(128, 5, 128, 5, 3)
    return float(np.abs(decoded - fine.mean(axis=(1, 3))).mean())


def test_a_live_show_tells_of_its_cues_and_its_past_with_pictures(show: Callable[..., Show]) -> None:
    live = show()
    play_until(live, lambda: live.loop.drawn)
    live.cues.commands["/cue/store"](5)
    live.cues.commands["/cue/label"](5, "eyes")
    before = live.loop.drawn
    play_until(live, lambda: live.cues.picture_of_cue("main", "5"))
    jpeg = live.cues.picture_of_cue("main", "5")
    assert before is not None
    assert jpeg is not None
    assert difference(jpeg, before.picture) < 3
    assert difference(jpeg, before.picture[::-1]) > 10, "another picture is told from it"
    play_until(live, lambda: live.cues.describe_past()["times"])
    assert live.cues.picture_of_past(0.0) is not None
    live.close()
    again = show().cues.describe_cues()["cues"]
    assert isinstance(again, dict)
    assert again["5"]["label"] == "eyes"
    assert isinstance(again["5"]["picture"], int)


def test_a_render_keeps_no_pictures(show: Callable[..., Show]) -> None:
    render = show(offline=True)
    for _ in range(5):
        render.loop.frame()
    render.cues.commands["/cue/store"](5)
    render.loop.frame()
    assert render.cues.writer.flush(DEADLINE_S)
    assert render.cues.picture_of_cue("main", "5") is None
    assert render.cues.describe_past()["times"] == []
