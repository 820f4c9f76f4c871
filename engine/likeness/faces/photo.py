"""Photos from outside, decoded safely: upright, in colour, and never larger than memory allows."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.errors import PhotoError
from likeness.faces.photo_files import name_placeholder
from likeness.faces.photo_header import name_unread_format, read_header
from likeness.faces.transparency import lay_over_grey, read_alpha

Photo = NDArray[np.uint8]
"""`[height, width, 3]` in RGB."""

# A phone's 48 megapixels fit, in 190 MB. 30,000 px in a row is a poster or an attack, and would take gigabytes.
MOST_SIDE = 20_000
MOST_PIXELS = 64_000_000
LEAST_SIDE = 16
# No photo of so many pixels is longer; a file that is was named by mistake.
MOST_BYTES = 256_000_000
_ACCEPTED = "give a JPEG, PNG, WebP, GIF or BMP file"


def read_photo(path: Path) -> Photo:
    """Read a photo as uint8 `[height, width, 3]` RGB, turned upright by its EXIF.

    Grey, CMYK and 16 bits become 8 bits of colour; of what moves the first picture is taken; what is transparent
    is drawn on grey.

    Raises:
        PhotoError: it is absent, empty, no picture, cut off, too large or too small.
    """
    if path.is_dir():
        raise PhotoError(f"{path} is a folder; give the path of a photo in it")
    if not path.is_file():
        raise PhotoError(f"there is no photo {path}; give the path of a file")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PhotoError(f"{path} is {path.stat().st_size / 1e6:.0f} MB, too large for a photo; {_ACCEPTED}")
        raw = path.read_bytes()
    except OSError as error:
        raise PhotoError(f"{path} cannot be read: {error}") from error
    return decode_photo(raw, str(path))


def decode_photo(raw: bytes, name: str) -> Photo:
    """Decode the bytes of a photo, like `read_photo`; they are written nowhere.

    Args:
        raw: of the whole file.
        name: for messages.
    """
    if not raw:
        raise PhotoError(f"{name} is empty; copy it again")
    header = read_header(raw)
    if header is None:
        placeholder, known = name_placeholder(raw), name_unread_format(raw)
        if placeholder:
            raise PhotoError(f"{name} is {placeholder}, not a picture")
        what = f"is {known}, which is not read here; export it as JPEG" if known else f"is no picture; {_ACCEPTED}"
        raise PhotoError(f"{name} {what}")
    width, height = header.width, header.height
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise PhotoError(
            f"{name} is {width} x {height} px; at most {MOST_SIDE} px a side and {MOST_PIXELS // 1_000_000} megapixels "
            "are read, so make it smaller first"
        )
    if min(width, height) < LEAST_SIDE:
        raise PhotoError(f"{name} is {width} x {height} px; a face needs more, {LEAST_SIDE} px a side at the least")
    picture = _decode(raw)
    if picture is None:
        raise PhotoError(f"{name} is a broken {header.format} file; copy it again or save it anew")
    # A header may lie about the size; the decoder's word counts.
    if min(picture.shape[:2]) < LEAST_SIDE:
        raise PhotoError(f"{name} is a broken {header.format} file; copy it again or save it anew")
    return picture


def _decode(raw: bytes) -> Photo | None:
    try:
        picture = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR_RGB)
        alpha = read_alpha(raw) if picture is not None else None
    except cv2.error:
        return None
    if picture is not None and alpha is not None and alpha.shape == picture.shape[:2]:
        picture = lay_over_grey(np.asarray(picture, np.uint8), alpha)
    return None if picture is None else np.ascontiguousarray(picture, np.uint8)
