"""Outputs that write nothing: one keeps the pictures, one only counts them."""

from likeness.errors import OutputError
from likeness.picture import Picture


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
