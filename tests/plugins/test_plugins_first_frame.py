"""The first frame of a show: a level that is set begins where it is set, and only what is touched later fades."""

from collections.abc import Callable
from typing import Any

import pytest

from likeness import open_generator
from likeness.files.paths import find_weights
from likeness.generators.families.composite import CompositeGenerator
from likeness.params import Bool, Float

# Those that change latents; what others do to layers and pictures is tried in their own tests.
NAMES = ("algebra", "children", "direction_pad", "direction_sweep", "random_walk", "style_mixing", "wear")
FPS = 10.0

Maker = Callable[..., Any]


@pytest.fixture(scope="module")
def composite() -> CompositeGenerator:
    generator = open_generator(find_weights("composite-256"), "cpu")
    assert isinstance(generator, CompositeGenerator)
    return generator


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_set_fades_in(name: str, player: Maker, composite: CompositeGenerator) -> None:
    def play(**values: object) -> None:
        playing = player(name, generator=composite, fps=FPS)
        frames = playing.play(4.0, **values)
        steps = (frames[1:] - frames[:-1]).flatten(1).norm(dim=1)
        begins, goes_on = float(steps[:10].max()), float(steps[20:].max())
        assert begins <= 2 * goes_on + 1e-4, (values, begins, goes_on)

    params = player(name, generator=composite).params
    play()
    for param in params:
        if isinstance(param, Bool):
            play(**{param.name: True})
        elif isinstance(param, Float):
            play(**{param.name: param.from_unit(0.9)})
