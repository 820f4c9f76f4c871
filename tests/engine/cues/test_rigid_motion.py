"""Carrying a motion elsewhere: exact at its start, and never a distance longer or shorter."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from likeness.cues.rigid_motion import RigidMotion


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), length=st.floats(0.0, 4.0), twist=st.floats(-1.0, 1.0))
def test_the_start_is_brought_to_the_goal_and_distances_stay(seed: int, length: float, twist: float) -> None:
    start, other, x, y = normal(seed, 4, 3, 16)
    goal = length * (twist * start + (1 - abs(twist)) * other)
    carry = RigidMotion(start, goal)
    assert torch.allclose(carry(start), goal, atol=1e-9)
    assert torch.allclose((carry(x) - carry(y)).norm(dim=-1), (x - y).norm(dim=-1), rtol=1e-6)


def test_the_turn_is_the_one_of_its_plane() -> None:
    start, goal = torch.tensor([[2.0, 0.0, 0.0]]), torch.tensor([[1.0, math.sqrt(3.0), 0.0]])
    carry = RigidMotion(start, goal)
    # 60 degrees about the third axis.
    assert torch.allclose(carry(torch.tensor([[0.0, 1.0, 5.0]])), torch.tensor([[-math.sqrt(3.0) / 2, 0.5, 5.0]]))


@pytest.mark.parametrize("goal", [torch.zeros(1, 8), -torch.ones(1, 8)])
def test_with_no_plane_to_turn_in_it_is_a_shift(goal: Tensor) -> None:
    x = normal(1, 1, 8).float()
    assert torch.allclose(RigidMotion(torch.ones(1, 8), goal)(x), x + goal - 1.0, atol=1e-6)


def test_a_walk_that_is_carried_on_stays_as_far_from_the_mean_as_it_was() -> None:
    start, goal, later = normal(7, 3, 1, 512)
    carried, shifted = RigidMotion(start, goal)(later), later + goal - start
    assert float(carried.norm() / later.norm()) == pytest.approx(1.0, abs=0.1)
    assert float(shifted.norm() / later.norm()) == pytest.approx(math.sqrt(3.0), abs=0.2)
