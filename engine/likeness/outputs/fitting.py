"""Pictures fitted to screens and files: letterboxing, one head to each display."""

from collections.abc import Sequence

import numpy as np

from likeness.faces.resize import resize
from likeness.outputs.output import Output
from likeness.picture import KeptPicture, Picture, heads_of


def fit(size: tuple[int, int], into: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return `(x, y, width, height)` of a picture of `size`, as large as it goes `into` a frame and in its middle.

    Args:
        size: width and height of the picture, pixels.
        into: width and height of the frame, pixels.
    """
    scale = min(into[0] / size[0], into[1] / size[1])
    width, height = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return (into[0] - width) // 2, (into[1] - height) // 2, width, height


def letterbox(picture: Picture, into: tuple[int, int]) -> Picture:
    """Return `picture` scaled to a frame of `into` (width, height) with black bars; itself where it fits already."""
    height, width = picture.shape[:2]
    if (width, height) == into:
        return picture
    x, y, w, h = fit((width, height), into)
    frame: Picture = np.zeros((into[1], into[0], 3), np.uint8)
    frame[y : y + h, x : x + w] = resize(picture, w, h)
    return frame


class FittedOutput:
    """Passes pictures on to `inner`, each head letterboxed to `width` x `height` px."""

    def __init__(self, inner: Output, width: int, height: int, heads: int = 1) -> None:
        self.name = inner.name
        self.inner, self._size, self._heads = inner, (width, height), heads
        self._fitted = KeptPicture()

    def show(self, picture: Picture, at: float) -> None:
        """Fit `picture` and pass it on; the same array is fitted once."""
        self.inner.show(self._fitted.get(picture, None, lambda: self._fit(picture)), at)

    def close(self) -> None:
        """Close the inner output."""
        self.inner.close()

    def _fit(self, picture: Picture) -> Picture:
        fitted = [letterbox(head, self._size) for head in heads_of(picture, self._heads)]
        return fitted[0] if len(fitted) == 1 else np.concatenate(fitted, axis=1)


class Screens:
    """Passes each head of a row on to an output of its own, from left to right. Main thread only.

    Args:
        screens: as many as there are heads.
    """

    def __init__(self, screens: Sequence[Output]) -> None:
        self.name = " and ".join(screen.name for screen in screens)
        self._screens = screens
        self._row: Picture | None = None
        self._heads: list[Picture] = []

    def show(self, picture: Picture, at: float) -> None:
        """Show each screen its head of `picture` `[height, heads * width, 3]`, for the same array the same ones."""
        if picture is not self._row:
            self._row, self._heads = picture, heads_of(picture, len(self._screens))
        for screen, head in zip(self._screens, self._heads, strict=True):
            screen.show(head, at)

    def close(self) -> None:
        """Close them all, also where one fails to.

        Raises:
            Exception: what the last of them raised that failed.
        """
        failed: Exception | None = None
        for screen in self._screens:
            try:
                screen.close()
            except Exception as error:  # noqa: BLE001 - a driver may raise anything, and the others are still open
                failed = error
        if failed is not None:
            raise failed
