"""Failures of plugins in one line of words, for surfaces that show them."""

import traceback
from pathlib import Path

from likeness.errors import LikenessError
from likeness.errors.fault_log import say_error

LONGEST = 300


def describe_failure(error: BaseException, path: Path | None = None) -> str:
    """Return what was raised, and in which line of the plugin's file; never a folder.

    Args:
        error: as it was caught, with its traceback.
        path: the plugin's file; without one no line is named.
    """
    text = " ".join(say_error(error).split())
    if isinstance(error, SyntaxError):
        # Its own text names the file and the line that we name.
        text = str(error.msg)
    said = text if isinstance(error, LikenessError) and text else f"{type(error).__name__}: {text}".removesuffix(": ")
    line = _line(error, path)
    where = f" (line {line})" if line else ""
    most = LONGEST - len(where)
    return (said if len(said) <= most else f"{said[: most - 3]}...") + where


def _line(error: BaseException, path: Path | None) -> int | None:
    """Return the innermost line of the plugin's file that the error came through."""
    if path is None:
        return None
    # As importlib names it.
    file = str(path.absolute())
    if isinstance(error, SyntaxError) and error.filename in (file, str(path)):
        return error.lineno
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else None
