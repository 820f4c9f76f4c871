"""From what was shown to a goal that jumped."""

import itertools

import torch

from likeness.toolkit.crossfade import Crossfade


def test_without_a_jump_the_goal_is_shown_itself() -> None:
    fade, goal = Crossfade(), torch.ones(2)
    assert fade.step(goal, 0.1, 1.0) is goal


def test_a_jump_is_crossed_in_its_seconds_to_a_goal_that_moves_on() -> None:
    fade = Crossfade()
    fade.step(torch.zeros(1), 0.1, 1.0)
    fade.start()
    way = [float(fade.step(torch.tensor([10.0 + step]), 0.1, 1.0)) for step in range(12)]
    assert way[0] < 0.5
    assert way[4] == (10.0 + 4) * 0.5
    assert way[9:] == [19.0, 20.0, 21.0]
    assert all(a < b for a, b in itertools.pairwise(way))


def test_a_second_jump_starts_from_the_middle_of_the_first() -> None:
    fade = Crossfade()
    fade.step(torch.zeros(1), 0.1, 1.0)
    fade.start()
    shown = [float(fade.step(torch.ones(1), 0.1, 1.0)) for _ in range(5)][-1]
    fade.start()
    assert abs(float(fade.step(-torch.ones(1), 0.001, 1.0)) - shown) < 0.01


def test_no_seconds_is_a_cut_and_the_first_goal_needs_no_way() -> None:
    fade = Crossfade()
    fade.start()
    assert float(fade.step(torch.ones(1), 0.1, 1.0)) == 1.0
    fade.start()
    assert float(fade.step(torch.zeros(1), 0.0, 0.0)) == 0.0
