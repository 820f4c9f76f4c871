"""What refining is measured by: where two pictures agree, and what each distance sees and does not see."""

import torch

from likeness.training.refine_losses import (
    agreement,
    colour_distance,
    feature_distance,
    pixel_distance,
    texture_distance,
)

EVERYWHERE = torch.ones(1, 1, 8, 8)


def noise(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_pictures_agree_where_their_colours_do_whatever_their_detail() -> None:
    one = torch.zeros(1, 3, 64, 64)
    other = one + 0.1 * torch.tensor([1.0, -1.0]).repeat(32)  # stripes of one px: no colour at all
    other[..., 32:] += 0.9
    where = agreement(one, other)
    assert where.shape == (1, 1, 8, 8)
    assert where[..., :4].min() > 0.99
    assert where[..., 4:].max() < 1e-6


def test_texture_is_how_much_features_vary_and_not_where() -> None:
    maps = [noise(i, 1, 3, side, side) for i, side in enumerate((64, 32, 16))]
    moved = [x.roll(1, 3) for x in maps]
    doubled = [2 * x for x in maps]
    shifted = [x + 5 for x in maps]
    assert texture_distance(moved, maps, EVERYWHERE) < 0.2 * feature_distance(moved, maps, EVERYWHERE)
    assert abs(float(texture_distance(doubled, maps, EVERYWHERE)) - 1) < 0.1  # of noise that varies by one
    assert texture_distance(shifted, maps, EVERYWHERE) < 1e-4
    assert abs(float(feature_distance(shifted, maps, EVERYWHERE)) - 5) < 1e-5


def test_pixels_are_compared_in_the_coarse_and_only_where_asked() -> None:
    one = torch.zeros(1, 3, 64, 64)
    stripes = one + torch.tensor([1.0, -1.0]).repeat(32)
    brighter = one.clone()
    brighter[..., 32:] += 0.5
    left = torch.zeros(1, 1, 8, 8)
    left[..., :3] = 1
    assert pixel_distance(one, stripes, EVERYWHERE) < 1e-6
    assert pixel_distance(one, brighter, EVERYWHERE) > 0.05
    assert pixel_distance(one, brighter, left) < 1e-6
    assert abs(float(colour_distance(brighter, one)) - 0.25) < 1e-6
    assert colour_distance(stripes, one) < 1e-6
