"""The answer of the playing face: rest, hands, a face that is lost, and which move comes of which channel."""

from itertools import pairwise

import pytest
from tests.engine.toolkit.puppet.mesh_points import front_face, held

from likeness.toolkit.puppet.expression import FACE_CHANNELS, HEAD_CHANNELS, Measures, measure_mesh
from likeness.toolkit.puppet.response import HANDS, FaceResponse, find_moves, find_pose, mirror

DT = 1 / 30
VALUES = dict.fromkeys((*HANDS, *(f"{hand}_curve" for hand in HANDS)), 1.0) | {"smooth": 0.0, "ease": 0.5}
STILL = dict.fromkeys((*FACE_CHANNELS, *HEAD_CHANNELS), 0.0)


def face(**moves: float) -> Measures:
    return measure_mesh(held(front_face(**moves)), (360, 640))


def play(response: FaceResponse, measures: Measures, seconds: float, **values: float) -> dict[str, float]:
    for _ in range(round(seconds / DT)):
        response.observe(measures)
        channels = response.advance(DT, VALUES | values)
    return dict(channels)


def test_the_first_moment_is_rest_and_a_press_takes_another() -> None:
    response = FaceResponse()
    assert not response.take_rest()
    assert max(map(abs, play(response, face(smile_left=0.5), 1.0).values())) < 0.01
    assert play(response, face(smile_left=1.0), 0.5)["mouthSmileLeft"] == pytest.approx((0.5 - 0.1) / 0.9, abs=0.02)
    assert response.take_rest()
    assert max(map(abs, play(response, face(smile_left=1.0), 0.5).values())) < 0.01


def test_an_open_mouth_is_no_rest() -> None:
    assert play(FaceResponse(), face(jaw=1.0), 1.0)["jawOpen"] > 0.9


def test_gain_and_curve_shape_a_channel() -> None:
    response = FaceResponse()
    play(response, face(), 1.0)
    half = (0.55 - 0.1) / 0.9
    assert play(response, face(jaw=0.55), 0.5)["jawOpen"] == pytest.approx(half, abs=0.01)
    assert play(response, face(jaw=0.55), 0.5, jaw=3.0)["jawOpen"] == pytest.approx(1.0, abs=0.01)
    assert play(response, face(jaw=0.55), 0.5, jaw_curve=2.0)["jawOpen"] == pytest.approx(half**2, abs=0.01)
    assert play(response, face(jaw=0.55), 0.5, jaw=0.0)["jawOpen"] == 0.0


def test_a_lost_face_eases_back_to_rest_and_a_missed_picture_does_not_show() -> None:
    response = FaceResponse()
    play(response, face(), 1.0)
    before = play(response, face(jaw=1.0), 0.5)["jawOpen"]
    assert play(response, {}, 0.2)["jawOpen"] == pytest.approx(before, abs=0.01)
    assert response.present
    falling = [play(response, {}, DT)["jawOpen"] for _ in range(60)]
    assert not response.present
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(falling))
    assert max(a - b for a, b in pairwise(falling)) < 0.25
    assert falling[-1] < 0.01


def test_a_face_of_which_nothing_is_heard_stays_for_a_while() -> None:
    response = FaceResponse()
    play(response, face(), 1.0)
    before = play(response, face(jaw=1.0), 0.5)["jawOpen"]
    quiet = [response.advance(DT, VALUES)["jawOpen"] for _ in range(150)]
    assert quiet[40] == pytest.approx(before, abs=0.01)
    assert quiet[-1] < 0.01


def test_who_comes_after_a_while_has_a_rest_of_their_own() -> None:
    response = FaceResponse()
    play(response, face(), 1.0)
    play(response, {}, 3.0)
    assert max(map(abs, play(response, face(smile_left=0.6), 0.5).values())) < 0.01
    response.forget()
    assert not response.present


def test_a_new_instance_goes_on_where_the_last_one_was() -> None:
    response, other = FaceResponse(), FaceResponse()
    play(response, face(), 1.0)
    play(response, face(jaw=1.0), 0.5)
    other.restore(response.state())
    assert other.advance(DT, VALUES) == response.advance(DT, VALUES)


def test_a_mirror_changes_sides_and_goes_back() -> None:
    channels = STILL | {"mouthSmileLeft": 1.0, "headYaw": 0.3, "headPitch": 0.2, "jawOpen": 0.5}
    swapped = mirror(channels)
    assert swapped["mouthSmileRight"] == 1.0
    assert swapped["mouthSmileLeft"] == 0.0
    assert (swapped["headYaw"], swapped["headPitch"], swapped["jawOpen"]) == (-0.3, 0.2, 0.5)
    assert mirror(swapped) == channels


def test_channels_become_moves_of_their_side() -> None:
    moves = find_moves(STILL | {"mouthSmileLeft": 0.5, "eyeBlinkRight": 1.0, "eyeLookOutLeft": 1.0}, 1.0, 1.0).moves
    seen = {name: value for name, value in moves.items() if value}
    assert seen == {"smile_left": 0.5, "lid_right": 1.0, "gaze_left": 0.5}
    assert find_moves(STILL | {"jawOpen": 1.0}, 2.0, 1.0).moves["jaw"] == pytest.approx(1.9)
    assert not any(find_moves(dict.fromkeys(STILL, 1.0), 0.0, 1.0).moves.values())
    assert find_pose(STILL | {"headRoll": 0.5}, 1.0).roll == pytest.approx(0.3)
