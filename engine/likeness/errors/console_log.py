"""The log on a terminal: a failure's place and its sentence in a line, the traceback only where it is asked for."""

import copy
import logging

from likeness.errors import LikenessError
from likeness.errors.place import put_place_first


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
        # Of our own errors a traceback says no more than their text.
        more = "" if isinstance(error, LikenessError) else " (-v shows the traceback)"
        short.msg, short.args = put_place_first(error, f"{record.getMessage()}{more}").replace("%", "%%"), ()
        return super().format(short)
