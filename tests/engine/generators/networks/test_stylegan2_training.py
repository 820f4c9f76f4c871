"""What StyleGAN2 learnt is what it plays, and its parts are those of the paper."""

from pathlib import Path

import pytest
import torch
from tests.reference import stylegan2 as plain
from tests.reference.parity import relative_error

from likeness.generators.families.registry import open_family
from likeness.generators.networks.modulated_conv import StyleGAN2Settings
from likeness.generators.networks.stylegan2 import StyleGAN2
from likeness.generators.networks.stylegan2_training import StyleShape, TrainableStyleGAN2
from likeness.generators.weights_file import WeightsHeader, write_weights

SMALL = StyleShape(32, z_dim=12, w_dim=20, mapping_layers=2, channel_base=256, channel_max=24)
LIGHT = StyleShape(32, shuffle=2, z_dim=12, w_dim=20, mapping_layers=3, channel_base=256, channel_max=24)


def learnt(shape: StyleShape, seed: int = 0) -> TrainableStyleGAN2:
    """A network in which nothing is any more as it began."""
    torch.manual_seed(seed)
    network = TrainableStyleGAN2(shape)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
        network.mapping.w_avg.normal_()
    return network.eval()


def test_it_draws_what_the_paper_says() -> None:
    network = learnt(SMALL)
    z = torch.randn(3, 12, generator=torch.Generator().manual_seed(1))
    state = network.state_dict()
    with torch.no_grad():
        ws = network.latents(z)
        assert (ws[:, 0] - plain.mapping(state, z)).abs().max() < 1e-5
        for noise in ("const", "none"):
            assert relative_error(network.synthesis(ws, noise), plain.synthesize(state, ws, noise)) < 1e-4


@pytest.mark.parametrize("shape", [SMALL, LIGHT])
def test_the_weights_that_it_writes_play_the_same_picture(tmp_path: Path, shape: StyleShape) -> None:
    network = learnt(shape)
    path = tmp_path / "faces.safetensors"
    write_weights(path, WeightsHeader("stylegan2", {"shuffle": shape.shuffle}), network.state_dict())
    generator = open_family(path, torch.device("cpu"))
    assert generator is not None
    assert generator.info.resolution == 32
    assert generator.info.num_ws == shape.num_ws
    z = torch.randn(2, 12, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = network(z, noise="const")
        assert wanted.shape == (2, 3, 32, 32)
        assert relative_error(generator.synthesize(generator.map_z(z)), wanted) < 1e-5
    assert torch.equal(generator.mean[0], network.mapping.w_avg)


def test_the_light_form_shuffles_four_pixels_out_of_each_place() -> None:
    network = learnt(LIGHT)
    state = network.state_dict()
    with torch.no_grad():
        ws = network.latents(torch.randn(1, 12))
        planes = plain.synthesize(state, ws)
        drawn = StyleGAN2(state, StyleGAN2Settings(shuffle=2)).synthesis(ws)
    assert planes.shape == (1, 12, 16, 16)
    for row in range(2):
        for column in range(2):
            for channel in range(3):
                plane = planes[0, channel * 4 + row * 2 + column]
                assert (drawn[0, channel, row::2, column::2] - plane).abs().max() < 1e-4


def test_a_shuffle_that_does_not_divide_the_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="12 channels, wanted a multiple of 9"):
        StyleGAN2(learnt(LIGHT).state_dict(), StyleGAN2Settings(shuffle=3))


def test_at_the_start_every_layer_keeps_the_variance() -> None:
    torch.manual_seed(0)
    network = TrainableStyleGAN2(StyleShape(16, z_dim=64, w_dim=64, channel_base=1024, channel_max=64))
    with torch.no_grad():
        ws = network.latents(torch.randn(64, 64))
        assert ws.square().mean().item() == pytest.approx(1, rel=0.5)
        assert network.synthesis(ws).std().item() == pytest.approx(1, rel=0.6)


def test_the_mean_w_follows_while_it_learns_and_stays_while_it_plays() -> None:
    network = learnt(SMALL)
    mapping = network.mapping
    z = torch.randn(40, 12)
    before = mapping.w_avg.clone()
    w = mapping(z)
    assert torch.equal(mapping.w_avg, before)
    mapping.train()
    mapping(z)
    assert torch.allclose(mapping.w_avg, 0.995 * before + 0.005 * w.mean(0), atol=1e-6)


def test_mixed_styles_have_one_w_up_to_a_layer_and_another_from_there() -> None:
    network = learnt(SMALL)
    z = torch.randn(200, 12)
    with torch.no_grad():
        own = network.mapping(z)
        ws = network.latents(z, mixing=0.9)
    same = (ws == own[:, None]).all(2)
    assert same[:, 0].all()
    assert (same[:, :-1] >= same[:, 1:]).all()  # once another, never back
    share = 1 - same.all(1).float().mean().item()
    assert share == pytest.approx(0.9, abs=0.07)
    crossings = same.sum(1)[~same.all(1)]
    assert set(crossings.tolist()) == set(range(1, SMALL.num_ws))
    assert torch.equal(network.latents(z)[:, -1], own)


def test_every_weight_learns_and_random_noise_is_new_in_each_picture() -> None:
    network = learnt(LIGHT).train()
    z = torch.randn(1, 12).expand(2, -1)
    images = network(z, mixing=0.5)
    assert not torch.equal(*network.synthesis(network.latents(z)))
    images.square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_bfloat16_stays_within_30_db_and_ignores_autocast() -> None:
    network = learnt(SMALL)
    with torch.no_grad():
        ws = network.latents(torch.randn(4, 12))
        wanted = network.synthesis(ws, "const")
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(network.synthesis(ws, "const"), wanted)
        network.synthesis.dtype = torch.bfloat16
        drawn = network.synthesis(ws, "const")
    assert drawn.dtype == torch.float32
    error = (drawn - wanted).square().mean()
    assert 10 * torch.log10((wanted.max() - wanted.min()).square() / error) > 30


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"resolution": 48}, "48 px"),
        ({"resolution": 64, "shuffle": 3}, "shuffle 3"),
        ({"resolution": 64, "w_dim": 0}, "w_dim is 0"),
    ],
)
def test_a_shape_that_cannot_be_built_is_refused(arguments: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        StyleShape(**arguments)
