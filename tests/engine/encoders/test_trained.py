"""An encoder trained on a generator's own pictures finds their latents again, and knows whose it is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.conftest import ToyGenerator

from likeness import open_generator
from likeness.encoders.open_encoder import open_encoder_for
from likeness.encoders.trained import encoder_file, find_encoder, open_trained
from likeness.errors import TrainingError, WeightsError
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import WeightsHeader, declare_latents, read_weights, write_weights
from likeness.training.encoder import EncoderSamples, draw_samples, sample_latents, train_encoder


def tiny(path: Path, seed: int = 0) -> Path:
    torch.manual_seed(seed)
    decoder = Decoder(6, [8, 6, 4], norm=False, slope=0.2, output="tanh").eval()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(3)
    arguments = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
    write_weights(path, WeightsHeader("dcgan", arguments), decoder.state_dict())
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tiny(tmp_path_factory.mktemp("encoder") / "tiny.safetensors")
    generator = open_generator(path)
    train_encoder(generator, draw_samples(generator, samples=120), encoder_file(path), components=40)
    return path


def test_what_was_drawn_is_found_again(weights: Path) -> None:
    generator = open_generator(weights)
    encoder = open_encoder_for(generator)
    latents = sample_latents(generator, 24, seed=99)
    drawn = generator.synthesize(latents)
    found = encoder.encode(drawn)
    assert found.shape == latents.shape
    assert (found - latents).square().mean() < 0.6 * (generator.mean - latents).square().mean()
    assert torch.equal(encoder.encode(drawn), found)


def test_an_encoder_is_found_by_the_path_of_the_weights_too(weights: Path) -> None:
    pictures = torch.zeros(1, 3, 64, 64)
    by_path, by_generator = open_encoder_for(weights), open_encoder_for(open_generator(weights))
    assert torch.equal(by_path.encode(pictures), by_generator.encode(pictures))


def test_an_encoder_of_other_weights_is_refused(weights: Path, tmp_path: Path) -> None:
    other = tiny(tmp_path / "tiny.safetensors", seed=1)
    (tmp_path / encoder_file(other).name).write_bytes(encoder_file(weights).read_bytes())
    with pytest.raises(WeightsError, match="trained for other weights"):
        open_encoder_for(other)


def test_weights_without_an_encoder_say_how_to_make_one(tmp_path: Path, toy: Callable[..., ToyGenerator]) -> None:
    with pytest.raises(WeightsError, match="likeness train encoder"):
        open_encoder_for(tiny(tmp_path / "tiny.safetensors"))
    with pytest.raises(WeightsError, match="not opened from a file"):
        open_encoder_for(toy())


def test_a_header_may_name_the_encoder(weights: Path, tmp_path: Path) -> None:
    write_weights(tmp_path / "a.safetensors", WeightsHeader("dcgan", {"encoder": "b.safetensors"}), {})
    assert encoder_file(tmp_path / "a.safetensors") == tmp_path / "b.safetensors"


def test_what_is_no_encoder_is_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not a trained encoder"):
        open_trained(weights, "")
    write_weights(tmp_path / "bad.safetensors", WeightsHeader("encoder"), {"origin": torch.zeros(1, 6)})
    with pytest.raises(WeightsError, match="train it again"):
        open_trained(tmp_path / "bad.safetensors", "")


def test_an_encoder_of_a_generator_that_knows_no_mirror_images_learns_from_the_pictures_alone(weights: Path) -> None:
    _, tensors = read_weights(encoder_file(weights))
    assert set(tensors) == {"centre", "basis", "map", "origin"}


def test_signs_of_another_shape_are_refused(weights: Path, tmp_path: Path) -> None:
    header, tensors = read_weights(encoder_file(weights))
    write_weights(tmp_path / "bad.safetensors", header, tensors | {"mirror_signs": torch.ones(2, 6, dtype=torch.int8)})
    with pytest.raises(WeightsError, match="mirror_signs"):
        open_trained(tmp_path / "bad.safetensors", "")


def test_samples_differ_from_layer_to_layer_in_half_of_the_cases(toy: Callable[..., ToyGenerator]) -> None:
    latents = sample_latents(toy(), 400, seed=1)
    mixed = (latents - latents[:, :1]).abs().amax((1, 2)) > 0
    assert 0.35 < float(mixed.float().mean()) < 0.65
    assert torch.equal(sample_latents(toy(), 400, seed=1), latents)


def test_too_few_samples_are_refused(toy: Callable[..., ToyGenerator], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="too few"):
        train_encoder(toy(), EncoderSamples(torch.zeros(5, 9), torch.zeros(5, 1, 4)), tmp_path / "x.safetensors")


def test_the_composites_own_encoder_answers_in_tensors(root: Path) -> None:
    generator = open_generator(root / "weights" / "composite-256.safetensors")
    generator.info = replace(generator.info, weights=root / "weights" / "composite-256.safetensors")
    drawn = generator.synthesize(0.7 * generator.sample([5]))
    found = open_encoder_for(generator).encode(drawn)
    again, mean = generator.synthesize(found), generator.synthesize(generator.mean[None])
    assert found.shape == (1, 4, generator.info.w_dim)
    assert (again - drawn).square().mean() < 0.5 * (mean - drawn).square().mean()


def test_weights_that_play_the_latents_of_others_are_encoded_by_the_others_encoder(tmp_path: Path) -> None:
    own = write_weights(tmp_path / "old.safetensors", WeightsHeader("toy"), {"a": torch.zeros(1)})
    latents = declare_latents(tmp_path / "old.safetensors", own)
    header = write_weights(tmp_path / "new.safetensors", WeightsHeader("toy", latents), {"a": torch.ones(1)})
    assert find_encoder(tmp_path / "new.safetensors") == (tmp_path / "new.encoder.safetensors", header.sha256)
    (tmp_path / "old.encoder.safetensors").touch()
    assert find_encoder(tmp_path / "new.safetensors") == (tmp_path / "old.encoder.safetensors", own.sha256)
    (tmp_path / "new.encoder.safetensors").touch()
    assert find_encoder(tmp_path / "new.safetensors") == (tmp_path / "new.encoder.safetensors", header.sha256)
    # Weights of the same name that were given another network keep their encoder.
    (tmp_path / "again").mkdir()
    write_weights(tmp_path / "again" / "old.safetensors", WeightsHeader("toy", latents), {"a": torch.ones(1)})
    (tmp_path / "again" / "old.encoder.safetensors").touch()
    kept = tmp_path / "again" / "old.encoder.safetensors"
    assert find_encoder(tmp_path / "again" / "old.safetensors") == (kept, own.sha256)
    # What is made of the new ones plays the latents of the old ones still.
    assert declare_latents(tmp_path / "new.safetensors", header) == latents
