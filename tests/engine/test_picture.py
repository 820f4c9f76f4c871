"""Finished pictures: dimmed, laid on sheets, written."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.picture import black, dim, sheet, write_png


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


def test_a_png_keeps_red_red(tmp_path: Path) -> None:
    picture = black(4, 2)
    picture[..., 0] = 255
    write_png(tmp_path / "new" / "red.png", picture)
    back = cv2.imread(str(tmp_path / "new" / "red.png"))
    assert back is not None
    assert back[0, 0].tolist() == [0, 0, 255]
    assert back.shape == (2, 4, 3)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="could not be written"):
        write_png(tmp_path / "file" / "x.png", black(2, 2))
