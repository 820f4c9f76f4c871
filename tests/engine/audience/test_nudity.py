"""The score of nudity: an optional package gives it, the grid is sorted by it, and it decides nothing."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.engine.audience.evenings import Guests

from likeness.audience import claims, moderation
from likeness.audience.nudity import PACKAGE, NudityScore
from likeness.audience.states import State

SCORES = (0.93, 0.1, None, 0.4, 0.0)


def test_without_the_package_nobody_can_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likeness.audience.nudity.PACKAGE", "no_such_package")
    assert NudityScore().score(tmp_path / "photo.jpg") is None


def test_a_package_that_cannot_be_used_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / f"{PACKAGE}.py").write_text("raise ImportError('no onnxruntime')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    assert NudityScore().score(tmp_path / "photo.jpg") is None
    assert "no onnxruntime" in caplog.text


def test_the_package_says_of_a_grey_photo_that_it_shows_none(tmp_path: Path) -> None:
    pytest.importorskip(PACKAGE, reason=f"{PACKAGE} is not installed", exc_type=ImportError)
    photo = tmp_path / "photo.jpg"
    cv2.imwrite(str(photo), np.full((240, 320, 3), 128, np.uint8))
    score = NudityScore().score(photo)
    assert score is not None
    assert 0.0 <= score < 0.2


def test_the_grid_has_photos_that_may_show_nudity_at_its_end_and_all_of_them_wait(guests: Guests) -> None:
    for score in SCORES:
        guests.come()
        with guests.database.writing() as session:
            claim = claims.claim_work(session, guests.clock())
            assert claim is not None
            assert claims.finish_check(session, claim, None, guests.clock(), score)
    with guests.database.reading() as session:
        visitors = moderation.list_visitors(session, (State.WAITING,))
        assert [visitor.nudity for visitor in visitors] == [0.1, None, 0.0, 0.4, 0.93]
