"""Glasses for composite weights: rims within reach, and the files that are written."""

from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.glasses import Glasses
from likeness.generators.networks.quiet_axis import FINE
from likeness.generators.weights_file import WeightsHeader, read_header, read_weights, write_weights
from likeness.toolkit.latent_file import read_about, read_directions
from likeness.training.glasses import (
    DIRECTIONS,
    RIMS,
    STYLES,
    add_glasses,
    find_glasses,
    write_glasses_directions,
)


def test_a_new_composite_draws_them_and_an_old_one_is_given_them(tiny_composite: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(tiny_composite)
    plain = {name: value for name, value in header.arguments.items() if name != "glasses"}
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    write_weights(old, WeightsHeader(header.family, plain, header.licence), tensors)
    assert open_composite(old, torch.device("cpu")).glasses is None
    written = add_glasses(old, new)
    assert written.arguments == header.arguments
    # What is saved for the old ones goes on to play: they are told apart by this.
    assert written.sha256 == header.sha256
    assert open_composite(new, torch.device("cpu")).glasses is not None


def test_the_directions_are_files_that_say_whose_they_are(tiny_composite: Path, tmp_path: Path) -> None:
    files = write_glasses_directions(tiny_composite, "tiny", tmp_path)
    assert [file.stem for file in files] == list(DIRECTIONS)
    assert [len(read_directions(file, 4, 12)) for file in files] == [1, 1, STYLES]
    about, header = read_about(files[0]), read_header(tiny_composite)
    assert header is not None
    assert (about["weights"], about["licence"], about["weights_sha256"]) == ("tiny", "CC0", header.sha256)


def test_sunglasses_are_dark_and_glasses_are_not(tiny_composite: Path, tmp_path: Path) -> None:
    files = write_glasses_directions(tiny_composite, "tiny", tmp_path)
    generator = open_composite(tiny_composite, torch.device("cpu"))
    assert generator.glasses is not None
    clear, dark = (read_directions(file, 4, 12) for file in files[:2])
    for psi in (0.7, 1.0):
        assert generator.glasses.design(psi * clear)[1] == 0.0
        assert generator.glasses.design(psi * dark)[1] == 1.0


def test_a_latent_too_short_for_them_has_none(tiny_composite: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(tiny_composite)
    tensors["parity"] = torch.tensor([0, 0, 0] + 9 * [1], dtype=torch.uint8)
    assert find_glasses(tensors) == {}
    write_weights(tmp_path / "short.safetensors", WeightsHeader("composite", {}, header.licence), tensors)
    with pytest.raises(WeightsError, match="too few components"):
        add_glasses(tmp_path / "short.safetensors", tmp_path / "out.safetensors")
    assert write_glasses_directions(tmp_path / "short.safetensors", "short", tmp_path) == []


def test_another_family_is_refused_by_its_name(tmp_path: Path) -> None:
    write_weights(tmp_path / "other.safetensors", WeightsHeader("vae"), {"x": torch.zeros(1)})
    with pytest.raises(WeightsError, match="is a vae"):
        add_glasses(tmp_path / "other.safetensors", tmp_path / "out.safetensors")


def test_every_kind_of_rims_is_worn_by_somebody_at_the_usual_truncation() -> None:
    told = {"worn": [1.0, 0, 0, 0], "style": torch.eye(4)[1:].tolist()}
    kinds = [{"name": name, **vars(rims)} for name, rims in RIMS.items()]
    glasses = Glasses({**told, "rims": kinds}, torch.arange(4))
    people = 0.7 * torch.randn(2000, 4, 4, generator=torch.Generator().manual_seed(1))
    apart = (people[:, FINE, 1:3][:, None] - glasses.keys).square().sum(2)
    worn = torch.bincount(apart.argmin(1), minlength=len(RIMS))
    assert worn.min() > 20
