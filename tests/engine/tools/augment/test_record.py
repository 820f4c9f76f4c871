"""The table of what was made: rows of what is there, and nothing removed that it did not make."""

from pathlib import Path

import pytest

from likeness.errors import LikenessError
from likeness.tools.augment.record import Record


def row(file: str) -> dict[str, str]:
    return {"file": file, "source": "a.jpg", "class": ""}


def test_a_picture_is_done_once_all_its_files_are_there(tmp_path: Path) -> None:
    record = Record(tmp_path, {"count": 1}, ["smile"], force=False)
    assert not record.is_done("a.jpg")
    record.add("a.jpg", [row("a.png"), row("a-01.png") | {"smile": "0.5"}])
    assert not record.is_done("a.jpg")
    for name in ("a.png", "a-01.png"):
        (tmp_path / name).write_bytes(b"x")
    again = Record(tmp_path, {"count": 1}, ["smile"], force=False)
    assert again.is_done("a.jpg")
    assert (tmp_path / "augmented.csv").read_text() == (
        "file,source,class,distance,tries,smile\na.png,a.jpg,,,,\na-01.png,a.jpg,,,,0.5\n"
    )


def test_force_removes_what_the_table_names_and_nothing_outside_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    Record(folder, {"count": 1}, [], force=False).add("a.jpg", [row("a.png"), row("../mine.png")])
    for path in (folder / "a.png", folder / "other.png", tmp_path / "mine.png"):
        path.write_bytes(b"x")
    Record(folder, {"count": 2}, [], force=True)
    assert not (folder / "a.png").exists()
    assert (folder / "other.png").exists()
    assert (tmp_path / "mine.png").exists()


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    Record(tmp_path, {"count": 1}, [], force=False)
    (tmp_path / "augmented.csv").write_text("name,age\nanna,3\n")
    with pytest.raises(LikenessError, match="is no table of `likeness augment`"):
        Record(tmp_path, {"count": 1}, [], force=False)


def test_a_folder_of_other_files_is_left_alone_unless_it_is_forced(tmp_path: Path) -> None:
    (tmp_path / "anna.png").write_bytes(b"x")
    with pytest.raises(LikenessError, match="holds other files; name a new one with -o"):
        Record(tmp_path, {"count": 1}, [], force=False)
    Record(tmp_path, {"count": 1}, [], force=True)
    assert (tmp_path / "anna.png").exists()
