"""Drawn eyes: where they are, that they go with the face and its mirror image, and what colours they have."""

import pytest
import torch

from likeness.generators.networks.drawn_eyes import BAND, OFF, PUPIL, SIDE, DrawnEyes

SIZE = 256
ROW = round(PUPIL)
LEFT, RIGHT = round(SIDE / 2 - OFF), round(SIDE / 2 + OFF)
SKIN, WHITE = (0.3, 0.1, 0.0), (0.5, 0.45, 0.42)


def still(count: int = 1) -> torch.Tensor:
    return torch.zeros(count, 2, SIZE // 4, SIZE // 4)


def face(iris: tuple[float, float, float] = (-0.3, -0.4, -0.5)) -> torch.Tensor:
    """Return skin with two dull eyes, `[1, 3, SIZE, SIZE]`, where the mean face has them."""
    picture = torch.tensor(SKIN)[None, :, None, None].expand(1, 3, SIZE, SIZE).clone()
    y, x = torch.meshgrid(torch.arange(SIZE) + 0.5, torch.arange(SIZE) + 0.5, indexing="ij")
    for middle in (LEFT, RIGHT):
        for colour, wide, high in ((WHITE, 14.0, 6.0), (iris, 5.5, 5.5)):
            inside = ((x - middle) / wide).square() + ((y - ROW - 1) / high).square() < 1
            picture[0, :, inside] = torch.tensor(colour)[:, None]
    return picture


def draw(picture: torch.Tensor, field: torch.Tensor | None = None) -> torch.Tensor:
    drawn: torch.Tensor = DrawnEyes(SIZE, 1.0)(picture, still() if field is None else field)
    return drawn


def near(picture: torch.Tensor, column: int, reach: int = 4) -> torch.Tensor:
    """Return what is about a pupil."""
    return picture[0, :, ROW - reach : ROW + reach + 1, column - reach : column + reach + 1]


def test_both_eyes_get_a_black_pupil_and_a_window_and_all_else_stays() -> None:
    before = face()
    drawn = draw(before)
    top, bottom, left, right = (round(part * SIZE) for part in BAND)
    outside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    outside[top:bottom, left:right] = False
    assert torch.equal(drawn[..., outside], before[..., outside])
    # The nose between the eyes lies in the band, too.
    assert torch.allclose(drawn[..., ROW, 124:132], before[..., ROW, 124:132], atol=1e-5)
    for column in (LEFT, RIGHT):
        pupil = near(drawn, column).mean(0)
        assert pupil.min() < -0.9
        assert pupil.max() > 0.2, "a window is mirrored"


def test_none_are_drawn_where_none_are_asked_for() -> None:
    before = face()
    assert DrawnEyes(SIZE, 0.0)(before, still()) is before


def test_a_mirrored_face_has_mirrored_eyes() -> None:
    picture = face()
    picture[..., :128] *= 0.8  # light from the right
    field = torch.zeros(1, 2, SIZE // 4, SIZE // 4)
    field[:, 0] = torch.linspace(-0.01, 0.02, SIZE // 4)
    field[:, 1] = torch.linspace(0.01, 0.0, SIZE // 4)[:, None]
    mirrored = field.flip(3) * torch.tensor([-1.0, 1.0])[None, :, None, None]
    assert torch.allclose(draw(picture, field).flip(3), draw(picture.flip(3), mirrored), atol=1e-4)


def test_they_go_where_the_warp_takes_the_face() -> None:
    # Every place shows what lies 8 px to its left: the face is 8 px farther to the right.
    field = still()
    field[:, 0] = -8 / SIZE
    moved, rested = draw(face().roll(8, 3), field), draw(face())
    assert torch.allclose(moved.roll(-8, 3)[..., 80:176], rested[..., 80:176], atol=1e-4)


@pytest.mark.parametrize("bright_side", [-1, 1])
def test_the_window_is_where_the_light_comes_from(bright_side: int) -> None:
    picture = face()
    dark = picture[..., 128:] if bright_side < 0 else picture[..., :128]
    dark.sub_(0.4)
    drawn = draw(picture)
    for column in (LEFT, RIGHT):
        brightness = near(drawn, column, 3).mean(0).clamp(min=0)
        aside = (brightness.sum(0) * torch.arange(-3, 4)).sum() / brightness.sum()
        assert aside * bright_side > 0.3


def test_eyes_that_were_blue_become_blue_and_others_brown() -> None:
    def hue(picture: torch.Tensor, column: int) -> float:
        iris = (near(picture, column) + 1) / 2
        ring = iris[:, -3:-1, 3:6].mean((1, 2))  # below the pupil
        return float((ring[2] - ring[0]) / ring.mean())

    blue, brown = draw(face((0.0, 0.1, 0.3))), draw(face((-0.3, -0.4, -0.5)))
    assert hue(blue, LEFT) > 0.1
    assert hue(brown, LEFT) < -0.1
    # Somebody's eyes have one colour, even where one of the two was drawn brown and the other blue.
    mixed = face()
    mixed[..., 128:] = face((0.0, 0.1, 0.3))[..., 128:]
    drawn = draw(mixed)
    assert abs(hue(drawn, LEFT) - hue(drawn, RIGHT)) < 0.03


def test_faces_are_drawn_together_as_each_alone() -> None:
    pictures, fields = torch.cat([face(), face((0.0, 0.1, 0.3)) * 0.7]), still(2)
    fields[1, 0] = 0.02
    together = draw(pictures, fields)
    for number in range(2):
        alone = draw(pictures[number : number + 1], fields[number : number + 1])
        assert torch.allclose(together[number : number + 1], alone, atol=1e-5)
