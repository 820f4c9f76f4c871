"""Each operation on a layer is what its formula says, is nothing at rest, and leaves rest without a jump."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from likeness.toolkit.bending import (
    REACH,
    REST,
    add_noise,
    bend_part,
    channel_weights,
    dilate,
    erode,
    exchange,
    flip,
    invert,
    threshold,
    transform,
)

SIZE = 8
# Within its range: a fader a thousandth off its rest must not move the layer by more than a fiftieth of its spread.
NEAR, FELT = 1e-3, 0.02


@pytest.fixture
def layer() -> Tensor:
    return torch.randn(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def test_at_rest_a_layer_is_the_very_same(layer: Tensor) -> None:
    assert REST.apply(layer) is layer


@pytest.mark.parametrize("name", [field.name for field in fields(REST)])
def test_near_rest_a_layer_is_nearly_the_same_and_further_off_another(name: str, layer: Tensor) -> None:
    rest = getattr(REST, name)
    pattern = torch.randn(1, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    kept = layer.clone()
    near = replace(REST, **{name: rest + NEAR}).apply(layer, pattern)
    far = replace(REST, **{name: rest + 0.7}).apply(layer, pattern)
    assert (near - layer).square().mean().sqrt() < FELT * layer.std()
    assert (far - layer).square().mean().sqrt() > 10 * (near - layer).square().mean().sqrt()
    assert far.isfinite().all()
    assert torch.equal(layer, kept)


@pytest.mark.parametrize(("degrees", "turns"), [(90, -1), (180, 2), (-90, 1)])
def test_quarters_of_a_turn_are_those_of_numpy_clockwise(degrees: float, turns: int, layer: Tensor) -> None:
    turned = np.rot90(layer.numpy(), turns, axes=(2, 3))
    assert np.abs(transform(layer, degrees).numpy() - turned).max() < 1e-4


def test_a_shift_by_whole_px_moves_right_and_down_and_mirrors_beyond_the_edge(layer: Tensor) -> None:
    moved = transform(layer, right=3 / SIZE, down=2 / SIZE).numpy()
    wanted = np.pad(layer.numpy(), ((0, 0), (0, 0), (2, 0), (3, 0)), mode="symmetric")[:, :, :SIZE, :SIZE]
    assert np.abs(moved - wanted).max() < 1e-4


def test_a_zoom_by_two_enlarges_a_ramp_about_its_middle() -> None:
    place = torch.arange(SIZE) - (SIZE - 1) / 2
    zoomed = transform(place.expand(1, 1, SIZE, SIZE), zoom=2.0)
    assert torch.allclose(zoomed[0, 0], (place / 2).expand(SIZE, SIZE), atol=1e-5)


def test_a_flip_is_numpys_and_half_of_it_symmetric(layer: Tensor) -> None:
    assert np.allclose(flip(layer, 1.0, 1.0).numpy(), layer.numpy()[:, :, ::-1, ::-1], atol=1e-6)
    half = flip(layer, across=0.5)
    assert torch.allclose(half, half.flip(3), atol=1e-6)


def test_noise_adds_so_many_standard_deviations_of_each_face(layer: Tensor) -> None:
    pattern = torch.randn(1, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    louder = layer * torch.tensor([1.0, 5.0])[:, None, None, None]
    added = (add_noise(louder, pattern, 0.5) - louder).numpy()
    spread = np.array([face.std() for face in louder.numpy()])
    assert np.allclose(added, 0.5 * spread[:, None, None, None] * pattern.numpy(), atol=1e-5)


def test_a_threshold_is_soft(layer: Tensor) -> None:
    x = layer.numpy()
    limit = 0.8 * np.array([face.std() for face in x])[:, None, None, None]
    wanted = np.sign(x) * np.maximum(np.abs(x) - limit, 0)
    assert np.allclose(threshold(layer, 0.8).numpy(), wanted, atol=1e-6)


def test_a_dilation_is_the_largest_value_of_a_square_and_between_two_squares_their_mean(layer: Tensor) -> None:
    def largest(x: np.ndarray, radius: int) -> np.ndarray:
        padded = np.pad(x, ((0, 0), (0, 0), (radius, radius), (radius, radius)), constant_values=-np.inf)
        shifts = range(2 * radius + 1)
        return np.max([padded[:, :, r : r + SIZE, c : c + SIZE] for r in shifts for c in shifts], axis=0)

    x = layer.numpy()
    assert np.array_equal(dilate(layer, 2.0).numpy(), largest(x, 2))
    assert np.allclose(dilate(layer, 1.25).numpy(), 0.75 * largest(x, 1) + 0.25 * largest(x, 2), atol=1e-6)
    assert np.array_equal(erode(layer, 1.0).numpy(), -largest(-x, 1))
    assert np.array_equal(dilate(layer, 100.0).numpy(), np.broadcast_to(x.max((2, 3), keepdims=True), x.shape))


def test_the_largest_square_is_the_same_part_of_every_layer() -> None:
    spots = [torch.zeros(1, 1, size, size) for size in (40, 80)]
    for spot in spots:
        spot[0, 0, spot.shape[2] // 2, spot.shape[3] // 2] = 1.0
    widths = [float(replace(REST, dilated=1.0).apply(spot).sum()) ** 0.5 / spot.shape[2] for spot in spots]
    assert widths == [pytest.approx(2 * REACH, abs=1 / spot.shape[2]) for spot in spots]


def test_inverted_is_mirrored_about_each_channels_mean(layer: Tensor) -> None:
    mean = layer.numpy().mean((2, 3), keepdims=True)
    assert np.allclose(invert(layer, 1.0).numpy(), 2 * mean - layer.numpy(), atol=1e-5)
    assert np.allclose(invert(layer, 0.5).numpy(), np.broadcast_to(mean, layer.shape), atol=1e-5)


def test_channels_are_exchanged_with_those_of_the_other_end(layer: Tensor) -> None:
    assert torch.equal(exchange(layer, 1.0)[:, 0], layer[:, 2])
    assert torch.equal(exchange(layer, 1.0)[:, 1], layer[:, 1])


def test_a_range_of_channels_ends_in_parts_and_goes_round() -> None:
    assert channel_weights(4, 0.0, 1.0) == [1, 1, 1, 1]
    assert channel_weights(4, 0.5, 1.0) == [1, 1, 1, 1]
    assert channel_weights(4, 0.125, 0.5) == [0.5, 1, 0.5, 0]
    assert channel_weights(4, 0.75, 0.5) == [1, 0, 0, 1]


def test_only_the_channels_with_weight_are_bent(layer: Tensor) -> None:
    bent = bend_part(layer, layer + 1.0, torch.tensor([0.0, 0.5, 1.0]), 0.5)
    assert torch.allclose(bent - layer, torch.tensor([0.0, 0.25, 0.5])[:, None, None].expand_as(layer), atol=1e-6)
