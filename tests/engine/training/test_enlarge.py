"""Enlarging: from a folder of faces to one file that plays at twice the size, with the composite's own latent."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from likeness.encoders.composite import open_composite_encoder
from likeness.errors import TrainingError
from likeness.generators.families.composite import open_composite
from likeness.generators.weights_file import read_header, shared_latents
from likeness.training.recipe import EXPORT
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tiny_composite: Path) -> Path:
    return tiny_composite.parent


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Return a run that is complete; its losses are logged every twenty steps."""
    wanted = replace(settings(folder, 40, begin=20, adversarial=0.1, pixels=20.0), learning_rate=3e-3)
    run = RunFolder.begin(tmp_path_factory.mktemp("enlarge") / "run", wanted)
    assert train(run, "cpu").complete
    return run


def settings(folder: Path, steps: int, **own: object) -> Settings:
    own = {"base": str(folder / "tiny.safetensors"), "pairs": str(folder / "large"), "crop": 32, "begin": 1} | own
    source = str(folder / "faces")
    return Settings("enlarge", source, size=128, batch=3, steps=steps, hold_out=24, preview_s=1e6, own=own)


def test_a_run_ends_in_one_file_that_draws_the_same_people_at_twice_the_size(folder: Path, run: RunFolder) -> None:
    base, large = (open_composite(path, CPU) for path in (folder / "tiny.safetensors", run.path / EXPORT))
    latent = base.sample(range(3))
    assert torch.equal(latent, large.sample(range(3)))
    picture = large.synthesize(latent)
    assert (large.info.resolution, picture.shape) == (128, (3, 3, 128, 128))
    small = torch.nn.functional.avg_pool2d(picture, 2)
    assert 0 < (small - base.synthesize(latent)).abs().mean() < 0.1
    photo = (torch.rand(64, 64, 3) * 255).to(torch.uint8).numpy()
    one, other = (
        open_composite_encoder(path).encode(photo) for path in (folder / "tiny.safetensors", run.path / EXPORT)
    )
    assert torch.equal(one.latent, other.latent)
    told = shared_latents(read_header(run.path / EXPORT))
    header = read_header(folder / "tiny.safetensors")
    assert told is not None
    assert header is not None
    assert (told.weights, told.sha256) == ("tiny", header.sha256)


def test_blurred_photos_come_nearer_to_the_photos_and_then_a_critic_judges_too(run: RunFolder) -> None:
    losses = [entry["losses"] for entry in run.read_log() if "losses" in entry]
    assert "critic" not in losses[0]
    assert {"coarse", "features", "texture", "pixels", "colour", "refined", "critic", "critic_itself"} == set(
        losses[-1]
    )
    assert losses[-1]["pixels"] < 0.9 * losses[0]["pixels"]


@pytest.mark.parametrize(
    ("own", "message"),
    [({"base": ""}, "--weights"), ({"crop": 40}, "multiple of 16"), ({"crop": 128}, "crop is from 32 to 64")],
)
def test_what_cannot_be_is_refused_with_what_can(
    folder: Path, tmp_path: Path, own: dict[str, object], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        train(RunFolder.begin(tmp_path / "run", settings(folder, 2, **own)), "cpu")


def test_a_base_of_another_size_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="64 px; enlarging to 256 px needs composite weights of 128 px"):
        train(RunFolder.begin(tmp_path / "run", replace(settings(folder, 2), size=256)), "cpu")
