"""Channels that act in the same places are one cluster; what cannot be mixed is refused in words."""

from pathlib import Path

import pytest
import torch
from tests.reference import stylegan2 as plain

from likeness.errors import LikenessError
from likeness.generator import BendableGenerator, Licence, check_layers
from likeness.generators.families.checkpoint import Source
from likeness.generators.families.composite import open_composite
from likeness.generators.families.stylegan2 import open_source
from likeness.toolkit.layers import check_alike, cluster_points, find_clusters, sort_by_size

CPU = torch.device("cpu")


def stylegan2(shape: plain.Shape, seed: int = 0) -> BendableGenerator:
    return open_source(Source("stylegan2", "ours", {}, plain.random_state(shape, seed), Licence("CC0-1.0", True)), CPU)


def test_points_in_heaps_are_the_heaps() -> None:
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    heap = torch.tensor([0, 1, 2, 1, 1, 0, 1, 2, 1])
    points = centres[heap] + 0.5 * torch.randn(9, 2, generator=torch.Generator().manual_seed(0))
    found = cluster_points(points, 3)
    pairs = {(int(a), int(b)) for a, b in zip(heap, found, strict=True)}
    assert len(pairs) == len({pair[1] for pair in pairs}) == 3
    assert sort_by_size(found).tolist()[1] == 0  # the largest heap comes first


def test_every_channel_of_a_layer_has_a_cluster_and_has_it_again() -> None:
    generator = stylegan2(plain.Shape())
    latents = generator.sample(range(3))
    found = find_clusters(generator, latents, "b16.conv1")
    assert found.shape == generator.draw_layers(latents, ["b16.conv1"])["b16.conv1"].shape[1:2]
    assert set(found.tolist()) <= set(range(5))
    assert torch.equal(found, find_clusters(generator, latents, "b16.conv1"))


def test_an_unknown_layer_is_said_with_those_that_there_are() -> None:
    with pytest.raises(LikenessError, match=r"no layer 'b7'; these weights have input, b4\.conv1, b8\.conv0"):
        check_layers(stylegan2(plain.Shape()), ["b8.conv0", "b7"])


def test_weights_of_another_shape_cannot_be_mixed_and_it_is_said_why(tiny_composite: Path) -> None:
    first = stylegan2(plain.Shape())
    assert check_alike(first, stylegan2(plain.Shape(), seed=1)) is not None
    with pytest.raises(LikenessError, match=r"stylegan2 of 10 layers at 64 px.*stylegan2 of 8 layers at 32 px"):
        check_alike(first, stylegan2(plain.Shape(resolution=64)))
    with pytest.raises(LikenessError, match=r"their layer input"):
        check_alike(first, stylegan2(plain.Shape(channel_max=12)))
    with pytest.raises(LikenessError, match="composite of 8 layers"):
        check_alike(first, open_composite(tiny_composite, CPU))
    with pytest.raises(LikenessError, match="no layers"):
        check_alike(first, object())
