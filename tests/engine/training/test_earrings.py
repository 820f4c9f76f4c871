"""Earrings for composite weights: the files that are written, and who wears which."""

from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.files.paths import find_weights
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.earrings import Earrings
from likeness.generators.networks.quiet_axis import FINE
from likeness.generators.weights_file import WeightsHeader, read_header, read_weights, write_weights
from likeness.toolkit.latent_file import read_about, read_direction, read_switch
from likeness.training.earrings import DIRECTIONS, KINDS, add_earrings, write_earring_directions

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return bundled weights without earrings; those that tests train are too short for them."""
    header, tensors = read_weights(find_weights("composite-256"))
    told = {name: value for name, value in header.arguments.items() if name != "earrings"}
    out = tmp_path_factory.mktemp("plain") / "plain.safetensors"
    write_weights(out, WeightsHeader(header.family, told, header.licence), tensors)
    return out


def test_an_old_composite_is_given_some_and_stays_the_one_that_it_was(plain: Path, tmp_path: Path) -> None:
    out, before = tmp_path / "adorned.safetensors", read_header(plain)
    assert before is not None
    written = add_earrings(plain, out)
    # What is saved for the old ones goes on to play: they are told apart by this.
    assert written.sha256 == before.sha256
    assert {name: value for name, value in written.arguments.items() if name != "earrings"} == before.arguments
    assert open_composite(plain, CPU).earrings is None
    assert open_composite(out, CPU).earrings is not None


def test_the_directions_are_files_that_say_whose_they_are(plain: Path, tmp_path: Path) -> None:
    out = tmp_path / "adorned.safetensors"
    header = add_earrings(plain, out)
    files = write_earring_directions(out, "composite-256", tmp_path)
    assert [file.stem for file in files] == list(DIRECTIONS)
    worn, kind = (read_direction(file, 4, 160) for file in files)
    assert torch.equal(worn[2], -worn[3])
    assert kind[3].norm() == pytest.approx(1, abs=1e-4)
    assert not kind[:3].any()
    about = read_about(files[0])
    assert (about["weights"], about["weights_sha256"]) == ("composite-256", header.sha256)
    switch = read_switch(files[0])
    assert switch is not None
    assert switch.puts_on == "earrings"
    assert read_switch(files[1]) is None


def test_weights_without_have_no_directions_for_them(plain: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="has no earrings; give it some"):
        write_earring_directions(plain, "composite-256", tmp_path)


def test_a_latent_too_short_for_them_is_refused(tiny_composite: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="too few components"):
        add_earrings(tiny_composite, tmp_path / "out.safetensors")


def test_another_family_is_refused_by_its_name(tmp_path: Path) -> None:
    write_weights(tmp_path / "other.safetensors", WeightsHeader("vae"), {"x": torch.zeros(1)})
    with pytest.raises(WeightsError, match="is a vae"):
        add_earrings(tmp_path / "other.safetensors", tmp_path / "out.safetensors")


def test_every_kind_is_worn_by_somebody_at_the_usual_truncation() -> None:
    told = {"worn": [1.0, 0.0], "kind": [0.0, 1.0], "kinds": [vars(kind) for kind in KINDS.values()]}
    earrings = Earrings(told, torch.arange(2), 64)
    people = torch.zeros(2000, 4, 2)
    people[:, FINE] = 0.7 * torch.randn(2000, 2, generator=torch.Generator().manual_seed(1))
    worn = torch.bincount(earrings.choose(people).argmax(1), minlength=len(KINDS))
    assert worn.min() > 20
