"""The refiner: what it is at the first step, its sizes and number types, and its way into and out of a weights file."""

import pytest
import torch
from torch import nn

from likeness.generators.networks.arithmetic import ENGINE
from likeness.generators.networks.refiner import Refiner

SMALL = (4, 6, 8, 10)


def lively() -> Refiner:
    torch.manual_seed(1)
    refiner = Refiner(SMALL)
    nn.init.normal_(refiner.out.weight, std=0.1)
    return refiner


def bare(picture: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(picture[:, :1])


def test_before_it_has_learnt_it_leaves_the_drawing_as_it_is() -> None:
    torch.manual_seed(0)
    picture = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        added = Refiner().residual(picture, bare(picture))
    # Of noise, the harshest picture there is; with nothing at all no gradient would reach the rest.
    assert 0 < added.abs().mean() < 0.04


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96)])
def test_pictures_keep_their_size(height: int, width: int) -> None:
    assert lively()(torch.zeros(2, 3, height, width), torch.ones(2, 1, height, width)).shape == (2, 3, height, width)


def test_what_moves_by_its_coarsest_step_is_refined_alike() -> None:
    refiner, picture = lively(), torch.randn(1, 3, 256, 256)
    with torch.no_grad():
        here, there = refiner(picture, bare(picture)), refiner(picture.roll(16, 3), bare(picture))
    # Far from the borders, where zeros are padded.
    assert torch.allclose(here[:, :, 112:128, 112:128], there[:, :, 112:128, 128:144], atol=1e-5)


def test_nothing_alternates_from_pixel_to_pixel_in_what_is_added() -> None:
    picture = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        added = lively().residual(picture, bare(picture))
    power = (
        torch.fft.fft2(added[..., 4:60, 4:60] * torch.hann_window(56) * torch.hann_window(56)[:, None]).abs().square()
    )
    assert power[..., 26:31, 26:31].mean() < 0.01 * power[..., 4:10, 4:10].mean()


def test_what_is_no_skin_stays_as_it_is() -> None:
    picture, skin = torch.randn(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    skin[..., 32:] = 0.5
    with torch.no_grad():
        half, whole = (lively().residual(picture, where) for where in (skin, torch.ones_like(skin)))
    assert not half[..., :32].any()
    assert torch.equal(half[..., 32:], 0.25 * whole[..., 32:])


def test_half_the_bits_draw_nearly_the_same_in_the_drawing_s_own_type() -> None:
    refiner, picture = lively(), torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        full = refiner(picture, bare(picture))
        half = refiner.bfloat16()(picture, bare(picture))
    assert half.dtype == torch.float32
    assert (half - full).abs().max() < 0.03 * (full - picture).abs().max() + 0.01


def test_it_comes_back_from_the_tensors_of_a_file_and_is_none_where_there_are_none() -> None:
    refiner, picture = lively(), torch.randn(1, 3, 32, 32)
    kept = {Refiner.prefix + name: tensor for name, tensor in refiner.state_dict().items()}
    back = Refiner.find({**kept, "parity": torch.zeros(3)})
    assert back is not None
    with torch.no_grad():
        assert torch.equal(back(picture, bare(picture)), refiner(picture, bare(picture)))
    assert Refiner.find({"parity": torch.zeros(3)}) is None
    del kept[f"{Refiner.prefix}mid.0.weight"]
    with pytest.raises(RuntimeError, match=r"mid\.0\.weight"):
        Refiner.find(kept)


EIGHT_BITS = pytest.mark.skipif(
    ENGINE not in torch.backends.quantized.supported_engines, reason=f"this torch has no {ENGINE}"
)


def psnr(added: torch.Tensor, wanted: torch.Tensor) -> float:
    return float(10 * torch.log10((wanted.max() - wanted.min()).square() / (added - wanted).square().mean()))


@EIGHT_BITS
def test_eight_bits_add_nearly_the_same_to_pictures_that_gave_no_ranges() -> None:
    refiner, pictures = lively(), torch.rand(4, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        wanted = refiner.residual(pictures, bare(pictures))
        refiner.use_int8(pictures[:2])
        added = refiner.residual(pictures[2:], bare(pictures[2:]))
        refiner.use_floats()
        assert torch.equal(refiner.residual(pictures, bare(pictures)), wanted)
    assert not torch.equal(added, wanted[2:])
    assert psnr(added, wanted[2:]) > 28


@EIGHT_BITS
def test_eight_bits_add_the_same_on_any_number_of_threads_and_with_any_number_of_faces() -> None:
    refiner, pictures, threads = lively(), torch.rand(3, 3, 64, 64) * 2 - 1, torch.get_num_threads()
    refiner.use_int8(pictures)
    with torch.no_grad():
        together = refiner.residual(pictures, bare(pictures))
        try:
            torch.set_num_threads(1)
            alone = [refiner.residual(each[None], bare(each[None])) for each in pictures]
        finally:
            torch.set_num_threads(threads)
    assert torch.equal(torch.cat(alone), together)


@EIGHT_BITS
def test_where_a_gradient_is_asked_for_floats_are_multiplied() -> None:
    refiner, picture = lively(), torch.rand(1, 3, 32, 32, requires_grad=True)
    wanted = refiner.residual(picture, bare(picture))
    refiner.use_int8(picture.detach())
    added = refiner.residual(picture, bare(picture))
    assert torch.equal(added, wanted)
    added.square().sum().backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0


@EIGHT_BITS
def test_packing_for_eight_bits_leaves_torch_s_engine_as_it_was() -> None:
    before = torch.backends.quantized.engine
    lively().use_int8(torch.rand(1, 3, 32, 32))
    assert torch.backends.quantized.engine == before
