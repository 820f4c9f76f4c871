"""Plain walls: people in drawings are cut out along them, tall hats and hair too."""

import cv2
import numpy as np
import pytest

from likeness.faces.mattes import Mattes, cut_out, find_plain_wall, prior_mattes
from likeness.training.alignment import Workers
from likeness.training.layered_faces import cut_mattes

SIZE, WALL = 128, (230, 220, 200)


def cartoon(wall: tuple[int, int, int] = WALL) -> np.ndarray:
    """A face of flat colours with a hat up to the picture's edge; the whites of its eyes are of the wall's colour."""
    picture = np.full((SIZE, SIZE, 3), wall, np.uint8)
    cv2.rectangle(picture, (40, 0), (88, 48), (0, 0, 200), -1)
    cv2.ellipse(picture, (64, 70), (34, 42), 0, 0, 360, (120, 160, 220), -1)
    for x in (50, 78):
        cv2.circle(picture, (x, 64), 5, wall, -1)
    return picture


def test_the_wall_of_a_drawing_is_all_that_is_not_the_person() -> None:
    wall = find_plain_wall(cartoon())
    assert wall is not None
    flat = np.abs(cartoon().astype(int) - WALL).max(2) == 0
    eyes = np.zeros((SIZE, SIZE), bool)
    eyes[55:75, 40:90] = True
    assert (wall == (flat & ~eyes)).all()


def test_what_the_person_does_not_reach_is_wall() -> None:
    picture = cartoon()
    picture[:70, :6] = (90, 90, 90)  # as where a picture is continued beyond its edge
    wall = find_plain_wall(picture)
    assert wall is not None
    assert wall[:70, :6].all()


@pytest.mark.parametrize("deviation", [0.4, 1.5, 12.0])
def test_the_wall_of_a_photo_is_not_plain(deviation: float) -> None:
    noise = np.random.default_rng(0).normal(0, deviation, (SIZE, SIZE, 3))
    assert find_plain_wall(np.clip(cartoon() + noise, 0, 255).astype(np.uint8)) is None


def test_hair_along_the_upper_edge_is_not_taken_for_the_wall() -> None:
    picture = cartoon()
    picture[:20, 33:95] = (10, 10, 10)
    wall = find_plain_wall(picture)
    assert wall is not None
    assert not wall[:20, 40:90].any()


def test_a_hat_that_graph_cuts_leave_on_the_wall_is_the_persons_where_walls_are_plain() -> None:
    workers = Workers(1)
    try:
        faces = np.stack([cartoon(), cartoon((200, 230, 210)), cartoon((240, 240, 240))])
        mattes, _ = cut_mattes(faces, workers)
    finally:
        workers.close()
    hat = (slice(0, 20), slice(44, 84))
    assert cut_out(faces[0], prior_mattes(SIZE)).person[hat].mean() < 0.5
    assert all(matte.person[hat].mean() > 0.99 for matte in mattes)
    assert all(matte.person[:40, :30].mean() == 0 for matte in mattes)


def test_few_plain_walls_among_many_photos_change_nothing() -> None:
    rng = np.random.default_rng(1)
    photos = [np.clip(cartoon() + rng.normal(0, 8, (SIZE, SIZE, 3)), 0, 255).astype(np.uint8) for _ in range(2)]
    workers = Workers(1)
    try:
        mattes, _ = cut_mattes(np.stack([cartoon(), *photos]), workers)
    finally:
        workers.close()
    assert isinstance(mattes[0], Mattes)
    assert mattes[0].person[:20, 44:84].mean() < 0.5
