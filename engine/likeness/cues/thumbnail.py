"""Thumbnails: small JPEGs of what was shown, for the cues and the past."""

import logging
import zlib
from dataclasses import dataclass

import cv2

from likeness.picture import Picture

log = logging.getLogger(__name__)

# Longest side in px. At this quality a face takes 3 to 5 KB.
SIDE = 128
QUALITY = 80
# What begins a JPEG, and more than one of this size ever takes: a file may hold anything.
JPEG_START = b"\xff\xd8\xff"
MAX_BYTES = 128 << 10


@dataclass(frozen=True, repr=False)
class Thumbnail:
    """An encoded picture.

    Args:
        jpeg: the file.
        revision: a checksum of it, so that another picture of the same name is another one to a browser, and the same
            picture stays the same after a restart.
    """

    jpeg: bytes
    revision: int


def make_thumbnail(jpeg: bytes) -> Thumbnail | None:
    """Return the thumbnail of an encoded picture, or None where that is none."""
    if not jpeg.startswith(JPEG_START) or len(jpeg) > MAX_BYTES:
        return None
    return Thumbnail(jpeg, zlib.crc32(jpeg))


def encode_thumbnail(picture: Picture) -> Thumbnail:
    """Return `picture` scaled to at most 128 px a side, as JPEG. About a millisecond, most of it outside the GIL.

    Several heads stay side by side.
    """
    height, width = picture.shape[:2]
    scale = min(SIDE / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else picture
    # It always encodes: the sides are within a JPEG's.
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    jpeg = encoded.tobytes()
    return Thumbnail(jpeg, zlib.crc32(jpeg))


class CuePicture:
    """The small picture of a cue, or none.

    The render thread sets the source, a reference to a frame; the writer's thread encodes it; any thread reads the
    rest.

    Args:
        thumbnail: as read from the disk or taken from the past.
    """

    def __init__(self, thumbnail: Thumbnail | None = None) -> None:
        self._thumbnail = thumbnail
        self._source: Picture | None = None

    @property
    def thumbnail(self) -> Thumbnail | None:
        """Return the encoded picture, or None."""
        return self._thumbnail

    @property
    def revision(self) -> int | None:
        """Return the revision of the encoded picture, or None."""
        return self._thumbnail.revision if self._thumbnail else None

    @property
    def absent(self) -> bool:
        """Whether there is no picture, nor one to be encoded."""
        return self._thumbnail is None and self._source is None

    def set_source(self, picture: Picture) -> None:
        """Have `picture` encoded, unless there is one already."""
        if self.absent:
            self._source = picture

    def set_thumbnail(self, thumbnail: Thumbnail | None) -> None:
        """Set the encoded picture."""
        self._thumbnail = thumbnail

    def encode(self) -> bool:
        """Encode the source, if there is one; return whether there was."""
        source = self._source
        if source is None:
            return False
        try:
            self._thumbnail = encode_thumbnail(source)
        except cv2.error as error:
            # The face and the values are worth more than their picture, and are still saved.
            log.error("a cue is saved without its picture: %s", error)
        self._source = None
        return True
