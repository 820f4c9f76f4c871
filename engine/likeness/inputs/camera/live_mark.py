"""The mark on the picture while a camera is live, so that whoever is filmed knows it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.picture import KeptPicture, Picture

# Of the picture's height: 15 px at 512, as large as a line of small print.
SIZE = 0.03
SMALLEST = 10
RED, WHITE = (235, 40, 40), (255, 255, 255)
# Opacities of the symbol and of its dark rim.
INK, RIM = np.float32(0.92), np.float32(0.45)
CORNERS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
SAMPLES = 8


class LiveMark:
    """A small camera with a red light, at the top right. Drawn once for each height; one thread."""

    def __init__(self) -> None:
        self._side = 0
        self._colours = self._cover = np.zeros((0, 0, 3), np.float32)
        self._marked = KeptPicture()

    def __call__(self, picture: Picture) -> Picture:
        """Return the picture `[height, width, 3]` with the mark, for the same array the same one; that is unchanged."""
        return self._marked.get(picture, None, lambda: self._mark(picture))

    def forget(self) -> None:
        """Drop the last marked picture."""
        self._marked.forget()

    def _mark(self, picture: Picture) -> Picture:
        height, width = picture.shape[:2]
        side = max(SMALLEST, round(SIZE * height))
        if side != self._side:
            self._side = side
            self._colours, self._cover = _draw(side)
        rows, columns = self._cover.shape[:2]
        top, left = side // 2, width - columns - side // 2
        if left < 0 or top + rows > height:
            return picture
        marked = picture.copy()
        spot = marked[top : top + rows, left : left + columns]
        spot[:] = np.rint(spot * (1 - self._cover) + self._colours * self._cover)
        return marked


def _draw(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mark's colours and opacities, `[side, 2 * side, 3]`; a dark rim shows it on white too."""
    colours = np.zeros((side, 2 * side, 3), np.float32)
    cover = RIM * _outline(side, 0.08)
    for shape, colour in ((_body(side, 0.0), WHITE), (_light(side, 0.0), RED)):
        colours += (np.array(colour, np.float32) - colours) * shape
        cover = np.maximum(cover, INK * shape)
    return colours, np.repeat(cover, 3, axis=2)


def _outline(side: int, grown: float) -> NDArray[np.float32]:
    return np.maximum(_body(side, grown), _light(side, grown))


def _body(side: int, grown: float) -> NDArray[np.float32]:
    """Return the opacity of a box with a lens, `grown` by a rim, `[side, 2 * side, 1]`."""
    box = np.array([[0.75, 0.2], [1.5, 0.2], [1.5, 0.8], [0.75, 0.8]]) + grown * np.array(CORNERS)
    lens = np.array([[1.5, 0.5], [1.95, 0.2], [1.95, 0.8]]) + grown * np.array([[-1, 0], [0.6, -1], [0.6, 1]])
    canvas = np.zeros((side * SAMPLES, 2 * side * SAMPLES), np.uint8)
    for outline in (box, lens):
        cv2.fillPoly(canvas, [np.rint(outline * side * SAMPLES).astype(np.int32)], (255,))
    return _shrink(canvas, side)


def _light(side: int, grown: float) -> NDArray[np.float32]:
    canvas = np.zeros((side * SAMPLES, 2 * side * SAMPLES), np.uint8)
    unit = side * SAMPLES
    cv2.circle(canvas, (round(0.36 * unit), unit // 2), round((0.3 + grown) * unit), (255,), -1)
    return _shrink(canvas, side)


def _shrink(canvas: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    small = cv2.resize(canvas, (2 * side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small[..., None] / np.float32(255), np.float32)
