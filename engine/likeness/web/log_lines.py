"""The newest lines of the program's log, in memory, for pages and reports."""

import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import Literal

MOST_LINES = 200
# A traceback of a plugin that hangs is cut here; the log itself has all of it.
LONGEST = 2000
# Those of the program, and those of plugins, whose modules are called so.
PROGRAM = "likeness"

Level = Literal["info", "warning", "error"]
# Seconds since the epoch, level, text.
Line = tuple[float, Level, str]


def format_lines(lines: Iterable[Line]) -> str:
    """Return lines as text, each with the time of day."""
    return "".join(f"{time.strftime('%H:%M:%S', time.localtime(at))} {level}: {text}\n" for at, level, text in lines)


class LogLines(logging.Handler):
    """Keeps the newest lines of the program's own loggers and of its plugins', from `open` to `close`.

    Any thread logs and any thread reads, under one lock that is held for an append or a copy of 200 lines. Only texts
    are kept: a record would keep a plugin alive through its traceback.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[Line] = deque(maxlen=MOST_LINES)
        self._count = 0

    def open(self) -> None:
        """Begin to listen. Safe to call twice."""
        logging.getLogger().addHandler(self)

    def close(self) -> None:
        """Stop listening; what was heard stays. Safe to call twice."""
        logging.getLogger().removeHandler(self)
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record's text. Called with the lock held."""
        if not record.name.startswith(PROGRAM):
            return
        level: Level = "info" if record.levelno < logging.WARNING else "warning"
        level = level if record.levelno < logging.ERROR else "error"
        try:
            text = record.getMessage()
        # A plugin may log with arguments that do not fit its text; the log's own handler says so.
        except Exception:  # noqa: BLE001
            text = str(record.msg)
        self._lines.append((record.created, level, text[:LONGEST]))
        self._count += 1

    def read(self) -> tuple[list[Line], int]:
        """Return the newest lines and the number of the last one, counted from the start. Any thread."""
        self.acquire()
        try:
            return list(self._lines), self._count
        finally:
            self.release()
