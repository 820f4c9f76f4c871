"""The weights that a show begins with: light ones on a slow machine, large ones on a fast one, or those asked for."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.files.paths import DEFAULT_WEIGHTS, LARGE_WEIGHTS, LIGHT_WEIGHTS
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
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, list[str]]]:
    """Return a function that opens first weights on a machine of so many pictures a second, and says what happened.

    The large weights take one and a half times as long there.
    """

    def on_machine(
        per_s: float, asked: str | None, *, measured: bool = True, size: tuple[int, int] | None = (256, 256)
    ) -> tuple[str, list[str]]:
        names: list[str] = []
        monkeypatch.setattr("likeness.show.first_weights.measure_rate", lambda generator, heads: 1 / generator.seconds)

        def open_named(name: str) -> Any:
            names.append(name)
            if name == LARGE_WEIGHTS and per_s > 1000:
                raise WeightsError("there is no such file")
            return Slow((1.5 if name == LARGE_WEIGHTS else 1.0) / per_s)

        replaced: list[str] = []
        first, generator = open_first(asked, open_named, 1, replaced.append, measured=measured, size=size)
        assert replaced == ([first.name] if first.name != (asked or DEFAULT_WEIGHTS) else [])
        assert (first.default_per_s is not None) == (asked is None and measured)
        assert first.per_s is None or first.per_s == pytest.approx(1 / generator.seconds)  # type: ignore[attr-defined]  # a `Slow`
        return first.name, names

    return on_machine


def test_a_slow_machine_plays_light_weights_and_says_how_to_insist(
    opened: Callable[..., tuple[str, list[str]]], caplog: pytest.LogCaptureFixture
) -> None:
    assert opened(14.2, None) == (LIGHT_WEIGHTS, [DEFAULT_WEIGHTS, LIGHT_WEIGHTS])
    (line,) = caplog.messages
    assert line == (
        "faces-256 would draw 14 pictures a second on this machine, so composite-256 plays; --weights faces-256 insists"
    )


@pytest.mark.parametrize(
    ("per_s", "asked", "measured"),
    [(20.0, None, True), (3.0, DEFAULT_WEIGHTS, True), (3.0, "mine", True), (3.0, None, False)],
)
def test_a_fast_machine_a_name_that_was_given_and_a_render_keep_theirs(
    opened: Callable[..., tuple[str, list[str]]], per_s: float, asked: str | None, measured: bool
) -> None:
    wanted = asked or DEFAULT_WEIGHTS
    assert opened(per_s, asked, measured=measured) == (wanted, [wanted])


@pytest.mark.parametrize("size", [None, (512, 512), (1080, 1920)])
def test_a_machine_that_is_fast_enough_plays_large_weights_where_large_pictures_are_wanted(
    opened: Callable[..., tuple[str, list[str]]], size: tuple[int, int] | None
) -> None:
    assert opened(60.0, None, size=size) == (LARGE_WEIGHTS, [DEFAULT_WEIGHTS, LARGE_WEIGHTS])
    assert opened(44.0, None, size=size) == (DEFAULT_WEIGHTS, [DEFAULT_WEIGHTS])
    assert opened(2000.0, None, size=size) == (DEFAULT_WEIGHTS, [DEFAULT_WEIGHTS, LARGE_WEIGHTS])
    assert opened(60.0, DEFAULT_WEIGHTS, size=size) == (DEFAULT_WEIGHTS, [DEFAULT_WEIGHTS])


def test_large_weights_that_are_slower_than_was_thought_do_not_play(
    opened: Callable[..., tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("likeness.show.first_weights.LARGE_PER_S", 50.0)
    assert opened(60.0, None, size=None) == (DEFAULT_WEIGHTS, [DEFAULT_WEIGHTS, LARGE_WEIGHTS])
