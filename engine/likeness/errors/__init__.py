"""Errors that the user can mend: every text says what to do next.

Here are `LikenessError` and its kinds, one for each thing that can be wrong, with functions for their texts and for old
names. `fault_log` beside it is for faults that may recur every frame, and may be of any type: it throttles the log.

No thread runs here.
"""

import warnings
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")


class LikenessError(Exception):
    """A fault that ends in one clear line: the thing, what was wanted, what came, and the next step.

    Attributes:
        status: of a command that ends with it.
        place: file and line of the plugin in which the fault lies, where it lies in one.
    """

    status = 2
    place: tuple[str, int] | None = None


class ParamError(LikenessError):
    """A value that a parameter does not take, or a parameter that does not exist."""


class WeightsError(LikenessError):
    """A weights file that is absent, broken, or of a family that does not open here."""


class PresetError(LikenessError):
    """A preset that cannot be found, read or written."""


class CueError(LikenessError):
    """A cue, or a moment of the past, that is not there or cannot be read or written."""


class PluginError(LikenessError):
    """A plugin that cannot be found or loaded."""


class OutputError(LikenessError):
    """A window, file or display that cannot be opened."""


class AbsentDisplayError(OutputError):
    """A display that is not there, and may come yet: a projector that is off, a desktop that is still starting."""

    # EX_UNAVAILABLE of sysexits.h. A guard waits for a display, and gives up a show whose options are wrong.
    status = 69


class InputError(LikenessError):
    """A controller, port or message that cannot be used."""


class PhotoError(LikenessError):
    """A photo that cannot be read, or in which no face is found."""


class TrainingError(LikenessError):
    """A training run that cannot start or go on."""


class GalleryError(LikenessError):
    """A gallery, or a face in it, that is not there, is of another kind, or may not be kept."""


class RenderError(LikenessError):
    """A render in which something failed, so that it would not be what was asked for."""


class AudienceError(LikenessError):
    """An evening's database, store, text or setting that is not there, or may not be changed so."""


def nearest(name: str, known: Iterable[str], most: int = 3) -> str:
    """Return a phrase that names the closest of `known`, or all of them where none is close.

    Made for the end of a message: `f"no preset {name!r}; {nearest(name, names)}"`.
    """
    names = sorted(known)
    if not names:
        return "there are none"
    # 0.5 still finds `random_wlak` and a name without its plugin; 0.4 began to offer strangers.
    close = get_close_matches(name, names, n=most, cutoff=0.5)
    if close:
        return "nearest: " + ", ".join(close)
    return "there are: " + ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")


def say_count(count: int, one: str, many: str) -> str:
    """Return a number with what it counts: `say_count(1, "picture was", "pictures were")` is "1 picture was"."""
    return f"{count} {one if count == 1 else many}"


def find_renamed(module: str, old: str, renamed: Mapping[str, T]) -> T:
    """Return what a module called `old` in the version before, with a warning; for the module's `__getattr__`.

    Args:
        module: its `__name__`.
        old: the name that was asked for.
        renamed: old names, each with the thing under its new one.

    Raises:
        AttributeError: where `old` is none of them, as Python raises for any name that a module lacks.
    """
    if old not in renamed:
        raise AttributeError(f"module {module!r} has no attribute {old!r}")
    new = getattr(renamed[old], "__name__", "")
    warnings.warn(f"{module}.{old} is {new} now; the old name goes with the next version", FutureWarning, stacklevel=3)
    return renamed[old]
