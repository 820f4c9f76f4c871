"""Photos that anybody may send: each is the right picture or a message."""

import base64
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.errors import PhotoError
from likeness.faces.photo import decode_photo, read_photo
from likeness.faces.photo_header import read_header

RED, BLUE = (255, 0, 0), (0, 0, 255)
# Red beside cyan in CMYK, with the marker by which Adobe says that it is inverted; written by Pillow.
CMYK = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAGBAUGBQQGBgUGBwcGCAoQCgoJCQoUDg8MEBcUGBgXFBYWGh0lHxobIxwWFiAsICMmJykqKRkfLTAt"
    "KDAlKCko/8AAFAgAGAAgBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAAJCP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAOBEMA"
    "TQBZAEsAAD8A1Syoyo1SAJVqqKqAAqolWlWACVaqiqgAKqJVpVgAlWqoqoAD/9k="
)


def two_colours(width: int = 60, height: int = 40) -> np.ndarray:
    """Red at the left, blue at the right; RGB."""
    picture = np.full((height, width, 3), BLUE, np.uint8)
    picture[:, : width // 2] = RED
    return picture


def coded(ending: str, picture: np.ndarray | None = None) -> bytes:
    picture = two_colours() if picture is None else picture
    return bytes(cv2.imencode(ending, picture[..., [2, 1, 0, *range(3, picture.shape[2])]])[1].tobytes())


def turned(jpeg: bytes, orientation: int) -> bytes:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + struct.pack("<H", orientation) + b"\0" * 6
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def claimed_png(width: int, height: int) -> bytes:
    """A small file that claims to be wide."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def near(colour: np.ndarray, wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(colour.astype(int) - wanted).max() <= 12)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".gif", ".bmp"])
def test_each_format_is_read_in_its_colours_and_its_header_tells_its_size(ending: str) -> None:
    raw = coded(ending)
    header = read_header(raw)
    assert header is not None
    assert (header.width, header.height) == (60, 40)
    picture = decode_photo(raw, "a photo")
    assert picture.shape == (40, 60, 3)
    assert picture.dtype == np.uint8
    assert near(picture[20, 8], RED)
    assert near(picture[20, 52], BLUE)


@pytest.mark.parametrize("ending", [".webp", ".gif"])
def test_of_what_moves_the_first_picture_is_taken(ending: str) -> None:
    moving = cv2.Animation()
    moving.frames = [two_colours()[..., ::-1].copy(), np.zeros((40, 60, 3), np.uint8)]
    moving.durations = [100, 100]
    raw = cv2.imencodeanimation(ending, moving)[1].tobytes()
    assert near(decode_photo(raw, "a photo")[20, 8], RED)


def test_cmyk_sixteen_bits_and_grey_become_eight_bits_of_colour() -> None:
    printed = decode_photo(CMYK, "a photo")
    assert near(printed[5, 5], RED)
    assert near(printed[5, 27], (0, 255, 255))
    deep = two_colours().astype(np.uint16) * 257
    assert near(decode_photo(cv2.imencode(".png", deep[..., ::-1])[1].tobytes(), "a photo")[5, 5], RED)
    grey = cv2.imencode(".png", np.full((20, 20), 77, np.uint8))[1].tobytes()
    assert (decode_photo(grey, "a photo") == 77).all()


def test_what_is_transparent_lies_on_grey() -> None:
    clear = np.dstack([two_colours(), np.full((40, 60), 255, np.uint8)])
    clear[:, :30, 3] = 0
    picture = decode_photo(coded(".png", clear), "a photo")
    assert near(picture[5, 5], (128, 128, 128))
    assert near(picture[5, 50], BLUE)


@pytest.mark.parametrize(
    ("orientation", "red"), [(1, (20, 2)), (3, (20, 57)), (6, (2, 20)), (8, (57, 20)), (2, (20, 57))]
)
def test_a_photo_stands_upright_as_its_exif_says(orientation: int, red: tuple[int, int]) -> None:
    picture = decode_photo(turned(coded(".jpg"), orientation), "a photo")
    assert near(picture[red], RED)
    assert picture.shape[:2] == ((60, 40) if orientation in (6, 8) else (40, 60))


@pytest.mark.parametrize("extra", [b"\x12\x34", b"\0" * 200, b"\xff\0\x07", b"\xff\xff"])
def test_a_jpeg_with_bytes_between_its_segments_is_a_picture(extra: bytes) -> None:
    raw = coded(".jpg")
    first_segment = 2 + 2 + int.from_bytes(raw[4:6], "big")
    picture = decode_photo(raw[:first_segment] + extra + raw[first_segment:], "a photo")
    assert picture.shape == (40, 60, 3)
    assert near(picture[20, 8], RED)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"no picture at all, only words", "is no picture"),
        (claimed_png(30_000, 400), "30000 x 400 px; at most"),
        (claimed_png(19_000, 19_000), "megapixels"),
        (coded(".png", two_colours(12, 12)), "a face needs more"),
        (claimed_png(300, 300), "broken PNG"),
        (coded(".jpg")[:120], "is no picture"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC"),
        (b"II*\0" + b"\0" * 40, "TIFF"),
        (b"\n<!DOCTYPE html><html><title>404</title>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "git lfs pull"),
    ],
)
def test_what_is_no_photo_is_told_by_name(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "anna.jpg"
    path.write_bytes(raw)
    with pytest.raises(PhotoError, match=said) as told:
        read_photo(path)
    assert "anna.jpg" in str(told.value)


def test_a_photo_that_is_not_there_is_told() -> None:
    with pytest.raises(PhotoError, match="there is no photo"):
        read_photo(Path("nobody.jpg"))


def test_a_folder_is_told_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="is a folder; give the path of a photo in it"):
        read_photo(tmp_path)


def test_a_transparent_photo_that_exif_turns_keeps_its_transparency() -> None:
    turned = np.full((40, 60, 4), 255, np.uint8)
    turned[:10, :, 3] = 0  # at the foot once it is turned by half
    exif = np.frombuffer(b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0", np.uint8)
    _, raw = cv2.imencodeWithMetadata(".png", turned, [cv2.IMAGE_METADATA_EXIF], [exif])
    photo = decode_photo(raw.tobytes(), "photo")
    assert (photo[30:] == 128).all()
    assert (photo[:30] == 255).all()
