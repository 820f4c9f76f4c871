"""Drawn faces for tests: ellipses with eyes and mouths, seeded, each different."""

from pathlib import Path

import cv2
import numpy as np

FACES = Path(__file__).parents[3] / "shared" / "faces" / "images"


def drawn_face(seed: int, size: int = 64) -> np.ndarray:
    """One face, `[size, size, 3]` uint8 BGR."""
    rng = np.random.default_rng(seed)
    big = 256
    wall, hair, skin, iris = (
        tuple(int(v) for v in rng.integers(*span, 3)) for span in ((120, 250), (10, 90), (90, 220), (20, 120))
    )
    picture = np.full((big, big, 3), wall, np.uint8)
    dx, dy = rng.integers(-6, 7, 2)
    wide, tall = int(62 + rng.integers(-8, 9)), int(92 + rng.integers(-10, 11))
    centre = (int(128 + dx), int(140 + dy))
    cv2.ellipse(picture, (centre[0], 280), (110, 50), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (centre[0], centre[1] - 22), (wide + 16, tall + 10), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(picture, centre, (wide, tall), 0, 0, 360, skin, -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (centre[0] + side * int(wide * 0.45), centre[1] - 22)
        cv2.ellipse(picture, eye, (13, 7), 0, 0, 360, (235, 235, 235), -1, cv2.LINE_AA)
        cv2.circle(picture, eye, 6, iris, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (centre[0], centre[1] + 42), (int(18 + rng.integers(0, 12)), 7), 0, 0, 360, (70, 60, 160), -1)
    noise = cv2.GaussianBlur(rng.standard_normal((big, big, 1)).astype(np.float32), (0, 0), 2)[..., None] * 12
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def write_faces(folder: Path, count: int, size: int = 64) -> None:
    """Write `count` drawn faces as PNG files `000.png`, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        cv2.imwrite(str(folder / f"{seed:03d}.png"), drawn_face(seed, size))
