"""The weights that a show begins with: light ones on a slow machine, unless others were asked for."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.files.paths import DEFAULT_WEIGHTS, LIGHT_WEIGHTS
from likeness.show.first_weights import ENOUGH, measure_rate, open_first


class Slow:
    """A generator that takes `seconds` for a picture, on a clock that only counts."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.at = seconds, 0.0
        self.mean = torch.zeros(2, 4)
        self.drawn: list[int] = []

    def synthesize(self, latent: Tensor) -> Tensor:
        self.at += self.seconds
        self.drawn.append(len(latent))
        return torch.zeros(len(latent), 3, 2, 2)

    def now(self) -> float:
        return self.at


def measure(generator: Any, heads: int = 1) -> float:
    return measure_rate(generator, heads, now=generator.now)


def test_the_rate_is_that_of_the_generator_alone() -> None:
    slow, fast = Slow(0.08), Slow(0.001)
    assert measure(slow, heads=3) == pytest.approx(12.5)
    assert set(slow.drawn) == {3}
    # A second and the picture in which it ended; of a fast one enough to know.
    assert slow.at < 1.1
    assert measure(fast) == pytest.approx(1000.0)
    assert len(fast.drawn) == ENOUGH


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, list[str], bool]]:
    """Return a function that opens first weights on a machine of so many pictures a second, and says what happened."""

    def on_machine(per_s: float, asked: str | None, *, measured: bool = True) -> tuple[str, list[str], bool]:
        names: list[str] = []
        monkeypatch.setattr("likeness.show.first_weights.measure_rate", lambda generator, heads: per_s)

        def open_named(name: str) -> Any:
            names.append(name)
            return Slow(1 / per_s)

        replaced: list[str] = []
        first, _ = open_first(asked, open_named, 1, replaced.append, measured=measured)
        assert replaced == ([first.name] if first.replaced else [])
        return first.name, names, first.replaced

    return on_machine


def test_a_slow_machine_plays_light_weights_and_says_how_to_insist(
    opened: Callable[..., tuple[str, list[str], bool]], caplog: pytest.LogCaptureFixture
) -> None:
    assert opened(14.2, None) == (LIGHT_WEIGHTS, [DEFAULT_WEIGHTS, LIGHT_WEIGHTS], True)
    (line,) = caplog.messages
    assert line == (
        "faces-256 would draw 14 pictures a second on this machine, so composite-256 plays; --weights faces-256 insists"
    )


@pytest.mark.parametrize(
    ("per_s", "asked", "measured"),
    [(20.0, None, True), (3.0, DEFAULT_WEIGHTS, True), (3.0, "mine", True), (3.0, None, False)],
)
def test_a_fast_machine_a_name_that_was_given_and_a_render_keep_theirs(
    opened: Callable[..., tuple[str, list[str], bool]], per_s: float, asked: str | None, measured: bool
) -> None:
    wanted = asked or DEFAULT_WEIGHTS
    assert opened(per_s, asked, measured=measured) == (wanted, [wanted], False)
