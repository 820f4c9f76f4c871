"""The photos of simulated visitors: good ones, and all that strangers send instead."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tests.engine.audience import hostile_photos

from likeness.audience.demo import draw_visitors

# As phones send them: three megapixels, and twelve.
HEIGHT, WIDTH = 2048, 1536
LARGE = 2
FACE_SIDE = 900
FACES = Path(__file__).resolve().parents[3] / "shared" / "faces" / "images"
# So many different people; a photo is another one by what is around the face.
PEOPLE = 40


@dataclass(frozen=True)
class Kind:
    """One kind of what is sent.

    Args:
        share: of a hundred visitors.
        taken: whether it becomes a visitor; None where either will do.
        face: whether a face is found in it.
        make: the bytes, of a good photo.
    """

    share: int
    taken: bool | None
    face: bool
    make: Callable[[np.ndarray], bytes]


def jpeg(photo: np.ndarray) -> bytes:
    """Return a picture `[height, width, 3]` BGR as a JPEG."""
    return cv2.imencode(".jpg", photo)[1].tobytes()


def add_segment(raw: bytes, marker: int, content: bytes) -> bytes:
    """Return a JPEG with one more segment at its beginning."""
    return raw[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + raw[2:]


def turned(photo: np.ndarray) -> bytes:
    """Return a photo on its side, with the tag that turns it upright."""
    lying = np.ascontiguousarray(np.rot90(photo))
    return add_segment(jpeg(lying), 0xE1, hostile_photos.tiff_exif(6) + b"GPS 52.37 N 4.89 E")


def polyglot(photo: np.ndarray) -> bytes:
    """Return a good photo that is a web page and an archive, too."""
    page = b"<html><script>alert(document.cookie)</script></html>"
    return add_segment(jpeg(photo), 0xFE, page) + b"PK\x03\x04" + page


def large(photo: np.ndarray) -> bytes:
    """Return a photo of twelve megapixels."""
    return jpeg(cv2.resize(photo, None, fx=LARGE, fy=LARGE))


def wall(photo: np.ndarray) -> bytes:
    """Return a photo of a wall."""
    return jpeg(cv2.GaussianBlur(photo[:200], (0, 0), 9)[:, ::-1].repeat(8, 0))


KINDS: Mapping[str, Kind] = {
    "face, 3 megapixels": Kind(44, True, True, jpeg),
    "face, 12 megapixels": Kind(4, True, True, large),
    "face, turned by EXIF": Kind(8, True, True, turned),
    "face, also a page and an archive": Kind(4, True, True, polyglot),
    "no face": Kind(8, True, False, wall),
    "HEIC without a face": Kind(4, True, False, lambda _: hostile_photos.HEIC),
    "CMYK without a face": Kind(3, True, False, lambda _: hostile_photos.cmyk_jpeg()),
    "GIF of two pictures": Kind(3, True, False, lambda _: hostile_photos.animated()),
    "bomb in a small PNG": Kind(3, None, False, lambda _: hostile_photos.lying_bomb()),
    "PNG of 4 gigapixels": Kind(3, False, False, lambda _: hostile_photos.png(65_000, 65_000, b"")),
    "SVG with a script": Kind(5, False, False, lambda _: hostile_photos.SVG),
    "cut short": Kind(5, False, False, lambda photo: jpeg(photo)[:20_000]),
    "no bytes": Kind(4, False, False, lambda _: b""),
    "50 MB": Kind(2, False, False, lambda _: bytes(50_000_000)),
}


def make_photos(count: int, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield what so many visitors send, with its kind: each kind in its share, in random order."""
    people = read_people(min(PEOPLE, count), rng)
    names = [name for name, kind in KINDS.items() for _ in range(kind.share)]
    rng.shuffle(names)
    for number in range(count):
        name = names[number % len(names)]
        yield name, KINDS[name].make(place(people[number % len(people)], rng))


def read_people(count: int, rng: random.Random) -> Sequence[np.ndarray]:
    """Return faces, BGR: of the pictures beside the repository, or drawn ones."""
    files = sorted(FACES.glob("*.jpg"))
    raws = [file.read_bytes() for file in rng.sample(files, count)] if files else list(draw_visitors(count))
    return [np.asarray(cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR), np.uint8) for raw in raws]


def place(face: np.ndarray, rng: random.Random) -> np.ndarray:
    """Return a photo of a face somewhere in its middle, before a soft wall with some grain."""
    wall = cv2.resize(cv2.resize(face[:40, :40], (6, 8)), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(rng.getrandbits(32)).integers(0, 12, (256, 256, 1), np.uint8)
    photo = cv2.add(wall, np.tile(grain, (HEIGHT // 256, WIDTH // 256, 3)))
    top, left = rng.randrange(300, HEIGHT - FACE_SIDE - 300), rng.randrange(100, WIDTH - FACE_SIDE - 100)
    photo[top : top + FACE_SIDE, left : left + FACE_SIDE] = cv2.resize(face, (FACE_SIDE, FACE_SIDE))
    return photo
