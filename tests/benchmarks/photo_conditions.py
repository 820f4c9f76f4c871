"""Photos as visitors bring them, made from aligned faces: saturated walls, hard light, wrong white, phones, JPEG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.faces.mattes import Mattes, cut_out, prior_mattes
from likeness.faces.photo import Photo

# RGB of studio walls.
WALLS = {
    "blue wall": (20, 60, 190),
    "green wall": (20, 150, 60),
    "red wall": (185, 25, 35),
    "yellow wall": (235, 195, 30),
    "magenta wall": (190, 30, 140),
    "cyan wall": (25, 170, 195),
}
# The matte's side in px and its soft rim in px of the photo; how uneven a wall is, in levels from side to side, and its
# noise.
MATTE, RIM, UNEVEN, GRAIN = 128, 1.2, 14.0, 2.5
Image = NDArray[np.float32]


@dataclass(frozen=True)
class Sitter:
    """A face and where it is.

    Attributes:
        photo: `[size, size, 3]` uint8 RGB, aligned.
        mattes: skin and person, `[size, size]` in [0, 1].
    """

    photo: Photo
    mattes: Mattes


def cut_sitter(photo: Photo, drawn: Mattes) -> Sitter:
    """Cut a person out of an aligned photo by graph cuts, led by where a drawing of it has skin and person.

    Args:
        photo: `[size, size, 3]` uint8 RGB.
        drawn: mattes of any size.
    """
    size, usual = photo.shape[0], prior_mattes(MATTE)
    small = cv2.resize(photo[..., ::-1], (MATTE, MATTE), interpolation=cv2.INTER_AREA)
    led = (
        np.asarray(0.7 * cv2.resize(own, (MATTE, MATTE)) + 0.3 * prior, np.float32)
        for own, prior in ((drawn.skin, usual.skin), (drawn.person, usual.person))
    )
    found = cut_out(np.asarray(small, np.uint8), Mattes(*led))
    enlarged = (cv2.resize(matte, (size, size), interpolation=cv2.INTER_CUBIC) for matte in (found.skin, found.person))
    soft = (np.clip(0.5 + (cv2.GaussianBlur(matte, (0, 0), RIM) - 0.5) * 1.5, 0, 1) for matte in enlarged)
    skin, person = (np.asarray(matte, np.float32) for matte in soft)
    return Sitter(photo, Mattes(skin, np.maximum(skin, person)))


def make_conditions(sitter: Sitter, seed: int) -> dict[str, Photo]:
    """Return the photo under each condition by name, `[size, size, 3]` uint8 RGB; the same seed gives the same."""
    changes: dict[str, Callable[[Photo], Photo]] = {
        "side light": _light_from_side,
        "warm": lambda photo: _balance(photo, (1.22, 1.0, 0.68)),
        "cold": lambda photo: _balance(photo, (0.80, 0.98, 1.28)),
        "phone": lambda photo: _compress(_photograph(photo, seed), 75),
        "JPEG 40": lambda photo: _compress(photo, 40),
    }
    made = {"as it is": sitter.photo}
    made |= {name: _compress(_stand_before(sitter, colour, seed), 85) for name, colour in WALLS.items()}
    return made | {name: change(sitter.photo) for name, change in changes.items()}


def _stand_before(sitter: Sitter, colour: tuple[int, int, int], seed: int) -> Photo:
    """Return the person before a wall of one colour, lit a little more from one side."""
    rng, size = np.random.default_rng(seed), sitter.photo.shape[0]
    slope = np.linspace(-UNEVEN / 2, UNEVEN / 2, size, dtype=np.float32) * rng.choice((-1, 1))
    wall = np.asarray(colour, np.float32) + slope[None, :, None] + rng.normal(0, GRAIN, (size, size, 1))
    person = sitter.mattes.person[..., None]
    return _to_bytes(person * sitter.photo + (1 - person) * wall)


def _light_from_side(photo: Photo) -> Photo:
    """Return the photo with twice the light on one side and a third on the other."""
    x = np.linspace(-1, 1, photo.shape[1], dtype=np.float32)
    gain = 0.33 + 1.55 / (1 + np.exp(-5 * x))
    return _to_display(_to_light(photo) * gain[None, :, None])


def _balance(photo: Photo, gains: tuple[float, float, float]) -> Photo:
    return _to_display(_to_light(photo) * np.asarray(gains, np.float32))


def _photograph(photo: Photo, seed: int) -> Photo:
    """Return what the front camera of a phone makes of it: a wide lens held near, a soft picture, noise, smoothing."""
    size, rng = photo.shape[0], np.random.default_rng(seed)
    axis = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(axis, axis)
    bulge = 1 - 0.09 * (1 - np.minimum(x**2 + y**2, 1.0))  # the nose is nearer to the lens than the ears
    places = [np.asarray((each * bulge + 1) * size / 2 - 0.5, np.float32) for each in (x, y)]
    near = cv2.remap(photo, places[0], places[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    soft = cv2.GaussianBlur(near, (0, 0), 0.9 * size / 256).astype(np.float32)
    grain = rng.normal(0, 1, photo.shape).astype(np.float32) * (4 + 0.05 * (255 - soft))
    return np.asarray(cv2.bilateralFilter(_to_bytes(soft + grain), 5, 24, 2), np.uint8)


def _compress(photo: Photo, quality: int) -> Photo:
    _, jpeg = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1])


def _to_light(photo: Photo) -> Image:
    """Return linear light in [0, 1], by a power of 2.2."""
    return np.asarray((photo.astype(np.float32) / 255) ** 2.2, np.float32)


def _to_display(light: Image) -> Photo:
    return _to_bytes(255 * np.clip(light, 0, 1) ** (1 / 2.2))


def _to_bytes(picture: Image) -> Photo:
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)
