"""Heads are made whole: round on top, inside the picture, with a hairline; and what is whole is left alone."""

import math

import pytest
import torch
from torch import Tensor

from likeness.generators.networks.head_shape import LOWEST, SHOULDERS, HeadShape

SIZE = 128
REACH = SIZE / 16  # px over which a distance is squashed
STILL = torch.zeros(1, 2, 64, 64)
SHAPE = HeadShape(SIZE)
LINE = torch.arange(SIZE) + 0.5
Y, X = torch.meshgrid(LINE, LINE, indexing="ij")


def squash(distance: Tensor) -> Tensor:
    return torch.tanh(distance / REACH)


def disc(radius: float, top: float = 26.0, middle: float = SIZE / 2) -> Tensor:
    """Return the distance in px from within to the rim of a disc, positive inside, `[SIZE, SIZE]`."""
    return radius - torch.hypot(X - middle, Y - top - radius)


def head(radius: float = 38.0, hair: float = 11.0, top: float = 26.0) -> Tensor:
    """Return edges `[1, 2, SIZE, SIZE]` of a round face in a round head with so much hair around it."""
    person = disc(radius, top)
    return torch.stack([squash(person - hair), squash(person)])[None]


def width(edges: Tensor, row: int, channel: int = 1) -> int:
    return int((edges[0, channel, row] > 0).sum())


def top_of(edges: Tensor, channel: int = 1) -> int:
    """Return the first row in which there is anything."""
    return int(torch.nonzero((edges[0, channel] > 0).any(1))[0])


