"""Halves of exemplars: what is joined is what was split, within a step of its bytes."""

import torch

from likeness.generators.networks.exemplar_halves import join_halves, split_halves


def test_pictures_come_back_within_a_step_of_their_bytes_and_an_even_one_has_no_odd_half() -> None:
    pictures = torch.randn(3, 2, 8, 12, generator=torch.Generator().manual_seed(0))
    pictures[2] = (pictures[2] + pictures[2].flip(-1)) / 2
    packed = split_halves("some.part", pictures)
    assert packed["some.part_even"].dtype == torch.int8
    assert packed["some.part_even"].shape == (3, 2, 8, 6)
    assert not packed["some.part_odd"][2].any()
    steps = packed["some.part_even_scale"] + packed["some.part_odd_scale"]
    apart = (join_halves(packed, "some.part") - pictures).abs().amax((1, 2, 3))
    assert (apart <= steps / 2 + 1e-6).all()
    assert apart.max() > 0
