"""Expression: measures do not depend on how a face is held, and channels are ICT-FaceKit's shapes."""

import math

import numpy as np
import pytest
from tests.engine.toolkit.puppet.mesh_points import front_face, held

from likeness.toolkit.puppet.expression import (
    FACE_CHANNELS,
    HEAD_CHANNELS,
    find_channels,
    measure_five,
    measure_mesh,
)

SHAPE = (360, 640)
REST = measure_mesh(held(front_face()), SHAPE)


def channels(**moves: float) -> dict[str, float]:
    found = find_channels(measure_mesh(held(front_face(**moves)), SHAPE), REST)
    return {name: value for name, value in found.items() if abs(value) > 0.01}


def test_a_face_at_rest_has_every_channel_and_all_are_nothing() -> None:
    found = find_channels(REST, REST)
    assert found.keys() == {*FACE_CHANNELS, *HEAD_CHANNELS}
    assert all(value == 0 for value in found.values())


@pytest.mark.parametrize("pose", [{"yaw": 0.4}, {"pitch": -0.3}, {"roll": 0.5}, {"scale": 37.0}])
def test_how_a_head_is_held_is_measured_and_changes_nothing_of_its_face(pose: dict[str, float]) -> None:
    turned = measure_mesh(held(front_face(jaw=0.5), **pose), SHAPE)
    straight = measure_mesh(held(front_face(jaw=0.5)), SHAPE)
    for name in ("yaw", "pitch", "roll"):
        assert turned[name] == pytest.approx(pose.get(name, 0.0), abs=1e-6)
    assert turned["size"] == pytest.approx(math.log(pose.get("scale", 100.0) / 640), abs=1e-6)
    for name in straight.keys() - {"yaw", "pitch", "roll", "size"}:
        assert turned[name] == pytest.approx(straight[name], abs=1e-6), name


def test_a_jaw_that_falls_takes_the_corners_along_without_a_frown() -> None:
    assert channels(jaw=1.0) == {"jawOpen": pytest.approx(1.0)}
    # A tenth of each channel is taken for trembling.
    assert channels(jaw=0.55) == {"jawOpen": pytest.approx(0.5)}
    assert channels(jaw=0.09) == {}


def test_each_side_smiles_and_blinks_by_itself() -> None:
    assert channels(smile_left=1.0) == {"mouthSmileLeft": pytest.approx(1.0)}
    assert channels(smile_right=1.0, jaw=0.6) == {
        "mouthSmileRight": pytest.approx(1.0),
        "jawOpen": pytest.approx((0.6 - 0.1) / 0.9),
    }
    blink = channels(blink_right=1.0)
    assert blink["eyeBlinkRight"] == pytest.approx(1.0)
    assert "eyeBlinkLeft" not in blink


def test_brows_and_eyes_have_their_ways() -> None:
    assert channels(brow=1.0)["browInnerUp"] == pytest.approx(1.0)
    look = channels(look=1.0)
    # To the picture's right, which is out for the person's left eye and in for the right one.
    assert look == {"eyeLookOutLeft": pytest.approx(1.0), "eyeLookInRight": pytest.approx(1.0)}
    assert "eyeLookOutLeft" not in channels(look=1.0, blink_left=1.0)


def test_five_points_tell_the_head_alone() -> None:
    # dlib's: the corners of the eye at the picture's right, outer first, those of the other, the nose's base.
    corners = np.array([(370, 180), (340, 180), (270, 180), (300, 180), (320, 230)], np.float64)
    rest = measure_five(corners, SHAPE)
    assert rest["yaw"] == pytest.approx(0.0, abs=1e-6)
    tilt = np.array([[math.cos(0.3), math.sin(0.3)], [-math.sin(0.3), math.cos(0.3)]])
    tilted = measure_five((corners - (320, 180)) @ tilt + (320, 180), SHAPE)
    assert tilted["roll"] == pytest.approx(0.3)
    assert tilted["yaw"] == pytest.approx(0.0, abs=1e-6)
    turned = corners + np.array([(0, 0)] * 4 + [(18, 0)])
    found = find_channels(measure_five(turned, SHAPE), rest)
    assert found.keys() == set(HEAD_CHANNELS)
    assert found["headYaw"] == pytest.approx(math.asin(0.18 / 0.36) / 0.6)
    assert find_channels(measure_five(corners + np.array((64, 0)), SHAPE), rest)["headX"] == pytest.approx(0.1 / 0.5)
