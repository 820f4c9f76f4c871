"""The enlarger: what it is at the first step, its sizes and number types, and its way into a weights file and out."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from likeness.generators.networks.arithmetic import ENGINE
from likeness.generators.networks.enlarger import Enlarger

SMALL = (4, 6, 8, 10)
EIGHT_BITS = pytest.mark.skipif(
    ENGINE not in torch.backends.quantized.supported_engines, reason=f"this torch has no {ENGINE}"
)


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
    tensors = {Enlarger.prefix + name: tensor for name, tensor in enlarger.state_dict().items()}
    found = Enlarger.find({"parity": torch.zeros(3), **tensors})
    assert found is not None
    assert torch.equal(found.requires_grad_(False)(drawn), enlarger(drawn))
    assert Enlarger.find({"parity": torch.zeros(3)}) is None


@EIGHT_BITS
def test_eight_bits_draw_nearly_the_same_of_pictures_that_gave_no_ranges_and_floats_come_back() -> None:
    enlarger, drawn = lively(), torch.rand(4, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        wanted = enlarger(drawn)
        enlarger.use_int8(drawn[:2])
        found = enlarger(drawn[2:])
        enlarger.use_floats()
        assert torch.equal(enlarger(drawn), wanted)
    wrong = (found - wanted[2:]).square().mean()
    assert not torch.equal(found, wanted[2:])
    # Of noise, the harshest picture there is, and of a layer ten times as lively as a trained one.
    assert 10 * torch.log10(4 / wrong) > 28


@EIGHT_BITS
def test_in_eight_bits_a_flat_picture_stays_flat_where_nothing_is_learnt() -> None:
    enlarger, flat = Enlarger(SMALL).requires_grad_(False), torch.full((1, 3, 32, 32), 0.3)
    nn.init.zeros_(enlarger.leave.weight)
    with torch.no_grad():
        enlarger.use_int8(torch.rand(2, 3, 32, 32) * 2 - 1)
        assert torch.allclose(enlarger(flat), torch.full((1, 3, 64, 64), 0.3), atol=1e-5)


@EIGHT_BITS
def test_eight_bits_draw_the_same_on_any_number_of_threads_and_with_any_number_of_faces() -> None:
    enlarger, drawn, threads = lively(), torch.rand(3, 3, 32, 32) * 2 - 1, torch.get_num_threads()
    enlarger.use_int8(drawn)
    with torch.no_grad():
        together = enlarger(drawn)
        try:
            torch.set_num_threads(1)
            alone = [enlarger(each[None]) for each in drawn]
        finally:
            torch.set_num_threads(threads)
    assert torch.allclose(torch.cat(alone), together, atol=1e-6)


@EIGHT_BITS
def test_where_a_gradient_is_asked_for_floats_are_multiplied() -> None:
    enlarger, drawn = lively(), torch.rand(1, 3, 32, 32, requires_grad=True)
    wanted = enlarger(drawn)
    enlarger.use_int8(drawn.detach())
    found = enlarger(drawn)
    assert torch.equal(found, wanted)
    found.square().sum().backward()
    assert drawn.grad is not None
    assert drawn.grad.abs().sum() > 0
