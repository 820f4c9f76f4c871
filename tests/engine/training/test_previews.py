"""What a run shows: fixed seeds, a closed walk, the sweep of all knobs, and the average that draws them."""

import numpy as np
import pytest
import torch
from torch import nn

from likeness.training.ema import copy_for_average, update_average
from likeness.training.knob_sweep import EXTREME, sweep_noise
from likeness.training.previews import enlarge, fixed_noise, walk_noise


def test_a_seed_is_the_same_noise_in_every_batch() -> None:
    assert torch.equal(fixed_noise(3, 5), fixed_noise(8, 5)[:3])


def test_the_walk_is_closed_even_and_passes_its_seeds() -> None:
    walk = walk_noise(64, seeds=4, frames=20)
    assert torch.allclose(walk[::20], fixed_noise(4, 64), atol=1e-5)
    steps = (walk - walk.roll(1, 0)).norm(dim=1)
    # Eased: at most 1.5 times the even pace of the longest of the arcs, a quarter of a circle of 8 * 1.57 in 20 steps.
    assert float(steps.max()) < 1.5 * 1.3 * 8 * 1.57 / 20


def test_the_sweep_turns_one_knob_at_a_time_to_both_ends() -> None:
    z_dim, frames = 5, 24
    sweep = sweep_noise(z_dim, frames)
    rest = fixed_noise(1, z_dim)[0]
    assert len(sweep) == (z_dim + 4) * frames
    for knob in range(z_dim):
        part = sweep[knob * frames : (knob + 1) * frames]
        others = [other for other in range(z_dim) if other != knob]
        assert torch.equal(part[:, others], rest[others].expand(frames, -1))
        assert torch.allclose(part[0], rest)
        assert float(part[:, knob].max()) == pytest.approx(EXTREME, abs=0.1)
        assert float(part[:, knob].min()) == pytest.approx(-EXTREME, abs=0.1)
    together = sweep[z_dim * frames :]
    amounts = together @ rest / rest.square().sum()
    assert torch.allclose(together, amounts[:, None] * rest, atol=1e-5)
    assert (float(amounts.min()), float(amounts.max())) == pytest.approx((-EXTREME, EXTREME), abs=0.1)


def test_small_pictures_are_shown_larger_and_large_ones_as_they_are() -> None:
    assert enlarge(np.zeros((64, 64, 3), np.uint8)).shape == (256, 256, 3)
    assert enlarge(np.zeros((512, 512, 3), np.uint8)).shape == (512, 512, 3)


def test_the_average_forgets_half_in_its_half_life() -> None:
    network = nn.Linear(1, 1)
    average = copy_for_average(network)
    with torch.no_grad():
        network.weight.fill_(1.0)
        average.weight.fill_(0.0)
    for step in range(10):
        update_average(average, network, images=10**6 + 32 * step, batch=32, half_life=320.0)
    assert float(average.weight) == pytest.approx(0.5, abs=1e-5)
    assert not average.weight.requires_grad
