"""Text files from outside: plain text, TOML and CSV, read with or without a byte order mark, and refused in one line.

Whatever a file may hold instead of what was wanted (another encoding, a separator of another country, thousands of
brackets or digits) is a `LikenessError` whose text says what it is and what to do. It does not name the file: the
caller does, who knows what the file is for.
"""

import codecs
import csv
import io
import reprlib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from likeness.errors import LikenessError

Model = TypeVar("Model", bound=BaseModel)

# The longer marks come first: that of UTF-32 begins with that of UTF-16.
_OTHER_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
# Tables and lists in one another. A preset needs three; Python's own limit lies at some hundreds, and depends.
MAX_DEPTH = 16
# Separators that spreadsheets write where the comma is the decimal point, or in place of it.
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
# What was wanted, by pydantic's type of mismatch.
_WANTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dataclass_type": "a table",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "mapping_type": "a table",
    "model_type": "a table",
    "string_type": "a text",
    "tuple_type": "a list",
}
_NO_KEY = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
# Cuts in a message what is deep or long.
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 80, 80


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file, without its byte order mark if it has one; line ends stay as they are.

    Raises:
        LikenessError: if it cannot be read or is in another encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LikenessError(error.strerror or str(error)) from error
    for mark, encoding in _OTHER_MARKS:
        if content.startswith(mark):
            raise LikenessError(f"it is {encoding} text; save it as UTF-8")
    if b"\0" in content:
        raise LikenessError("it holds zero bytes, as UTF-16 text and files that are no text do; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LikenessError(f"it is not UTF-8 text, at line {line}; save it as UTF-8") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return the table that a TOML file holds.

    Raises:
        LikenessError: if it cannot be read, is no TOML, or holds what `parse_toml` refuses.
    """
    return parse_toml(read_text(path))


def parse_toml(text: str) -> dict[str, Any]:
    """Return the table of a TOML text.

    Raises:
        LikenessError: if it is no TOML, is nested deeper than 16, or has whole numbers of more than 64 bits, which no
            message could print once they have thousands of digits.
    """
    too_deep = f"its brackets or tables are nested more than {MAX_DEPTH} deep"
    try:
        table = tomllib.loads(text.replace("\r\n", "\n").replace("\r", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise LikenessError(str(error)) from error
    except RecursionError as error:
        raise LikenessError(too_deep) from error
    except ValueError as error:
        # Python converts no number of more than 4300 digits.
        raise LikenessError("it holds a number of thousands of digits") from error
    # No recursion here either: dotted keys nest thousands deep.
    waiting: list[tuple[str, object, int]] = [("", table, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise LikenessError(too_deep)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise LikenessError(f"{key} is a whole number of {value.bit_length()} bits, and 64 are the most")
        if isinstance(value, dict):
            waiting += [(name, entry, depth + 1) for name, entry in value.items()]
        elif isinstance(value, list):
            waiting += [(key, entry, depth + 1) for entry in value]
    return table


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns and the rows of a CSV file whose first row names the columns.

    A cell that a row leaves out at its end is an empty text.

    Raises:
        LikenessError: if it cannot be read, its columns are not separated by commas, or a row has more cells than
            there are columns.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        columns = next(reader, [])
        if len(columns) == 1:
            for separator, name in _OTHER_SEPARATORS.items():
                if separator in columns[0]:
                    raise LikenessError(f"its columns are separated by {name}; save it with commas")
        rows = []
        for cells in reader:
            if any(cells[len(columns) :]):
                raise LikenessError(
                    f"line {reader.line_num} has {len(cells)} cells for {len(columns)} columns; "
                    "put cells with commas in quotes"
                )
            if cells:
                rows.append(dict(zip(columns, cells + [""] * len(columns), strict=False)))
    except csv.Error as error:
        raise LikenessError(f"line {reader.line_num}: {error}") from error
    return columns, rows


def read_model(path: Path, model: type[Model]) -> Model:
    """Return the model that a TOML file holds.

    Raises:
        LikenessError: like `read_toml`, or naming the place in the file that does not fit.
    """
    try:
        return model.model_validate(read_toml(path))
    except ValidationError as error:
        place, mismatch = describe_mismatch(error)
        raise LikenessError(f"at {place}: {mismatch}") from error


def describe_mismatch(error: ValidationError) -> tuple[str, str]:
    """Return where the first mismatch is, "show.seed", and in one line what was wanted there and what came."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "its top"
    kind, context = first["type"], first.get("ctx", {})
    if kind == "missing":
        return place, "it is missing"
    if kind in _NO_KEY:
        return place, "there is no such key"
    if kind == "value_error":
        wanted = str(context["error"])
    elif kind == "literal_error":
        wanted = f"{context['expected']} was wanted"
    elif kind in _WANTED:
        wanted = f"{_WANTED[kind]} was wanted"
    else:
        wanted = first["msg"].replace("Input should be", "it should be", 1)
    return place, f"{wanted}; got {_SHORT.repr(first['input']):.100}"
