"""The projected discriminator learns to tell pictures apart, by its heads alone."""

import pytest
import torch
from torch import nn

from likeness.generators.perceptual import open_features
from likeness.training.discriminators import ProjectedDiscriminator
from likeness.training.discriminators.losses import hinge_discriminator, hinge_generator
from likeness.training.discriminators.projected import RandomMixing


@pytest.fixture(scope="module")
def features() -> nn.Module:
    return open_features()


def discriminator(features: nn.Module, **arguments: object) -> ProjectedDiscriminator:
    torch.manual_seed(0)
    return ProjectedDiscriminator(features, width=8, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [64, 128])
def test_four_heads_see_every_place_of_a_picture_of_any_size(features: nn.Module, side: int) -> None:
    logits = discriminator(features)(torch.zeros(2, 3, side, side))
    assert [tuple(x.shape) for x in logits] == [(2, 1, side // 32, side // 32)] * 4


def test_small_and_large_pictures_are_seen_at_the_size_asked_for(features: nn.Module) -> None:
    judge = discriminator(features, size=96)
    for side in (64, 96, 256):
        assert judge(torch.zeros(1, 3, side, side))[0].shape == (1, 1, 3, 3)


def test_the_features_are_neither_trained_nor_saved(features: nn.Module) -> None:
    judge = discriminator(features)
    assert all(name.startswith("heads.") for name, _ in judge.named_parameters())
    assert all(name.startswith(("heads.", "mixing.")) for name in judge.state_dict())
    before = [p.clone() for p in features.parameters()]
    hinge_generator(judge(torch.zeros(1, 3, 64, 64))).backward()
    assert all(p.grad is None for p in features.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, features.parameters(), strict=True))


def test_mixing_keeps_the_level_and_is_the_same_for_the_same_seed() -> None:
    source = torch.Generator().manual_seed(0)
    maps = [torch.randn(4, n, 32 >> i, 32 >> i, generator=source) for i, n in enumerate((24, 40, 112, 320))]
    mixing = RandomMixing((24, 40, 112, 320), 16, seed=3)
    mixed = mixing(maps)
    assert [x.shape[1] for x in mixed] == [16, 32, 64, 128]
    for x in mixed:  # padding and bilinear interpolation take a little
        assert 0.6 < x.std() < 1.2
    again, other = RandomMixing((24, 40, 112, 320), 16, seed=3), RandomMixing((24, 40, 112, 320), 16, seed=4)
    assert torch.equal(again(maps)[0], mixed[0])
    assert not torch.equal(other(maps)[0], mixed[0])


def test_the_finest_head_hears_of_the_coarsest_map() -> None:
    source = torch.Generator().manual_seed(0)
    maps = [torch.randn(1, n, 32 >> i, 32 >> i, generator=source) for i, n in enumerate((24, 40, 112, 320))]
    mixing = RandomMixing((24, 40, 112, 320), 8, seed=0)
    before = mixing(maps)[0]
    assert not torch.equal(mixing([*maps[:3], maps[3] + 1])[0], before)


def test_no_layer_of_a_head_stretches_more_than_by_one(features: nn.Module) -> None:
    judge = discriminator(features)
    for _ in range(20):  # each call is one step of the power iteration
        judge(torch.zeros(1, 3, 64, 64), augment=False)
    convolutions = [m for m in judge.heads.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 4 + 1 + (3 + 2 + 1)
    for layer in convolutions:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.05)


def test_it_learns_to_tell_stripes_from_noise_and_its_slope_makes_noise_more_like_stripes(features: nn.Module) -> None:
    judge = discriminator(features, policy=("translation",))
    optimiser = torch.optim.Adam(judge.parameters(), lr=2e-3, betas=(0.0, 0.99))
    stripes = torch.sin(torch.arange(64) * 0.8).expand(8, 3, 64, 64)
    noise = torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(1)).clamp(-1, 1)
    first = hinge_discriminator(judge(stripes), judge(noise)).item()
    assert first > 1.5  # it knows nothing: 2 in the mean
    for _ in range(25):
        optimiser.zero_grad()
        loss = hinge_discriminator(judge(stripes), judge(noise))
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.8
    judge.eval()
    drawn = noise.clone().requires_grad_(True)
    before = hinge_generator(judge(drawn, augment=False))
    (slope,) = torch.autograd.grad(before, drawn)
    after = hinge_generator(judge(noise - 0.05 * slope.sign(), augment=False))
    assert after < before - 0.1


def test_one_projection_serves_both_players(features: nn.Module) -> None:
    judge = discriminator(features).eval()
    drawn = torch.zeros(1, 3, 64, 64, requires_grad=True)
    mixed = judge.project(drawn, augment=False)
    for one, other in zip(judge.score(mixed), judge(drawn, augment=False), strict=True):
        assert torch.equal(one, other)
    hinge_generator(judge.score(mixed)).backward()
    assert drawn.grad is not None
    assert drawn.grad.abs().sum() > 0
