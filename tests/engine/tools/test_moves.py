"""Moves along directions: what is said of amounts that do nothing, and which pictures show the same."""

import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.files.paths import find_weights
from likeness.generator import Generator
from likeness.picture import to_picture
from likeness.tools.moves import explain_moves, show_same, sum_moves


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


@pytest.mark.parametrize("seed", [0, 14, 16])
def test_the_thinnest_rims_and_a_smile_are_new(seed: int, generator: Generator) -> None:
    latent = generator.sample([seed])
    with torch.inference_mode():
        bare, rims, smiling = (
            to_picture(generator.synthesize(latent + sum_moves(generator, moves)))
            for moves in ({}, {"glasses": 1.0}, {"smile": 1.5})
        )
    assert not show_same(bare, rims)
    assert not show_same(bare, smiling)


def test_a_faint_change_of_a_small_part_is_a_copy_and_a_strong_one_is_new() -> None:
    picture = np.full((100, 100, 3), 100, np.uint8)
    faint, strong = picture.copy(), picture.copy()
    # The fiftieth part of it: 0.4 and 1.2 levels on average.
    faint[:20, :10] += 20
    strong[:20, :10] += 60
    assert show_same(picture, faint)
    assert not show_same(picture, strong)


def test_a_wide_change_of_light_is_new_and_a_few_levels_of_it_are_not() -> None:
    picture = np.full((50, 50, 3), 100, np.uint8)
    assert not show_same(picture, picture + 10)
    assert show_same(picture, picture + 5)


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


def test_small_things_are_seen() -> None:
    """Earrings and lipstick are few px, of another colour."""
    picture = np.full((256, 256, 3), 120, np.uint8)
    hoops = picture.copy()
    hoops[150:158, 40:45] = hoops[150:158, 210:215] = (230, 190, 60)
    assert not show_same(picture, hoops)
    dim = picture.copy()
    dim[150:158, 40:45] = dim[150:158, 210:215] = 150
    assert show_same(picture, dim)
