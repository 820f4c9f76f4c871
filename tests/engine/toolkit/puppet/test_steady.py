"""Steady measures: a face at rest stands still, and one that moves is followed at once."""

import numpy as np

from likeness.toolkit.puppet.steady import SteadyMeasures

FPS = 30


def test_trembling_is_taken_away_and_a_quick_move_is_not_late() -> None:
    dice, steady = np.random.default_rng(2), SteadyMeasures()
    rest = [steady.smooth({"jaw": float(dice.normal(0, 0.004))}, n / FPS)["jaw"] for n in range(60)]
    assert np.std(rest[20:]) < 0.6 * 0.004
    opening = [steady.smooth({"jaw": 0.1 * n}, (60 + n) / FPS)["jaw"] for n in range(1, 4)]
    assert opening[-1] > 0.8 * 0.3


def test_a_gap_or_another_kind_of_face_begins_anew() -> None:
    steady = SteadyMeasures()
    steady.smooth({"yaw": 0.0}, 0.0)
    assert steady.smooth({"yaw": 0.4}, 2.0) == {"yaw": 0.4}
    assert steady.smooth({}, 2.03) == {}
    assert steady.smooth({"yaw": 0.1, "jaw": 0.2}, 2.06) == {"yaw": 0.1, "jaw": 0.2}
