"""The pictures that the bundled styles were learnt from: oil, woodcut, glass and riso, each drawn by a few rules.

    python docs/draw_styles.py FOLDER

Nobody else's picture is in them, so a network trained on them may be played anywhere.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 768  # px
FIELD = NDArray[np.float32]


def draw_oil(rng: np.random.Generator) -> FIELD:
    """Return short thick strokes of oil that follow a swirling field, light on dark, blue against ochre."""
    palette = np.float32(
        [(18, 28, 66), (30, 66, 130), (52, 118, 172), (120, 176, 196), (232, 214, 160), (236, 168, 52), (200, 74, 40)]
    )
    tone = _noise(rng, 200) * 0.7 + _noise(rng, 60) * 0.3
    tone = np.argsort(np.argsort(tone.ravel())).reshape(tone.shape) / tone.size
    angle = np.float32(np.pi * 3.0) * _noise(rng, 220)
    canvas = np.full((SIDE, SIDE, 3), palette[0], np.float32)
    relief = np.zeros((SIDE, SIDE), np.float32)
    for count, length, width in ((1500, 90, 22), (4200, 60, 13), (5200, 34, 7)):
        for y, x in rng.uniform(0, SIDE, (count, 2)):
            place = float(tone[int(y), int(x)]) * (len(palette) - 1) + rng.normal(0, 0.5)
            colour = palette[int(np.clip(round(place), 0, len(palette) - 1))] + rng.normal(0, 9, 3)
            points = _trace(angle, x, y, length)
            normal = np.gradient(points, axis=0)[:, ::-1] * np.float32([-1, 1])
            normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
            for bristle in np.linspace(-0.5, 0.5, max(3, width // 2)):
                line = np.int32(np.round((points + normal * bristle * width) * 8))
                tint = colour * (1 + 0.5 * bristle * 0.3) + rng.normal(0, 10)
                cv2.polylines(canvas, [line], False, tint.tolist(), 3, cv2.LINE_AA, 3)
                cv2.polylines(relief, [line], False, float(rng.uniform(0.2, 1.0)), 2, cv2.LINE_AA, 3)
    soft = cv2.GaussianBlur(relief, (0, 0), 1.0)
    light = (np.gradient(soft, axis=0) + np.gradient(soft, axis=1)) * 95
    return canvas - light[..., None]


def draw_woodcut(rng: np.random.Generator) -> FIELD:
    """Return cuts of a gouge in a black block, wide in the light and thin in the shade, printed on warm paper."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    bend = 120 * _noise(rng, 240) + 24 * _noise(rng, 90)
    turn = 2.2 * _noise(rng, 260)
    phase = (x * np.cos(turn * 0.35) + y * np.sin(turn * 0.35) + bend) / 11.0
    shade = np.clip(0.5 + 0.75 * _noise(rng, 150) + 0.22 * _noise(rng, 40), 0.0, 1.0)
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * phase)
    broken = 0.16 * _noise(rng, 12) + 0.10 * _noise(rng, 4)
    ink = 1 / (1 + np.exp(-(wave * 0.9 + broken + 0.05 - shade * 1.05) * 26))
    second = 0.5 + 0.5 * np.cos(2 * np.pi * (y * 0.8 - x * 0.5 + bend * 0.5) / 10.0)
    crossed = 1 / (1 + np.exp(-(second * 0.6 + broken + 0.22 - shade * 1.6) * 26))
    ink = np.maximum(ink, crossed) * (0.96 + 0.05 * _noise(rng, 3))
    paper, black = np.float32((238, 228, 205)), np.float32((24, 20, 22))
    return paper + (black - paper) * ink[..., None]


