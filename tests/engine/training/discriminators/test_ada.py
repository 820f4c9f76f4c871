"""The discriminator of StyleGAN2: its parts, and that a penalty on its slope can be learnt from."""

import pytest
import torch

from likeness.training.discriminators import AdaDiscriminator
from likeness.training.discriminators.ada import _Convolution, _group_deviation
from likeness.training.discriminators.losses import logistic_discriminator, r1_penalty


def small(size: int = 16) -> AdaDiscriminator:
    torch.manual_seed(0)
    return AdaDiscriminator(size, channel_base=128, channel_max=16)


@pytest.mark.parametrize("size", [8, 64])
def test_one_logit_comes_of_each_picture(size: int) -> None:
    assert small(size)(torch.zeros(3, 3, size, size)).shape == (3, 1)


@pytest.mark.parametrize("size", [4, 48])
def test_a_size_that_does_not_halve_down_to_four_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} px"):
        small(size)


def test_the_spread_is_the_standard_deviation_within_each_group_of_four() -> None:
    x = torch.randn(8, 5, 3, 3, generator=torch.Generator().manual_seed(1))
    found = _group_deviation(x)
    assert found.shape == (8, 1, 3, 3)
    for i in range(8):
        group = x[i % 2 :: 2]
        assert found[i, 0, 0, 0].item() == pytest.approx(group.std(0, unbiased=False).mean().item(), abs=1e-4)
    assert _group_deviation(x[:3]).shape == (3, 1, 3, 3)


@pytest.mark.parametrize("kernel", [1, 3])
def test_halving_blurs_first_and_keeps_places_where_they_were(kernel: int) -> None:
    layer = _Convolution(1, 1, kernel, down=True)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0, kernel // 2, kernel // 2] = kernel  # with its gain 1: the blur alone
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    small_ramp = layer(ramp).detach()
    assert small_ramp.shape == (1, 1, 8, 8)
    assert torch.allclose(small_ramp[0, 0, 2, 2:6], torch.arange(2, 6) * 2 + 0.5)  # the middle of two pixels


def test_at_the_start_the_levels_are_kept() -> None:
    # Flat colours, for the blur takes noise away; over several networks, for sixteen channels vary.
    colours = torch.randn(16, 3, 1, 1, generator=torch.Generator().manual_seed(2)).expand(-1, -1, 32, 32)
    squares = []
    for seed in range(8):
        torch.manual_seed(seed)
        with torch.no_grad():
            squares.append(AdaDiscriminator(32, channel_base=512, channel_max=32)(colours).square().mean())
    assert 0.3 < torch.stack(squares).mean() < 3


def test_the_penalty_teaches_every_layer_that_a_slope_goes_through() -> None:
    judge = small()
    r1_penalty(judge, torch.rand(4, 3, 16, 16) * 2 - 1).backward()
    learnt = {name for name, p in judge.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert {name for name, _ in judge.named_parameters() if name.endswith("weight")} <= learnt


def test_it_learns_to_tell_bright_from_dark() -> None:
    judge = small()
    optimiser = torch.optim.Adam(judge.parameters(), lr=1e-2, betas=(0.0, 0.99))
    bright, dark = torch.rand(8, 3, 16, 16), -torch.rand(8, 3, 16, 16)
    for _ in range(20):
        optimiser.zero_grad()
        loss: torch.Tensor = logistic_discriminator(judge(bright), judge(dark))
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1
