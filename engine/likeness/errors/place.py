"""Place of a failure in the shape FILE:LINE, for lines that name what is wrong after it."""

import traceback
from pathlib import Path

from likeness.errors import LikenessError

PROGRAM, PLUGIN = "likeness", "likeness_plugin_"  # how modules are called


def find_place(error: BaseException) -> str:
    """Return the file and line that an error came from, "glow.py:3": in a plugin where it came through one.

    Of a `LikenessError`, whose text names the thing itself, only a place that it was given is returned; else "".
    """
    if isinstance(error, LikenessError):
        return f"{_shorten(error.place[0])}:{error.place[1]}" if error.place else ""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{_shorten(error.filename)}:{error.lineno}"
    frames = list(traceback.walk_tb(error.__traceback__))
    for begins in (PLUGIN, PROGRAM, ""):
        for frame, line in reversed(frames):
            if str(frame.f_globals.get("__name__")).startswith(begins):
                return f"{_shorten(frame.f_code.co_filename)}:{line}"
    return ""


def put_place_first(error: BaseException, words: str) -> str:
    """Return `words`, behind the place that `error` came from where that is known."""
    place = find_place(error)
    return f"{place}: {words}" if place else words


def _shorten(file: str) -> str:
    """Return a file's path from the working folder on, where it lies in that."""
    path = Path(file)
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
