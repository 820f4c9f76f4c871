"""The pictures of the past: one a second, of what everybody may see, and not more than fit."""

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from tests.engine.cues.cues_rig import FPS, Rig
from tests.engine.cues.test_latent_stage_shows_private import Visitor

from likeness.cues import past_pictures
from likeness.cues.past_pictures import PastPictures
from likeness.picture import Drawn, Picture

TIMEOUT_S = 20.0


def grey(level: int, side: int = 16) -> Picture:
    return np.full((side, side, 3), level, np.uint8)


def level_of(jpeg: bytes) -> int:
    return round(float(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).mean()))


def keep(past: PastPictures, time: float, picture: Picture, *, private: bool = False) -> None:
    past.add(Drawn(picture, time, private), time)
    assert past.flush(TIMEOUT_S)


def test_a_show_keeps_a_picture_of_each_second(rig: Rig) -> None:
    for _ in range(3):
        rig.play(FPS)
        assert rig.memory._past.flush(TIMEOUT_S)
    told = rig.memory.describe_past()
    assert told["times"] == [0.0, 1.0, 2.0]
    assert told["every"] == 1.0
    # The show's time before the last frame began.
    assert told["now"] == pytest.approx(3 - 2 / FPS)
    jpeg = rig.memory.picture_of_past(1.2)
    assert jpeg is not None
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(decoded - 1.0 * rig.out.pictures[FPS]).mean() < 4


def test_a_frozen_picture_adds_nothing_and_is_told_once(rig: Rig) -> None:
    rig.play(FPS)
    rig.store.set("master.freeze", True)
    rig.play(2)
    assert rig.memory._past.flush(TIMEOUT_S)
    told = rig.memory.describe_past()
    rig.play(3 * FPS)
    assert rig.memory.describe_past() is told


def test_a_visitor_is_in_no_picture_of_the_past(make: Callable[..., Rig]) -> None:
    rig = make(visitor=Visitor(FPS // 2, 2 * FPS))
    rig.play(3 * FPS)
    assert rig.memory._past.flush(TIMEOUT_S)
    times = rig.memory.describe_past()["times"]
    assert isinstance(times, list)
    assert times == [0.0, 2.0]


def test_the_nearest_picture_is_found_and_a_gap_has_none() -> None:
    past = PastPictures()
    for time, level in ((5.0, 10), (6.0, 60), (9.0, 200)):
        keep(past, time, grey(level))
    found = [past.thumbnail_at(time) for time in (0.0, 5.4, 5.6, 7.0, 7.5, 8.1, 9.9, 10.1, math.nan)]
    past.close()
    levels = [level_of(each.jpeg) if each else None for each in found]
    assert levels == [10, 10, 60, 60, None, 200, 200, None, None]


def test_ten_minutes_are_kept_and_noise_for_as_long_as_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    past = PastPictures()
    for second in range(605):
        past.add(Drawn(grey(second % 256), float(second), False), float(second))
        assert past.flush(TIMEOUT_S)
    times = [each.time for each in past.pictures]
    assert times == [float(second) for second in range(4, 605)]
    assert past.describe()["from"] == 4.0
    size = len(past.pictures[-1].thumbnail.jpeg)
    monkeypatch.setattr(past_pictures, "MAX_BYTES", 10 * size)
    keep(past, 605.0, grey(93))
    past.close()
    assert [each.time for each in past.pictures][-1] == 605.0
    assert sum(len(each.thumbnail.jpeg) for each in past.pictures) <= 10 * size
    assert len(past.pictures) >= 8
