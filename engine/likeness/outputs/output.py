"""The output protocol, and two outputs that write nothing: one keeps the pictures, one counts them."""

from typing import Protocol

from likeness.errors import OutputError
from likeness.picture import Picture


class Output(Protocol):
    """A place that pictures go to. The show's thread calls all of it.

    `show` takes a picture `[height, width, 3]` in RGB that nobody changes afterwards, stamped `at` seconds since the
    start of the show. The same array as the last time is the same picture: what is shown already, or coded, is not
    made anew, so that a repeat leaves the processor to whoever draws the next picture. It returns at once, except
    offline, where an output that must not lose a frame waits for room. What fails raises `OutputError`; the loop then
    closes that output and the rest go on.
    """

    name: str

    def show(self, picture: Picture, at: float) -> None:
        """Take one picture."""
        ...

    def close(self) -> None:
        """Finish and let go. Safe to call twice."""
        ...


class MemoryOutput:
    """Keep every picture and its time, for tests and for code that wants them as arrays.

    Args:
        name: what messages call it.
    """

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.pictures: list[Picture] = []
        self.times: list[float] = []
        self.closed = False

    def show(self, picture: Picture, at: float) -> None:
        """Keep `picture` itself, not a copy."""
        if self.closed:
            raise OutputError(f"{self.name} is closed: open a new output to show more pictures.")
        self.pictures.append(picture)
        self.times.append(at)

    def close(self) -> None:
        """Take no more pictures; those kept stay."""
        self.closed = True


class NullOutput:
    """Count the pictures and let them go, for benchmarks and shows without a screen.

    Args:
        name: what messages call it.
    """

    def __init__(self, name: str = "null") -> None:
        self.name = name
        self.count = 0
        self.closed = False

    def show(self, picture: Picture, at: float) -> None:
        """Count one."""
        if self.closed:
            raise OutputError(f"{self.name} is closed: open a new output to show more pictures.")
        self.count += 1

    def close(self) -> None:
        """Take no more pictures."""
        self.closed = True
