"""Hair keeps the photo's colour: it is not read from the wall, and not left to the head that the code calls up."""

import numpy as np
import pytest
from tests.benchmarks.conditions import Meter
from tests.benchmarks.photo_conditions import cut_sitter, make_conditions
from tests.engine.drawn_faces import FACES

from likeness import open_generator
from likeness.encoders.block_targets import BlockTarget, leave_out_wall
from likeness.encoders.composite import open_composite_encoder
from likeness.faces.photo import read_photo
from likeness.files.paths import find_weights

BLUE, BLACK = (-0.8, -0.5, 0.6), (-0.9, -0.9, -0.9)


def paint(colour: tuple[float, float, float]) -> np.ndarray:
    """One colour, `[3, 4, 4]`."""
    return np.broadcast_to(np.float32(colour)[:, None, None], (3, 4, 4)).copy()


def targets_before(wall: tuple[float, float, float]) -> dict[str, BlockTarget]:
    """Black hair whose lowest row was read from the wall."""
    hair, seen = paint(BLACK), np.ones((1, 4, 4), np.float32)
    hair[:, 3] = np.float32(wall)[:, None]
    return {"hair": BlockTarget(hair, seen), "backdrop": BlockTarget(paint(wall), seen)}


def test_hair_of_the_colour_of_a_saturated_wall_is_not_seen() -> None:
    seen = leave_out_wall(targets_before(BLUE), paint(BLACK))["hair"].seen
    assert seen[0, 3] == pytest.approx(np.zeros(4), abs=1e-6)
    assert (seen[0, :3] > 0.99).all()


def test_dark_hair_before_a_dark_wall_is_seen_as_it_was() -> None:
    targets = targets_before((-0.85, -0.9, -0.9))
    assert leave_out_wall(targets, paint(BLACK))["hair"] is targets["hair"]


def test_targets_that_show_no_wall_or_no_hair_stay_as_they_are() -> None:
    for name in ("hair", "backdrop"):
        targets = targets_before(BLUE)
        targets[name] = BlockTarget(targets[name].wanted, np.zeros((1, 4, 4), np.float32))
        assert leave_out_wall(targets, paint(BLACK)) == targets


@pytest.mark.skipif(not FACES.is_dir(), reason="needs the faces that were held out of training, which lie outside")
@pytest.mark.parametrize(("name", "condition"), [("0021.jpg", "as it is"), ("0045.jpg", "blue wall")])
def test_held_out_hair_that_turned_brown_and_green_is_near_its_photo(name: str, condition: str) -> None:
    encoder = open_composite_encoder(find_weights("faces-256"))
    meter = Meter(open_generator(find_weights("composite-256")), encoder)
    photo = read_photo(FACES / name)
    sitter = cut_sitter(photo, meter.find_mattes(encoder.encode(photo).latent))
    given = make_conditions(sitter, 0)[condition]
    found = meter.measure(sitter, given, None, encoder.encode(given).latent, clear=True)
    assert found.hair < 12  # 19 and 21 where the last round was left as it was