def draw_glass(rng: np.random.Generator) -> FIELD:
    """Return panes of coloured glass in lead, each a little uneven, with the light behind them."""
    palette = np.float32(
        [(176, 28, 40), (224, 92, 30), (244, 186, 52), (32, 122, 88), (22, 84, 160), (50, 40, 120), (120, 180, 214),
         (240, 226, 190)]
    )  # fmt: skip
    centres = rng.uniform(-40, SIDE + 40, (300, 2)).astype(np.float32)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    x, y = x + 14 * _noise(rng, 90), y + 14 * _noise(rng, 90)
    near = np.full((2, SIDE, SIDE), np.inf, np.float32)
    owner = np.zeros((SIDE, SIDE), np.int64)
    for number, (cx, cy) in enumerate(centres):
        away = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)
        closer = away < near[0]
        near[1] = np.where(closer, near[0], np.minimum(near[1], away))
        near[0], owner = np.where(closer, away, near[0]), np.where(closer, number, owner)
    tone = _noise(rng, 260)
    hues = np.array([tone[min(SIDE - 1, max(0, int(cy))), min(SIDE - 1, max(0, int(cx)))] for cx, cy in centres])
    order = np.argsort(np.argsort(hues)) / len(hues) * len(palette) + rng.normal(0, 0.9, len(hues))
    colours = palette[np.clip(order.astype(int), 0, len(palette) - 1)] * rng.uniform(0.75, 1.15, (len(hues), 1))
    panes = colours[owner] * (0.94 + 0.22 * _noise(rng, 26) + 0.07 * _noise(rng, 6))[..., None]
    panes += np.clip(near[1] - near[0], 0, 60)[..., None] * 0.5
    lead = 1 / (1 + np.exp((near[1] - near[0] - 7.5) * 1.1))
    rim = np.exp(-(((near[1] - near[0] - 4.0) / 2.2) ** 2)) * 46
    return panes * (1 - lead[..., None]) + (np.float32((20, 20, 26)) + rim[..., None] * 0.7) * lead[..., None]


def draw_riso(rng: np.random.Generator) -> FIELD:
    """Return dots of three bright inks on white, each screen at an angle of its own and a little out of register."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    inks = ((np.float32((255, 72, 100)), 15.0), (np.float32((0, 110, 190)), 75.0), (np.float32((255, 226, 30)), 45.0))
    paper = np.ones((SIDE, SIDE, 3), np.float32) * np.float32((248, 244, 236)) / 255
    for colour, degrees in inks:
        turn = np.deg2rad(degrees)
        u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        screen = (np.cos(2 * np.pi * u / 9) + np.cos(2 * np.pi * v / 9)) / 4 + 0.5
        cover = np.clip(0.5 + 0.8 * _noise(rng, 170) + 0.2 * _noise(rng, 50), 0, 1)
        ink = 1 / (1 + np.exp(-(cover - screen + 0.02 * _noise(rng, 3)) * 22))
        paper *= 1 - ink[..., None] * (1 - colour / 255) * 0.94
    return paper * 255


def _noise(rng: np.random.Generator, scale: float) -> FIELD:
    """Return smooth noise `[SIDE, SIDE]` of unit deviation about 0 halved, whose hills are about `scale` px wide."""
    coarse = max(4, int(SIDE / scale * 2))
    rough = rng.normal(0, 1, (coarse + 4, coarse + 4)).astype(np.float32)
    field = cv2.resize(rough, (SIDE + 64, SIDE + 64), interpolation=cv2.INTER_CUBIC)[32:-32, 32:-32]
    field -= field.mean()
    return np.asarray(field / field.std() * 0.5, np.float32)


def _trace(angle: FIELD, x: float, y: float, length: int) -> NDArray[np.float32]:
    """Return the points `[n, 2]`, x first, of a line that follows the field from a place on."""
    points = []
    for _ in range(length // 4):
        points.append((x, y))
        way = float(angle[int(np.clip(y, 0, SIDE - 1)), int(np.clip(x, 0, SIDE - 1))])
        x, y = x + 4 * np.cos(way), y + 4 * np.sin(way)
    return np.float32(points)


STYLES: dict[str, Callable[[np.random.Generator], FIELD]] = {
    "oil": draw_oil,
    "woodcut": draw_woodcut,
    "glass": draw_glass,
    "riso": draw_riso,
}


def main() -> None:
    """Write the pictures into the folder that the command names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, draw) in enumerate(STYLES.items()):
        picture = np.clip(draw(np.random.default_rng(number)), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{name}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
