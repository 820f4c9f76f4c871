"""Glasses put on by a fader, on the latents of the bundled weights and by their directions."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness import open_generator
from likeness.files.paths import find_weights
from likeness.generators.families.composite import CompositeGenerator
from likeness.latent import truncate

Maker = Callable[..., Any]
NAME = "wear"


@pytest.fixture(scope="module")
def composite() -> CompositeGenerator:
    generator = open_generator(find_weights("composite-256"), "cpu")
    assert isinstance(generator, CompositeGenerator)
    return generator


@pytest.fixture
def playing(player: Maker, composite: CompositeGenerator) -> Any:
    return player(NAME, generator=composite)


def seen(composite: CompositeGenerator, latent: Tensor, psi: float = 0.8) -> float:
    """Return how much of the glasses is drawn of a plugin's latent, truncated as in the show."""
    assert composite.glasses is not None
    return float(composite.glasses.opacity(truncate(latent[None], composite.mean, psi)))


def measures(composite: CompositeGenerator, latent: Tensor) -> Tensor:
    assert composite.glasses is not None
    return composite.glasses.design(0.8 * latent[None])[0][0]


def test_at_0_the_face_is_left_to_the_bit(playing: Any) -> None:
    assert torch.equal(playing.update(), playing.base[0])
    assert torch.equal(playing.update(glasses=0.0, dark=1.0, heavy=2.0, own=0.0), playing.base[0])


def test_the_fader_fades_them_in_from_its_beginning_to_three_quarters(
    playing: Any, composite: CompositeGenerator
) -> None:
    levels = [seen(composite, playing.update(glasses=step / 20)) for step in range(21)]
    assert levels[0] == 0.0
    assert levels[2] > 0.0
    assert levels == sorted(levels)
    assert levels[15:] == [1.0] * 6


def test_a_pad_fades_them_in_and_out_over_its_seconds(playing: Any, composite: CompositeGenerator) -> None:
    playing.update()
    put_on = [seen(composite, latent) for latent in playing.play(1.0, on=True, fade=0.5)]
    assert put_on[0] == 0.0
    assert 0 < sum(0.0 < level < 1.0 for level in put_on) <= 30
    assert put_on == sorted(put_on)
    assert put_on[31:] == [1.0] * 29
    taken_off = [seen(composite, latent) for latent in playing.play(1.0, on=False)]
    assert taken_off[-1] == 0.0
    assert max(a - b for a, b in itertools.pairwise(taken_off)) < 0.2
    assert torch.equal(playing.update(), playing.base[0])


def test_a_show_that_begins_with_glasses_and_a_beard_wears_them_in_its_first_frame(
    playing: Any, composite: CompositeGenerator
) -> None:
    first = playing.update(on=True, grow=True, fade=5.0)
    assert composite.beard is not None
    assert seen(composite, first) == composite.beard.opacity(truncate(first[None], composite.mean, 0.8)) == 1.0
    assert torch.equal(playing.play(1.0)[-1], first)


def test_without_a_fade_a_pad_cuts(playing: Any, composite: CompositeGenerator) -> None:
    playing.update()
    assert seen(composite, playing.update(on=True, fade=0.0)) == 1.0
    assert torch.equal(playing.update(on=False), playing.base[0])


def test_after_a_reload_they_are_worn_on(player: Maker, playing: Any, composite: CompositeGenerator) -> None:
    playing.play(1.0, on=True)
    again = player(NAME, generator=composite)
    again.plugin.restore(playing.plugin.state())
    assert seen(composite, again.update(on=True)) == 1.0


def test_lenses_go_from_clear_to_dark(playing: Any, composite: CompositeGenerator) -> None:
    assert composite.glasses is not None
    worn = [playing.update(glasses=1.0, dark=dark)[None] for dark in (0.0, 1.0)]
    assert [float(composite.glasses.design(0.8 * latent)[1]) for latent in worn] == [0.0, 1.0]


def test_without_their_own_rims_two_people_wear_the_same(playing: Any, composite: CompositeGenerator) -> None:
    own, same = [], []
    for seed in (1, 4):
        playing.base = composite.sample([seed])
        own.append(measures(composite, playing.update(glasses=1.0, own=1.0, heavy=0.0)))
        same.append(measures(composite, playing.update(glasses=1.0, own=0.0, heavy=1.0)))
    assert not torch.allclose(own[0], own[1], atol=1e-3)
    assert torch.allclose(same[0], same[1], atol=1e-4)


def test_faders_lead_to_heavier_and_rounder_rims(playing: Any, composite: CompositeGenerator) -> None:
    assert composite.glasses is not None
    keys = []
    for heavy, around in ((-1.0, -1.0), (1.0, 1.0)):
        keys.append(measures(composite, playing.update(glasses=1.0, own=0.0, heavy=heavy, round=around))[:2])
    assert (keys[1] - keys[0] > 1.0).all()


def test_a_generator_with_nothing_to_wear_is_named_and_its_faces_are_left(
    player: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    playing = player(NAME)
    assert torch.equal(playing.update(glasses=1.0), playing.base[0])
    assert "nothing to wear" in caplog.text


def test_a_pad_lets_a_beard_grow_and_a_fader_leads_from_moustache_to_beard(
    playing: Any, composite: CompositeGenerator
) -> None:
    beard = composite.beard
    assert beard is not None
    chosen = []
    for kind in (-2.0, 2.0):
        latent = truncate(playing.play(1.0, grow=True, kind=kind)[-1][None], composite.mean, 0.8)
        assert beard.opacity(latent) == 1.0
        chosen.append(int(beard.choose(latent).argmax()))
    assert chosen[0] < chosen[1]
    assert seen(composite, latent[0], psi=1.0) == 0.0
    playing.play(1.0, grow=False)
    assert torch.equal(playing.update(), playing.base[0])


def test_a_pad_puts_make_up_on_and_a_fader_leads_from_natural_to_bold(
    playing: Any, composite: CompositeGenerator
) -> None:
    makeup = composite.makeup
    assert makeup is not None
    chosen = []
    for bold in (-2.0, 2.0):
        latent = truncate(playing.play(1.0, paint=True, bold=bold)[-1][None], composite.mean, 0.8)
        assert makeup.opacity(latent) == 1.0
        chosen.append(int(makeup.choose(latent).argmax()))
    assert chosen[0] < chosen[1]
    assert seen(composite, latent[0], psi=1.0) == 0.0
    playing.play(1.0, paint=False)
    assert torch.equal(playing.update(), playing.base[0])


def test_a_pad_puts_earrings_on_and_a_fader_leads_from_studs_to_hoops(
    playing: Any, composite: CompositeGenerator
) -> None:
    earrings = composite.earrings
    assert earrings is not None
    chosen = []
    for large in (-2.0, 2.0):
        latent = truncate(playing.play(1.0, hang=True, large=large)[-1][None], composite.mean, 0.8)
        assert earrings.opacity(latent) == 1.0
        chosen.append(int(earrings.choose(latent).argmax()))
    assert chosen[0] < chosen[1]
    playing.play(1.0, hang=False)
    assert torch.equal(playing.update(), playing.base[0])


def test_all_of_it_can_be_worn_at_once(playing: Any, composite: CompositeGenerator) -> None:
    latent = truncate(playing.update(glasses=1.0, beard=1.0, makeup=1.0, earrings=1.0)[None], composite.mean, 0.8)
    for axis in (composite.glasses, composite.beard, composite.makeup, composite.earrings):
        assert axis is not None
        assert axis.opacity(latent) == 1.0
