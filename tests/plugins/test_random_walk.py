"""The walk against the closed forms of a stationary Gaussian process."""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

Maker = Callable[..., Any]
WIDE = 512


def speeds(path: Tensor, fps: float) -> Tensor:
    return (path[1:] - path[:-1]).flatten(1).norm(dim=1) * fps


@pytest.mark.parametrize("speed", [0.25, 1.7])
def test_its_speed_is_a_quarter_turn_for_each_new_face_and_hardly_varies(speed: float, player: Maker) -> None:
    path = player("random_walk", w_dim=WIDE).play(20.0, speed=speed)
    # A turn of radius r: the toy's faces lie sqrt(num_ws * w_dim) from their mean.
    wanted = speed * math.pi / 2 * math.sqrt(4 * WIDE)
    measured = speeds(path, 60)
    assert measured.mean() == pytest.approx(wanted, rel=0.1)
    assert measured.std() / measured.mean() < 0.1
    assert measured.min() > 0.7 * wanted


def test_it_shows_draws_of_the_generator(player: Maker) -> None:
    path = torch.stack([player("random_walk", num_ws=1, w_dim=WIDE, seed=s).play(2.0)[-1, 0] for s in range(30)])
    assert path.std() == pytest.approx(1.0, rel=0.03)
    assert path.mean().abs() < 0.03
    # Excess kurtosis of a normal distribution is 0; its estimate from 15,360 numbers spreads by 0.04.
    assert abs(float((path / path.std()).pow(4).mean()) - 3.0) < 0.2


@pytest.mark.parametrize(("loop_s", "speed"), [(2.0, 1.0), (2.0, 0.01), (7.5, 0.9), (20.0, 3.0)])
def test_a_loop_closes_with_its_first_frame_and_not_before(loop_s: float, speed: float, player: Maker) -> None:
    path = player("random_walk").play(2 * loop_s, loop_s=loop_s, speed=speed)
    around = round(loop_s * 60)
    assert torch.allclose(path[:around], path[around:], atol=2e-6)
    away = (path[:around] - path[0]).flatten(1).norm(dim=1)
    assert away[10:-10].min() > 0.1


def test_without_a_loop_it_does_not_come_back(player: Maker) -> None:
    player("random_walk")
    frequencies = np.array(sys.modules["likeness_plugin_random_walk"].FREQUENCIES)
    # The process's correlation over a time is the mean of its harmonics' cosines.
    seconds = np.arange(4.0, 3600.0, 0.05)
    correlation = np.cos(2 * np.pi * np.outer(seconds, frequencies)).mean(axis=1)
    assert correlation.max() < 0.55


def test_it_is_the_same_path_at_another_frame_rate(player: Maker) -> None:
    slow, fast = player("random_walk", fps=30.0).play(4.0), player("random_walk", fps=120.0).play(4.0)
    assert torch.allclose(slow, fast[::4], atol=1e-4)


def test_reach_keeps_the_incoming_face_at_0_and_the_variance_at_every_place(player: Maker) -> None:
    walking = player("random_walk", num_ws=1, w_dim=4096, mean=0.5)
    assert torch.allclose(walking.update(reach=0.0), walking.base[0], atol=1e-6)
    walking.base = walking.base + 0.5
    for reach in (0.25, 0.5, 0.75, 1.0):
        assert (walking.update(reach=reach) - 0.5).std() == pytest.approx(1.0, rel=0.08)


def test_full_pull_shows_the_mean_face(player: Maker) -> None:
    walking = player("random_walk", mean=0.5)
    assert torch.allclose(walking.update(pull=1.0), torch.full((4, 64), 0.5), atol=1e-6)


def test_a_group_that_is_turned_down_keeps_the_incoming_face_there(player: Maker) -> None:
    walking = player("random_walk")
    shown = walking.play(1.0, coarse=0.0)[-1]
    assert torch.allclose(shown[0], walking.base[0, 0], atol=1e-6)
    assert (shown[1:] - walking.base[0, 1:]).norm() > 1.0


def test_a_push_brings_the_place_of_one_face_later(player: Maker) -> None:
    pushed, plain = player("random_walk"), player("random_walk")
    pushed.play(1.0, speed=0.5)
    arrived = torch.stack([pushed.update(push=1), *pushed.play(3.0)])[-1]
    # At half a face a second, one face on is two seconds on.
    assert torch.allclose(arrived, plain.play(6.0 + 1 / 60, speed=0.5)[-1], atol=1e-4)
