"""An output that gets its pictures in the size that was asked for."""

import numpy as np

from likeness.outputs.letterbox import letterboxed
from likeness.outputs.output import Output
from likeness.picture import Picture, heads_of


class FittedOutput:
    """Passes pictures on to `inner`, each head letterboxed to `width` x `height` px."""

    def __init__(self, inner: Output, width: int, height: int, heads: int = 1) -> None:
        self.name = inner.name
        self.inner, self._size, self._heads = inner, (width, height), heads

    def show(self, picture: Picture, at: float) -> None:
        """Fit `picture` and pass it on."""
        fitted = [letterboxed(head, self._size) for head in heads_of(picture, self._heads)]
        self.inner.show(fitted[0] if len(fitted) == 1 else np.concatenate(fitted, axis=1), at)

    def close(self) -> None:
        """Close the inner output."""
        self.inner.close()
