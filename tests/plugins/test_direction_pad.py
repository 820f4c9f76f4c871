"""Offsets of the toy's directions, whose k-th is the k-th unit vector in every layer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from likeness.toolkit.latent_file import write_direction

Maker = Callable[..., Any]
NAME = "direction_pad"


def test_both_axes_move_along_their_own_direction_at_once(player: Maker) -> None:
    playing = player(NAME)
    moved = playing.play(0.6, x=1.5, y=-2.0, y_direction="5")[-1] - playing.base[0]
    wanted = torch.zeros(4, 64)
    wanted[:, 0], wanted[:, 5] = 1.5, -2.0
    assert torch.allclose(moved, wanted, atol=1e-5)


def test_in_the_middle_the_face_is_left_to_the_bit(player: Maker) -> None:
    playing = player(NAME)
    assert torch.equal(playing.play(0.5)[-1], playing.base[0])


def test_a_number_past_the_last_is_the_last(player: Maker) -> None:
    playing = player(NAME, w_dim=8)
    moved = playing.play(0.6, x=1.0, x_direction="1000")[-1] - playing.base[0]
    assert moved[0, 7] == pytest.approx(1.0, abs=1e-5)


def test_another_direction_is_a_move_and_not_a_cut(player: Maker) -> None:
    playing = player(NAME)
    playing.play(0.6, x=2.0)
    path = playing.play(1.0, x=2.0, x_direction="7")
    steps = (path[1:] - path[:-1]).flatten(1).norm(dim=1)
    # Two standard deviations out and two in, over 0.3 s at 60 frames a second and all four layers.
    assert 0.0 < float(steps.max()) < 1.0
    assert (path[-1] - playing.base[0])[0, 7] == pytest.approx(2.0, abs=1e-5)


def test_a_saved_direction_is_played_by_its_file(player: Maker, tmp_path: Path) -> None:
    saved = torch.randn(4, 64, generator=torch.Generator().manual_seed(2))
    write_direction(tmp_path / "smile.safetensors", saved)
    playing = player(NAME)
    moved = playing.play(0.6, y=2.0, y_direction=str(tmp_path / "smile.safetensors"))[-1] - playing.base[0]
    assert torch.allclose(moved, 2.0 * saved, atol=1e-5)


def test_a_file_that_is_absent_is_logged_and_the_direction_before_it_goes_on(
    player: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    playing = player(NAME)
    playing.play(0.3, x=1.0)
    moved = playing.play(0.5, x=1.0, x_direction="absent.safetensors")[-1] - playing.base[0]
    assert moved[0, 0] == pytest.approx(1.0, abs=1e-5)
    assert "absent.safetensors" in caplog.text


def test_a_family_without_directions_is_left_alone(player: Maker, toy: Maker, caplog: pytest.LogCaptureFixture) -> None:
    generator = toy(4, 64)
    generator.directions = generator.directions[:0]
    playing = player(NAME, generator=generator)
    assert torch.equal(playing.play(0.5, x=2.0, y=2.0)[-1], playing.base[0])
    assert "no numbered directions" in caplog.text
