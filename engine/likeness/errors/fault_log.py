"""A throttled log for faults that may recur every frame: the traceback once, then a counted line now and then."""

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from likeness.errors import LikenessError, RenderError
from likeness.errors.place import put_place_first

# A failing plugin at 60 fps would write 3,600 lines a minute; a line every five seconds is still seen.
QUIET_S = 5.0


@dataclass
class _Record:
    count: int
    logged_at: float


class Faults:
    """The faults of one owner, by place. Not thread-safe: each owner keeps its own.

    Args:
        log: of the owner.
        now: seconds of a clock that never jumps.
        fatal: raise a fault instead of going on, since nobody watches: in a render.
    """

    def __init__(self, log: logging.Logger, now: Callable[[], float] = time.monotonic, *, fatal: bool = False) -> None:
        self._log, self._now, self._fatal = log, now, fatal
        self._records: dict[str, _Record] = {}

    def tell(self, where: str, error: BaseException, trace: bool = True) -> int:
        """Log `error` at `where`, unless it was logged just now; return how often that place has failed.

        Raises:
            RenderError: where faults are fatal.
        """
        if self._fatal:
            self._end(where, error)
        count, due = self._count(where)
        if count == 1:
            self._log.error("%s failed: %s", where, say_error(error), exc_info=error if trace else None)
        elif due:
            self._log.error("%s failed %d times by now; last: %s", where, count, say_error(error, repr))
        return count

    def warn(self, where: str, words: str) -> bool:
        """Log as `tell` does, as a warning; return whether a line was due.

        For what goes by and is no fault of the program.
        """
        count, due = self._count(where)
        if count == 1:
            self._log.warning("%s", words)
        elif due:
            self._log.warning("%s (%d times by now)", words, count)
        return due

    def _end(self, where: str, error: BaseException) -> NoReturn:
        """Raise what ends a render; what was raised first, with its traceback, is its cause."""
        if isinstance(error, RenderError):
            raise error
        said, owner = say_error(error), where.partition(".")[0]
        if isinstance(error, LikenessError) and error.place is None:
            said = said if said.startswith(f"{owner}:") else f"{owner}: {said}"
        else:
            said = f"{where} failed: {said}"
        raise RenderError(put_place_first(error, said)) from error

    def forget(self, where: str) -> None:
        """Start counting at `where` from 0, since it was mended."""
        self._records.pop(where, None)

    def _count(self, where: str) -> tuple[int, bool]:
        """Count once more at `where`; return the count, and whether a line is due."""
        record = self._records.setdefault(where, _Record(0, -math.inf))
        record.count += 1
        due = self._now() - record.logged_at >= QUIET_S
        if due:
            record.logged_at = self._now()
        return record.count, due


def say_error(error: BaseException, say: Callable[[BaseException], str] = str) -> str:
    """Return what an error says, or its type where even that raises: a plugin's error is a plugin's code.

    Of a syntax error, whose own text names its file and line, the reason alone.
    """
    if isinstance(error, SyntaxError) and error.msg:
        return error.msg
    try:
        return say(error)
    except BaseException:  # noqa: BLE001 - a plugin may raise anything
        return type(error).__name__


@contextmanager
def log_refusal(log: logging.Logger) -> Iterator[None]:
    """Log a `LikenessError` from the body as one line: for commands from pads and queues, which get no answer."""
    try:
        yield
    except LikenessError as error:
        log.warning("%s", error)
