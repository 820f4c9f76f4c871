"""A throttled log for faults that may recur every frame: the traceback once, then a counted line now and then."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from likeness.errors import LikenessError

# A failing plugin at 60 fps would write 3,600 lines a minute; a line every five seconds is still seen.
QUIET_S = 5.0


@dataclass
class _Record:
    count: int
    logged_at: float


class Faults:
    """The faults of one owner, by place. Not thread-safe: each owner keeps its own."""

    def __init__(self, log: logging.Logger, now: Callable[[], float] = time.monotonic) -> None:
        self._log, self._now = log, now
        self._records: dict[str, _Record] = {}

    def tell(self, where: str, error: BaseException, trace: bool = True) -> int:
        """Log `error` at `where`, unless it was logged just now; return how often that place has failed."""
        now = self._now()
        record = self._records.get(where)
        if record is None:
            self._records[where] = _Record(1, now)
            self._log.error("%s failed: %s", where, say_error(error), exc_info=error if trace else None)
            return 1
        record.count += 1
        if now - record.logged_at >= QUIET_S:
            record.logged_at = now
            self._log.error("%s failed %d times by now; last: %s", where, record.count, say_error(error, repr))
        return record.count

    def forget(self, where: str) -> None:
        """Start counting at `where` from 0, since it was mended."""
        self._records.pop(where, None)


def say_error(error: BaseException, say: Callable[[BaseException], str] = str) -> str:
    """Return what an error says, or its type where even that raises: a plugin's error is a plugin's code."""
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
