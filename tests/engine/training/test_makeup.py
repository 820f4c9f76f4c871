"""Make-up for composite weights: the files that are written, and who wears which."""

from pathlib import Path

import pytest
import torch

from likeness.errors import WeightsError
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.makeup import MakeUp
from likeness.generators.networks.quiet_axis import FINE
from likeness.generators.weights_file import WeightsHeader, read_header, read_weights, write_weights
from likeness.toolkit.latent_file import read_about, read_direction, read_switch
from likeness.training.makeup import DIRECTIONS, PAINTS, add_makeup, write_makeup_directions

CPU = torch.device("cpu")


def test_an_old_composite_is_given_some_and_stays_the_one_that_it_was(tiny_composite: Path, tmp_path: Path) -> None:
    out, before = tmp_path / "painted.safetensors", read_header(tiny_composite)
    assert before is not None
    written = add_makeup(tiny_composite, out)
    # What is saved for the old ones goes on to play: they are told apart by this.
    assert written.sha256 == before.sha256
    assert {name: value for name, value in written.arguments.items() if name != "makeup"} == before.arguments
    assert open_composite(tiny_composite, CPU).makeup is None
    assert open_composite(out, CPU).makeup is not None


def test_the_directions_are_files_that_say_whose_they_are(tiny_composite: Path, tmp_path: Path) -> None:
    out = tmp_path / "painted.safetensors"
    header = add_makeup(tiny_composite, out)
    files = write_makeup_directions(out, "tiny", tmp_path)
    assert [file.stem for file in files] == list(DIRECTIONS)
    worn, kind = (read_direction(file, 4, 12) for file in files)
    assert torch.equal(worn[2], -worn[3])
    assert kind[3].norm() == pytest.approx(1, abs=1e-4)
    assert not kind[:3].any()
    about = read_about(files[0])
    assert (about["weights"], about["licence"], about["weights_sha256"]) == ("tiny", "CC0", header.sha256)
    switch = read_switch(files[0])
    assert switch is not None
    assert switch.puts_on == "make-up"
    assert read_switch(files[1]) is None


def test_weights_without_have_no_directions_for_it(tiny_composite: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="has no make-up; give it some"):
        write_makeup_directions(tiny_composite, "tiny", tmp_path)


def test_a_latent_too_short_for_it_is_refused(tiny_composite: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(tiny_composite)
    tensors["parity"] = torch.tensor(7 * [0] + 5 * [1], dtype=torch.uint8)
    for name in ("skin_middle.even", "skin_middle.even_scale", "skin_fine.even", "skin_fine.even_scale"):
        tensors[name] = tensors[name][:7].contiguous()
    tensors["skin_exemplar.query_even"] = tensors["skin_exemplar.query_even"][:7].contiguous()
    write_weights(tmp_path / "short.safetensors", WeightsHeader("composite", {}, header.licence), tensors)
    with pytest.raises(WeightsError, match="too few components"):
        add_makeup(tmp_path / "short.safetensors", tmp_path / "out.safetensors")


def test_another_family_is_refused_by_its_name(tmp_path: Path) -> None:
    write_weights(tmp_path / "other.safetensors", WeightsHeader("vae"), {"x": torch.zeros(1)})
    with pytest.raises(WeightsError, match="is a vae"):
        add_makeup(tmp_path / "other.safetensors", tmp_path / "out.safetensors")


def test_every_kind_is_worn_by_somebody_at_the_usual_truncation() -> None:
    told = {"worn": [1.0, 0.0], "kind": [0.0, 1.0], "paints": [vars(paint) for paint in PAINTS.values()]}
    makeup = MakeUp(told, torch.arange(2), 64)
    people = torch.zeros(2000, 4, 2)
    people[:, FINE] = 0.7 * torch.randn(2000, 2, generator=torch.Generator().manual_seed(1))
    worn = torch.bincount(makeup.choose(people).argmax(1), minlength=len(PAINTS))
    assert worn.min() > 20
