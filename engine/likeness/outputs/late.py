"""Late output: one that is opened with its first picture, such as the NDI name of a machine that may take over."""

from collections.abc import Callable

from likeness.outputs.output import Output
from likeness.picture import Picture


class LateOutput:
    """Opens an output when the first picture comes. The show's thread.

    Args:
        name: what messages call it.
        open_output: opens it; whatever it raises, the first `show` raises.
    """

    def __init__(self, name: str, open_output: Callable[[], Output]) -> None:
        self.name, self._open = name, open_output
        self._opened: Output | None = None

    @property
    def opened(self) -> Output:
        """Return the output that was opened; itself before."""
        return self._opened or self

    def show(self, picture: Picture, at: float) -> None:
        """Pass a picture on."""
        if self._opened is None:
            self._opened = self._open()
        self._opened.show(picture, at)

    def close(self) -> None:
        """Close the output, where it was opened. Safe to call twice."""
        if self._opened is not None:
            self._opened.close()
