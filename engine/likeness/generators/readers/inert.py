"""Types that all snapshot readers share: refusal, names, inert objects, and the budget of instructions."""

from typing import Any, NamedTuple

# A snapshot of 64 px and three networks takes 25,000 instructions, most of them on less than 4 bytes each; above
# that a real one spends an instruction on hundreds of bytes. An instruction costs up to 220 bytes of memory.
FREE_STEPS = 40_000
BYTES_A_STEP = 64


class SnapshotError(ValueError):
    """A file that is broken or asks for something that no weights file needs; the text completes "FILE ..."."""


class Symbol(NamedTuple):
    """A name that the pickle gives; inert."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class InertObject:
    """An object of a class that is only known by name: what it was made of, and its state."""

    def __init__(self, symbol: Symbol, arguments: tuple[Any, ...] = ()) -> None:
        self.symbol, self.arguments = symbol, arguments
        self.state: Any = None

    def build(self, state: Any) -> None:
        """Take the state that the pickle hands over."""
        self.state = state


class ReadBudget:
    """Instructions left for one file, over all pickles inside it; keeps time and memory near the file's own size."""

    def __init__(self, size: int) -> None:
        self.left = FREE_STEPS + size // BYTES_A_STEP
