"""Refining: from a folder of faces to one file that plays, with the composite's own latent."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.engine.training import toy

from likeness.encoders.composite import open_composite_encoder
from likeness.errors import TrainingError
from likeness.generators.families.composite import open_composite
from likeness.generators.networks.refiner import Refiner
from likeness.generators.weights_file import read_header, read_weights, shared_latents, write_weights
from likeness.training.narrow_refiner import narrow_refiner
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
    [
        ({"base": ""}, "--weights"),
        ({"crop": 70}, "multiple of 16"),
        ({"crop": 128}, "crop is from 64 to 64"),
        ({"widths": [8, 8, 8]}, "widths are 4 numbers"),
    ],
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


@pytest.fixture
def teacher(folder: Path, tmp_path: Path) -> Path:
    """Return weights with a refiner that adds enough to be seen."""
    header, tensors = read_weights(folder / "tiny.safetensors")
    torch.manual_seed(0)
    refiner = Refiner((8, 16, 16, 16))
    torch.nn.init.normal_(refiner.out.weight, std=0.02)
    own = {Refiner.prefix + name: tensor.half() for name, tensor in refiner.state_dict().items()}
    write_weights(tmp_path / "teacher.safetensors", header, tensors | own)
    return tmp_path / "teacher.safetensors"


def test_a_smaller_refiner_learns_to_draw_as_a_teacher_does(folder: Path, teacher: Path, tmp_path: Path) -> None:
    wanted = settings(folder, 60, teacher=str(teacher), widths=[8, 12, 12, 12], half_life=20.0)
    run = RunFolder.begin(tmp_path / "run", replace(wanted, learning_rate=4e-3))
    train(run, "cpu")
    losses = [entry["losses"] for entry in run.read_log() if "losses" in entry]
    assert set(losses[-1]) == {"taught"}
    assert losses[-1]["taught"] < 0.9 * losses[0]["taught"]
    base, large, small = (
        open_composite(path, CPU) for path in (folder / "tiny.safetensors", teacher, run.path / EXPORT)
    )
    assert small.refiner is not None
    assert small.refiner.widths == (8, 12, 12, 12)
    drawn, wanted_picture, made = (each.synthesize(base.sample(range(4))) for each in (base, large, small))
    assert (made - wanted_picture).abs().mean() < 0.8 * (drawn - wanted_picture).abs().mean()


def test_a_refiner_begins_as_its_teacher_and_loses_what_counts_least() -> None:
    torch.manual_seed(0)
    large = Refiner((8, 16, 16, 16))
    torch.nn.init.normal_(large.out.weight, std=0.1)
    large.fine_in.weight.data[3] = 0  # nothing comes of it
    drawn, skin = torch.rand(2, 3, 64, 64) * 2 - 1, torch.ones(2, 1, 64, 64)
    with torch.no_grad():
        wanted = large(drawn, skin)
        assert torch.equal(narrow_refiner(large, large.widths, drawn)(drawn, skin), wanted)
        narrow = narrow_refiner(large, (7, 12, 12, 12), drawn)
        assert narrow.widths == (7, 12, 12, 12)
        untaught = Refiner(narrow.widths)
        near, far = ((each(drawn, skin) - wanted).square().mean() for each in (narrow, untaught))
    assert near < 0.8 * far
    with pytest.raises(TrainingError, match=r"the teacher has \[8, 16, 16, 16\] channels"):
        narrow_refiner(large, (9, 16, 16, 16), drawn)


def test_what_was_saved_for_the_teacher_goes_on_to_work(folder: Path, teacher: Path, tmp_path: Path) -> None:
    run = RunFolder.begin(tmp_path / "run", settings(folder, 2, teacher=str(teacher), widths=[8, 8, 8, 8]))
    train(run, "cpu")
    told, header = shared_latents(read_header(run.path / EXPORT)), read_header(teacher)
    assert told is not None
    assert header is not None
    assert (told.weights, told.sha256) == ("teacher", header.sha256)


def test_a_teacher_without_a_refiner_is_refused(folder: Path, tmp_path: Path) -> None:
    wanted = settings(folder, 2, teacher=str(folder / "tiny.safetensors"))
    with pytest.raises(TrainingError, match="no refiner to learn from"):
        train(RunFolder.begin(tmp_path / "run", wanted), "cpu")
