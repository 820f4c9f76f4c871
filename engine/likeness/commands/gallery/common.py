"""Shared by the gallery commands: the option `--gallery`, opening it, progress, outdated faces."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from likeness.errors import say_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from likeness.gallery import Gallery, Record

Folder = Annotated[Path | None, Parameter(name="--gallery")]


def folder_of(folder: Path | None) -> Path:
    """Return `folder`, by default that of the user's own gallery."""
    from likeness.files.paths import user_dir

    return user_dir("gallery") if folder is None else folder


def open_gallery(folder: Path | None, *, create: bool = False) -> "Gallery":
    """Open the gallery in `folder`; where `create`, make it if it is not there."""
    from likeness.gallery import Gallery

    return Gallery.open(folder_of(folder), create=create)


def weights_of(name: str | None) -> Path:
    """Return the weights file of that name, or of the default weights."""
    from likeness.files.paths import DEFAULT_WEIGHTS, find_weights

    return find_weights(name or DEFAULT_WEIGHTS)


def source_of(record: "Record") -> str:
    """Return the origin of a face in words."""
    return "a photo" if record.seed is None else f"{record.weights} seed {record.seed}"


def find_outdated(records: "Sequence[Record]", weights: Path | None = None) -> "list[Record]":
    """Return the records whose latents belong to older weights of the same name.

    Args:
        records: of faces.
        weights: the file of the newer weights, where it is in no folder of weights.
    """
    from likeness.errors import WeightsError
    from likeness.files.paths import find_weights
    from likeness.gallery import face_types

    found: list[Record] = []
    for name in sorted({record.weights for record in records if record.weights_sha256}):
        try:
            found += face_types.find_outdated(
                records, weights if weights is not None and weights.stem == name else find_weights(name)
            )
        except WeightsError:
            # Weights that are not on this machine are not newer.
            continue
    return found


def warn_outdated(records: "Sequence[Record]", weights: Path | None = None) -> None:
    """Print to standard error how many faces are outdated, and what to do."""
    from likeness.files.paths import search_dirs

    old = find_outdated(records, weights)
    if old:
        names = ", ".join(sorted({record.weights for record in old}))
        drawn = any(record.seed is not None for record in old)
        by_name = weights is None or weights.parent in search_dirs("weights")
        named = "" if by_name else f" --weights {shlex.quote(str(weights))}"
        then = f"; to draw them again: likeness gallery remove --outdated{named}, then build" if drawn else ""
        made = say_count(len(old), "face was", "faces were")
        print(f"likeness: {made} made with older weights called {names}{then}", file=sys.stderr)


def progress_of(what: str, total: int) -> "AbstractContextManager[Callable[[int], None]]":
    """Return a context with a progress bar on standard error; it yields what takes the number done."""
    from contextlib import contextmanager

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    @contextmanager
    def shown() -> "Iterator[Callable[[int], None]]":
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    return shown()
