"""Entropies of labels that a plane tells fully, in part, and not at all."""

import math

import pytest
import torch

from likeness.errors import LikenessError
from likeness.evaluation.separability import conditional_entropy, separability

LATENTS = torch.randn(4000, 6, generator=torch.Generator().manual_seed(0))


def test_a_label_that_a_plane_parts_leaves_nothing_unknown() -> None:
    assert conditional_entropy(LATENTS, LATENTS[:, 2] > 0.3, ridge=1e-6) < 0.02
    assert separability([0.0, 0.0]) == 1.0


def test_a_label_of_a_coin_leaves_all_of_it_unknown() -> None:
    coin = torch.rand(4000, generator=torch.Generator().manual_seed(1)) > 0.5
    assert conditional_entropy(LATENTS, coin) == pytest.approx(math.log(2), abs=0.01)
    assert separability([math.log(2), math.log(2)]) == pytest.approx(4.0)


def test_a_label_that_is_flipped_now_and_then_leaves_the_flip_s_entropy() -> None:
    flipped = torch.rand(4000, generator=torch.Generator().manual_seed(2)) < 0.1
    wanted = -(0.1 * math.log(0.1) + 0.9 * math.log(0.9))
    assert conditional_entropy(LATENTS, (LATENTS[:, 0] > 0) ^ flipped) == pytest.approx(wanted, abs=0.05)


def test_what_the_classifier_was_not_sure_of_is_left_out() -> None:
    label = LATENTS[:, 0] > 0
    label[:2000] = torch.rand(2000, generator=torch.Generator().manual_seed(3)) > 0.5
    sure = torch.cat([torch.zeros(2000), torch.ones(2000)])
    assert conditional_entropy(LATENTS, label) > 0.4
    assert conditional_entropy(LATENTS, label, sure, ridge=1e-6) < 0.03


def test_no_attribute_at_all_is_refused() -> None:
    with pytest.raises(LikenessError, match="one labelled attribute or more"):
        separability([])
