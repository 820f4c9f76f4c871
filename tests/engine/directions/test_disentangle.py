"""What is left of a direction without others."""

import pytest
import torch

from likeness.directions.disentangle import balance, project_out
from likeness.errors import LikenessError


def test_without_one_other_it_is_the_paper_s_formula() -> None:
    one, other = torch.tensor([3.0, 4.0, 0.0]), torch.tensor([0.0, 2.0, 0.0])
    assert project_out(one, [other]).tolist() == pytest.approx([1.0, 0.0, 0.0])


def test_without_several_it_is_at_right_angles_to_each() -> None:
    rng = torch.Generator().manual_seed(0)
    one, *others = torch.randn(5, 20, generator=rng)
    left = project_out(one, others)
    assert left.norm() == pytest.approx(1.0)
    for other in others:
        assert float(left @ other.double()) == pytest.approx(0.0, abs=1e-6)
    assert float(left @ one.double()) > 0


def test_alone_it_stays_as_it_is() -> None:
    assert project_out(torch.tensor([0.0, 5.0]), []).tolist() == [0.0, 1.0]


def test_a_direction_that_says_the_same_as_the_others_is_refused() -> None:
    with pytest.raises(LikenessError, match="without the 1 others only"):
        project_out(torch.tensor([1.0, 0.001]), [torch.tensor([1.0, 0.0])])


def test_balanced_directions_change_one_attribute_each_where_changes_add_up() -> None:
    rng = torch.Generator().manual_seed(1)
    sees = torch.randn(3, 20, generator=rng, dtype=torch.float64)
    directions = torch.randn(3, 20, generator=rng, dtype=torch.float64)
    changed = balance(directions, directions @ sees.T) @ sees.T
    assert float((changed - changed.diagonal().diag()).abs().max()) < 1e-9
    assert float(changed.diagonal().abs().min()) > 1e-3


def test_directions_that_change_the_same_cannot_be_balanced() -> None:
    with pytest.raises(LikenessError, match="change the same in the pictures"):
        balance(torch.eye(2), torch.ones(2, 2))
