"""The closed form of a StyleGAN2 whose styles listen to known directions alone."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tests.reference.stylegan2 import Shape, random_state

from likeness.directions.closed_form import closed_form_directions
from likeness.errors import LikenessError
from likeness.generator import Licence
from likeness.generators.families.checkpoint import Source
from likeness.generators.families.stylegan2 import open_source


def test_the_direction_that_most_styles_listen_to_is_the_first() -> None:
    shape = Shape(resolution=8)
    state = random_state(shape)
    loud, faint = 3, 11
    for name in [name for name in state if ".conv" in name and name.endswith("affine.weight")]:
        quiet = torch.zeros_like(state[name])
        # Three styles of four listen to one number of w, the fourth to another; how loudly does not count.
        quiet[:, loud] = 0.1
        quiet[::4, loud], quiet[::4, faint] = 0, 5.0
        state[name] = quiet
    generator = open_source(Source("stylegan2", "ours", {}, state, Licence("CC0", True)), torch.device("cpu"))
    found = closed_form_directions(generator, 2)
    assert found.shape == (2, shape.num_ws, shape.w_dim)
    w = generator.sample(range(512))[:, 0]
    for direction, number in zip(found, (loud, faint), strict=True):
        assert direction[0].abs().argmax() == number
        assert float(direction[0].norm()) == pytest.approx(float(w[:, number].std()), rel=1e-3)
        assert torch.equal(direction[0], direction[-1])


def test_other_families_are_told_what_to_take_instead(toy: Callable[..., Any]) -> None:
    with pytest.raises(LikenessError, match="toy has none: take principal directions"):
        closed_form_directions(toy(), 3)
