"""Which training faces have whole heads, and which are lopsided."""

import cv2
import numpy as np
import pytest

from likeness.faces.mattes import Mattes
from likeness.training.head_shapes import are_whole_heads, measure_lopsidedness

SIZE = 64


def draw_head(wide: int, tall: int, *, ears: bool = False) -> Mattes:
    """Return the mattes of an oval head, with or without the ears of a cat."""
    person = np.zeros((SIZE, SIZE), np.uint8)
    cv2.ellipse(person, (SIZE // 2, 36), (wide, tall), 0, 0, 360, 1, -1)
    skin = person.copy()
    for side in (-1, 1) if ears else ():
        middle = SIZE // 2
        points = [[middle + side * 6, 38 - tall], [middle + side * wide, 34], [middle + side * (wide - 2), 5]]
        cv2.fillPoly(person, [np.array(points, np.int32)], 1)
    return Mattes(skin.astype(np.float32), person.astype(np.float32))


def photograph(heads: list[Mattes]) -> np.ndarray:
    """Return pictures of heads before walls that are not plain, `[n, SIZE, SIZE, 3]`."""
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(100, 200, (SIZE, SIZE, 3)) + 40 * head.person[..., None] for head in heads]).astype(
        np.uint8
    )


@pytest.mark.parametrize(("ears", "whole"), [(False, True), (True, False)])
def test_heads_of_people_are_whole_and_those_of_cats_are_not_to_be_rounded(ears: bool, whole: bool) -> None:
    heads = [draw_head(wide, 18, ears=ears) for wide in (16, 18, 20, 21)]
    assert are_whole_heads(photograph(heads), heads) is whole


def test_a_few_odd_heads_change_nothing() -> None:
    heads = [draw_head(18, 18) for _ in range(5)] + [draw_head(18, 18, ears=True) for _ in range(2)]
    assert are_whole_heads(photograph(heads), heads) is True


def test_drawings_before_plain_walls_keep_their_hats() -> None:
    heads = [draw_head(18, 18) for _ in range(4)]
    drawings = np.stack([np.where(head.person[..., None] > 0, 200, 90).repeat(3, 2) for head in heads]).astype(np.uint8)
    assert are_whole_heads(drawings, heads) is False


def test_an_even_head_is_not_lopsided_and_one_with_hair_on_one_side_is() -> None:
    even = draw_head(18, 18)
    # The ellipse is drawn on whole pixels, one of which has no partner.
    assert measure_lopsidedness(even) < 0.1
    person = even.person.copy()
    person[20:40, SIZE // 2 :] = 1
    lopsided = measure_lopsidedness(Mattes(even.skin, person))
    assert lopsided > 2 * measure_lopsidedness(even)
    mirrored = Mattes(even.skin[:, ::-1], person[:, ::-1])
    assert measure_lopsidedness(mirrored) == pytest.approx(lopsided)


def test_clothes_are_not_looked_at() -> None:
    even = draw_head(18, 18)
    person = even.person.copy()
    person[48:, SIZE // 2 :] = 1
    assert measure_lopsidedness(Mattes(even.skin, person)) == measure_lopsidedness(even)
