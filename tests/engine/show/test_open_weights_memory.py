"""Weights on a graphics card whose memory is too small: a step down before the show, not a failure in it."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.errors import LikenessError
from likeness.generator import Licence
from likeness.options import PictureOptions
from likeness.show import open_weights as opening
from likeness.show.open_weights import SPARE_BYTES, Step, list_steps, open_weights

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


class Card:
    """A graphics card that holds pictures of so many px, `heads` of them beside each other counting as larger."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, holds: int, spare_at: int) -> None:
        self.holds, self.spare_at = holds, spare_at
        self.opened: list[int | None] = []
        monkeypatch.setattr(opening, "free_bytes", lambda device: self._free())
        monkeypatch.setattr(opening, "empty_cache", lambda device: None)

    def open_generator(self, path: Path, device: torch.device, height: int | None) -> Any:
        self.opened.append(height)

        def synthesize(latent: Tensor) -> Tensor:
            if (height or 0) * len(latent) > self.holds:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return latent

        info = SimpleNamespace(family="toy", licence=Licence("CC0", paid_use=True), resolution=height)
        return SimpleNamespace(info=info, mean=torch.zeros(1, 4), synthesize=synthesize)

    def _free(self) -> int:
        return SPARE_BYTES if (self.opened[-1] or 0) <= self.spare_at else SPARE_BYTES - 1


@pytest.fixture
def weights(tmp_path: Path) -> str:
    (tmp_path / "face.toy").touch()
    return str(tmp_path / "face.toy")


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], Card]:
    return lambda holds, spare_at: Card(monkeypatch, holds, spare_at)


def open_on(card: Any, weights: str, device: torch.device = CUDA, heads: int = 1) -> int:
    options = PictureOptions()
    height: int = open_weights(card, options, weights, device=device, size=(1920, 1080), heads=heads).info.resolution
    return height


def test_a_card_with_room_draws_what_was_asked_for(card: Callable[[int, int], Card], weights: str) -> None:
    roomy = card(1080, 1080)
    assert open_on(roomy, weights) == 1080
    assert roomy.opened == [1080]


def test_smaller_pictures_are_drawn_where_the_memory_is_too_small_or_nearly_full(
    card: Callable[[int, int], Card], weights: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert open_on(card(600, 1080), weights) == 540
    assert "face.toy with 1080 px, its own precision needs more than the card's memory" in caplog.text
    assert "trying 540 px, float16" in caplog.text
    assert open_on(card(1080, 300), weights) == 270
    assert "leaves next to nothing of the card's memory free" in caplog.text
    # All heads of a frame are drawn before the show begins.
    assert open_on(card(1080, 1080), weights, heads=3) == 270


def test_what_does_not_fit_at_all_says_what_to_do(card: Callable[[int, int], Card], weights: str) -> None:
    with pytest.raises(LikenessError, match=r"needs more than this card's memory; .*--size.*--heads.*--device cpu"):
        open_on(card(100, 1080), weights)


def test_the_last_step_plays_however_little_is_left(card: Callable[[int, int], Card], weights: str) -> None:
    assert open_on(card(1080, 0), weights) == 270


def test_only_a_graphics_card_has_steps_and_a_precision_that_was_asked_for_stays() -> None:
    assert list(list_steps(1080, "auto", CPU)) == [Step(1080, "auto")]
    assert list(list_steps(None, "auto", CUDA)) == [Step(None, "auto"), Step(None, "float16")]
    assert list(list_steps(600, "float32", CUDA)) == [Step(600, "float32"), Step(300, "float32")]
