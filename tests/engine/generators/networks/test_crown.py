"""Heads that the frame cuts go on in a dome, and those that end below it are left alone."""

import pytest
import torch
from torch import Tensor

from likeness.generators.networks.crown import close_above, close_head

SIZE = 256


def ellipse(top: float, half_width: float, half_height: float, middle: float = SIZE / 2) -> Tensor:
    """Return an ellipse `[1, 1, 3 SIZE, SIZE]` with an edge of two px whose first SIZE rows are above the frame."""
    y = torch.arange(-SIZE, 2 * SIZE) + 0.5 - (top + half_height)
    x = torch.arange(SIZE) + 0.5 - middle
    radius = ((x[None] / half_width).square() + (y[:, None] / half_height).square()).sqrt()
    return ((1 - radius) * min(half_width, half_height) / 2 + 0.5).clamp(0, 1)[None, None]


def width(person: Tensor, row: int) -> float:
    return float(person[0, 0, row].sum())


@pytest.mark.parametrize(("half_width", "half_height"), [(70.0, 90.0), (90.0, 90.0), (60.0, 70.0)])
@pytest.mark.parametrize("top", [2.0, 20.0, 60.0])
def test_a_head_that_ends_below_the_frame_is_left_alone(top: float, half_width: float, half_height: float) -> None:
    head = ellipse(top, half_width, half_height)[:, :, SIZE : 2 * SIZE]
    assert float((close_head(head) - head).abs().max()) < 0.02
    assert float(close_above(head, 16).max()) < 0.5


@pytest.mark.parametrize("middle", [128.0, 110.0])
@pytest.mark.parametrize("cut", [4.0, 8.0, 12.0])
def test_a_head_that_the_frame_cuts_goes_on_as_its_ellipse(cut: float, middle: float) -> None:
    whole = ellipse(-cut, 74.0, 95.0, middle)
    above = close_above(whole[:, :, SIZE : 2 * SIZE], 16)
    wanted = whole[:, :, SIZE - 16 : SIZE]
    # Wider by no more than the soft tips of hair that it spares.
    differences = [width(above, row) - width(wanted, row) for row in range(16)]
    assert min(differences) > -3
    assert float((above - wanted).clamp(min=0).sum()) < 0.25 * SIZE * 16 * 0.5
    assert width(above, 0) < 50


def test_a_chimney_on_a_head_is_taken_away_and_nothing_below_it() -> None:
    head = ellipse(12.0, 74.0, 95.0)[:, :, SIZE : 2 * SIZE]
    chimney = head.clone()
    chimney[:, :, :20, 110:146] = 1
    closed = close_head(chimney)
    assert width(closed, 0) < 2
    assert float((closed - head).abs().sum()) < 0.35 * float((chimney - head).sum())
    assert torch.equal(closed[:, :, 40:], head[:, :, 40:])
    assert float(close_above(closed, 16).max()) < 0.5


def test_every_head_of_a_batch_is_closed_by_itself() -> None:
    heads = torch.cat([ellipse(top, 74.0, 95.0)[:, :, SIZE : 2 * SIZE] for top in (-8.0, 30.0)])
    together = close_above(heads, 16)
    assert torch.equal(together, torch.cat([close_above(head[None], 16) for head in heads]))


def test_an_empty_frame_stays_empty_and_a_full_one_full() -> None:
    empty, full = torch.zeros(1, 1, SIZE, SIZE), torch.ones(1, 1, SIZE, SIZE)
    assert float(close_head(empty).max()) == 0
    assert float(close_above(empty, 16).max()) == 0
    assert float(close_head(full).min()) > 0.9


def test_a_search_finds_its_way_through_it() -> None:
    head = ellipse(-6.0, 74.0, 95.0)[:, :, SIZE : 2 * SIZE].requires_grad_()
    torch.cat([close_above(head, 16), close_head(head)], dim=2).sum().backward()
    assert head.grad is not None
    assert bool(head.grad.isfinite().all())