@pytest.mark.parametrize("radius", [32.0, 40.0])
def test_a_round_head_stays_where_it_is(radius: float) -> None:
    before = head(radius, top=24)
    after = SHAPE(before, STILL)
    assert ((after > 0) != (before > 0)).float().mean() < 0.006
    # It is a distance still, one px a px.
    column = torch.atanh(after[0, 1, 20:29, SIZE // 2].double()) * REACH
    assert column.diff().mean() == pytest.approx(1.0, abs=0.1)


def test_a_chimney_up_to_the_frame_is_taken_off() -> None:
    whole = head(top=20)
    chimney = whole.clone()
    chimney[:, 1, :24, 56:72] = 1
    after = SHAPE(chimney, STILL)
    assert top_of(chimney) == 0
    assert top_of(after) >= 10
    assert abs(width(after, 30) - width(whole, 30)) < 8


@pytest.mark.parametrize("above", [4.0, 14.0])
def test_a_head_that_the_frame_cuts_ends_inside_it_and_is_pressed_down_not_cut_off(above: float) -> None:
    after = SHAPE(head(50.0, top=-above), STILL)
    first = top_of(after)
    assert first >= 2
    # A lid would be as wide in its first rows as below; a dome of this width grows.
    assert width(after, first + 1) < 0.5 * width(after, first + 10)


def test_a_picture_that_looks_further_down_has_its_heads_further_down() -> None:
    field = STILL.clone()
    field[:, 1] = 0.06
    moved = top_of(SHAPE(head(44.0, top=1), field)) - top_of(SHAPE(head(44.0, top=1), STILL))
    assert moved == pytest.approx(0.06 * SIZE, abs=2)


def test_a_flat_skull_is_rounded() -> None:
    flat = head(top=20)
    flat[:, :, :32] = -1
    after = SHAPE(flat, STILL)
    assert top_of(after) < top_of(flat) - 3
    assert width(after, top_of(after) + 1) < 0.6 * width(flat, top_of(flat))


def test_hair_at_the_sides_goes_on_over_the_forehead() -> None:
    wedge = head(hair=16.0)
    # Skin up to the crown between the halves of the hair.
    wedge[:, 0, :60, 50:78] = wedge[:, 1, :60, 50:78]
    before = top_of(wedge, 0) - top_of(wedge)
    after = SHAPE(wedge, STILL)
    assert before == 0
    assert top_of(after, 0) - top_of(after) >= 5


def test_a_bald_head_is_bald_up_to_its_rim() -> None:
    after = SHAPE(head(hair=3.5), STILL)
    upper = slice(0, round(0.4 * SIZE))
    assert top_of(after, 0) == top_of(after)
    assert torch.equal(after[0, 0, upper] > 0, after[0, 1, upper] > 0)


def test_hair_stays_hair() -> None:
    before = head(hair=11.0)
    after = SHAPE(before, STILL)
    assert ((after > 0) != (before > 0))[:, 0].float().mean() < 0.006


def test_a_seam_between_a_cheek_and_the_wall_becomes_skin() -> None:
    seam = torch.stack([squash(disc(36.0) - 1.5), squash(disc(36.0))])[None]
    row = 90  # below what is drawn anew
    assert row > LOWEST * SIZE
    assert width(seam, row, 0) < width(seam, row)
    after = SHAPE(seam, STILL)
    assert width(after, row, 0) == width(after, row) == width(seam, row)


def test_an_ear_on_one_side_is_evened_out_and_a_shoulder_is_not() -> None:
    lopsided = head()
    lopsided[:, 1, 58:76, 100:112] = 0.9
    lopsided[:, :, 110:, 90:] = 0.9
    after = SHAPE(lopsided, STILL)

    def odd(edges: Tensor, rows: slice) -> float:
        return float((edges - edges.flip(-1))[0, 1, rows].abs().mean())

    assert odd(after, slice(66, 76)) == pytest.approx(0.5 * odd(lopsided, slice(66, 76)), rel=0.15)
    below = round(SHOULDERS[1] * SIZE) + 1
    assert torch.equal(after[:, 1, below:], lopsided[:, 1, below:])


def test_a_mirrored_head_is_shaped_alike() -> None:
    noise = torch.randn(2, 2, SIZE // 8, SIZE // 8, generator=torch.Generator().manual_seed(0))
    edges = head() + torch.nn.functional.interpolate(noise, size=SIZE, mode="bilinear")
    edges = edges.clamp(-1, 1)
    field = STILL.expand(2, -1, -1, -1)
    assert torch.allclose(SHAPE(edges.flip(-1), field).flip(-1), SHAPE(edges, field), atol=1e-4)


def test_heads_of_a_batch_are_shaped_each_by_itself() -> None:
    heads = torch.cat([head(), head(50.0, top=-8), head(hair=3.5)])
    field = STILL.expand(3, -1, -1, -1)
    together = SHAPE(heads, field)
    assert torch.allclose(together, torch.cat([SHAPE(each[None], STILL) for each in heads]), atol=1e-5)


def test_a_head_that_grows_steadily_is_never_drawn_with_a_jump() -> None:
    heads = torch.cat([head(30.0 + step / 8, hair=2.0 + step / 8, top=30.0 - step / 4) for step in range(161)])
    drawn = torch.sigmoid(9 * SHAPE(heads, STILL.expand(len(heads), -1, -1, -1)))
    steps = drawn.diff(dim=0).abs().mean((1, 2, 3))
    assert steps.max() < 4 * steps.median()


def test_a_search_finds_its_way_through_it() -> None:
    for edges in (head(), torch.ones(1, 2, SIZE, SIZE), -torch.ones(1, 2, SIZE, SIZE)):
        edges = edges.requires_grad_()
        SHAPE(edges, STILL).sum().backward()
        assert edges.grad is not None
        assert bool(edges.grad.isfinite().all())


def test_an_empty_picture_stays_empty_above() -> None:
    after = SHAPE(-torch.ones(1, 2, SIZE, SIZE), STILL)
    # Distances are measured from within a face; without any there is a spot in its middle.
    assert float((after > 0).float().mean()) < math.pi * 0.12**2


@pytest.mark.parametrize("size", [32, 64])
def test_it_is_the_same_shape_at_any_size(size: int) -> None:
    edges = head(48.0, top=-6)
    small = torch.nn.functional.interpolate(edges, size=size, mode="area")
    wanted = torch.nn.functional.interpolate(SHAPE(edges, STILL), size=size, mode="area")
    assert ((HeadShape(size)(small, STILL) > 0) != (wanted > 0)).float().mean() < 0.02


def test_a_warp_that_dents_a_crown_is_lifted_and_any_other_stays() -> None:
    place = (torch.arange(64) + 0.5) / 64 - 0.5
    raised_sides = torch.zeros(1, 2, 64, 64)
    raised_sides[:, 1] = 0.03 * (place.abs() > 0.15)
    tilted = torch.zeros(1, 2, 64, 64)
    tilted[:, 1] = 0.1 * place
    pointed = -raised_sides
    lifted = SHAPE.lift_crown(torch.cat([raised_sides, tilted, pointed]))
    assert torch.allclose(lifted[0, 1, 0, 31:33], torch.tensor(0.03), atol=0.001)
    assert torch.equal(lifted[0, :, 24:], raised_sides[0, :, 24:]), "the face"
    assert torch.equal(lifted[0, 0], raised_sides[0, 0])
    assert torch.allclose(lifted[1:], torch.cat([tilted, pointed]), atol=1e-6)
