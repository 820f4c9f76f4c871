"""The program that decodes one photo from a stranger: a process of its own, with bounds, that ends after it.

The bytes come by stdin; stdout gets a line once all is opened that a photo needs, and then a JPEG without any metadata,
or the word of a `Reason`. `photo_intake` starts it.
It opens no file of its own, and where the system knows such bounds it may not write one.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import numpy as np

from likeness.audience.states import Reason
from likeness.errors import PhotoError

MOST_BYTES = 25_000_000
MOST_PIXELS = 64_000_000
LEAST_SIDE = 160
# A face in it is still found, and films of 1080 px can be cut from it.
KEPT_SIDE = 2048
QUALITY = 92
# 64 megapixels in colour are 192 MB, and a decoder may hold three of them beside what Python and OpenCV take.
MEMORY = 1_600_000_000
CPU_S = 12
STARTED, SEPARATOR = b"likeness decoder\n", b"likeness photo\n"
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def main() -> None:
    """Read a photo from stdin, write what became of it to stdout."""
    bound_process()
    _open_readers()
    # What fails before this is not the photo's fault.
    sys.stdout.buffer.write(STARTED)
    sys.stdout.buffer.flush()
    content = decode(sys.stdin.buffer.read(MOST_BYTES + 1))
    sys.stdout.buffer.write(content.value.encode() if isinstance(content, Reason) else SEPARATOR + content)
    sys.stdout.buffer.flush()


def bound_process() -> None:
    """Bound this process's memory and processor time, and take away its right to write files, where the system can."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        for which, most in (
            (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
        ):  # fmt: skip
            resource.setrlimit(which, (most, most))
        # A second apart: the first ends it by a signal that says why.
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))


def _open_readers() -> None:
    """Import what photos are read with."""
    import cv2  # noqa: F401 - for its side effect

    import likeness.faces.photo
    import likeness.faces.photo_header  # noqa: F401 - the same


def decode(raw: bytes) -> bytes | Reason:
    """Return the photo as a new JPEG, upright and at most `KEPT_SIDE` px a side; or why it is refused."""
    reason = sniff(raw)
    if reason is not None:
        return reason
    try:
        picture = _decode_heic(raw) if _is_heic(raw) else _decode(raw)
    except MemoryError:
        return Reason.TOO_MANY_PIXELS
    if isinstance(picture, Reason):
        return picture
    if min(picture.shape[:2]) < LEAST_SIDE:
        return Reason.TOO_SMALL
    return _encode(picture)


def sniff(raw: bytes) -> Reason | None:
    """Return why the bytes are refused before anything is decoded; neither name nor MIME type are asked."""
    from likeness.faces.photo_header import name_unread_format, read_header

    if not raw:
        return Reason.EMPTY
    if len(raw) > MOST_BYTES:
        return Reason.TOO_LARGE
    if _is_heic(raw):
        return None
    header = read_header(raw)
    if header is None:
        if b"<svg" in raw[:4096].lower():
            return Reason.DRAWING
        return Reason.FILM if "video" in name_unread_format(raw) else Reason.NO_PICTURE
    if header.format == "BMP":
        return Reason.NO_PICTURE
    if header.width * header.height > MOST_PIXELS:
        return Reason.TOO_MANY_PIXELS
    return Reason.TOO_SMALL if min(header.width, header.height) < LEAST_SIDE else None


def _is_heic(raw: bytes) -> bool:
    return raw[4:8] == b"ftyp" and raw[8:12] in _HEIC


def _decode(raw: bytes) -> Any:
    from likeness.faces.photo import decode_photo

    try:
        return decode_photo(raw, "photo")
    except PhotoError:
        return Reason.BROKEN


def _decode_heic(raw: bytes) -> Any:
    """Return the picture of a HEIC. libheif turns it upright by itself; the EXIF beside it would turn it once more."""
    import pi_heif

    try:
        opened = pi_heif.open_heif(raw, convert_hdr_to_8bit=True)
        width, height = opened.size
        if width * height > MOST_PIXELS:
            return Reason.TOO_MANY_PIXELS
        # A copy: the array's memory is libheif's, and goes with `opened`.
        picture = np.array(opened)
    except (ValueError, OSError, RuntimeError, EOFError, SyntaxError):
        return Reason.BROKEN
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    return np.ascontiguousarray(picture[..., :3], np.uint8)


def _encode(picture: Any) -> bytes | Reason:
    import cv2

    scale = KEPT_SIDE / max(picture.shape[:2])
    if scale < 1:
        size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    whole, jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    return jpeg.tobytes() if whole else Reason.BROKEN


if __name__ == "__main__":
    main()
