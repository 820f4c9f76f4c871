"""The VAE: it learns to draw again what it sees, and its two files belong together."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.engine.drawn_faces import write_faces

from likeness.encoders.vae import open_vae_encoder
from likeness.errors import WeightsError
from likeness.generators.families.registry import open_family
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.training.compute import Compute, seed_step
from likeness.training.dataset import open_dataset
from likeness.training.recipe import RunProgress
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train
from likeness.training.vae import ENCODER, VAERecipe

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Return a run on drawn faces that has ended."""
    folder = tmp_path_factory.mktemp("vae")
    write_faces(folder / "faces", 24, 16)
    own = {"z_dim": 8, "width": 16, "half_life": 300.0, "perceptual": 0.0}
    settings = Settings("vae", str(folder / "faces"), size=16, batch=16, steps=300, hold_out=4, learning_rate=0.004)
    settings = replace(settings, precision="float32", own=own)
    train(RunFolder.begin(folder / "run", settings), "cpu")
    return RunFolder.open(folder / "run")


def test_photos_come_back_through_encoder_and_decoder_nearer_than_their_mean(run: RunFolder) -> None:
    generator = open_family(run.path / "weights.safetensors", CPU)
    encoder = open_vae_encoder(run.path / ENCODER)
    assert generator is not None
    photos = open_dataset(run).first(24, CPU)[4:]
    latent = encoder.encode(photos)
    assert latent.shape == (20, 1, generator.info.w_dim)
    again = generator.synthesize(latent)
    missed = (again - photos).square().mean()
    assert float(missed) < 0.5 * float((photos.mean(0) - photos).square().mean())
    # Their own photo is nearer than any other: what morphs and age algebra live on.
    distances = (again[:, None] - photos[None]).square().mean((2, 3, 4))
    assert float((distances.argmin(1) == torch.arange(20)).float().mean()) > 0.8


def test_latents_of_the_photos_are_as_wide_as_the_noise_that_samples_are_drawn_from(run: RunFolder) -> None:
    latent = open_vae_encoder(run.path / ENCODER).encode(open_dataset(run).first(24, CPU)[4:])[:, 0]
    assert float(latent.square().mean().sqrt()) == pytest.approx(1.0, abs=0.15)


def test_photos_of_another_size_are_scaled(run: RunFolder) -> None:
    encoder = open_vae_encoder(run.path / ENCODER)
    photos = open_dataset(run).first(2, CPU)
    larger = photos.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(encoder.encode(larger), encoder.encode(photos), rtol=1e-4, atol=1e-4)


def test_looks_count_where_they_are_asked_for() -> None:
    photos = [torch.rand(4, 3, 16, 16) * 2 - 1]
    told = {}
    for weight in (0.0, 0.5):
        torch.manual_seed(0)
        own = {"z_dim": 4, "width": 4, "perceptual": weight}
        settings = Settings("vae", "", size=16, batch=4, steps=1, precision="float32", own=own)
        recipe = VAERecipe(settings, Compute("cpu", "float32"))
        seed_step(0, 0, 0)
        losses = recipe.step(photos, RunProgress(0, 0, 0.5))
        told[weight] = losses, [parameter.detach() for parameter in recipe.networks()["vae"].parameters()]
    assert float(told[0.0][0]["looks"]) == 0.0
    assert float(told[0.5][0]["looks"]) > 0.1
    assert torch.equal(told[0.0][0]["error"], told[0.5][0]["error"])
    assert any(not torch.equal(a, b) for a, b in zip(told[0.0][1], told[0.5][1], strict=True))


def test_what_was_held_out_is_measured_and_shown(run: RunFolder) -> None:
    measured = [entry["metrics"] for entry in run.read_log() if "metrics" in entry]
    assert measured[-1]["psnr"] > measured[0]["psnr"] + 3
    assert {path.name for path in (run.path / "reconstructions").iterdir()} == {"000000000.png", "000000300.png"}


@pytest.mark.parametrize(
    "arguments", [{}, {"z_dim": 10**9, "widths": [4]}, {"z_dim": 3, "widths": ["4"]}, {"z_dim": 3, "widths": [4, 4]}]
)
def test_a_broken_encoder_is_refused_before_it_is_built(tmp_path: Path, arguments: dict[str, object]) -> None:
    header = WeightsHeader("vae-encoder", arguments)
    write_weights(tmp_path / "broken.safetensors", header, {"code.weight": torch.zeros(6, 64)})
    with pytest.raises(WeightsError, match="train it again"):
        open_vae_encoder(tmp_path / "broken.safetensors")


def test_other_weights_are_no_encoder(run: RunFolder) -> None:
    with pytest.raises(WeightsError, match=r"is of the family 'vae', wanted 'vae-encoder'"):
        open_vae_encoder(run.path / "weights.safetensors")
