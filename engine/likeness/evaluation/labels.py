"""Labels of pictures: a CSV file with a row a picture, and attributes made of its columns."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from likeness.errors import LikenessError, nearest
from likeness.files.text_file import read_table

FILE = "file"
ANY, UNKNOWN = "*", "?"
_GRAMMAR = "NAME=COLUMN of numbers, or NAME=COLUMN:LOW,LOW/HIGH,HIGH with * for any value and ? for an empty cell"


@dataclass(frozen=True)
class Attribute:
    """A question about pictures whose answer stands in one column.

    Args:
        name: "smile".
        column: "expression".
        levels: values of the column, from the least of the attribute to the most; empty where it holds numbers.
    """

    name: str
    column: str
    levels: tuple[frozenset[str], ...] = ()

    @property
    def two_sided(self) -> bool:
        """Whether it parts pictures in two, and not by degrees."""
        return len(self.levels) == 2

    def value(self, cell: str) -> float:
        """Return the level or the number of a cell; NaN where it says nothing.

        Where a cell fits several levels, one that names it goes before `*`.

        Raises:
            LikenessError: where it should be a number and is none.
        """
        cell = cell.strip()
        if not self.levels:
            if not cell:
                return math.nan
            try:
                return float(cell)
            except ValueError:
                raise LikenessError(
                    f"{self.name}: {cell!r} in column {self.column!r} is no number; give its levels, {_GRAMMAR}"
                ) from None
        for wanted in (cell or UNKNOWN, ANY if cell else UNKNOWN):
            for level, values in enumerate(self.levels):
                if wanted in values:
                    return float(level)
        return math.nan


def parse_attribute(text: str) -> Attribute:
    """Return the attribute that `text` describes, such as "age=age_years" or "smile=expression:sad,angry/smiling".

    Raises:
        LikenessError: where it cannot be read.
    """
    name, equals, rest = text.partition("=")
    column, colon, levels = rest.partition(":")
    if not (name.strip() and equals and column.strip()):
        raise LikenessError(f"the attribute {text!r} is not {_GRAMMAR}")
    found = tuple(
        frozenset(value.strip() for value in level.split(",") if value.strip()) for level in levels.split("/")
    )
    if colon and (len(found) < 2 or not all(found)):
        raise LikenessError(f"the attribute {text!r} has not two levels or more, parted by /: {_GRAMMAR}")
    return Attribute(name.strip(), column.strip(), found if colon else ())


class Labels:
    """The rows of a labels file by the name of the picture.

    Args:
        rows: cells by column, by file name.
        source: for messages.
    """

    def __init__(self, rows: Mapping[str, Mapping[str, str]], source: str) -> None:
        self._rows, self._source = rows, source

    def values(self, attribute: Attribute, names: Sequence[str]) -> list[float]:
        """Return the attribute of each picture; NaN where nothing is known.

        Raises:
            LikenessError: where there is no such column, or no picture has a known value.
        """
        columns = {column for row in self._rows.values() for column in row}
        if attribute.column not in columns:
            raise LikenessError(
                f"{self._source} has no column {attribute.column!r} for {attribute.name}; "
                f"{nearest(attribute.column, columns)}"
            )
        found = [
            attribute.value(self._rows[name].get(attribute.column) or "") if name in self._rows else math.nan
            for name in names
        ]
        if all(math.isnan(value) for value in found):
            raise LikenessError(
                f"{self._source} says nothing of {attribute.name} for these {len(names)} pictures; "
                f"is its {FILE!r} column their names, and are the levels spelt as in {attribute.column!r}?"
            )
        return found


def read_labels(path: Path) -> Labels:
    """Read a CSV file whose first row names the columns, `file` among them. An empty cell means unknown.

    Raises:
        LikenessError: where it is absent, no such table, or cannot be read.
    """
    if not path.is_file():
        raise LikenessError(f"there is no labels file {path}; give a CSV file with a column {FILE!r}")
    try:
        columns, rows = read_table(path)
    except LikenessError as error:
        raise LikenessError(f"{path} cannot be read as CSV: {error}") from error
    if not rows or FILE not in columns:
        raise LikenessError(f"{path} has no column {FILE!r}; its first row must name the columns, with commas between")
    return Labels({row[FILE]: row for row in rows}, str(path))
