"""The losses of style against sums written out place by place."""

import torch
from torch import Tensor

from likeness.training.filters.style_losses import (
    content_distance,
    gram_matrices,
    raster_strength,
    roughness,
    style_distance,
)


def gram(features: Tensor, weights: Tensor) -> Tensor:
    """Return the weighed mean over places of the products of all pairs of channels, `[channels, channels]`."""
    channels, height, width = features.shape
    total = torch.zeros(channels, channels)
    for y in range(height):
        for x in range(width):
            total += weights[y, x] * torch.outer(features[:, y, x], features[:, y, x])
    return total / weights.sum()


def test_a_gram_matrix_is_the_mean_of_products_over_all_places() -> None:
    maps = [torch.randn(2, 3, 4, 5), torch.randn(2, 6, 2, 2)]
    for found, features in zip(gram_matrices(maps), maps, strict=True):
        for number in range(2):
            assert torch.allclose(found[number], gram(features[number], torch.ones(features.shape[2:])), atol=1e-5)


def test_a_mask_weighs_the_places_at_every_size() -> None:
    maps, mask = [torch.randn(1, 3, 8, 8), torch.randn(1, 3, 4, 4)], torch.rand(1, 1, 8, 8)
    small = mask[0, 0].reshape(4, 2, 4, 2).mean((1, 3))
    fine, coarse = gram_matrices(maps, mask)
    assert torch.allclose(fine[0], gram(maps[0][0], mask[0, 0]), atol=1e-5)
    assert torch.allclose(coarse[0], gram(maps[1][0], small), atol=1e-5)


def test_what_lies_outside_a_mask_does_not_count() -> None:
    features, mask = torch.randn(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
    mask[..., :2] = 1
    other = features.clone()
    other[..., 2:] = 99.0
    assert torch.equal(*(gram_matrices([each], mask)[0] for each in (features, other)))


def test_a_style_is_0_from_itself_and_1_a_map_from_nothing() -> None:
    wanted = gram_matrices([torch.randn(2, 3, 4, 4), torch.randn(2, 5, 2, 2)])
    assert style_distance(wanted, wanted).tolist() == [0.0, 0.0]
    nothing = [torch.zeros_like(matrix) for matrix in wanted]
    assert torch.allclose(style_distance(nothing, wanted), torch.tensor([2.0, 2.0]))


def test_content_counts_the_chosen_maps_alone() -> None:
    photos = [torch.randn(1, 3, 4, 4), torch.randn(1, 3, 4, 4)]
    drawn = [torch.zeros(1, 3, 4, 4), photos[1]]
    assert content_distance(drawn, photos, [1]) == 0.0
    assert torch.allclose(content_distance(drawn, photos, [0, -1]), torch.tensor(0.5))


def test_a_raster_is_seen_and_strokes_are_not() -> None:
    torch.manual_seed(4)
    raster = torch.randn(1, 3, 4, 4).tile(1, 1, 16, 16)
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    strokes = torch.sin((x + 0.6 * y) * 2 * torch.pi / 7.3).expand(1, 3, 64, 64)
    assert torch.allclose(raster_strength(raster), raster[..., :4, :4].var((2, 3), unbiased=False).mean(), atol=1e-5)
    assert raster_strength(strokes) < 0.1 * strokes.var()
    assert raster_strength(torch.full((1, 3, 64, 64), 0.3)) < 1e-12


def test_roughness_is_the_mean_step_between_neighbours() -> None:
    ramp = torch.arange(8.0).expand(1, 3, 8, 8) * 0.1
    assert torch.allclose(roughness(ramp), torch.tensor(0.1))
