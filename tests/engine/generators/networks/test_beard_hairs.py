"""Hairs that are drawn: along the way that they grow, and a full beard that leaves the lips free."""

import pytest
import torch

from likeness.generators.networks.beard_hairs import (
    FINER,
    LIPS,
    PX,
    SIDE,
    TOP,
    coarsen,
    draw_full_beard,
    draw_hairs,
    soften,
)

HEIGHT, WIDTH = 108, 160


def test_single_hairs_are_drawn_out_along_their_way_and_come_out_the_same_each_time() -> None:
    hairs = draw_hairs(HEIGHT, WIDTH)
    assert hairs.shape == (1, 1, FINER * HEIGHT, FINER * WIDTH)
    assert torch.equal(hairs, draw_hairs.__wrapped__(HEIGHT, WIDTH))
    assert 0.4 < hairs.std() < 0.55
    # On the chin they hang down, so that neighbours below are alike and neighbours beside are not.
    chin = hairs[0, 0, -3 * 40 : -3 * 10, FINER * 60 : FINER * 100]
    beside, below = (chin.diff(dim=dim).abs().mean() for dim in (1, 0))
    assert below < 0.5 * beside
    # On the lip they lie to the sides.
    lip = hairs[0, 0, 3 * 20 : 3 * 28, FINER * 30 : FINER * 60]
    assert lip.diff(dim=1).abs().mean() < lip.diff(dim=0).abs().mean()


def test_hairs_that_are_first_drawn_in_inference_mode_can_be_searched_through() -> None:
    with torch.inference_mode():
        hairs = draw_hairs(12, 16)
    place = torch.tensor(1.0, requires_grad=True)
    (place * hairs).sum().backward()
    assert place.grad is not None


def test_coarse_hairs_are_the_same_for_a_picture_that_shows_no_finer_ones() -> None:
    fine = draw_hairs(HEIGHT, WIDTH)
    coarse = coarsen(fine)
    assert coarse.shape == (1, 1, HEIGHT, WIDTH)
    assert 0.35 < coarse.std() < 0.42
    # A px of them is the mean of those that it covers.
    mean = fine[0, 0, 3 * 50 : 3 * 50 + 3, 3 * 70 : 3 * 70 + 3].mean()
    other = fine[0, 0, 3 * 51 : 3 * 51 + 3, 3 * 90 : 3 * 90 + 3].mean()
    assert float(coarse[0, 0, 50, 70] / mean) == pytest.approx(float(coarse[0, 0, 51, 90] / other), rel=1e-3)


def test_a_full_beard_covers_cheeks_lip_and_chin_and_neither_lips_nor_its_own_rim() -> None:
    ((cover, strands),) = draw_full_beard(HEIGHT, WIDTH)

    def at(x: float, y: float) -> float:
        return float(cover[round(y - PX * TOP), round(x + PX * SIDE)])

    assert at(*LIPS) < 0.05
    assert min(at(0, 178), at(0, 222), at(48, 205), at(-48, 205)) > 0.7
    assert torch.allclose(cover, cover.flip(1), atol=1e-5)
    assert max(float(cover[0].max()), float(cover[:, 0].max())) < 0.02
    assert strands.abs().max() < 0.5


def test_what_was_cut_gets_soft_edges_and_stubble_and_no_bright_strands() -> None:
    layers = torch.zeros(1, 2, HEIGHT, WIDTH)
    layers[:, 0, 30:60, 50:110] = 1
    layers[:, 1] = 0.9
    ((cover, strands, stubble),) = soften(layers)
    assert cover[45, 80] > 0.99
    assert 0.3 < cover[45, 50] < 0.7
    assert strands.max() < 0.31
    assert not strands[45, 40]
    assert stubble[45, 44] > 0.1 > cover[45, 44]
