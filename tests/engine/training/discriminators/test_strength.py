"""The augmentation's probability follows how sure the discriminator is of photographs."""

import pytest
import torch

from likeness.training.discriminators.strength import AugmentStrength


def looked(strength: AugmentStrength, logits: torch.Tensor, looks: int) -> float:
    for step in range(looks * 4):
        strength.observe(logits)
        strength.step(step, len(logits))
    return float(strength.p)


@pytest.mark.parametrize(("sure", "rises"), [(9, True), (8, False), (7, False)])
def test_it_rises_where_more_photographs_than_wanted_are_known_as_such(sure: int, rises: bool) -> None:
    strength = AugmentStrength(speed=1000)
    strength.p.fill_(0.5)
    logits = torch.tensor([1.0] * sure + [-1.0] * (10 - sure))
    moved = looked(strength, logits, 1) - 0.5
    assert float(strength.r) == pytest.approx(2 * sure / 10 - 1)
    # r = 0.8, 0.6 and 0.4: up, kept, down, by 4 x 10 of the 1000 pictures in which it goes all the way.
    assert moved == pytest.approx({9: 0.04, 8: 0.0, 7: -0.04}[sure], abs=1e-6)
    assert (moved > 0) is rises


def test_it_goes_from_zero_to_one_in_as_many_pictures_as_its_speed_says_and_stays_there() -> None:
    strength = AugmentStrength(speed=1600)
    logits = torch.ones(10)
    assert looked(strength, logits, 20) == pytest.approx(0.5)
    assert looked(strength, logits, 20) == pytest.approx(1.0)
    assert looked(strength, logits, 5) == 1.0
    assert looked(strength, -logits, 60) == 0.0


def test_it_looks_only_every_fourth_step_and_forgets_what_it_has_seen() -> None:
    strength = AugmentStrength(speed=1000)
    for step in range(3):
        strength.observe(torch.ones(10))
        strength.step(step, 10)
    assert float(strength.p) == 0
    strength.observe(-torch.ones(90))
    strength.step(3, 10)
    assert float(strength.r) == pytest.approx((30 - 90) / 120)
    strength.p.fill_(0.5)
    assert looked(strength, torch.ones(10), 1) > 0.5


def test_a_run_that_goes_on_goes_on_between_two_looks() -> None:
    one, other = AugmentStrength(speed=1000), AugmentStrength(speed=1000)
    one.observe(torch.ones(10))
    one.step(0, 10)
    other.load(one.state())
    for step in range(1, 4):
        for strength in (one, other):
            strength.observe(torch.ones(10))
            strength.step(step, 10)
    assert float(one.p) == float(other.p) == pytest.approx(0.04)
