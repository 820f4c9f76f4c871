"""What the gallery's commands share."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from likeness.gallery import Gallery, Record

# Where it is, for every command.
Folder = Annotated[Path | None, Parameter(name="--gallery")]


def folder_of(folder: Path | None) -> Path:
    """Return the gallery that is meant: the user's own where none is named."""
    from likeness.paths import user_dir

    return user_dir("gallery") if folder is None else folder


def open_gallery(folder: Path | None, *, create: bool = False) -> "Gallery":
    """Open it, or make it."""
    from likeness.gallery import Gallery

    return Gallery.open(folder_of(folder), create=create)


def weights_of(name: str | None) -> Path:
    """Return the weights file of that name, or of the default weights."""
    from likeness.paths import DEFAULT_WEIGHTS, find_weights

    return find_weights(name or DEFAULT_WEIGHTS)


def source_of(record: "Record") -> str:
    """Say where a face is from."""
    return "a photo" if record.seed is None else f"{record.weights} seed {record.seed}"


def find_outdated(records: "Sequence[Record]", weights: Path | None = None) -> "list[Record]":
    """Return those whose latents are of other weights than are found under their name now.

    Args:
        records: any.
        weights: the file that is meant by its name, wherever it lies.
    """
    from likeness.errors import WeightsError
    from likeness.gallery.outdated import outdated
    from likeness.paths import find_weights

    found: list[Record] = []
    for name in sorted({record.weights for record in records if record.weights_sha256}):
        try:
            found += outdated(records, weights if weights is not None and weights.stem == name else find_weights(name))
        except WeightsError:
            # Weights that are not on this machine are no others.
            continue
    return found


def tell_outdated(records: "Sequence[Record]", weights: Path | None = None) -> None:
    """Say on standard error how many are outdated, and what to do."""
    from likeness.paths import search_dirs

    old = find_outdated(records, weights)
    if old:
        names = ", ".join(sorted({record.weights for record in old}))
        drawn = any(record.seed is not None for record in old)
        by_name = weights is None or weights.parent in search_dirs("weights")
        named = "" if by_name else f" --weights {shlex.quote(str(weights))}"
        then = f"; likeness gallery remove --outdated{named}, then build, draws them anew" if drawn else ""
        print(f"likeness: {len(old)} faces were made with other weights called {names} than now{then}", file=sys.stderr)


def progress_of(what: str, total: int) -> "AbstractContextManager[Callable[[int], None]]":
    """Return a bar on standard error, told how many are done."""
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
