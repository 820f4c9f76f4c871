"""Turn and light, measured on pictures, and found as directions of the bundled faces."""

import math

import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.directions.measured import measure_light, measure_samples, measure_turn
from likeness.faces.detect import Detector
from likeness.files.paths import find_direction, find_weights
from likeness.generator import Generator
from likeness.picture import to_picture
from likeness.toolkit.latent_file import read_direction


@pytest.fixture(scope="module")
def faces() -> Generator:
    return open_generator(find_weights("composite-256"))


def test_light_is_the_share_by_which_the_right_half_is_brighter() -> None:
    picture = np.full((64, 64, 3), 100, np.uint8)
    picture[:, 32:] = 150
    assert measure_light(picture) == pytest.approx(50 / 125, abs=0.02)
    assert measure_light(picture[:, ::-1]) == pytest.approx(-50 / 125, abs=0.02)
    assert math.isnan(measure_turn(picture, Detector("hog")))


def test_the_shipped_directions_turn_faces_and_light_them_from_the_side(faces: Generator) -> None:
    turn, light = (read_direction(find_direction(name, "composite-256"), 4, 160) for name in ("turn", "light"))
    base, detector = 0.5 * faces.sample([3]), Detector("hog")
    with torch.inference_mode():
        left, right, dark, lit = (
            to_picture(faces.synthesize(base + move)) for move in (-2 * turn, 2 * turn, -2 * light, 2 * light)
        )
    assert measure_turn(right, detector) > measure_turn(left, detector) + 0.15
    assert measure_light(lit) > measure_light(dark) + 0.15


def test_mirror_images_are_samples_too_with_their_sides_changed(faces: Generator) -> None:
    latents, labels = measure_samples(faces, 3)
    assert latents.shape == (6, 4, 160)
    # Each layer group is another sample's.
    assert not torch.equal(latents[0, 0], latents[0, 1])
    with torch.inference_mode():
        mirrored = to_picture(faces.synthesize(latents[3:4]))
    assert labels["light"][3] == -labels["light"][0]
    assert measure_light(mirrored) == pytest.approx(labels["light"][3], abs=0.02)
