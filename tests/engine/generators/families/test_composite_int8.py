"""The composite generator in eight bits: taken by itself where the picture stays the same."""

from pathlib import Path

import pytest
import torch

from likeness.errors import LikenessError
from likeness.generators.backends import choose
from likeness.generators.backends.choose import prepare
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.networks.enlarger import Enlarger
from likeness.generators.networks.refiner import Refiner
from likeness.generators.weights_file import read_weights, write_weights

CPU = torch.device("cpu")


@pytest.fixture
def refined(tiny_composite: Path, tmp_path: Path) -> CompositeGenerator:
    torch.manual_seed(0)
    refiner = Refiner((4, 4, 4, 4))
    torch.nn.init.normal_(refiner.out.weight, std=0.02)
    header, tensors = read_weights(tiny_composite)
    own = {Refiner.prefix + name: tensor for name, tensor in refiner.state_dict().items()}
    write_weights(tmp_path / "refined.safetensors", header, tensors | own)
    return open_composite(tmp_path / "refined.safetensors", CPU)


def test_on_a_processor_the_refiner_is_multiplied_in_eight_bits_by_itself(refined: CompositeGenerator) -> None:
    latent = refined.sample([7])
    with torch.no_grad():
        wanted = refined.synthesize(latent)
        choice = prepare(refined)
        assert choice.precision == "int8"
        picture = refined.synthesize(latent)
        assert not torch.equal(picture, wanted)
        assert (picture - wanted).abs().max() < 0.03
        assert prepare(refined, precision="float32").precision == "its own"
        assert torch.equal(refined.synthesize(latent), wanted)


def test_an_enlarger_is_multiplied_in_eight_bits_too(tiny_composite: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    enlarger = Enlarger((4, 4, 4, 4))
    torch.nn.init.normal_(enlarger.leave.weight, std=0.02)
    header, tensors = read_weights(tiny_composite)
    own = {Enlarger.prefix + name: tensor for name, tensor in enlarger.state_dict().items()}
    write_weights(tmp_path / "large.safetensors", header, tensors | own)
    generator = open_composite(tmp_path / "large.safetensors", CPU)
    latent = generator.sample([7])
    with torch.no_grad():
        wanted = generator.synthesize(latent)
        choice = prepare(generator)
        assert choice.precision == "int8"
        assert "the enlarger in eight bits" in str(choice)
        picture = generator.synthesize(latent)
        assert not torch.equal(picture, wanted)
        assert (picture - wanted).abs().mean() < 0.005
        assert prepare(generator, precision="float32").precision == "its own"
        assert torch.equal(generator.synthesize(latent), wanted)


def test_eight_bits_that_draw_another_picture_are_not_taken(
    refined: CompositeGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "LEAST_PSNR_DB", 500.0)
    latent = refined.sample([7])
    with torch.no_grad():
        wanted = refined.synthesize(latent)
        assert prepare(refined).precision == "its own"
        assert torch.equal(refined.synthesize(latent), wanted)
    with pytest.raises(LikenessError, match=r"int8 cannot draw these weights \(\d+ dB from floats, wanted 500\)"):
        prepare(refined, precision="int8")


def test_weights_without_a_refiner_say_that_eight_bits_are_not_for_them(tiny_composite: Path) -> None:
    generator = open_composite(tiny_composite, CPU)
    assert prepare(generator).precision == "its own"
    with pytest.raises(LikenessError, match="int8 is for weights with a refiner"):
        prepare(generator, precision="int8")
