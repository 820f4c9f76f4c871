"""Types that all snapshot readers share: refusal, names, inert objects, and the budget of instructions."""

from typing import Any, NamedTuple

# A snapshot of 64 px and three networks takes 25,000 instructions, most of them on less than 4 bytes each; above
# that a real one spends an instruction on hundreds of bytes. An instruction costs up to 220 bytes of memory.
FREE_STEPS = 40_000
BYTES_A_STEP = 64
LONGEST_KEY = 16

# Modules and functions that no training script calls from a pickle, and attacks do.
RIGGED_MODULES = {
    "os",
    "posix",
    "nt",
    "subprocess",
    "_posixsubprocess",
    "popen2",
    "commands",
    "sys",
    "importlib",
    "runpy",
    "shutil",
    "socket",
    "ctypes",
    "_ctypes",
    "pty",
    "code",
    "codeop",
    "webbrowser",
    "pdb",
    "bdb",
    "timeit",
    "cProfile",
    "profile",
    "pip",
    "urllib",
    "http",
    "ftplib",
    "smtplib",
    "telnetlib",
    "asyncio",
    "multiprocessing",
    "signal",
}
RIGGED_BUILTINS = {"eval", "exec", "compile", "open", "__import__", "execfile", "input", "breakpoint"}


class SnapshotError(ValueError):
    """A file that is broken or asks for something that no weights file needs; the text completes "FILE ..."."""


class Symbol(NamedTuple):
    """A name that the pickle gives; inert."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class RiggedFileError(SnapshotError):
    """A file that asks for what only an attack needs; refused wherever it stands in the file."""


class InertObject:
    """An object of a class that is only known by name: what it was made of, its state, its entries.

    Whatever a training script saved beside a generator (discriminators, optimisers, progress) becomes one and is never
    looked at. Compared and hashed by identity.

    Args:
        symbol: its class, or the function that would have made it.
        arguments: of that.
        problem: why it is not the plain value that it should be; completes "FILE ...".
    """

    __slots__ = ("arguments", "items", "problem", "state", "symbol")

    def __init__(self, symbol: Symbol, arguments: tuple[Any, ...] = (), problem: str = "") -> None:
        self.symbol, self.arguments, self.problem = symbol, arguments, problem
        self.state: Any = None
        self.items: dict[Any, Any] | None = None

    def build(self, state: Any) -> None:
        """Take the state that the pickle hands over."""
        self.state = state

    def set_item(self, key: Any, value: Any) -> None:
        """Take an entry, as a dict of a class of its own does."""
        if self.items is None:
            self.items = {}
        self.items[key] = value


class ReadBudget:
    """Instructions left for one file, over all pickles inside it; keeps time and memory near the file's own size."""

    def __init__(self, size: int) -> None:
        self.left = FREE_STEPS + size // BYTES_A_STEP


def is_rigged(symbol: Symbol) -> bool:
    """Return whether a call of `symbol` is what only an attack needs."""
    root, _, _ = symbol.module.partition(".")
    if root in ("builtins", "__builtin__"):
        return symbol.name.partition(".")[0] in RIGGED_BUILTINS
    return root in RIGGED_MODULES


def check_key(value: Any) -> Any:
    """Return `value` where it may be a key of a dict or an entry of a set.

    An object, a list or bytes become a key of their own, found by nobody. Nothing nested: the hash of a tuple of tuples
    of tuples takes as long as the file likes.

    Raises:
        SnapshotError: where it is a nested tuple or a long one.
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, tuple):
        if len(value) <= LONGEST_KEY and not any(isinstance(part, tuple | list | dict | set) for part in value):
            return tuple(check_key(part) for part in value)
        raise SnapshotError("has a nested tuple as the key of a dict")
    return value if isinstance(value, InertObject) else InertObject(Symbol("", type(value).__name__))
