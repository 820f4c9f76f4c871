"""Refining: from a folder of faces to one file that plays, with the composite's own latent."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.engine.training import toy

from likeness.encoders.composite import open_composite_encoder
from likeness.errors import TrainingError
from likeness.generators.families.composite import open_composite
from likeness.generators.weights_file import read_header, read_weights, write_weights
from likeness.training.recipe import EXPORT
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train

CPU = torch.device("cpu")


@pytest.fixture
def folder(tiny_composite: Path) -> Path:
    return tiny_composite.parent


def settings(folder: Path, steps: int, **own: object) -> Settings:
    own = {"base": str(folder / "tiny.safetensors"), "pairs": str(folder / "pairs"), "crop": 64, "begin": 2} | own
    source = str(folder / "faces")
    return Settings("refine", source, size=64, batch=3, steps=steps, hold_out=24, preview_s=1e6, own=own)


def test_a_run_ends_in_one_file_that_plays_and_encodes_as_its_base_does(folder: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(folder / "tiny.safetensors")
    noticed = replace(header, licence=replace(header.licence, notice="Copyright (c) 2022 Somebody"))
    write_weights(tmp_path / "noticed.safetensors", noticed, tensors)
    run = RunFolder.begin(tmp_path / "run", settings(folder, 6, base=str(tmp_path / "noticed.safetensors")))
    assert train(run, "cpu").complete
    made = read_header(run.path / EXPORT)
    assert made is not None
    assert made.licence.notice == "Copyright (c) 2022 Somebody"
    base, refined = (open_composite(path, CPU) for path in (folder / "tiny.safetensors", run.path / EXPORT))
    latent = base.sample(range(3))
    assert torch.equal(latent, refined.sample(range(3)))
    assert torch.equal(base.directions, refined.directions)
    assert refined.refiner is not None
    apart = (base.synthesize(latent) - refined.synthesize(latent)).abs()
    assert 0 < apart.mean() < 0.1
    photo = (torch.rand(64, 64, 3) * 255).to(torch.uint8).numpy()
    one, other = (
        open_composite_encoder(path).encode(photo) for path in (folder / "tiny.safetensors", run.path / EXPORT)
    )
    assert torch.equal(one.latent, other.latent)
    logged = [entry["metrics"] for entry in run.read_log() if "metrics" in entry]
    assert set(logged[-1]) == {"looks drawn", "looks refined"}


def test_the_same_run_in_two_sittings_learns_the_same(folder: Path, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole, halves = (RunFolder.begin(tmp_path / name, settings(folder, 4)) for name in ("whole", "halves"))
        train(whole, "cpu")
        # Its rate falls with its progress, so the first half must know of the second.
        first = halves.with_settings(steps=4)
        stopped = toy.stopped_after(2)
        train(first, "cpu", stopped)
        assert first.position()[0] == 2
        train(first, "cpu")
    finally:
        torch.set_num_threads(threads)
    ends = [torch.load(run.checkpoints()[-1], weights_only=True)["networks"] for run in (whole, first)]
    for name, tensor in ends[0]["refiner"].items():
        assert torch.equal(tensor, ends[1]["refiner"][name]), name


def test_learning_brings_the_texture_of_drawings_nearer_to_that_of_photos(folder: Path, tmp_path: Path) -> None:
    run = RunFolder.begin(
        tmp_path / "run", replace(settings(folder, 40, begin=10**6, texture=20.0), batch=2, learning_rate=3e-3)
    )
    train(run, "cpu")
    losses = [entry["losses"] for entry in run.read_log() if "losses" in entry]
    assert "critic" not in losses[-1]
    assert losses[-1]["texture"] < 0.95 * losses[0]["texture"]


@pytest.mark.parametrize(
    ("own", "message"),
    [({"base": ""}, "--weights"), ({"crop": 70}, "multiple of 16"), ({"crop": 128}, "crop is from 64 to 64")],
)
def test_what_cannot_be_is_refused_with_what_can(
    folder: Path, tmp_path: Path, own: dict[str, object], message: str
) -> None:
    size = {"crop": 70}
    wanted = replace(settings(folder, 2, **own), size=128 if own == size else 64)
    with pytest.raises(TrainingError, match=message):
        train(RunFolder.begin(tmp_path / "run", wanted), "cpu")


def test_a_base_of_another_size_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="64 px; refining at 128 px"):
        train(RunFolder.begin(tmp_path / "run", replace(settings(folder, 2), size=128)), "cpu")
