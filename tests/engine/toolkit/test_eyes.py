"""Eyes on the picture: where they look, and lids of either side."""

import pytest
import torch
from torch import Tensor

from likeness.toolkit.eyes import Eyes

NO_WARP = torch.zeros(1, 2, 64, 64)


def level(across: bool) -> Tensor:
    """A picture whose level says how far to the right, or down, a px is."""
    ramp = torch.linspace(0, 255, 256)
    return (ramp if across else ramp[:, None]).expand(1, 3, 256, 256) / 127.5 - 1


def px(value: Tensor) -> float:
    return float((value + 1) * 127.5)


def test_at_rest_it_is_the_same_picture() -> None:
    picture = level(True)
    assert Eyes().draw(picture, NO_WARP, {"gaze_left": 0.0005, "lids": 0.0}) is picture


def test_a_gaze_to_the_persons_left_takes_both_eyes_to_the_pictures_right() -> None:
    drawn = Eyes().draw(level(True), NO_WARP, {"gaze_left": 1.0})[0, 0]
    # What is seen in the middle of each eye came from 6 px farther left; the nose between them and the brow stay.
    for eye in (94, 162):
        assert px(drawn[122, eye]) == pytest.approx(eye - 6.4, abs=0.8)
    assert px(drawn[122, 128]) == pytest.approx(128, abs=0.1)
    assert px(drawn[104, 94]) == pytest.approx(94, abs=0.1)


def test_a_gaze_up_lifts_what_lies_between_the_lids() -> None:
    drawn = Eyes().draw(level(False), NO_WARP, {"gaze_up": 1.0})[0, 0]
    assert px(drawn[122, 94]) == pytest.approx(124.4, abs=0.6)
    assert px(drawn[132, 94]) == pytest.approx(132, abs=0.1)


def test_one_lid_shuts_alone() -> None:
    picture = level(False) / 10
    drawn = (Eyes().draw(picture, NO_WARP, {"lid_left": 1.0}) - picture).abs()[0, 0]
    assert drawn[118:126, 150:174].max() > 0.005
    assert drawn[:, :128].max() < 1e-6


def test_a_lid_that_begins_to_fall_does_not_flash() -> None:
    picture = torch.full((1, 3, 256, 256), 0.2)
    picture[:, :, :122] = -0.5
    barely = Eyes().draw(picture, NO_WARP, {"lids": 0.01})
    assert (barely - picture).abs().max() < 0.1
