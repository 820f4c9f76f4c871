"""Offsets of the toy's directions, whose k-th is the k-th unit vector in every layer."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.toolkit.latent_file import write_direction, write_directions

Maker = Callable[..., Any]
NAME = "direction_sweep"


def offsets(player: Any, path: Tensor) -> Tensor:
    return path - player.base[0]


def test_by_hand_the_amount_is_the_way_in_standard_deviations(player: Maker) -> None:
    playing = player(NAME)
    moved = offsets(playing, playing.play(0.5, direction=3, amount=1.5))[-1]
    wanted = torch.zeros(4, 64)
    wanted[:, 3] = 1.5
    assert torch.allclose(moved, wanted, atol=1e-6)


def test_at_rest_the_face_is_left_to_the_bit(player: Maker) -> None:
    playing = player(NAME)
    assert torch.equal(playing.play(0.5)[-1], playing.base[0])


def test_the_lfo_is_a_sine(player: Maker) -> None:
    playing = player(NAME)
    path = offsets(playing, playing.play(2.0, mode="lfo", rate=0.5, extent=2.0))[:, 0, 0]
    wanted = [2.0 * math.sin(math.tau * 0.5 * index / 60) for index in range(120)]
    assert torch.allclose(path, torch.tensor(wanted), atol=1e-5)


def test_the_tour_plays_one_knob_after_the_other_out_through_and_back(player: Maker) -> None:
    playing = player(NAME)
    path = offsets(playing, playing.play(4.0, mode="tour", rate=1.0, extent=2.0, knobs=3))[:, 0]
    for turn, knob in enumerate((0, 1, 2, 0)):
        swing = path[turn * 60 : turn * 60 + 60]
        assert swing[15, knob] == pytest.approx(2.0, abs=1e-4)
        assert swing[45, knob] == pytest.approx(-2.0, abs=1e-4)
        assert swing[31:, torch.arange(64) != knob].abs().max() < 1e-5


def test_extremes_put_every_knob_to_one_of_its_ends(player: Maker) -> None:
    playing = player(NAME)
    path = offsets(playing, playing.play(3.0, mode="extremes", rate=1.0, extent=2.0, knobs=5))[:, 0]
    # In the second half of its swing a knob is on the other side of what was drawn.
    sides = [path[at] * sign for at, sign in ((45, -1.0), (75, 1.0), (135, 1.0))]
    for side in sides:
        assert torch.allclose(side[:5].abs(), torch.full((5,), 2.0), atol=1e-4)
        assert side[5:].abs().max() == 0.0
    assert len({tuple(side.sign().tolist()) for side in sides}) > 1


def test_on_the_beat_a_swing_lasts_its_beats(player: Maker) -> None:
    playing = player(NAME)
    path = offsets(playing, playing.play(4.1, mode="lfo", beats=4.0, extent=1.0))[:, 0, 0]
    # Four beats at 120 a minute are two seconds.
    assert path[150] == pytest.approx(1.0, abs=1e-4)
    assert path[240] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(("layers", "moved"), [("all", {0, 1, 2, 3}), ("coarse", {0}), ("fine", {3})])
def test_the_layers_choice_moves_its_group_alone(layers: str, moved: set[int], player: Maker) -> None:
    playing = player(NAME)
    moves = offsets(playing, playing.play(0.5, amount=1.0, layers=layers))[-1].norm(dim=-1)
    assert {index for index, length in enumerate(moves) if length > 0.5} == moved


def test_a_family_without_groups_moves_as_a_whole(player: Maker) -> None:
    playing = player(NAME, num_ws=1)
    assert offsets(playing, playing.play(0.5, amount=1.0, layers="fine"))[-1].norm() == pytest.approx(1.0, abs=1e-4)


def test_past_the_last_direction_is_the_last(player: Maker) -> None:
    playing = player(NAME, w_dim=8)
    assert offsets(playing, playing.play(0.5, amount=1.0, direction=100))[-1][0, 7] == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("shape", [(64,), (4, 64)])
def test_a_saved_direction_takes_the_index_s_place(shape: tuple[int, ...], player: Maker, tmp_path: Path) -> None:
    saved = torch.randn(shape, generator=torch.Generator().manual_seed(2))
    write_direction(tmp_path / "smile.safetensors", saved)
    playing = player(NAME)
    moved = offsets(playing, playing.play(0.5, file=str(tmp_path / "smile.safetensors"), amount=2.0))[-1]
    assert torch.allclose(moved, 2.0 * saved.expand(4, 64), atol=1e-5)
    back = offsets(playing, playing.play(1.0, file=""))[-1]
    assert back[0, 0] == pytest.approx(2.0, abs=1e-4)


def test_a_file_that_is_absent_is_logged_and_the_show_goes_on(player: Maker, caplog: pytest.LogCaptureFixture) -> None:
    playing = player(NAME)
    moved = offsets(playing, playing.play(0.5, file="absent.safetensors", amount=1.0))[-1]
    assert moved[0, 0] == pytest.approx(1.0, abs=1e-4)
    assert "absent.safetensors" in caplog.text


def test_a_family_without_directions_is_left_alone(player: Maker, toy: Maker) -> None:
    generator = toy(4, 64)
    generator.directions = generator.directions[:0]
    playing = player(NAME, generator=generator)
    for mode in ("hand", "lfo", "tour", "extremes"):
        assert torch.equal(playing.update(mode=mode, amount=2.0), playing.base[0])


def test_a_direction_that_goes_with_the_weights_is_played_by_its_name(
    player: Maker, toy: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    saved = torch.randn(4, 64, generator=torch.Generator().manual_seed(3))
    write_direction(tmp_path / "weights" / "directions" / "mine" / "smile.safetensors", saved)
    generator = toy(4, 64)
    generator.info = replace(generator.info, weights=tmp_path / "mine.safetensors")
    playing = player(NAME, generator=generator)
    moved = offsets(playing, playing.play(0.5, file="smile", amount=2.0))[-1]
    assert torch.allclose(moved, 2.0 * saved, atol=1e-5)


def test_a_name_that_the_weights_do_not_know_is_logged_with_those_they_do(
    player: Maker, toy: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    write_direction(tmp_path / "weights" / "directions" / "mine" / "smile.safetensors", torch.ones(4, 64))
    generator = toy(4, 64)
    generator.info = replace(generator.info, weights=tmp_path / "mine.safetensors")
    player(NAME, generator=generator).play(0.5, file="simle", amount=1.0)
    assert "no direction 'simle' of mine; nearest: smile" in caplog.text


@pytest.mark.parametrize("mode", ["hand", "tour"])
def test_a_file_of_several_takes_the_numbers_place(mode: str, player: Maker, tmp_path: Path) -> None:
    bank = torch.zeros(3, 4, 64)
    bank[1, :, 40] = 1.0
    write_directions(tmp_path / "bank.safetensors", bank)
    playing = player(NAME)
    path = playing.play(0.9, mode=mode, file=str(tmp_path / "bank.safetensors"), direction=1, amount=2.0, rate=1.0)
    assert offsets(playing, path)[:, :, :40].abs().max() < 1e-5
    if mode == "hand":
        assert offsets(playing, path)[-1, 0, 40] == pytest.approx(2.0, abs=1e-4)
