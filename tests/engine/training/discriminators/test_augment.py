"""Adaptive augmentation: nothing at p = 0, known changes at p = 1, a gradient throughout."""

import math

import pytest
import torch

from likeness.training.discriminators import augment as made
from likeness.training.discriminators.augment import augment


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def pictures(count: int = 4, side: int = 32) -> torch.Tensor:
    """Smooth, so that resampling loses little."""
    small = torch.rand(count, 3, 4, 4, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return torch.nn.functional.interpolate(small, size=(side, side), mode="bicubic")


def test_at_zero_nothing_changes_by_a_bit() -> None:
    given = pictures()
    assert torch.equal(augment(given, 0.0), given)
    assert torch.equal(augment(given, torch.tensor(0.0)), given)


def test_a_picture_is_left_alone_as_often_as_the_probabilities_say() -> None:
    given = pictures(2000, 8)
    taken = augment(given, 0.05)
    untouched = (taken == given).flatten(1).all(1).float().mean().item()
    # Ten changes of 0.05, of which the two turns together make one, a mirror, a luma flip and a quarter turn that may
    # come out as none: (1 - p/2) twice and (1 - 3p/4).
    wanted = 0.95**9 * (1 - 0.025) ** 2 * (1 - 0.75 * 0.05)
    # And a whole-pixel shift at 8 px of -1, 0 or 1 in both directions is none in a ninth of the cases.
    wanted *= (1 - 0.05 * 8 / 9) / 0.95
    assert untouched == pytest.approx(wanted, abs=0.04)


def test_every_picture_changes_at_one_and_is_as_it_is_worth_learning_from() -> None:
    given = pictures(16)
    taken = augment(given, 1.0)
    assert ((taken - given).abs().flatten(1).mean(1) > 0.01).all()
    assert taken.isfinite().all()


def test_the_gradient_is_that_of_a_small_step() -> None:
    given = pictures(2, 16).double().requires_grad_(True)
    weight = torch.randn(2, 3, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(2))

    def seen(x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(3)
        return (augment(x, 0.9) * weight).sum()

    (slope,) = torch.autograd.grad(seen(given), given)
    step = torch.randn(given.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4)) * 1e-4
    change = (seen(given + step) - seen(given - step)).item() / 2
    assert change == pytest.approx((slope * step).sum().item(), rel=1e-3)
    assert slope.abs().sum() > 0


def test_quarter_turns_mirrors_and_whole_shifts_are_exact() -> None:
    given = pictures(1, 16)
    quarter = made._rotation_matrix(torch.tensor([math.pi / 2]))
    turned = made._warp(given, quarter)
    candidates = [torch.rot90(given, k, (2, 3)) for k in (1, 3)]
    # Sampled twice as densely and averaged again: a blur of (1, 6, 1) / 8 each way, with the edge mirrored.
    assert min((turned - blurred(c)).abs().max().item() for c in candidates) < 1e-5
    mirror = made._scale_matrix(torch.tensor([-1.0]), torch.tensor([1.0]))
    assert (made._warp(given, mirror) - blurred(given.flip(3))).abs().max() < 1e-5
    shift = made._shift_matrix(torch.tensor([2 * 3 / 16]), torch.tensor([0.0]))
    moved = made._warp(given, shift)
    assert (moved[..., 1:-5] - blurred(given)[..., 4:-2]).abs().max() < 1e-5


def blurred(x: torch.Tensor) -> torch.Tensor:
    kernel = torch.tensor([1.0, 6.0, 1.0]) / 8
    kernel = torch.outer(kernel, kernel).expand(3, 1, 3, 3)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")
    return torch.nn.functional.conv2d(padded, kernel, groups=3)


def test_a_hue_turned_by_a_third_of_the_circle_swaps_the_channels() -> None:
    matrix = made._hue_rotation(torch.tensor([2 * math.pi / 3]))
    wanted = torch.tensor([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    assert (matrix[0] - wanted).abs().max() < 1e-6


def test_colours_of_grey_stay_grey_but_for_their_level() -> None:
    grey = torch.full((64, 3, 4, 4), 0.3)
    changed = made._apply_colours(grey, made._colour_matrix(made._Draw(64, 1.0, torch.device("cpu"))))
    assert (changed - changed.mean(1, keepdim=True)).abs().max() < 1e-5
    assert changed.std() > 0.1
