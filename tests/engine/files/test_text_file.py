"""Text files from outside: read with a byte order mark, and whatever they hold instead is one line."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from likeness.errors import LikenessError
from likeness.files.text_file import parse_toml, read_model, read_table, read_text, read_toml


class Lamp(BaseModel):
    """A table to read."""

    model_config = {"extra": "forbid"}

    name: str
    watts: float = 1.0
    steps: tuple[int, ...] = ()
    on: bool = False


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, encoding: str) -> None:
    assert read_text(write(tmp_path / "a.toml", "süß = 1", encoding)) == "süß = 1"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-16", "it is UTF-16 text; save it as UTF-8"),
        ("utf-32", "it is UTF-32 text; save it as UTF-8"),
        ("utf-16-le", "zero bytes, as UTF-16 text .* save it as UTF-8"),
        ("latin-1", "not UTF-8 text, at line 2; save it as UTF-8"),
    ],
)
def test_another_encoding_is_named(tmp_path: Path, encoding: str, named: str) -> None:
    with pytest.raises(LikenessError, match=named):
        read_text(write(tmp_path / "a.toml", "a = 1\nb = 'süß'\n", encoding))


def test_what_cannot_be_opened_is_said_without_its_path_twice(tmp_path: Path) -> None:
    with pytest.raises(LikenessError, match=r"^No such file or directory$"):
        read_text(tmp_path / "a.toml")
    with pytest.raises(LikenessError, match=r"^Is a directory$"):
        read_text(tmp_path)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(tmp_path: Path, line_end: str) -> None:
    assert read_toml(write(tmp_path / "a.toml", line_end.join(["a = 1", "[b]", "c = 2"]))) == {"a": 1, "b": {"c": 2}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "9" * 5000, "a number of thousands of digits"),
        ("a = 0x" + "f" * 5000, "a is a whole number of 20000 bits, and 64 are the most"),
        ("a = [1, 9223372036854775808]", "a is a whole number of 64 bits, and 64 are the most"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested more than 16 deep"),
        ("a = " + "{a = " * 5000 + "1" + "}" * 5000, "nested more than 16 deep"),
        (".".join("a" * 5000) + " = 1", "nested more than 16 deep"),
        ("[" + ".".join("a" * 5000) + "]", "nested more than 16 deep"),
        ("a = ", "Invalid value"),
    ],
)
def test_a_table_that_no_message_could_print_is_one_line(text: str, said: str) -> None:
    with pytest.raises(LikenessError, match=said) as caught:
        parse_toml(text)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 200


def test_the_largest_numbers_and_the_deepest_lists_of_use_are_read() -> None:
    assert parse_toml("a = 9223372036854775807\nb = -9223372036854775808\nc = [[[1]]]\nd = 1e400")["a"] == 2**63 - 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at name: it is missing"),
        ("name = 5", "at name: a text was wanted; got 5"),
        ("name = 'a'\nwatts = [1, 2]", r"at watts: a number was wanted; got \[1, 2\]"),
        ("name = 'a'\nwatts = 'much'", "at watts: a number was wanted; got 'much'"),
        ("name = 'a'\nsteps = 3", "at steps: a list was wanted; got 3"),
        ("name = 'a'\nsteps = [1, 'x']", "at steps.1: a whole number was wanted; got 'x'"),
        ("name = 'a'\nsteps = [1.5]", "at steps.0: a whole number was wanted; got 1.5"),
        ("name = 'a'\non = 'maybe'", "at on: true or false was wanted; got 'maybe'"),
        ("name = 'a'\nof = 1", "at of: there is no such key"),
        ("name = " + str([[[[[7] * 100]]]] * 100), "at name: a text was wanted; got"),
    ],
)
def test_a_mismatch_names_the_place_what_was_wanted_and_what_came(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LikenessError, match=f"^{said}") as caught:
        read_model(write(tmp_path / "lamp.toml", text), Lamp)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_has_the_columns_of_its_first_row(tmp_path: Path, encoding: str) -> None:
    text = 'file,group\r\n0.jpg,"a, b"\r\n1.jpg\r\n\r\n2.jpg,c,\r\n'
    columns, rows = read_table(write(tmp_path / "a.csv", text, encoding))
    assert columns == ["file", "group"]
    assert rows == [
        {"file": "0.jpg", "group": "a, b"},
        {"file": "1.jpg", "group": ""},
        {"file": "2.jpg", "group": "c"},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file;group\n0.jpg;a\n", "separated by semicolons; save it with commas"),
        ("file\tgroup\n0.jpg\ta\n", "separated by tabs; save it with commas"),
        ("file,group\n0.jpg,a\n1.jpg,a,extra\n", "line 3 has 3 cells for 2 columns; put cells with commas in quotes"),
        ("file,group\n0.jpg,a" + "b" * 200_000, "line 2: field larger than field limit"),
    ],
)
def test_a_table_of_another_kind_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LikenessError, match=said):
        read_table(write(tmp_path / "a.csv", text))


def test_an_empty_table_has_no_columns(tmp_path: Path) -> None:
    assert read_table(write(tmp_path / "a.csv", "")) == ([], [])
