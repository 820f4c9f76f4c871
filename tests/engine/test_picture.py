"""Finished pictures: dimmed, laid on sheets, written."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.picture import black, dim, sheet, write_picture


def test_dimming_keeps_full_light_untouched_and_ends_at_black() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    assert dim(picture, 1.0) is picture
    assert np.array_equal(dim(picture, 0.5), np.floor(np.arange(256) * 0.5 + 0.5).reshape(16, 16, 1).repeat(3, 2))
    assert dim(picture, 0.0).max() == dim(picture, -1.0).max() == 0


def test_a_sheet_lays_pictures_in_reading_order_with_black_between() -> None:
    pictures = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    laid = sheet(pictures, columns=2, gap=1)
    assert laid[:, :, 0].tolist() == [
        [10, 10, 10, 0, 20, 20, 20],
        [10, 10, 10, 0, 20, 20, 20],
        [0, 0, 0, 0, 0, 0, 0],
        [30, 30, 30, 0, 0, 0, 0],
        [30, 30, 30, 0, 0, 0, 0],
    ]


def test_a_sheet_of_fewer_pictures_than_a_row_is_as_wide_as_they_are() -> None:
    assert sheet([np.zeros((2, 3, 3), np.uint8)], columns=8).shape == (2, 3, 3)


def test_a_png_keeps_red_red(tmp_path: Path) -> None:
    picture = black(4, 2)
    picture[..., 0] = 255
    write_picture(tmp_path / "new" / "red.png", picture)
    back = cv2.imread(str(tmp_path / "new" / "red.png"))
    assert back is not None
    assert back[0, 0].tolist() == [0, 0, 255]
    assert back.shape == (2, 4, 3)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="could not be written"):
        write_picture(tmp_path / "file" / "x.png", black(2, 2))


@pytest.mark.parametrize(
    ("name", "magic"),
    [
        ("a.png", b"\x89PNG"),
        ("a.jpg", b"\xff\xd8\xff"),
        ("a.JPEG", b"\xff\xd8\xff"),
        ("a.webp", b"RIFF"),
        ("a", b"\x89PNG"),
    ],
)
def test_a_picture_is_written_in_the_format_that_its_ending_names(tmp_path: Path, name: str, magic: bytes) -> None:
    picture = np.full((16, 24, 3), (200, 40, 90), np.uint8)
    write_picture(tmp_path / name, picture)
    assert (tmp_path / name).read_bytes().startswith(magic)
    again = cv2.cvtColor(cv2.imread(str(tmp_path / name)), cv2.COLOR_BGR2RGB)
    assert np.abs(again.astype(int) - picture).max() <= 4


@pytest.mark.parametrize("name", ["a.gif", "a.mp4", "a.pgn", "x.png.txt"])
def test_an_ending_that_names_no_picture_is_refused_with_those_that_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        OutputError, match=rf"pictures end in \.png, \.jpg, \.jpeg, \.webp, \.{name.split('.')[-1]} came"
    ):
        write_picture(tmp_path / name, black(2, 2))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "side"), [("a.webp", 16_384), ("a.jpg", 65_536)])
def test_a_picture_too_large_for_its_format_is_a_line_that_names_another(tmp_path: Path, name: str, side: int) -> None:
    with pytest.raises(OutputError, match=rf"{side} x 1 px are too many .* name a \.png"):
        write_picture(tmp_path / name, black(side, 1))
    write_picture(tmp_path / "a.png", black(side, 1))
