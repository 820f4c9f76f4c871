"""Transparent pictures: their alpha, turned upright with the colours, and the grey that is laid under them."""

import struct

import cv2
import numpy as np
from numpy.typing import NDArray

# Black or white would be the strongest edge in the picture.
GROUND = 128
ORIENTATION = 0x0112  # the tag of EXIF
# From the stored picture to the upright one, by orientation [EXIF 2.32, 4.6.4]: turns by quarters, then a mirror.
TURNS = {
    1: (0, False),
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (3, True),
    6: (3, False),
    7: (1, True),
    8: (1, False),
}


def read_alpha(raw: bytes) -> NDArray[np.float32] | None:
    """Return the opacity of each pixel `[height, width]` in [0, 1], upright; None where all pixels are opaque.

    Raises:
        cv2.error: as for decoding the picture itself.
    """
    if not _may_be_transparent(raw):  # so that most pictures are decoded once
        return None
    coded = np.frombuffer(raw, np.uint8)
    stored, kinds, metadata = cv2.imdecodeWithMetadata(coded, flags=cv2.IMREAD_UNCHANGED)
    if stored is None or stored.ndim != 3 or stored.shape[2] != 4:
        return None
    most = {"uint8": 255, "uint16": 65535}.get(stored.dtype.name, 1)  # else floats
    alpha = np.asarray(stored[..., 3], np.float32) / np.float32(most)
    if alpha.min() >= 1:
        return None
    exif = next(
        (bytes(np.asarray(m)) for k, m in zip(kinds, metadata, strict=True) if k == cv2.IMAGE_METADATA_EXIF), b""
    )
    quarters, mirrored = TURNS.get(read_orientation(exif), TURNS[1])
    upright = np.rot90(alpha, quarters)
    return np.ascontiguousarray(upright[:, ::-1] if mirrored else upright)


def _may_be_transparent(raw: bytes) -> bool:
    if raw.startswith(b"\x89PNG"):
        # Bit 2 of the colour type is alpha; a palette's, or one colour that is transparent, is in tRNS [PNG 3, 11.2.1].
        return (len(raw) > 25 and bool(raw[25] & 4)) or b"tRNS" in raw[: raw.find(b"IDAT")]
    return not raw.startswith((b"\xff\xd8", b"BM"))


def lay_over_grey(picture: NDArray[np.uint8], alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a picture `[height, width, 3]` with grey where it is transparent."""
    share = alpha[..., None]
    return np.asarray(np.rint(GROUND + (picture.astype(np.float32) - GROUND) * share), np.uint8)


def read_orientation(exif: bytes) -> int:
    """Return the orientation, 1 to 8, that EXIF data of a picture say; 1 where they say none."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, at + 2 + 12 * entry)
            if tag == ORIENTATION:
                return value if value in TURNS else 1
    except struct.error:  # cut off
        return 1
    return 1
