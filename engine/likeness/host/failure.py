"""Failures of plugins in one line of words, for surfaces that show them."""

import logging
import traceback
from pathlib import Path

from likeness.errors import LikenessError, PluginError
from likeness.errors.fault_log import say_error
from likeness.errors.place import put_place_first

log = logging.getLogger(__name__)

LONGEST = 300


def describe_failure(error: BaseException, path: Path | None = None) -> str:
    """Return what was raised, and in which line of the plugin's file; never a folder.

    Args:
        error: as it was caught, with its traceback.
        path: the plugin's file; without one no line is named.
    """
    text = " ".join(say_error(error).split())
    said = text if isinstance(error, LikenessError) and text else f"{type(error).__name__}: {text}".removesuffix(": ")
    line = error.place[1] if isinstance(error, LikenessError) and error.place else _line(error, path)
    where = f" (line {line})" if line else ""
    most = LONGEST - len(where)
    return (said if len(said) <= most else f"{said[: most - 3]}...") + where


def give_place(error: BaseException, path: Path | None) -> None:
    """Write into a `LikenessError` that came through a plugin's file, and has no place yet, in which line it did.

    For what a plugin does wrong; the text of an error that a performer can mend names what to mend.
    """
    if isinstance(error, LikenessError) and error.place is None and (line := _line(error, path)):
        error.place = str(path), line


def log_failure(failing: str, error: BaseException, path: Path | None) -> str:
    """Log what failed of a plugin, behind its file and line; return why as `describe_failure` does.

    Args:
        failing: what failed, as "glow is not reloaded".
        error, path: as `describe_failure` takes them.
    """
    give_place(error, path)
    said = f"{failing}: {say_error(error)}"
    if isinstance(error, PluginError):
        # As text: a log that keeps its records would keep a half-made plugin alive through the error's frames.
        log.error("%s", put_place_first(error, said))
    else:
        log.error("%s", said, exc_info=error)
    return describe_failure(error, path)


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
