"""Names that no file has: a result never replaces what is there, unless that is asked for."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from likeness.errors import LikenessError, OutputError

log = logging.getLogger(__name__)

FORCE = "--force replaces it"


Numbering = Callable[[Path, int], Path]


def number_name(path: Path, number: int) -> Path:
    """Return the `number`th name of a result: `film.mp4`, `film-2.mp4`, `film-3.mp4`."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def number_after(stem: str) -> Numbering:
    """Return the numbering of files whose names all begin with `stem`: `anna-2.png` and `anna-2-beside.png`."""

    def number_file(path: Path, number: int) -> Path:
        return path if number == 1 else path.with_name(f"{stem}-{number}{path.name[len(stem) :]}")

    return number_file


def claim_name(path: Path, *, force: bool = False) -> Path:
    """Make an empty file called `path`, or by the next free name, and return it. Any process and thread.

    Of two that claim one name at the same time, one gets the next. What is there and no file, such as a pipe, loses
    nothing by being written to, and is returned as it is. Absent folders are made.

    Args:
        path: the name that is wanted.
        force: take `path` as it is; what is there is to be replaced.

    Raises:
        OSError: the system refuses.
    """
    return claim_names([path], force=force)[0]


def claim_names(paths: Sequence[Path], *, force: bool = False, numbering: Numbering = number_name) -> list[Path]:
    """Make empty files for results that belong together, all by the same number; otherwise as `claim_name`."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    if force:
        return list(paths)
    for tried in count(1):
        names = [numbering(path, tried) for path in paths]
        if _create_all(names):
            if tried > 1:
                log.warning("%s is there already, so this one is %s (%s)", paths[0], names[0], FORCE)
            return names
    raise AssertionError("numbers do not end")


def claim_folder(path: Path) -> Path:
    """Make the folder `path`, or the next free one (`out-2`), and return it. Any process.

    Raises:
        OSError: the system refuses.
    """
    whole = path.absolute()
    for number in count(1):
        folder = whole if number == 1 else whole.with_name(f"{whole.name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not folder.exists():  # a part of the path is a file
                raise
            continue
        return folder
    raise AssertionError("numbers do not end")


def refuse_existing(paths: Sequence[Path], *, force: bool = False) -> None:
    """Refuse files that the program finds by their names, so that the next free name would be no use.

    Raises:
        LikenessError: one of `paths` is there, and is not to be replaced.
    """
    there = next((path for path in paths if path.exists()), None)
    if there is not None and not force:
        raise LikenessError(f"{there} is there already; {FORCE}, or name another place with -o")


def refuse_unwritable(path: Path) -> None:
    """Refuse a file that could not be made, as far as the system says that without trying.

    Raises:
        OutputError: there is a file where a folder is wanted, or the folder belongs to somebody else.
    """
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise OutputError(f"{path} cannot be written: {folder} is no folder; name another place")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: nothing may be written to {folder}; name another folder")


@contextmanager
def claimed(paths: Sequence[Path], *, force: bool = False, numbering: Numbering = number_name) -> Iterator[list[Path]]:
    """Claim names before long work, as `claim_names`; those that nothing was written to are free again afterwards.

    Raises:
        OutputError: the system refuses.
    """
    try:
        names = claim_names(paths, force=force, numbering=numbering)
    except OSError as error:
        raise OutputError(f"{paths[0]} could not be written: {error}") from error
    try:
        yield names
    finally:
        if not force:
            for name in names:
                release_name(name)


def release_name(path: Path) -> None:
    """Remove a claimed file where nothing was written to it."""
    with suppress(OSError):
        if path.is_file() and not path.is_symlink() and not path.stat().st_size:
            path.unlink()


def _create_all(names: Sequence[Path]) -> bool:
    """Create every file; return whether none was there. Where one was, none is created."""
    created: list[Path] = []
    try:
        for name in names:
            if name.exists() and not name.is_file():
                continue
            os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
            created.append(name)
    except FileExistsError:
        for name in created:
            release_name(name)
        return False
    except BaseException:
        for name in created:
            release_name(name)
        raise
    return True
