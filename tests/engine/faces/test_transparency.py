"""Transparent pictures: alpha is turned with the colours, and grey is laid under them."""

import struct

import cv2
import numpy as np
import pytest

from likeness.faces.transparency import lay_over_grey, read_alpha, read_orientation


def exif(orientation: int, order: str = "<") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def encoded(picture: np.ndarray, orientation: int, ending: str = ".png", order: str = "<") -> bytes:
    metadata = [np.frombuffer(exif(orientation, order), np.uint8)]
    done, raw = cv2.imencodeWithMetadata(ending, picture, [cv2.IMAGE_METADATA_EXIF], metadata)
    assert done
    return raw.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_alpha_is_turned_as_opencv_turns_the_colours(orientation: int, order: str) -> None:
    # The alpha is the red of the same picture, so that what OpenCV does to the colours says what is right.
    picture = np.random.default_rng(orientation).integers(0, 256, (20, 30, 4), np.uint8)
    picture[..., 2] = picture[..., 3]
    raw = encoded(picture, orientation, order=order)
    upright = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR)
    alpha = read_alpha(raw)
    assert alpha is not None
    assert np.array_equal(np.rint(alpha * 255), upright[..., 2])


def test_sixteen_bits_and_webp_have_alpha_too() -> None:
    picture = np.zeros((16, 20, 4), np.uint16)
    picture[:, 10:, 3] = 65535
    deep, webp = encoded(picture, 1), encoded((picture // 257).astype(np.uint8), 1, ".webp")
    for raw in (deep, webp):
        alpha = read_alpha(raw)
        assert alpha is not None
        assert np.array_equal(alpha, np.repeat([0.0, 1.0], 10)[None].repeat(16, 0))


def test_an_opaque_picture_has_none() -> None:
    picture = np.full((16, 16, 4), 255, np.uint8)
    assert read_alpha(encoded(picture, 1)) is None
    assert read_alpha(encoded(picture[..., :3], 6)) is None
    assert read_alpha(encoded(picture[..., :1], 1)) is None


def test_half_transparent_is_half_grey() -> None:
    picture = np.full((1, 3, 3), 228, np.uint8)
    assert lay_over_grey(picture, np.array([[0.0, 0.5, 1.0]], np.float32))[0, :, 0].tolist() == [128, 178, 228]


@pytest.mark.parametrize(
    "broken", [b"", b"II*\0", exif(6)[:15], b"II*\0\xff\xff\xff\xff", exif(9), exif(0), b"JFIF" + exif(6)]
)
def test_broken_exif_turns_nothing(broken: bytes) -> None:
    assert read_orientation(broken) == 1
    assert read_orientation(b"Exif\0\0" + exif(6, ">")) == 6
