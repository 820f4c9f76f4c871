"""An output that gets its pictures in the size that was asked for."""

from likeness.outputs.letterbox import letterboxed
from likeness.outputs.output import Output
from likeness.picture import Picture


class FittedOutput:
    """Passes pictures on to `inner`, letterboxed to `width` x `height` px."""

    def __init__(self, inner: Output, width: int, height: int) -> None:
        self.name = inner.name
        self.inner, self._width, self._height = inner, width, height

    def show(self, picture: Picture, at: float) -> None:
        """Fit `picture` and pass it on."""
        self.inner.show(letterboxed(picture, (self._width, self._height)), at)

    def close(self) -> None:
        """Close the inner output."""
        self.inner.close()
