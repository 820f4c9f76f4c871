"""The composite's quick ways to resize and to soften are the usual ones, with a gradient, and on any threads."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from likeness.generators.networks.resampling import blur, filter_both_ways, resize, sharpen


def picture(width: int, channels: int = 3) -> Tensor:
    return torch.randn(2, channels, width, width, generator=torch.Generator().manual_seed(0))


def usual(drawn: Tensor, *sizes: int) -> Tensor:
    for size in sizes:
        drawn = functional.interpolate(drawn, size=(size, size), mode="bilinear", align_corners=False)
    return drawn


@pytest.mark.parametrize("sizes", [(24,), (48,), (96,), (30,), (6,), (12,), (24, 48), (6, 24), (48, 24)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_resized_picture_is_interpolated_bilinearly(sizes: tuple[int, ...], channels: int) -> None:
    drawn = picture(12, channels)
    assert torch.allclose(resize(drawn, *sizes), usual(drawn, *sizes), atol=1e-5)
    followed = drawn.clone().requires_grad_()
    assert torch.allclose(resize(followed, *sizes), usual(drawn, *sizes), atol=1e-5)


@pytest.mark.parametrize("sizes", [(24,), (30,), (6,), (24, 48)])
def test_a_resized_picture_has_the_gradient_of_the_usual_way(sizes: tuple[int, ...]) -> None:
    ours, theirs = (picture(12).requires_grad_() for _ in range(2))
    slope = picture(sizes[-1])
    resize(ours, *sizes).backward(slope)
    usual(theirs, *sizes).backward(slope)
    assert ours.grad is not None
    assert theirs.grad is not None
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-5)


def test_one_picture_of_one_channel_is_resized_too() -> None:
    drawn = picture(12, 1)[:1]
    assert torch.allclose(resize(drawn, 48), usual(drawn, 48), atol=1e-5)


def test_a_picture_of_the_wanted_size_is_left_alone() -> None:
    drawn = picture(12)
    assert resize(drawn, 12) is drawn


@pytest.mark.parametrize("reach", [1, 2])
def test_a_picture_is_sharpened_by_what_a_binomial_mean_takes_away_with_the_rim_repeated(reach: int) -> None:
    drawn = picture(12)
    taps = torch.zeros(2 * reach + 1)
    taps[[0, reach, -1]] = torch.tensor([0.25, 0.5, 0.25])
    kernel = (taps[:, None] * taps).expand(3, 1, -1, -1)
    soft = functional.conv2d(functional.pad(drawn, (reach,) * 4, mode="replicate"), kernel, groups=3)
    wanted = drawn + 0.3 * (drawn - soft)
    assert torch.allclose(sharpen(drawn, reach, 0.3), wanted, atol=1e-5)
    assert torch.allclose(sharpen(drawn.clone().requires_grad_(), reach, 0.3), wanted, atol=1e-5)


def test_a_filter_sums_neighbours_both_ways_with_the_rim_repeated() -> None:
    drawn, taps = picture(12), (-0.1, 0.3, 0.6, 0.2, -0.2)
    kernel = (torch.tensor(taps)[:, None] * torch.tensor(taps)).expand(3, 1, -1, -1)
    wanted = functional.conv2d(functional.pad(drawn, (2, 2, 2, 2), mode="replicate"), kernel, groups=3)
    assert torch.allclose(filter_both_ways(drawn, taps), wanted, atol=1e-5)
    assert torch.allclose(filter_both_ways(drawn.clone().requires_grad_(), taps), wanted, atol=1e-5)


def test_a_blur_is_a_mean_of_five_by_five() -> None:
    drawn = picture(12)
    assert torch.allclose(blur(drawn), functional.avg_pool2d(drawn, 5, 1), atol=1e-5)


def test_the_bits_are_the_same_on_any_number_of_threads() -> None:
    drawn, threads = picture(64), torch.get_num_threads()
    try:
        found = []
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append([resize(drawn, 128), resize(drawn, 128, 256), resize(drawn, 256), sharpen(drawn, 1, 0.3)])
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(one, two) for one, two in zip(*found, strict=True))
