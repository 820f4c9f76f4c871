"""Precision and recall of sets whose overlap is known."""

import pytest
import torch

from likeness.errors import LikenessError
from likeness.evaluation.neighbours import find_nearest, neighbour_distance, precision_recall


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 1.0])
def test_uniform_sets_overlap_as_far_as_they_are_shifted(shift: float) -> None:
    rng = torch.Generator().manual_seed(0)
    real = torch.rand(1500, 1, generator=rng)
    fake = torch.rand(1500, 1, generator=rng) + shift
    found = precision_recall(real, fake)
    assert found.precision == pytest.approx(1 - shift, abs=0.03)
    assert found.recall == pytest.approx(1 - shift, abs=0.03)


def test_a_narrow_generator_is_precise_and_recalls_little() -> None:
    rng = torch.Generator().manual_seed(1)
    real, fake = torch.rand(1500, 1, generator=rng), torch.rand(1500, 1, generator=rng) * 0.2
    found = precision_recall(real, fake)
    assert found.precision > 0.97
    assert found.recall == pytest.approx(0.2, abs=0.03)


def test_a_wide_generator_recalls_all_and_is_imprecise() -> None:
    rng = torch.Generator().manual_seed(2)
    real, fake = torch.rand(1500, 1, generator=rng), torch.rand(1500, 1, generator=rng) * 4 - 1.5
    found = precision_recall(real, fake)
    assert found.recall > 0.97
    assert found.precision == pytest.approx(0.25, abs=0.04)


def test_the_reach_is_the_way_to_the_third_other() -> None:
    points = torch.tensor([[0.0], [1.0], [3.0], [7.0], [20.0]])
    assert neighbour_distance(points).tolist() == [7.0, 6.0, 4.0, 7.0, 19.0]


def test_the_nearest_of_others_is_found_with_its_distance() -> None:
    found = find_nearest(torch.tensor([[0.0, 0.0], [9.0, 0.0]]), torch.tensor([[3.0, 4.0], [9.0, 1.0], [-9.0, 0.0]]))
    assert found.index.tolist() == [0, 1]
    assert found.distance.tolist() == [5.0, 1.0]


def test_a_picture_among_the_others_is_at_no_distance_at_all() -> None:
    pictures = torch.rand(20, 1280, generator=torch.Generator().manual_seed(3)) * 5
    assert float(find_nearest(pictures[:3], pictures).distance.max()) == 0.0


def test_too_few_for_three_neighbours_is_refused() -> None:
    with pytest.raises(LikenessError, match="3 pictures have no 3 neighbours each; give 4 or more"):
        precision_recall(torch.zeros(3, 2), torch.zeros(9, 2))
