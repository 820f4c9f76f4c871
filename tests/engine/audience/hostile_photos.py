"""Photos as strangers send them: turned, animated, broken, or built to do harm."""

import base64
import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image

# 240 x 320 when it is upright: red above blue, green at the left. It lies on its side, and says so twice, as an
# iPhone's does: in HEIF's own words (irot) and by the tag of EXIF. Drawn and coded for this test.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAaFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ADRpbG9jAAAAAERAAAIAAQAAAAABxQABAAAAAAAAAM4AAgAAAAACkwABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA"
    "AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA4GlwcnAAAADAaXBjbwAAAHhodmNDAQNwAAAA"
    "kAAAAAAAPPAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAPLoCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwA8oAoIDxZb"
    "qSSmubgIaDAgAAADAyAAAAMAIWIAAQAHRAHBcrBiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAAFAAAAA8AAAABBw"
    "aXhpAAAAAAMICAgAAAAJaXJvdAMAAAAYaXBtYQAAAAAAAAABAAEFgQIDBIUAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAPpt"
    "ZGF0AAAAyigBr1IdUouQ+Q6SX//xnr//YlJD5rejGxkj8D9e4//+RFzPyrh3+uREIQ//DqeW8IBrwKXYd+AOhHugwyPaS1t1DSj6"
    "i4fNgZjMUZxUoqQMbnMmrqE//ds8CuP2StFfdBpvs9fo/ETOTSzStTt7R6N65bRQGcIYAArb1xc09+1O6hGNbdQ0pAE+78kUPGQw"
    "VdWcys5eyJ0obrnm77wuPdvunbmRv+q5rNzZpvFmp3fnR+vD4pV4dq6g73KKUewAQJ34Ju0AAAMAEZAAAAAGRXhpZgAATU0AKgAA"
    "AAgAAQESAAMAAAABAAYAAAAAAAA="
)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def upright() -> np.ndarray:
    """The picture of `HEIC`, `[320, 240, 3]` BGR."""
    picture = np.zeros((320, 240, 3), np.uint8)
    picture[:160], picture[160:], picture[:, :60] = (30, 30, 220), (220, 30, 30), (30, 200, 30)
    return picture


def coded(suffix: str, picture: np.ndarray | None = None) -> bytes:
    """A picture as a file of that kind."""
    return cv2.imencode(suffix, upright() if picture is None else picture)[1].tobytes()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, content: bytes) -> bytes:
    """A PNG that claims a size, with any bytes as its pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def lying_bomb() -> bytes:
    """A PNG of a modest size whose pixels go on for a hundred megabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(10_000_000)) for _ in range(10)) + packer.flush()
    return png(400, 400, packed)


def tiff_exif(orientation: int) -> bytes:
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HHI", orientation, 0, 0)


def turned_jpeg() -> bytes:
    """A JPEG on its side with the tag of EXIF that turns it upright, and a place in it."""
    raw = coded(".jpg", np.ascontiguousarray(np.rot90(upright())))
    exif = tiff_exif(6) + b"GPS 52.37 N 4.89 E"
    return raw[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + raw[2:]


def polyglot() -> bytes:
    """A JPEG that is a web page and an archive, too."""
    raw = coded(".jpg")
    page = b"<html><script>alert(document.cookie)</script></html>"
    return raw[:2] + b"\xff\xfe" + struct.pack(">H", len(page) + 2) + page + raw[2:] + b"PK\x03\x04" + page


def cmyk_jpeg() -> bytes:
    """A JPEG of 32 bits a pixel, as printers have them: all red, inverted as Adobe's programs write it."""
    file = io.BytesIO()
    Image.new("CMYK", (320, 240), (0, 255, 255, 0)).save(file, "JPEG")
    return file.getvalue()


def animated() -> bytes:
    """A GIF of two pictures, red and then blue."""
    file = io.BytesIO()
    frames = [Image.new("RGB", (320, 240), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def animated_webp() -> bytes:
    """A WebP of two pictures, red and then blue."""
    file = io.BytesIO()
    frames = [Image.new("RGB", (320, 240), colour) for colour in ("red", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    return file.getvalue()
