"""A head on the picture: what is in front goes farther, the sides and what stands behind stay."""

import pytest
import torch

from likeness.toolkit.puppet.head_pose import Head, HeadPose

ACROSS = torch.linspace(0, 255, 256).expand(1, 3, 256, 256) / 127.5 - 1


def px(value: torch.Tensor) -> float:
    return float((value + 1) * 127.5)


def test_straight_ahead_is_the_same_picture() -> None:
    assert Head().draw(ACROSS, HeadPose()) is ACROSS


def test_a_nose_goes_farther_than_a_cheek_and_the_edges_stay() -> None:
    drawn = Head().draw(ACROSS, HeadPose(yaw=0.3))[0, 0]
    nose, cheek = 140 - px(drawn[160, 140]), 190 - px(drawn[160, 190])
    # sin 0.3 of a depth of 74 px at the tip.
    assert nose == pytest.approx(0.2955 * 74, abs=3)
    assert 0 < cheek < 0.75 * nose
    assert px(drawn[160, 2]) == pytest.approx(2, abs=0.5)
    assert px(drawn[160, 253]) == pytest.approx(253, abs=0.5)


def test_a_tilt_turns_the_middle_of_the_face_about_the_neck() -> None:
    drawn = Head().draw(ACROSS, HeadPose(roll=0.2))[0, 0]
    # A place 86 px above the neck goes 0.199 of that to the right, clockwise.
    assert px(drawn[140, 128]) == pytest.approx(128 - 86 * 0.1987, abs=1.5)


def test_no_pose_leaves_the_picture_empty() -> None:
    wild = Head().draw(ACROSS, HeadPose(9.0, -9.0, 9.0, 9.0, -9.0, -9.0))
    assert torch.isfinite(wild).all()
    assert torch.equal(wild, Head().draw(ACROSS, HeadPose(0.45, -0.45, 0.35, 0.1, -0.1, -0.05)))
