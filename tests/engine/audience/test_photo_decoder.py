"""What the decoder makes of strangers' photos, within this process: the bounds are tested with the intake."""

import cv2
import numpy as np
import pytest
from tests.engine.audience import hostile_photos as photos

from likeness.audience import photo_decoder
from likeness.audience.photo_decoder import KEPT_SIDE, MOST_BYTES, decode
from likeness.audience.states import Reason


def decoded(raw: bytes) -> np.ndarray:
    """Return the picture of what is kept of a photo."""
    content = decode(raw)
    assert isinstance(content, bytes), content
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    "raw",
    [photos.coded(".jpg"), photos.coded(".png"), photos.coded(".webp"), photos.turned_jpeg(), photos.HEIC],
    ids=["jpeg", "png", "webp", "turned", "heic"],
)
def test_a_photo_of_any_kind_is_kept_upright_in_its_colours(raw: bytes) -> None:
    picture = decoded(raw)
    assert picture.shape == (320, 240, 3)
    assert np.abs(picture.astype(int) - photos.upright()).mean() < 6


def test_the_picture_of_a_heic_is_no_memory_of_the_library_that_decoded_it() -> None:
    picture = photo_decoder._decode_heic(photos.HEIC)
    while picture.base is not None:
        # Memory that the library has let go of ended the process now and then.
        assert isinstance(picture.base, np.ndarray)
        picture = picture.base
    assert picture.flags.owndata


def test_what_is_kept_is_our_own_file_without_place_page_or_archive() -> None:
    for raw, needles in (
        (photos.turned_jpeg(), (b"GPS", b"Exif")),
        (photos.polyglot(), (b"script", b"PK\x03\x04")),
        (photos.HEIC, (b"Exif", b"ftyp")),
    ):
        content = decode(raw)
        assert isinstance(content, bytes)
        assert content.startswith(b"\xff\xd8\xff\xe0")
        assert [needle for needle in needles if needle in raw and needle in content] == []
        assert any(needle in raw for needle in needles)


def test_of_what_moves_the_first_picture_is_kept_and_print_colours_become_red() -> None:
    for raw in (photos.animated(), photos.animated_webp(), photos.cmyk_jpeg()):
        blue, green, red = decoded(raw)[120, 160].astype(int)
        assert red > 200
        assert max(blue, green) < 60


def test_a_large_photo_is_made_smaller() -> None:
    assert decoded(photos.coded(".jpg", np.zeros((3000, 4000, 3), np.uint8))).shape == (
        KEPT_SIDE * 3 // 4,
        KEPT_SIDE,
        3,
    )


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.EMPTY),
        (bytes(MOST_BYTES + 1), Reason.TOO_LARGE),
        (photos.SVG, Reason.DRAWING),
        (b"PK\x03\x04" + bytes(200), Reason.NO_PICTURE),
        (b"<html>hello</html>", Reason.NO_PICTURE),
        (b"\0\0\0\x18ftypisom" + bytes(200), Reason.FILM),
        (photos.coded(".bmp"), Reason.NO_PICTURE),
        (photos.coded(".jpg", np.zeros((100, 400, 3), np.uint8)), Reason.TOO_SMALL),
        (photos.coded(".jpg")[:900], Reason.BROKEN),
        (photos.HEIC[:500], Reason.BROKEN),
        (photos.png(300, 300, b"not packed"), Reason.BROKEN),
        (photos.png(65_000, 65_000, b""), Reason.TOO_MANY_PIXELS),
    ],
    ids=lambda value: value if isinstance(value, Reason) else f"{value[:6]!r}",
)
def test_what_is_no_photo_is_refused_with_its_reason(raw: bytes, reason: Reason) -> None:
    assert decode(raw) is reason
