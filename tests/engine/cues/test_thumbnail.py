"""Thumbnails: what is decoded is what was shown, only smaller."""

import cv2
import numpy as np
import pytest

from likeness.cues.thumbnail import CuePicture, encode_thumbnail, make_thumbnail
from likeness.picture import Picture

HEIGHT, WIDTH = 512, 1024


def slope() -> Picture:
    """Return two heads side by side: red grows to the right, green downwards, blue is on the right half alone."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[..., 0] = np.linspace(0, 255, WIDTH)[None]
    picture[..., 1] = np.linspace(0, 255, HEIGHT)[:, None]
    picture[:, WIDTH // 2 :, 2] = 200
    return picture


def decode(jpeg: bytes) -> Picture:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def test_a_thumbnail_is_the_average_of_the_pixels_under_it_with_heads_side_by_side() -> None:
    picture = slope()
    decoded = decode(encode_thumbnail(picture).jpeg)
    averages = picture.reshape(64, 8, 128, 8, 3).mean(axis=(1, 3))
    assert decoded.shape == (64, 128, 3)
    assert np.abs(decoded - averages).mean() < 3


def test_a_small_picture_is_not_enlarged() -> None:
    assert decode(encode_thumbnail(slope()[:40, :30]).jpeg).shape == (40, 30, 3)


def test_the_same_picture_has_the_same_revision_and_another_one_another() -> None:
    first = encode_thumbnail(slope())
    assert encode_thumbnail(slope()).revision == first.revision
    assert encode_thumbnail(slope()[::-1]).revision != first.revision
    again = make_thumbnail(first.jpeg)
    assert again is not None
    assert again.revision == first.revision


@pytest.mark.parametrize("content", [b"<html>", b"\xff\xd8", b"\xff\xd8\xff" + bytes(200_000)])
def test_what_is_no_small_jpeg_is_no_picture(content: bytes) -> None:
    assert make_thumbnail(content) is None


def test_a_picture_that_cannot_be_encoded_is_said_and_costs_no_cue(caplog: pytest.LogCaptureFixture) -> None:
    picture = CuePicture()
    picture.set_source(np.zeros((4, 4, 7), np.uint8))
    assert picture.encode()
    assert picture.thumbnail is None
    assert "saved without its picture" in caplog.text
