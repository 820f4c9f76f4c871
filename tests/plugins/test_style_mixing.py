"""Which layers of the second face come in, and how it changes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

Maker = Callable[..., Any]
NAME = "style_mixing"
GROUPS = ("coarse", "broad", "middle", "fine")


@pytest.mark.parametrize("group", GROUPS)
def test_a_knob_takes_its_own_layer_of_the_second_face(group: str, player: Maker) -> None:
    playing = player(NAME)
    shown = playing.update(faces="7", **{group: 1.0})
    second = playing.generator.sample([7])[0]
    for layer, name in enumerate(GROUPS):
        assert torch.allclose(shown[layer], second[layer] if name == group else playing.base[0, layer], atol=1e-6)


def test_between_its_ends_a_knob_blends(player: Maker) -> None:
    playing = player(NAME)
    shown = playing.update(faces="7", fine=0.25)
    wanted = 0.75 * playing.base[0, 3] + 0.25 * playing.generator.sample([7])[0, 3]
    assert torch.allclose(shown[3], wanted, atol=1e-6)


@pytest.mark.parametrize("num_ws", [1, 14])
def test_a_family_without_groups_blends_by_the_largest_knob(num_ws: int, player: Maker) -> None:
    playing = player(NAME, num_ws=num_ws)
    shown = playing.update(faces="7", coarse=0.2, fine=0.6)
    assert torch.allclose(shown, 0.4 * playing.base[0] + 0.6 * playing.generator.sample([7])[0], atol=1e-6)


def test_a_family_with_no_broad_layers_ignores_that_knob(player: Maker, toy: Maker) -> None:
    generator = toy(14, 64)
    generator.info = replace(generator.info, groups={"coarse": (0, 4), "middle": (4, 8), "fine": (8, 14)})
    playing = player(NAME, generator=generator)
    assert torch.equal(playing.update(broad=1.0), playing.base[0])
    shown = playing.update(middle=1.0, faces="7")
    assert [bool((row != base).any()) for row, base in zip(shown, playing.base[0], strict=True)] == (
        [False] * 4 + [True] * 4 + [False] * 6
    )


def test_new_leads_over_to_the_next_of_the_list_and_round(player: Maker) -> None:
    playing = player(NAME)
    first, second = playing.generator.sample([7, 12])
    assert torch.allclose(playing.update(faces="7 12", coarse=1.0, change=0.5)[0], first[0], atol=1e-6)
    way = torch.stack([playing.update(new=1), *playing.play(0.6)])[:, 0]
    assert torch.allclose(way[-1], second[0], atol=1e-6)
    assert (way[1:] - way[:-1]).norm(dim=1).max() < 0.1 * (first - second)[0].norm()
    assert torch.allclose(torch.stack([playing.update(new=1), *playing.play(0.6)])[-1, 0], first[0], atol=1e-6)


def test_a_change_of_0_seconds_cuts(player: Maker) -> None:
    playing = player(NAME)
    playing.play(0.1, faces="7 12", coarse=1.0, change=0.0)
    assert torch.allclose(playing.update(new=1)[0], playing.generator.sample([12])[0, 0], atol=1e-6)


def test_all_knobs_down_leave_the_face_to_the_bit(player: Maker) -> None:
    playing = player(NAME)
    assert torch.equal(playing.update(), playing.base[0])
