"""Adversarial losses against their closed forms."""

import math

import pytest
import torch
from torch import Tensor

from likeness.training.discriminators.losses import (
    hinge_discriminator,
    hinge_generator,
    logistic_discriminator,
    logistic_generator,
    path_length_penalty,
    r1_penalty,
)


def test_the_hinge_is_flat_beyond_one_and_straight_within() -> None:
    real = [torch.tensor([[2.0, 0.5]])]
    fake = [torch.tensor([[-3.0, 0.25]])]
    assert hinge_discriminator(real, fake).item() == pytest.approx((0 + 0.5) / 2 + (0 + 1.25) / 2)
    assert hinge_generator(fake).item() == pytest.approx((3.0 - 0.25) / 2)


def test_every_head_has_the_same_say_however_many_logits_it_gives() -> None:
    large, small = torch.full((1, 1, 8, 8), 0.5), torch.full((1, 1, 2, 2), -0.5)
    assert hinge_generator([large, small]).item() == pytest.approx(0)
    assert hinge_discriminator([large, small], [large, small]).item() == pytest.approx(2)


def test_heads_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="1 heads"):
        hinge_discriminator([torch.zeros(1)], [])


def test_the_logistic_loss_is_that_of_probabilities() -> None:
    real, fake = torch.tensor([1.5, -0.5]), torch.tensor([0.25, -2.0])
    wanted = -(real.sigmoid().log().mean() + (1 - fake.sigmoid()).log().mean())
    assert logistic_discriminator(real, fake).item() == pytest.approx(wanted.item(), rel=1e-6)
    assert logistic_generator(fake).item() == pytest.approx(-fake.sigmoid().log().mean().item(), rel=1e-6)


def test_r1_of_a_linear_judge_is_half_its_squared_length() -> None:
    direction = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(0))

    def judge(images: Tensor) -> Tensor:
        return (images * direction).sum((1, 2, 3))

    penalty = r1_penalty(judge, torch.zeros(5, 3, 8, 8))
    assert penalty.item() == pytest.approx(direction.square().sum().item() / 2, rel=1e-6)


def test_r1_of_a_quadratic_judge_teaches_its_weight() -> None:
    # D = a |x|^2 / 2 has the slope a x, so R1 = a^2 |x|^2 / 2 and dR1/da = a |x|^2.
    a = torch.tensor(3.0, requires_grad=True)
    images = torch.randn(4, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    penalty = r1_penalty(lambda x: a * x.square().sum((1, 2, 3)) / 2, images)
    penalty.backward()
    square = images.square().sum((1, 2, 3)).mean()
    assert penalty.item() == pytest.approx((9 * square / 2).item(), rel=1e-5)
    assert a.grad is not None
    assert a.grad.item() == pytest.approx((3 * square).item(), rel=1e-5)


def test_the_path_length_of_a_linear_generator_is_that_of_its_matrix() -> None:
    source = torch.Generator().manual_seed(2)
    matrix = torch.randn(5, 3 * 8 * 8, generator=source)
    ws = torch.randn(2, 1, 5, generator=source).requires_grad_(True)
    noise = torch.randn(2, 3, 8, 8, generator=source)
    images = (ws[:, 0] @ matrix).reshape(2, 3, 8, 8)
    penalty, mean = path_length_penalty(images, ws, torch.tensor(2.0), noise)
    lengths = (matrix @ noise.flatten(1).T / math.sqrt(64)).norm(dim=0)
    assert mean.item() == pytest.approx(0.99 * 2 + 0.01 * lengths.mean().item(), rel=1e-5)
    assert penalty.item() == pytest.approx((lengths - mean).square().mean().item(), rel=1e-4)
