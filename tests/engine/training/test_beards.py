"""Beards cut from photos: hair and not shadow, and weights that can wear them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.errors import TrainingError, WeightsError
from likeness.generators.families.composite import CompositeGenerator, open_composite
from likeness.generators.networks.beard_hairs import TOP
from likeness.generators.weights_file import read_header
from likeness.toolkit.latent_file import read_direction
from likeness.training.beards import (
    DIRECTIONS,
    KINDS,
    Bearded,
    add_beards,
    cut_beard,
    draw_zone,
    parse_bearded,
    write_beard_directions,
)

SIZE = 128
SKIN, HAIR = 170, 30


def draw_face(*, shadow: bool = False) -> np.ndarray:
    """Return a face of plain skin with a striped moustache, and with a shadow beside it."""
    face = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    for left in range(-14, 14, 4):
        cv2.rectangle(face, (64 + left, 88), (64 + left + 1, 92), (HAIR,) * 3, -1)
        cv2.rectangle(face, (64 + left + 2, 88), (64 + left + 3, 92), (HAIR + 25,) * 3, -1)
    if shadow:
        face[84:96, 44:50] = 60
    return face


def test_hair_is_cut_out_and_skin_is_left() -> None:
    opacity, strands = cut_beard(draw_face(), "moustache")
    row = 90 - round(TOP * SIZE)
    assert opacity[row, :8].mean() > 0.7
    assert opacity[row, 20:].max() < 0.05
    assert opacity[row + 12 :].max() < 0.05
    # Stripes are strands.
    assert strands[row, 2:10].std() > 0.1
    assert strands[row + 12 :].max() == 0


def test_a_shadow_on_one_side_is_no_beard() -> None:
    plain, shadowed = (cut_beard(draw_face(shadow=shadow), "moustache")[0] for shadow in (False, True))
    assert np.abs(plain - shadowed)[:, 14:].max() < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_zones_are_even_and_leave_the_lips_free(kind: str) -> None:
    zone = draw_zone(256, kind)
    assert np.allclose(zone, zone[:, ::-1], atol=1e-5)
    assert zone[194, 118:138].max() < 0.05
    assert zone[178, 128] > 0.9
    assert zone[: round(0.58 * 256), 100:156].max() < 0.05


def test_each_kind_reaches_further_than_the_one_before() -> None:
    areas = [draw_zone(256, kind).sum() for kind in KINDS]
    assert areas == sorted(areas)


def test_a_photo_is_named_with_how_far_its_beard_reaches(tmp_path: Path) -> None:
    photo = tmp_path / "a:b.png"
    photo.write_bytes(b"")
    assert parse_bearded(f"{photo}:goatee") == Bearded(photo, "goatee")
    with pytest.raises(TrainingError, match="ends in no kind of beard; write PHOTO:KIND with one of moustache"):
        parse_bearded(str(photo))
    with pytest.raises(TrainingError, match="there is no photo"):
        parse_bearded("nobody.png:beard")


def test_a_composite_is_given_beards_and_keeps_its_tensors(tiny_composite: Path, tmp_path: Path) -> None:
    photos = sorted((tiny_composite.parent / "faces").iterdir())[:2]
    generator = open_generator(tiny_composite)
    assert isinstance(generator, CompositeGenerator)
    out = tmp_path / "bearded.safetensors"
    written = add_beards(generator, [Bearded(photos[0], "moustache"), Bearded(photos[1], "beard")], out)
    before = read_header(tiny_composite)
    assert before is not None
    assert written.sha256 == before.sha256
    assert written.arguments["glasses"] == before.arguments["glasses"]
    beard = open_composite(out, torch.device("cpu")).beard
    assert beard is not None
    assert len(beard.keys) == 3  # and the full beard
    files = write_beard_directions(out, "tiny", tmp_path)
    assert [file.stem for file in files] == list(DIRECTIONS)
    for psi in (0.5, 0.7, 1.0):
        assert beard.opacity(psi * read_direction(files[0], 4, 12)[None]) == 1.0


def test_what_is_no_picture_is_named(tiny_composite: Path, tmp_path: Path) -> None:
    generator = open_generator(tiny_composite)
    assert isinstance(generator, CompositeGenerator)
    (tmp_path / "no.png").write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="is no picture of 16 px"):
        add_beards(generator, [Bearded(tmp_path / "no.png", "beard")], tmp_path / "out.safetensors")
    with pytest.raises(WeightsError, match="has no beards"):
        write_beard_directions(tiny_composite, "tiny", tmp_path)
