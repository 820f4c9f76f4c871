"""The table of what was made, and the settings that it was made with."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomlkit

from likeness.errors import LikenessError, OutputError
from likeness.files.atomic_write import atomic_write
from likeness.files.text_file import read_table, read_toml

TABLE, SETTINGS = "augmented.csv", "augmented.toml"
COLUMNS = ("file", "source", "class", "distance", "tries")

Value = str | int | float | bool
Row = Mapping[str, str]


class Record:
    """The table in the folder of the results, written after each picture, so that a later call goes on behind it.

    Args:
        folder: of the results.
        settings: what results depend on, each a plain value.
        moves: names of what is moved, a column each.
        force: replace what another call with other settings has made.

    Raises:
        LikenessError: the folder holds other files or results of other settings, or the table cannot be read.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Value], moves: Sequence[str], *, force: bool) -> None:
        self._folder, self._columns = folder, (*COLUMNS, *moves)
        self._rows: list[Row] = []
        if (folder / SETTINGS).is_file():
            differing = _find_difference(folder / SETTINGS, settings)
            self._rows = self._read_rows()
            if differing is not None and not force:
                raise LikenessError(
                    f"{folder} holds pictures made with {differing}; name another folder with -o, or replace them "
                    "with --force"
                )
            if differing is not None or force:
                self._remove_results()
        elif not force and folder.is_dir() and any(folder.iterdir()):
            raise LikenessError(f"{folder} holds other files; name a new one with -o, or write among them with --force")
        _write(folder / SETTINGS, tomlkit.dumps(dict(settings)))

    def is_done(self, source: str) -> bool:
        """Return whether all that was made of a picture is there."""
        files = [row["file"] for row in self._rows if row["source"] == source]
        return bool(files) and all((self._folder / file).is_file() for file in files)

    def add(self, source: str, rows: Sequence[Row]) -> None:
        """Write what was made of a picture into the table, in place of what was there of it.

        Raises:
            OutputError: the disk refuses.
        """
        self._rows = [*(row for row in self._rows if row["source"] != source), *rows]
        text = io.StringIO()
        table = csv.DictWriter(text, self._columns, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(self._rows)
        _write(self._folder / TABLE, text.getvalue())

    def _read_rows(self) -> list[Row]:
        path = self._folder / TABLE
        if not path.is_file():
            return []
        try:
            columns, rows = read_table(path)
        except LikenessError as error:
            raise LikenessError(f"{path} cannot be read ({error}); --force begins anew") from error
        if not {"file", "source"} <= set(columns):
            raise LikenessError(f"{path} is no table of `likeness augment`; name another folder with -o")
        return list(rows)

    def _remove_results(self) -> None:
        for row in self._rows:
            path = self._folder / row["file"]
            # A table that somebody wrote may name anything.
            if self._folder.resolve() in path.resolve().parents:
                path.unlink(missing_ok=True)
        (self._folder / TABLE).unlink(missing_ok=True)
        self._rows = []


def _find_difference(path: Path, settings: Mapping[str, Value]) -> str | None:
    """Return the first setting that differs from those of the file, as "steps 100, not 20"; None where none does."""
    try:
        there = read_toml(path)
    except LikenessError as error:
        raise LikenessError(f"{path} cannot be read ({error}); remove it") from error
    for name in {**there, **settings}:
        if there.get(name) != settings.get(name):
            return f"{name} {there.get(name, 'unsaid')!s:.80}, not {settings.get(name, 'unsaid')!s:.80}"
    return None


def _write(path: Path, text: str) -> None:
    try:
        atomic_write(path, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error}") from error
