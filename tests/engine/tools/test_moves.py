"""Moves along directions: what is said of amounts that do nothing, and which pictures show the same."""

import numpy as np
import pytest

from likeness import open_generator
from likeness.files.paths import find_weights
from likeness.generator import Generator
from likeness.tools.moves import explain_moves, show_same


@pytest.fixture(scope="module")
def generator() -> Generator:
    return open_generator(find_weights("composite-256"), "cpu")


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        (
            {"glasses": 0.3, "smile": 2.0},
            ["glasses=0.3 does nothing: glasses is a switch, off up to 0.35 and on from 0.475; give 1"],
        ),
        ({"glasses": -1.0}, ["glasses=-1 does nothing: glasses is a switch, off up to 0.35 and on from 0.475; give 1"]),
        (
            {"beard": 0.4, "glasses": 1.0},
            ["beard=0.4 shows a ghost of a beard: beard is a switch, off up to 0.35 and on from 0.475; give 1"],
        ),
        # Both put on the same.
        ({"glasses": 0.3, "sunglasses": 0.3}, []),
        ({"glasses": 1.0, "beard": 0.5, "age": -3.0}, []),
    ],
)
def test_a_switch_that_stays_off_or_halfway_is_told(
    moves: dict[str, float], said: list[str], generator: Generator
) -> None:
    assert explain_moves(generator, moves) == said


def test_pictures_show_the_same_where_only_grain_and_single_px_differ() -> None:
    dice = np.random.default_rng(0)
    picture = dice.integers(40, 200, (100, 100, 3), np.uint8)
    grain = picture + dice.integers(0, 4, picture.shape, np.uint8)
    specks, stroke = picture.copy(), picture.copy()
    specks[::5, ::5] = 255
    stroke[50:52, 10:60] = 20
    assert show_same(picture, picture)
    assert show_same(picture, grain)
    assert not show_same(picture, stroke)
    assert not show_same(picture, 255 - picture)
    assert not show_same(picture, specks)
