"""Beards of a composite: bits of shaven faces, where they grow, in whose colour, and beside glasses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from likeness.errors import WeightsError
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.networks.beard import BAND, STRONGEST, pack_layers, unpack_layers
from likeness.generators.weights_file import WeightsHeader, read_weights, write_weights
from likeness.training.glasses import glasses_directions
from likeness.training.quiet_axes import BEARD, KIND, find_quiet_axes, style_direction, worn_direction

CPU, SIZE = torch.device("cpu"), 64
SHAPE = (3, 27, 20)


def draw_exemplars() -> np.ndarray:
    """Return three half beards that cover more and more, with the same strands."""
    rng, layers = np.random.default_rng(2), np.zeros((SHAPE[0], 2, *SHAPE[1:]), np.float32)
    for number, rows in enumerate((4, 10, 20)):
        layers[number, 0, 5 : 5 + rows, :12] = 1
    layers[:, 1] = rng.uniform(-0.3, 0.3, SHAPE[1:])
    return layers


@pytest.fixture(scope="module")
def bearded(tiny_composite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny composite with beards beside its glasses."""
    header, tensors = read_weights(tiny_composite)
    axes = find_quiet_axes(tensors)
    told = {"worn": axes[BEARD], "kind": axes[KIND], "shape": list(SHAPE), "layers": pack_layers(draw_exemplars())}
    path = tmp_path_factory.mktemp("beard") / "bearded.safetensors"
    write_weights(path, WeightsHeader(header.family, {**header.arguments, "beard": told}, header.licence), tensors)
    return path


@pytest.fixture(scope="module")
def generator(bearded: Path) -> CompositeGenerator:
    return open_composite(bearded, CPU)


@pytest.fixture(scope="module")
def directions(bearded: Path) -> dict[str, torch.Tensor]:
    header, tensors = read_weights(bearded)
    beard, parity = header.arguments["beard"], tensors["parity"]
    found = {"beard": worn_direction(beard["worn"], parity), "beards": style_direction(beard["kind"], parity)}
    return found | {"glasses": glasses_directions(header.arguments["glasses"], parity)["glasses"][0]}


def test_layers_come_back_from_their_text_mirrored_and_within_a_step() -> None:
    layers = draw_exemplars()
    whole = unpack_layers(pack_layers(layers), SHAPE).numpy()
    assert whole.shape == (SHAPE[0], 2, SHAPE[1], 2 * SHAPE[2])
    assert np.array_equal(whole, whole[..., ::-1])
    assert np.abs(whole[..., SHAPE[2] :] - layers).max() <= STRONGEST / 127 / 2 + 1e-6


