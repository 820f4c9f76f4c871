"""The latents of a folder of photos are found, and an encoder learns from them."""

import logging
from pathlib import Path

import cv2
import pytest
import torch

from likeness import open_generator
from likeness.cli import app
from likeness.encoders.open_encoder import open_encoder_for
from likeness.errors import LikenessError
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.picture import to_picture
from likeness.projection.batch import project_batch


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    decoder = Decoder(4, [8, 6], norm=False, slope=0.2, output="tanh").eval()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(3)
    arguments = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
    write_weights(tmp_path / "tiny.safetensors", WeightsHeader("dcgan", arguments), decoder.state_dict())
    return tmp_path / "tiny.safetensors"


def photographed(weights: Path, count: int) -> tuple[Path, torch.Tensor]:
    """A folder of what the generator drew, enlarged, and the latents of it."""
    generator = open_generator(weights)
    folder = weights.parent / "photos"
    folder.mkdir()
    latents = generator.sample(range(count))
    for number, latent in enumerate(latents):
        picture = cv2.resize(to_picture(generator.synthesize(latent[None])), (64, 64), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number:03d}.png"), picture[..., ::-1])
    return folder, latents


def test_every_photo_that_can_be_read_is_searched_for(weights: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder, latents = photographed(weights, 10)
    (folder / "005.png").write_bytes(b"no picture")
    done: list[tuple[int, int]] = []
    with caplog.at_level(logging.WARNING):
        generator = open_generator(weights)
        seen, found, mirrored = project_batch(generator, sorted(folder.iterdir()), 60, lambda *at: done.append(at))
    wanted = torch.cat([latents[:5], latents[6:]])
    assert len(seen) == len(found) == len(mirrored) == 9
    assert not torch.equal(seen, mirrored)
    assert (found - wanted).square().mean() < 0.6 * wanted.square().mean()
    assert done == [(8, 10), (10, 10)]
    assert "005.png" in caplog.text


def test_a_folder_without_a_photo_is_refused(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("no picture")
    with pytest.raises(LikenessError, match="no photo could be read"):
        project_batch(open_generator(weights), [tmp_path / "text.txt"], 5)


def test_an_encoder_is_trained_on_photos_by_a_command(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = photographed(weights, 50)
    command = ["train", "encoder", str(weights), "--photos", str(folder), "--hold-out", "8", "--steps", "4"]
    with pytest.raises(SystemExit) as ended:
        app(command)
    assert ended.value.code == 0
    assert "42 pictures" in capsys.readouterr().out
    assert open_encoder_for(weights).encode(torch.zeros(1, 3, 16, 16)).shape == (1, 1, 4)


def test_too_few_photos_are_refused_before_any_search(weights: Path) -> None:
    folder, _ = photographed(weights, 4)
    with pytest.raises(LikenessError, match="2 photos of"):
        app(["train", "encoder", str(weights), "--photos", str(folder), "--hold-out", "2"])


def test_an_encoder_that_comes_with_the_program_is_not_written_over() -> None:
    with pytest.raises(LikenessError, match="comes with the program"):
        app(["train", "encoder", "faces-256", "--samples", "40"])
