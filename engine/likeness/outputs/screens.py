"""Several displays, a head on each."""

from collections.abc import Sequence

from likeness.outputs.output import Output
from likeness.picture import Picture, heads_of


class Screens:
    """Passes each head of a row on to an output of its own, from left to right. Main thread only.

    Args:
        screens: as many as there are heads.
    """

    def __init__(self, screens: Sequence[Output]) -> None:
        self.name = " and ".join(screen.name for screen in screens)
        self._screens = screens

    def show(self, picture: Picture, at: float) -> None:
        """Show each screen its head of `picture` `[height, heads * width, 3]`."""
        for screen, head in zip(self._screens, heads_of(picture, len(self._screens)), strict=True):
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
