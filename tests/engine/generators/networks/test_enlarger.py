"""The enlarger: what it is at the first step, its sizes and number types, and its way into a weights file and out."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from likeness.generators.networks.enlarger import PREFIX, Enlarger, find_enlarger

SMALL = (4, 6, 8, 10)


def lively() -> Enlarger:
    torch.manual_seed(1)
    enlarger = Enlarger(SMALL)
    nn.init.normal_(enlarger.leave.weight, std=0.1)
    return enlarger.eval().requires_grad_(False)


def bilinear(drawn: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(drawn, scale_factor=2, mode="bilinear", align_corners=False)


def test_without_what_it_has_learnt_it_enlarges_bilinearly() -> None:
    enlarger, drawn = Enlarger(SMALL).requires_grad_(False), torch.rand(2, 3, 32, 48) * 2 - 1
    nn.init.zeros_(enlarger.leave.weight)
    apart = (enlarger(drawn) - bilinear(drawn)).abs()
    # At the picture's edge a whole cell is repeated instead of a px.
    assert apart[..., 1:-1, 1:-1].max() < 1e-6
    assert apart.mean() < 0.02


def test_sixteen_bits_change_a_flat_picture_by_less_than_half_a_level() -> None:
    enlarger = Enlarger(SMALL).requires_grad_(False)
    nn.init.zeros_(enlarger.leave.weight)
    drawn = bilinear(torch.rand(1, 3, 16, 16) * 2 - 1)
    whole = enlarger(drawn)
    assert (enlarger.to(torch.bfloat16)(drawn) - whole).abs().max() < 1 / 255


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96)])
def test_pictures_have_twice_the_size_of_their_drawings(height: int, width: int) -> None:
    assert lively()(torch.zeros(2, 3, height, width)).shape == (2, 3, 2 * height, 2 * width)


def test_what_moves_by_its_coarsest_step_is_enlarged_alike() -> None:
    enlarger, drawn = lively(), torch.randn(1, 3, 256, 256)
    here, there = enlarger(drawn), enlarger(drawn.roll(16, 3))
    # Far from the borders, where zeros are padded.
    assert torch.allclose(here[:, :, 224:256, 224:256], there[:, :, 224:256, 256:288], atol=1e-5)


def test_every_weight_gets_a_gradient() -> None:
    enlarger = Enlarger(SMALL)
    enlarger(torch.randn(1, 3, 32, 32)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in enlarger.parameters())


def test_it_comes_out_of_a_file_as_it_went_in() -> None:
    enlarger, drawn = lively(), torch.randn(1, 3, 32, 32)
    tensors = {PREFIX + name: tensor for name, tensor in enlarger.state_dict().items()}
    found = find_enlarger({"parity": torch.zeros(3), **tensors})
    assert found is not None
    assert torch.equal(found.requires_grad_(False)(drawn), enlarger(drawn))
    assert find_enlarger({"parity": torch.zeros(3)}) is None
