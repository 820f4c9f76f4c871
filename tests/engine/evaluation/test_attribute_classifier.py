"""A classifier of features, and how honest its figure is."""

import math

import pytest
import torch

from likeness.errors import LikenessError
from likeness.evaluation.attribute_classifier import AttributeClassifier, balanced_accuracy, split_point

RNG = torch.Generator().manual_seed(0)
FEATURES = torch.randn(300, 20, generator=RNG)


def test_what_shows_in_a_feature_is_told_on_pictures_never_seen() -> None:
    label = (FEATURES[:, 4] > 0).double()
    label[200:] = math.nan
    judge = AttributeClassifier(FEATURES, label.tolist(), "hat")
    assert judge.held_out > 0.85
    told = judge.margin(FEATURES[200:]) > 0
    assert balanced_accuracy(judge.margin(FEATURES[200:]), FEATURES[200:, 4] > 0) > 0.85
    assert told.shape == (100,)


def test_a_coin_is_told_no_better_than_by_chance() -> None:
    coin = (torch.rand(300, generator=RNG) > 0.5).double().tolist()
    # With as many features as these, a judge of its own training pictures would seem far better than chance.
    assert AttributeClassifier(FEATURES, coin, "coin").held_out == pytest.approx(0.5, abs=0.1)


def test_a_rare_class_counts_as_much_as_a_common_one() -> None:
    positive = torch.arange(100) >= 95
    assert balanced_accuracy(torch.full((100,), -1.0), positive) == 0.5
    assert balanced_accuracy(torch.where(positive, 1.0, -1.0), positive) == 1.0


def test_degrees_are_parted_at_their_mean_and_levels_in_the_middle() -> None:
    assert split_point(torch.tensor([0.0, 0.0, 0.0, 1.0])) == 0.5
    assert split_point(torch.tensor([0.0, 2.0, 2.0, 2.0, 1.0])) == pytest.approx(1.4)


def test_too_few_of_a_side_are_refused_with_both_numbers() -> None:
    label = [1.0] * 4 + [0.0] * 296
    with pytest.raises(LikenessError, match="hat: of 300 labelled pictures 4 have it and 296 have it not"):
        AttributeClassifier(FEATURES, label, "hat")
    with pytest.raises(LikenessError, match="of 0 labelled"):
        AttributeClassifier(FEATURES, [math.nan] * 300, "hat")
