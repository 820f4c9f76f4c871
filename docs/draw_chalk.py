"""Drawings in three chalks, black, red and white, on toned paper, made of pictures of faces by a few rules.

    python docs/draw_chalk.py FACES DRAWINGS

The bundled filter `chalk` was learnt from such drawings of faces that nobody has.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

FIELD = NDArray[np.float32]
PAPER = np.float32((186, 172, 146))
BLACK, RED, WHITE = np.float32((34, 30, 34)), np.float32((158, 66, 44)), np.float32((250, 246, 234))
SCALE = 2  # drawn larger, and reduced at the end
PERIOD = 13.0  # px between two hatches, at that scale: at 256 px a filter can draw them


def draw_chalk(photo: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a drawing of a picture `[H, W, 3]` in RGB, of the same size."""
    height, width = photo.shape[:2]
    large = cv2.resize(photo, (width * SCALE, height * SCALE), interpolation=cv2.INTER_CUBIC)
    tone = cv2.cvtColor(large, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    low, high = np.percentile(tone, (2, 98))
    tone = np.clip((tone - low) / max(high - low, 0.2), 0, 1)
    soft = cv2.GaussianBlur(tone, (0, 0), 3.0)
    grain = _grain(rng, tone.shape)
    redness = cv2.GaussianBlur(large[..., 0].astype(np.float32) - large[..., 2], (0, 0), 4.0) / 255
    one, other = _hatches(rng, tone.shape, 52.0), _hatches(rng, tone.shape, 118.0)
    red = _smooth_step(0.74 - soft + 0.5 * np.clip(redness, 0, 0.4), 0.0, 0.55) * (0.55 + 0.45 * one)
    black = _smooth_step(0.46 - soft, 0.0, 0.42) * (0.5 + 0.5 * np.maximum(one, other))
    white = _smooth_step(soft - 0.70, 0.0, 0.26) * (0.45 + 0.55 * one)
    lines = _lines(tone)
    sheet = np.ones((*tone.shape, 3), np.float32) * PAPER * (0.97 + 0.05 * grain[..., None])
    for colour, cover in ((WHITE, white * 0.95), (RED, red * 0.85), (BLACK, np.maximum(black, lines) * 0.95)):
        # Chalk stays on the paper's teeth first.
        held = np.clip(cover * 1.5 - 0.42 * (0.5 - 0.5 * grain) * (cover < 0.98), 0, 1)[..., None]
        sheet += (colour - sheet) * held
    small = cv2.resize(np.clip(sheet, 0, 255), (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8)


def _lines(tone: FIELD) -> FIELD:
    """Return where contours run, by a difference of Gaussians with a soft threshold [Winnemöller et al. 2012]."""
    narrow, wide = cv2.GaussianBlur(tone, (0, 0), 1.6), cv2.GaussianBlur(tone, (0, 0), 2.9)
    return np.clip(np.tanh((0.985 * wide - narrow) * 34 - 0.12), 0, 1)


def _hatches(rng: np.random.Generator, shape: tuple[int, ...], degrees: float) -> FIELD:
    """Return strokes side by side, in [0, 1], that waver and begin anew now and then."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn = np.deg2rad(degrees + rng.normal(0, 3))
    across = x * np.cos(turn) + y * np.sin(turn) + 3.0 * _smooth_noise(rng, shape, 60) + rng.uniform(0, PERIOD)
    strength = 0.75 + 0.35 * _smooth_noise(rng, shape, 16)
    return np.clip((0.5 + 0.5 * np.cos(2 * np.pi * across / PERIOD)) * strength, 0, 1)


def _grain(rng: np.random.Generator, shape: tuple[int, ...]) -> FIELD:
    rough = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), 2.2)
    return np.asarray(np.clip(rough / rough.std() * 0.5, -1, 1), np.float32)


def _smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], scale: int) -> FIELD:
    rough = rng.normal(0, 1, (shape[0] // scale + 3, shape[1] // scale + 3)).astype(np.float32)
    return np.asarray(cv2.resize(rough, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _smooth_step(x: FIELD, start: float, end: float) -> FIELD:
    t = np.clip((x - start) / (end - start), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def main() -> None:
    """Draw each PNG of the first folder into the second."""
    faces, drawings = Path(sys.argv[1]), Path(sys.argv[2])
    drawings.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(faces.glob("*.png"))):
        photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        drawing = draw_chalk(np.asarray(photo, np.uint8), np.random.default_rng(number))
        cv2.imwrite(str(drawings / path.name), cv2.cvtColor(drawing, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