def test_a_shaven_face_is_drawn_as_without_beards_to_the_bit(
    tiny_composite: Path, generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    before, latent = open_composite(tiny_composite, CPU), generator.sample([3, 4])
    assert torch.equal(generator.synthesize(latent), before.synthesize(latent))
    worn = latent + directions["glasses"]
    assert torch.equal(generator.synthesize(worn), before.synthesize(worn))
    # One of two may have one.
    bare = generator.synthesize(latent)
    latent[1] += directions["beard"]
    grown = generator.synthesize(latent)
    assert torch.equal(grown[0], bare[0])
    assert (grown[1] - bare[1]).abs().max() > 0.1


def test_it_grows_in_the_lower_face_alone(generator: CompositeGenerator, directions: dict[str, torch.Tensor]) -> None:
    latent = generator.sample([7])
    changed = generator.synthesize(latent + directions["beard"]) - generator.synthesize(latent)
    changed = changed.abs().amax((0, 1))
    top, bottom, left, right = (round(part * SIZE) for part in BAND)
    assert changed[top:bottom, left:right].max() > 0.1
    changed[top:bottom, left:right] = 0
    assert changed.max() < 0.1 * 2 / 255


def test_beard_and_glasses_know_nothing_of_each_other(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    glasses, beard = generator.glasses, generator.beard
    assert glasses is not None
    assert beard is not None
    bare = torch.zeros(1, 4, 12)
    with_glasses, with_beard = bare + directions["glasses"], bare + directions["beard"]
    assert glasses.amount(with_beard).abs() < 1e-4
    assert beard.amount(with_glasses).abs() < 1e-4
    both = with_glasses + directions["beard"]
    assert (float(glasses.opacity(both)), float(beard.opacity(both))) == (1.0, 1.0)
    assert torch.allclose(beard.choose(both), beard.choose(bare), atol=1e-4)
    assert torch.allclose(glasses.design(both)[0], glasses.design(bare)[0], atol=1e-4)


def test_glasses_are_taken_off_and_the_beard_stays(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    latent = generator.sample([5]) + directions["beard"]
    grown = generator.synthesize(latent)
    dressed = generator.synthesize(latent + directions["glasses"])
    assert (dressed - grown).abs().max() > 0.3
    assert torch.allclose(generator.take_off(dressed), grown, atol=1e-2)


def test_the_kinds_stand_in_a_row_from_least_to_most(
    generator: CompositeGenerator, directions: dict[str, torch.Tensor]
) -> None:
    beard = generator.beard
    assert beard is not None
    covered = []
    for number, key in enumerate(beard.keys.tolist()):
        latent = (directions["beard"] + key * directions["beards"])[None]
        assert beard.choose(latent)[0, number] > 0.95
        changed = generator.synthesize(latent) - generator.synthesize(torch.zeros(1, 4, 12))
        covered.append(int((changed.abs().amax(1) > 0.02).sum()))
    assert covered == sorted(covered)
    assert covered[-1] > 1.5 * covered[0]


def test_its_colour_is_that_of_the_hair(generator: CompositeGenerator, directions: dict[str, torch.Tensor]) -> None:
    beard, latent = generator.beard, directions["beard"][None]
    assert beard is not None
    parts = generator.network.layers(torch.zeros(1, 4, 12))
    grey = torch.zeros(1, 3, SIZE, SIZE)
    red = torch.tensor([0.6, -0.8, -0.8])[:, None, None].expand(1, 3, SIZE, SIZE)
    dark, coloured = (beard.grow(grey, latent, replace(parts, hair=hair)) for hair in (torch.full_like(red, -0.9), red))
    place = (dark - grey).abs().amax((0, 1)) > 0.5
    assert place.any()
    assert dark[..., place].mean() < -0.7
    assert (coloured[0, 0, place] > coloured[0, 1, place]).all()


def test_it_moves_with_the_warp(generator: CompositeGenerator, directions: dict[str, torch.Tensor]) -> None:
    beard, latent = generator.beard, directions["beard"][None]
    assert beard is not None
    parts = generator.network.layers(torch.zeros(1, 4, 12))
    still = replace(parts, field=torch.zeros_like(parts.field), hair=torch.full_like(parts.hair, -0.9))
    # What is looked for 4 px higher is seen 4 px lower.
    lower = replace(still, field=still.field - torch.tensor([0.0, 4 / SIZE])[:, None, None])
    grey = torch.zeros(1, 3, SIZE, SIZE)
    seen = [(beard.grow(grey, latent, each) - grey).abs().sum((0, 1)) for each in (still, lower)]
    rows = [(image.sum(1) * torch.arange(SIZE)).sum() / image.sum() for image in seen]
    assert float(rows[1] - rows[0]) == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize(
    "broken",
    [
        {"worn": [1.0]},
        {"kind": [1.0]},
        {"layers": "AAAA"},
        {"layers": "no base64"},
        {"shape": [9, 27, 20]},
        {"shape": 3},
    ],
    ids=["few numbers", "few numbers of the kind", "no bytes", "no text", "another shape", "no shape"],
)
def test_a_header_that_tells_too_little_of_them_is_refused(
    bearded: Path, tmp_path: Path, broken: dict[str, Any]
) -> None:
    header, tensors = read_weights(bearded)
    told = {**header.arguments, "beard": {**header.arguments["beard"], **broken}}
    write_weights(tmp_path / "broken.safetensors", WeightsHeader(header.family, told, header.licence), tensors)
    with pytest.raises(WeightsError, match="lacks what a composite needs"):
        open_composite(tmp_path / "broken.safetensors", CPU)
