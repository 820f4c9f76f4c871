"""Searches in small generators of the neural families: what they drew is found again."""

from pathlib import Path

import pytest
import torch
from tests.reference import pickles
from tests.reference import tensorflow as tf
from tests.reference.parity import case

from likeness.generator import Generator
from likeness.generators.families.registry import open_family
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.projection.loss import LossWeights
from likeness.projection.noise_inputs import NoiseInputs
from likeness.projection.search import project

CPU = torch.device("cpu")
STYLES = ("sg2_skip", "sg3_t", "stylegan1")


def opened(name: str, folder: Path) -> Generator:
    path = folder / "network.pkl"
    if name == "stylegan1":
        path.write_bytes(pickles.tensorflow_pickle(tf.stylegan1_variables(16), {}))
    elif name == "vae":
        torch.manual_seed(0)
        decoder = Decoder(6, [8, 6], norm=False, slope=0.2, output="tanh").eval()
        path = folder / "own.safetensors"
        arguments = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
        write_weights(path, WeightsHeader("vae", arguments), decoder.state_dict())
    else:
        path.write_bytes(pickles.official_pickle(case(name).state, case(name).kwargs))
    generator = open_family(path, CPU)
    assert generator is not None
    return generator


@pytest.mark.parametrize("name", [*STYLES, "vae"])
def test_what_a_family_drew_is_found_again(name: str, tmp_path: Path) -> None:
    generator = opened(name, tmp_path)
    target = generator.synthesize(generator.sample([3])).detach()
    losses = [step.loss for step in project(generator, target, steps=40, weights=LossWeights(prior=0.0))]
    assert losses[-1] < 0.3 * losses[0]


def test_a_search_with_noise_maps_leaves_the_generator_as_it_was(tmp_path: Path) -> None:
    generator = opened("sg2_skip", tmp_path)
    latent = generator.sample([1])
    before = generator.synthesize(latent)
    target = generator.synthesize(generator.sample([3])).detach()
    steps = list(project(generator, target, steps=8, noise=True, seed=4))
    assert torch.equal(generator.synthesize(latent), before)
    assert steps[-1].loss < steps[0].loss
    assert steps[-1].noise
    for noise in steps[-1].noise.values():
        assert abs(float(noise.mean())) < 1e-5
        assert float(noise.square().mean()) == pytest.approx(1.0, abs=1e-4)
    assert not list(project(generator, target, steps=1))[-1].noise


def test_noise_is_told_from_a_signal(tmp_path: Path) -> None:
    class Layer(torch.nn.Module):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.register_buffer("noise", torch.zeros(1, 1, size, size))
            self.register_buffer("strength", torch.tensor(0.5))

    inputs = NoiseInputs(torch.nn.Sequential(Layer(32)), seed=1)
    noise = float(inputs.correlation().detach())
    (drawn,) = inputs.maps.values()
    with torch.no_grad():
        drawn.copy_(torch.linspace(-1, 1, 32)[None, None, None, :].expand_as(drawn))
    inputs.normalise()
    assert noise < 0.05
    assert float(inputs.correlation().detach()) > 1.0
    assert torch.allclose(next(iter(inputs.values().values())), 0.5 * drawn)
