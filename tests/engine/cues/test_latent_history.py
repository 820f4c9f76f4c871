"""The history of faces: the right face at a time, the oldest gone, memory bounded."""

import pytest
import torch
from torch import Tensor

from likeness.cues import latent_history
from likeness.cues.latent_history import LatentHistory


def ramp(value: float) -> Tensor:
    return torch.full((1, 2, 8), value)


def test_before_anything_was_shown_there_is_nothing() -> None:
    assert LatentHistory(2, 8, 10, seconds=1.0).latent_at(0.0) is None


def test_a_face_between_two_frames_lies_between_them() -> None:
    history = LatentHistory(2, 8, 10, seconds=1.0)
    for frame in range(5):
        history.add(ramp(float(frame)), frame / 10)
    found = history.latent_at(0.25)
    assert found is not None
    assert torch.allclose(found, ramp(2.5)[0], atol=1e-3)


def test_beyond_either_end_it_is_the_face_there_and_the_oldest_make_room() -> None:
    history = LatentHistory(2, 8, 10, seconds=1.0)
    for frame in range(37):
        history.add(ramp(float(frame)), frame / 10)
    found = [history.latent_at(time) for time in (-5.0, 2.7, 99.0)]
    # Ten frames are a second: 27 to 36.
    assert [float(face[0, 0]) for face in found if face is not None] == [27.0, 27.0, 36.0]


def test_where_all_frames_would_be_too_much_some_are_kept_and_the_span_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent_history, "MAX_BYTES", 2 * 8 * 2 * 25)
    history = LatentHistory(2, 8, 100, seconds=1.0)
    for frame in range(300):
        history.add(ramp(frame / 100), frame / 100)
    for time in (2.02, 2.331, 2.9):
        found = history.latent_at(time)
        assert found is not None
        assert float(found[0, 0]) == pytest.approx(time, abs=2e-3)


def test_what_is_kept_is_a_copy() -> None:
    history, latent = LatentHistory(2, 8, 10, seconds=1.0), ramp(1.0)
    history.add(latent, 0.0)
    latent.fill_(9.0)
    found = history.latent_at(0.0)
    assert found is not None
    assert float(found[0, 0]) == 1.0
