"""A photo's header: its format and size, read before anything is decoded."""

import struct
from dataclasses import dataclass

# Start-of-frame markers of JPEG carry the size [ITU-T T.81, table B.1]; the four left out are no frames.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
# What people send that we know by name and do not read.
_UNREAD_FORMATS = (
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyp", "MP4 or MOV video"),
    (0, b"II*\0", "TIFF or camera raw"),
    (0, b"MM\0*", "TIFF or camera raw"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"<svg", "SVG"),
)


@dataclass(frozen=True)
class PhotoHeader:
    """Format and size, as the file claims them.

    Attributes:
        format: "JPEG", "PNG", "WebP", "GIF" or "BMP".
        width, height: in px, before EXIF turns anything.
    """

    format: str
    width: int
    height: int


def read_header(raw: bytes) -> PhotoHeader | None:
    """Return what the bytes of a file claim; None where they are of no format that is read here, or cut off."""
    try:
        return _png(raw) or _jpeg(raw) or _webp(raw) or _gif(raw) or _bmp(raw)
    except (struct.error, IndexError):
        return None


def name_unread_format(raw: bytes) -> str:
    """Return the name of a format that is known and not read, "" for all else."""
    return next((name for at, magic, name in _UNREAD_FORMATS if raw[at : at + len(magic)] == magic), "")


def _png(raw: bytes) -> PhotoHeader | None:
    if raw[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    return PhotoHeader("PNG", *struct.unpack_from(">II", raw, 16))


def _jpeg(raw: bytes) -> PhotoHeader | None:
    if raw[:2] != b"\xff\xd8":
        return None
    at = 2
    while at < len(raw):
        if raw[at] != 0xFF:
            # Some cameras and editors leave bytes between two segments; decoders skip them, with a warning.
            at = raw.find(b"\xff", at)
            if at < 0:
                return None
        marker = raw[at + 1]
        if marker == 0xFF:  # fill bytes may stand before a marker
            at += 1
        elif marker == 0 or marker in _JPEG_ALONE:  # 0: a value of 255 among the bytes that are skipped
            at += 2
        elif marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", raw, at + 5)
            return PhotoHeader("JPEG", width, height)
        else:
            at += 2 + struct.unpack_from(">H", raw, at + 2)[0]
    return None


def _webp(raw: bytes) -> PhotoHeader | None:
    if raw[:4] != b"RIFF" or raw[8:12] != b"WEBP":
        return None
    kind = raw[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(raw[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", raw, 21)[0]
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", raw, 26))
    else:
        return None
    return PhotoHeader("WebP", width, height)


def _gif(raw: bytes) -> PhotoHeader | None:
    if raw[:6] not in (b"GIF87a", b"GIF89a"):
        return None
    return PhotoHeader("GIF", *struct.unpack_from("<HH", raw, 6))


def _bmp(raw: bytes) -> PhotoHeader | None:
    if raw[:2] != b"BM":
        return None
    width, height = struct.unpack_from("<ii", raw, 18)
    return PhotoHeader("BMP", abs(width), abs(height))
