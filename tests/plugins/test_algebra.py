"""What a - b + c comes to, by hand, by layer, and while its faces change."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from likeness.toolkit.latent_file import write_latent

Maker = Callable[..., Any]
NAME = "algebra"
GROUPS = ("coarse", "broad", "middle", "fine")


@pytest.mark.parametrize("amount", [-1.0, 0.0, 0.5, 1.0, 3.0])
def test_it_is_a_minus_b_plus_c_by_the_amount(amount: float, player: Maker) -> None:
    playing = player(NAME, mean=0.3)
    a, b, c = playing.generator.sample([7, 12, 99])
    shown = playing.update(a="7", b="12", c="99", amount=amount)
    assert torch.allclose(shown, a + amount * (c - b), atol=1e-5)


def test_an_empty_a_is_the_face_that_comes_in_and_empty_terms_are_the_mean(player: Maker) -> None:
    playing = player(NAME, mean=0.3)
    (c,) = playing.generator.sample([99])
    assert torch.allclose(playing.update(c="99", amount=1.0), playing.base[0] + c - 0.3, atol=1e-5)
    assert torch.allclose(player(NAME).update(amount=1.0), playing.base[0], atol=1e-6)


def test_of_several_faces_the_mean_is_taken(player: Maker, tmp_path: Path) -> None:
    playing = player(NAME)
    saved = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    write_latent(tmp_path / "old.safetensors", saved)
    seven, twelve, one = playing.generator.sample([7, 12, 1])
    shown = playing.update(a="7 12", b="1", c=f"7 {tmp_path / 'old.safetensors'}", amount=1.0)
    assert torch.allclose(shown, (seven + twelve) / 2 - one + (seven + saved) / 2, atol=1e-5)


@pytest.mark.parametrize("layers", GROUPS)
def test_layers_keeps_the_move_to_one_part(layers: str, player: Maker) -> None:
    playing = player(NAME)
    b, c = playing.generator.sample([12, 99])
    shown = playing.update(b="12", c="99", amount=1.0, layers=layers)
    for layer, name in enumerate(GROUPS):
        moved = playing.base[0, layer] + (c - b)[layer] * (name == layers)
        assert torch.allclose(shown[layer], moved, atol=1e-5)


def test_other_faces_come_within_change_and_without_a_jump(player: Maker) -> None:
    playing = player(NAME)
    before = playing.play(0.5, a="7", b="12", c="99", amount=1.0, change=1.0)[-1]
    path = torch.stack([before, *playing.play(1.5, a="3", c="4")])
    apart = (path[-1] - before).norm()
    assert (path[1:] - path[:-1]).flatten(1).norm(dim=1).max() < 0.1 * apart
    a, b, c = playing.generator.sample([3, 12, 4])
    assert torch.allclose(path[-1], a - b + c, atol=1e-4)


def test_a_face_that_cannot_be_read_is_logged_and_the_sum_goes_on(
    player: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    playing = player(NAME)
    before = playing.play(0.5, a="7", b="12", c="99", amount=1.0)[-1]
    assert torch.allclose(playing.play(0.5, c="absent.safetensors")[-1], before, atol=1e-6)
    assert len(caplog.records) == 1
    assert "absent.safetensors" in caplog.text
