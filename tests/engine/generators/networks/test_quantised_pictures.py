"""Bytes that move in large steps lie where torch's own calls lay them."""

import torch
from torch.nn import functional

from likeness.generators.networks.quantised_pictures import read_cells, read_pixels, spread_onto, write_planes

SCALE, ZERO = 0.02, 120


def pictures(channels: int = 3, size: int = 12) -> torch.Tensor:
    return torch.randn(2, channels, size, size + 4, generator=torch.Generator().manual_seed(0)).clamp(-2, 2)


def quantised(drawn: torch.Tensor) -> torch.Tensor:
    whole = (drawn / SCALE).round() + ZERO
    return (whole.clamp(0, 255) - ZERO) * SCALE


def test_pixels_are_read_and_written_as_they_are() -> None:
    read = read_pixels(pictures(), SCALE, ZERO)
    assert read.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(read.dequantize(), quantised(pictures()), atol=1e-6)
    assert torch.allclose(write_planes(read), read.dequantize(), atol=1e-6)


def test_cells_are_folded_pixel_by_pixel_within_a_rim_of_repeated_ones() -> None:
    cells = read_cells(pictures(), 2, SCALE, ZERO)
    folded = functional.pixel_unshuffle(quantised(pictures()), 2)
    by_pixel = folded.unflatten(1, (3, 4)).transpose(1, 2).flatten(1, 2)
    assert torch.allclose(cells.dequantize(), functional.pad(by_pixel, (1,) * 4, mode="replicate"), atol=1e-6)


def test_cells_are_spread_onto_a_picture() -> None:
    for factor in (2, 4):
        cells = torch.quantize_per_tensor(pictures(3 * factor**2, 4), SCALE, ZERO, torch.quint8)
        below = torch.randn(2, 3, 4 * factor, 8 * factor, generator=torch.Generator().manual_seed(1))
        wanted = below + functional.pixel_shuffle(cells.dequantize(), factor)
        onto = below.clone()
        assert spread_onto(cells, factor, onto) is onto
        assert torch.allclose(onto, wanted, atol=1e-5)
