"""Bending in a show: a frame begins unbent, plugins add to each other, and what fails leaves the plain picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from likeness import hookimpl
from likeness.frame import Frame
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.host.host import Host
from likeness.parameters.store import ParamStore
from likeness.show.renderer import Renderer
from likeness.stage import PluginParams, Stage

CPU = torch.device("cpu")


class Bending:
    """Does in each frame what the test says."""

    def __init__(self, layer: str, bend: Callable[[Tensor], Tensor]) -> None:
        self.layer, self.bend, self.active = layer, bend, True

    @hookimpl
    def start(self, stage: Stage) -> None:
        self.stage = stage

    @hookimpl
    def update(self) -> None:
        if self.active:
            self.stage.bending.add(self.layer, self.bend)


@pytest.fixture
def generator(tiny_composite: Path) -> CompositeGenerator:
    return open_composite(tiny_composite, CPU)


def show(generator: Any, *plugins: Any, with_alpha: bool = False) -> Callable[[], Any]:
    """Return what draws the next frame of a show of `plugins`."""
    store = ParamStore()
    host = Host(store)
    for number, plugin in enumerate(plugins):
        host.add(f"bending{number}", plugin)
    renderer = Renderer(Stage(generator, PluginParams(store), CPU, 3), host, with_alpha=with_alpha)
    renderer.start()
    frames = iter(range(1000))

    def draw() -> Any:
        index = next(frames)
        store.advance(1 / 24)
        values = dict(store.snapshot) | {"show": {"psi": 1.0}}
        outcome = renderer.draw(Frame(index, index / 24, 1 / 24, 0.0, values), ())
        assert outcome.error is None
        assert outcome.drawn is not None
        return outcome.drawn

    return draw


def test_a_frame_is_bent_by_all_plugins_in_rack_order_and_the_next_one_begins_unbent(
    generator: CompositeGenerator,
) -> None:
    order: list[str] = []
    first = Bending("field", lambda x: (order.append("first"), x + 0.1)[1])
    second = Bending("field", lambda x: (order.append("second"), x * 0.0)[1])
    draw = show(generator, first, second)
    draw()
    assert order == ["first", "second"]
    assert generator.warp is not None
    assert not generator.warp.any()
    first.active = second.active = False
    plain = show(generator)()
    assert (draw().picture == plain.picture).all()


def test_a_bend_that_fails_leaves_the_plain_picture_and_a_line(
    generator: CompositeGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(x: Tensor) -> Tensor:
        raise ValueError("no such tensor")

    drawn = show(generator, Bending("field", fail))()
    assert (drawn.picture == show(generator)().picture).all()
    assert "bending failed: no such tensor" in caplog.text


def test_the_alpha_is_bent_with_the_picture(generator: CompositeGenerator) -> None:
    grown = show(generator, Bending("edges", lambda x: x + 0.5), with_alpha=True)()
    assert grown.alpha.mean() > show(generator, with_alpha=True)().alpha.mean() + 1


def test_a_family_without_layers_is_drawn_as_it_is(toy: Callable[..., Any]) -> None:
    draw = show(toy(4, 16), Bending("field", lambda x: x + 1))
    assert (draw().picture == show(toy(4, 16))().picture).all()


class Rolling:
    """Moves the first picture to the right, and says so."""

    @hookimpl
    def start(self, stage: Stage) -> None:
        self.stage, self.pictures = stage, 0

    @hookimpl
    def process_image(self, image: Tensor) -> Tensor | None:
        self.pictures += 1
        if self.pictures > 1:
            return None
        self.stage.warping.add(lambda maps: maps.roll(9, dims=3))
        return image.roll(9, dims=3)


def test_the_silhouette_goes_where_the_picture_was_moved_in_that_frame_alone(generator: CompositeGenerator) -> None:
    plain = show(generator, with_alpha=True)()
    draw = show(generator, Rolling(), with_alpha=True)
    first, second = draw(), draw()
    assert (first.alpha == np.roll(plain.alpha, 9, axis=1)).all()
    assert (first.alpha != plain.alpha).any()
    assert (second.alpha == plain.alpha).all()
