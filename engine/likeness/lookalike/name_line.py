"""The name of a visitor as a line of text, to be laid over the picture."""

from __future__ import annotations

import os

import cv2
import numpy as np
from numpy.typing import NDArray

# Else it prints its version, into lists and tables too.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame.freetype

# Of the picture's side: the letters, and their distance from the edges.
LETTERS, MARGIN = 1 / 16, 1 / 20
# The longest line takes this share of the picture.
WIDEST = 0.8
LEAST_PX = 6.0


def draw_name(name: str, side: int) -> NDArray[np.uint8] | None:
    """Return letters and the shade behind them at the lower left of an empty square; None where there are no letters.

    Letters that the font lacks are left out, and a line that is too long gets smaller ones. The fonts are those of a
    module apart from the window's, so that it may be called on another thread, but on one alone.

    Returns:
        `[side, side, 3]` uint8: how much of each px the letters cover, how dark the picture is to be there, and 0.
    """
    pygame.freetype.init()
    font = pygame.freetype.Font(None, side)
    text = "".join(each for each in name if _has(font, each)).strip()
    if not text:
        return None
    px = max(side * LETTERS, LEAST_PX)
    px = min(px, px * side * WIDEST / max(font.get_rect(text, size=px).width, 1))
    raw, (columns, rows) = font.render_raw(text, size=px)
    margin = round(side * MARGIN)
    top = side - margin - rows
    if top < 0 or margin + columns > side or rows == 0 or columns == 0:
        return None
    letters = np.zeros((side, side), np.uint8)
    letters[top : top + rows, margin : margin + columns] = np.frombuffer(raw, np.uint8).reshape(rows, columns)
    wide = 2 * round(px / 6) + 1
    shade = cv2.GaussianBlur(cv2.dilate(letters, np.ones((wide, wide), np.uint8)), (wide, wide), 0)
    return np.stack((letters, shade, np.zeros_like(letters)), axis=2).astype(np.uint8)


def _has(font: pygame.freetype.Font, letter: str) -> bool:
    metrics = font.get_metrics(letter)
    return len(metrics) == 1 and metrics[0] is not None
