"""The latent maths against closed forms, trigonometry in double precision, and itself in no place."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from likeness.latent import (
    layer_amounts,
    layer_mask,
    layers_of,
    lerp,
    mix_styles,
    row,
    slerp,
    truncate,
    undo_truncation,
)

GROUPS = {"coarse": (0, 1), "broad": (1, 2), "middle": (2, 3), "fine": (3, 4)}


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_lerp_meets_its_ends_and_goes_on_beyond() -> None:
    a, b = noise(2, 3, 4, seed=1), noise(2, 3, 4, seed=2)
    assert torch.equal(lerp(a, b, 0.0), a)
    assert torch.allclose(lerp(a, b, 1.0), b, atol=1e-6)
    assert torch.allclose(lerp(a, b, 2.0), 2 * b - a, atol=1e-5)


@pytest.mark.parametrize("t", [0.0, 1.0])
def test_slerp_meets_ends_of_any_length(t: float) -> None:
    a, b = noise(2, 4, 32, seed=1) * 3, noise(2, 4, 32, seed=2) * 0.2
    assert torch.allclose(slerp(a, b, t), b if t else a, atol=1e-5)


def test_slerp_turns_by_an_even_angle() -> None:
    a, b = noise(1, 1, 8, seed=1), noise(1, 1, 8, seed=2)
    points = [slerp(a, b, t).flatten().double().numpy() for t in np.linspace(0, 1, 9)]
    units = [point / np.linalg.norm(point) for point in points]
    angles = [math.acos(float(np.dot(one, other))) for one, other in itertools.pairwise(units)]
    assert np.ptp(angles) < 1e-4
    assert sum(angles) == pytest.approx(math.acos(float(np.dot(units[0], units[-1]))), abs=1e-3)


@pytest.mark.parametrize("sign", [1.0, -1.0, 0.0])
def test_slerp_between_parallel_opposite_and_no_vectors_is_the_straight_line(sign: float) -> None:
    a = noise(1, 2, 8)
    assert torch.allclose(slerp(a, sign * a, 0.25), a * (0.75 + 0.25 * sign), atol=1e-4)


def test_truncation_is_the_paper_s() -> None:
    latent, mean = noise(2, 3, 4), noise(3, 4, seed=1)
    assert torch.allclose(truncate(latent, mean, 0.7), mean + 0.7 * (latent - mean), atol=1e-6)


def test_style_mixing_takes_whole_layers_and_blends_between() -> None:
    a, b = noise(1, 3, 4), noise(3, 4, seed=1)
    mixed = mix_styles(a, b, torch.tensor([0.0, 0.5, 1.0]))
    assert torch.equal(mixed[0, 0], a[0, 0])
    assert torch.allclose(mixed[0, 1], (a[0, 1] + b[1]) / 2, atol=1e-6)
    assert torch.allclose(mixed[0, 2], b[2], atol=1e-6)


@pytest.mark.parametrize("psi", [0.4, 0.7, 1.0, 1.5])
def test_a_latent_whose_truncation_is_undone_comes_out_as_it_was(psi: float) -> None:
    latent, mean = noise(3, 4, seed=1), noise(3, 4, seed=2)
    assert torch.allclose(truncate(undo_truncation(latent, mean, psi), mean, psi), latent, atol=1e-5)


def test_a_truncation_near_the_mean_is_not_undone_in_full() -> None:
    latent, mean = noise(3, 4, seed=1), noise(3, 4, seed=2)
    assert torch.allclose(undo_truncation(latent, mean, 0.0) - mean, (latent - mean) / 0.4, atol=1e-6)


def test_a_layer_mask_names_the_layers_of_its_group() -> None:
    assert layer_mask(GROUPS, 4, "broad", noise(4, 8))[:, 0].tolist() == [0, 1, 0, 0]
    assert layer_mask(GROUPS, 4, "all", noise(4, 8))[:, 0].tolist() == [1, 1, 1, 1]
    assert layer_mask({"fine": (2, 9)}, 4, "broad", noise(4, 8))[:, 0].tolist() == [0, 0, 0, 0]
    assert layer_mask({}, 1, "fine", noise(1, 8))[:, 0].tolist() == [1]


@pytest.mark.parametrize("maths", [lambda a, b: lerp(a, b, 0.3), lambda a, b: slerp(a, b, 0.3)])
def test_nothing_is_changed_in_place(maths: Callable[[Tensor, Tensor], Tensor]) -> None:
    a, b = noise(1, 2, 4), noise(1, 2, 4, seed=1)
    kept = a.clone(), b.clone()
    maths(a, b)
    assert torch.equal(a, kept[0])
    assert torch.equal(b, kept[1])


def test_a_row_has_the_numbers_and_the_type_of_its_model() -> None:
    made = row([1.0, 0.5, -2.0], torch.zeros(2, dtype=torch.float64))
    assert made.dtype == torch.float64
    assert made.tolist() == [1.0, 0.5, -2.0]


def test_layer_amounts_leave_layers_in_no_range_at_0() -> None:
    assert layer_amounts(6, [(0, 2, 0.5), (3, 99, 1.0)]) == [0.5, 0.5, 0.0, 1.0, 1.0, 1.0]


def test_each_group_has_its_amount_and_an_unknown_one_does_nothing() -> None:
    assert layers_of(GROUPS, 4, {"fine": 0.3, "coarse": 1.0, "hair": 0.9}) == [1.0, 0.0, 0.0, 0.3]


@pytest.mark.parametrize(("groups", "num_ws"), [({}, 3), ({"coarse": (0, 1)}, 1)])
def test_a_family_that_cannot_tell_groups_takes_the_largest_amount(
    groups: dict[str, tuple[int, int]], num_ws: int
) -> None:
    assert layers_of(groups, num_ws, {"fine": 0.3, "coarse": 0.1}) == [0.3] * num_ws
