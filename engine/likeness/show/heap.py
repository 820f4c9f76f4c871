"""The C library's heap: one for all threads of a show, and given back to the system where it is free.

glibc gives each new thread a heap of its own, sixteen of them on two cores, and what is freed in one of them is of use
to the threads of that one alone. A show opens weights, starts plugins and serves pages on new threads for months. With
ten to twenty times as much of that as in tests/benchmarks/soak.py it held 190 MB that were free after five minutes, and
with one heap 60.
"""

import ctypes
import sys
from contextlib import suppress

# Of mallopt(3).
_ARENA_MAX = -8


def keep_one_heap() -> None:
    """Have all threads of this process share one heap; before there are many of them. On glibc alone."""
    _call("mallopt", _ARENA_MAX, 1)


def return_free_memory() -> None:
    """Give memory that is free back to the system, on glibc alone.

    It keeps what is freed with what is still in use scattered over it: after each change of weights a show held 20 to
    30 MB more, and 400 MB after a quarter of an hour of them.
    """
    _call("malloc_trim", 0)


def _call(function: str, *arguments: int) -> None:
    if sys.platform == "linux":
        # Another C library has no such function.
        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL(None), function)(*arguments)
