"""Attributes made of columns, and files that are no labels."""

import math
from pathlib import Path

import pytest

from likeness.errors import LikenessError
from likeness.evaluation.labels import Attribute, parse_attribute, read_labels

TABLE = "file,mood,years,hat\na.jpg,smiling,3,\nb.jpg,sad,,beanie\nc.jpg,,70,\nd.jpg,grim,8.5,crown\n"
NAMES = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "stranger.jpg"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("smile=mood:sad,grim/smiling", [1, 0, None, 0, None]),
        ("age=years", [3, None, 70, 8.5, None]),
        ("hat=hat:?/*", [0, 1, 0, 1, None]),
        ("royal=hat:?/*/crown", [0, 1, 0, 2, None]),
    ],
)
def test_an_attribute_is_read_from_its_column(text: str, wanted: list[float | None], table: Path) -> None:
    found = read_labels(table).values(parse_attribute(text), NAMES)
    assert [None if math.isnan(value) else value for value in found] == wanted


def test_two_levels_are_two_sides_and_more_are_degrees() -> None:
    assert parse_attribute("smile=mood:sad/smiling").two_sided
    assert not parse_attribute("hair=colour:black/brown/blond").two_sided
    assert parse_attribute("age=years") == Attribute("age", "years")


@pytest.mark.parametrize("text", ["smile", "=mood", "smile=", "smile=mood:", "smile=mood:sad", "smile=mood:/sad"])
def test_what_is_no_attribute_is_answered_with_the_grammar(text: str) -> None:
    with pytest.raises(LikenessError, match="NAME=COLUMN"):
        parse_attribute(text)


def test_a_column_that_is_not_there_is_answered_with_the_nearest(table: Path) -> None:
    with pytest.raises(LikenessError, match=r"no column 'moods' for smile; nearest: mood"):
        read_labels(table).values(parse_attribute("smile=moods:sad/smiling"), NAMES)


def test_words_where_numbers_are_wanted_are_named(table: Path) -> None:
    with pytest.raises(LikenessError, match="'smiling' in column 'mood' is no number"):
        read_labels(table).values(parse_attribute("smile=mood"), NAMES)


def test_labels_of_other_pictures_are_refused(table: Path) -> None:
    with pytest.raises(LikenessError, match="says nothing of smile for these 1 pictures"):
        read_labels(table).values(parse_attribute("smile=mood:sad/smiling"), ["x.png"])


@pytest.mark.parametrize("text", ["", "name,mood\na.jpg,sad\n", "file\n"])
def test_a_table_without_rows_or_names_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LikenessError, match="no column 'file'"):
        read_labels(path)


def test_a_file_that_is_no_text_or_absent_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    with pytest.raises(LikenessError, match="there is no labels file"):
        read_labels(path)
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(LikenessError, match="save it as UTF-8"):
        read_labels(path)
