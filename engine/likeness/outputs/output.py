"""What every output is."""

from typing import Protocol

from likeness.picture import Picture


class Output(Protocol):
    """A place that pictures go to. The show's thread calls all of it.

    `show` takes a picture `[height, width, 3]` in RGB that nobody changes afterwards, stamped `at` seconds since the
    start of the show. It returns at once, except offline, where an output that must not lose a frame waits for room.
    What fails raises `OutputError`; the loop then closes that output and the rest go on.
    """

    name: str

    def show(self, picture: Picture, at: float) -> None:
        """Take one picture."""
        ...

    def close(self) -> None:
        """Finish and let go. Safe to call twice."""
        ...
