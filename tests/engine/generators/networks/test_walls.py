"""Walls: packed and unpacked, chosen by the latent's colours, and drawn behind the person alone."""

import numpy as np
import pytest
import torch

from likeness.generators.networks.walls import Walls, pack_walls, put_behind, unpack_walls

SIZE, COUNT = 16, 6


def make_walls() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (COUNT, 3, SIZE, SIZE)).astype(np.float32)


def open_walls(pictures: np.ndarray) -> Walls:
    """Walls on a line: the first column of the latent says which, and the last one that it is no mirror image."""
    query, keys = torch.zeros(4, 2), torch.ones(COUNT, 2)
    query[0, 0] = query[3, 1] = 1.0
    keys[:, 0] = 2.0 * torch.arange(COUNT)
    told = {"count": COUNT, "size": SIZE, "even": 1, "query": query.tolist(), "keys": keys.tolist()}
    return Walls({**told, "pictures": pack_walls(pictures)}, torch.tensor([False, False, True, True]))


def at(place: float) -> torch.Tensor:
    """A latent whose colours have that place on the line."""
    latent = torch.zeros(1, 4, 4)
    latent[:, 1, 0], latent[:, 1, 3] = place, 1.0
    return latent


def test_what_is_packed_is_unpacked_to_half_a_step() -> None:
    walls = make_walls()
    assert (unpack_walls(pack_walls(walls), COUNT, SIZE).numpy() - walls).__abs__().max() <= 0.5 / 127 + 1e-6


@pytest.mark.parametrize("text", ["", "!", "AAAA", pack_walls(make_walls()[:1])])
def test_broken_walls_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack_walls(text, COUNT, SIZE)


def test_a_face_at_the_place_of_a_wall_is_before_that_one() -> None:
    pictures = make_walls()
    assert np.abs(open_walls(pictures)(at(4.0))[0].numpy() - pictures[2]).max() < 0.03


def test_a_face_in_the_middle_is_before_one_wall_and_not_before_its_mirror_image_too() -> None:
    latent = at(4.0)
    latent[:, 1, 3] = 0.0
    wall = open_walls(make_walls())(latent)
    assert (wall - wall.flip(-1)).std() > wall.std()


def test_between_two_walls_both_are_there_as_strong_as_one() -> None:
    assert 0.25 < open_walls(make_walls())(at(5.0)).std() < 0.33  # one has 0.29


def test_only_what_is_behind_the_person_changes() -> None:
    picture, wall = torch.zeros(1, 3, 32, 32), torch.full((1, 3, SIZE, SIZE), 0.5)
    person = torch.zeros(1, 1, 32, 32)
    person[..., :16] = 1
    drawn = put_behind(picture, wall, person)
    assert not drawn[..., :16].any()
    assert (drawn[..., 16:] == 0.5).all()
