"""What pictures of a folder are called, and what is made of them."""

from pathlib import Path

import pytest

from likeness.errors import LikenessError
from likeness.tools.augment.sources import list_sources


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def test_pictures_keep_their_names_and_folders_and_litter_and_tables_are_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", "anna/1.jpg", "anna/2.PNG", "ben.webp", "anna/.hidden.jpg", "Thumbs.db", "who.csv")
    found = list_sources(folder, tmp_path / "out")
    assert [(each.name, each.group, each.file(0), each.file(3)) for each in found] == [
        ("anna/1.jpg", "anna", "anna/1.png", "anna/1-03.png"),
        ("anna/2.PNG", "anna", "anna/2.png", "anna/2-03.png"),
        ("ben.webp", "", "ben.png", "ben-03.png"),
    ]


def test_namesakes_are_told_apart_by_their_endings(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", "1.jpg", "1.png")
    assert [each.stem for each in list_sources(folder, tmp_path / "out")] == ["1-jpg", "1-png"]
    write(folder, "1-jpg.bmp")
    with pytest.raises(LikenessError, match="would be called 1-jpg"):
        list_sources(folder, tmp_path / "out")


def test_a_picture_that_is_called_as_a_result_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", "one.jpg", "one-01.jpg", "two-01.jpg")
    with pytest.raises(LikenessError, match="would be called one-01"):
        list_sources(folder, tmp_path / "out")
