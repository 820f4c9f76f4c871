"""Decoders learn, and what a trainer writes plays as it was trained."""

from pathlib import Path

import pytest
import torch
from tests.reference.parity import relative_error

from likeness.generators.families.registry import open_family
from likeness.generators.networks.dcgan import Decoder
from likeness.generators.networks.vae import VAE, kl_divergence
from likeness.generators.weights_file import WeightsHeader, write_weights


@pytest.mark.parametrize("norm", [True, False])
def test_what_a_trainer_writes_plays_as_it_was_trained(norm: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    decoder = Decoder(6, [8, 6, 4], norm=norm, slope=0.1, output="sigmoid")
    with torch.no_grad():
        for _ in range(3):
            decoder(torch.randn(8, 6))  # moves the running means
    decoder.eval()
    arguments = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
    write_weights(tmp_path / "own.safetensors", WeightsHeader("dcgan", arguments), decoder.state_dict())
    generator = open_family(tmp_path / "own.safetensors", torch.device("cpu"))
    assert generator is not None
    latent = generator.sample([1, 2])
    with torch.no_grad():
        wanted = decoder(latent[:, 0])
    assert wanted.shape == (2, 3, 32, 32)
    assert relative_error(generator.synthesize(latent), wanted) < 1e-4


def test_a_decoder_learns_one_colour() -> None:
    torch.manual_seed(0)
    decoder = Decoder(4, [16, 8], norm=False)
    z, wanted = torch.randn(1, 4), torch.tensor([0.5, -0.3, 0.1])[None, :, None, None].expand(1, 3, 16, 16)
    optimiser = torch.optim.SGD(decoder.parameters(), lr=0.5)
    first = float((decoder(z) - wanted).square().mean().detach())
    for _ in range(60):
        optimiser.zero_grad()
        loss = (decoder(z) - wanted).square().mean()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.1 * first


def test_the_divergence_of_a_normal_code_is_that_of_the_closed_form() -> None:
    mean, log_variance = torch.tensor([[0.5, -1.0]]), torch.tensor([[0.0, 0.7]])
    code = torch.distributions.Normal(mean, torch.exp(log_variance / 2))
    wanted = torch.distributions.kl_divergence(code, torch.distributions.Normal(torch.zeros(2), torch.ones(2))).sum(1)
    assert torch.allclose(kl_divergence(mean, log_variance), wanted)


def test_an_autoencoder_returns_pictures_of_the_size_that_it_took() -> None:
    vae = VAE(5, [8, 6])
    image, mean, log_variance = vae(torch.zeros(2, 3, 16, 16), torch.zeros(2, 5))
    assert image.shape == (2, 3, 16, 16)
    assert mean.shape == log_variance.shape == (2, 5)
