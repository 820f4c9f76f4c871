"""The log on a terminal: a failure's place and its sentence in a line, the traceback only where it is asked for."""

import copy
import logging
import traceback
from pathlib import Path

from likeness.errors import LikenessError

PROGRAM, PLUGIN = "likeness", "likeness_plugin_"  # how modules are called


class ConsoleFormatter(logging.Formatter):
    """Formats lines for whoever plays the show.

    Args:
        traces: print tracebacks, for whoever mends a plugin.
    """

    def __init__(self, *, traces: bool) -> None:
        super().__init__("%(levelname)s: %(message)s")
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, without a traceback behind the place where its error was raised."""
        error = record.exc_info[1] if record.exc_info else None
        if self._traces or error is None:
            return super().format(record)
        # Other handlers, such as a log file's, get the record with its traceback.
        short = copy.copy(record)
        short.exc_info = short.exc_text = None
        place = find_place(error)
        if place:
            short.msg, short.args = f"{place}: {record.getMessage()} (-v shows the traceback)", ()
        return super().format(short)


def find_place(error: BaseException) -> str:
    """Return the file and line that an error came from, "glow.py, line 3": in a plugin where it came through one.

    Of a `LikenessError`, whose text names the thing itself, nothing is returned.
    """
    if isinstance(error, LikenessError):
        return ""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{_shorten(error.filename)}, line {error.lineno}"
    frames = list(traceback.walk_tb(error.__traceback__))
    for begins in (PLUGIN, PROGRAM, ""):
        for frame, line in reversed(frames):
            if str(frame.f_globals.get("__name__")).startswith(begins):
                return f"{_shorten(frame.f_code.co_filename)}, line {line}"
    return ""


def _shorten(file: str) -> str:
    """Return a file's path from the working folder on, where it lies in that."""
    path = Path(file)
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
