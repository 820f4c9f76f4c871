"""`likeness stylize` as a user meets it."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a picture, a style and a mask of its left half; it is the working folder."""
    dice = np.random.default_rng(1)
    for name, shape in {"photo": (96, 72, 3), "paint": (80, 80, 3)}.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), dice.integers(0, 256, shape, np.uint8))
    mask = np.zeros((96, 72), np.uint8)
    mask[:, :36] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments: str) -> object:
    """Run the command and return its status."""
    with pytest.raises(SystemExit) as ended:
        main(["stylize", *arguments])
    return ended.value.code


def test_it_writes_a_picture_of_the_photos_shape_painted_where_the_mask_is_white(folder: Path) -> None:
    small = ["--size", "72", "--style-size", "64", "--steps", "2", "--device", "cpu"]
    assert command("photo.png", "--style", "paint.png", "-o", "out.png", "--mask", "mask.png", *small) == 0
    photo, drawn = cv2.imread("photo.png").astype(int), cv2.imread("out.png").astype(int)
    assert drawn.shape == photo.shape
    assert np.abs(drawn - photo)[:, 40:].max() <= 1
    assert np.abs(drawn - photo)[:, :32].mean() > 1
    # What is there is never replaced.
    assert command("photo.png", "--style", "paint.png", "-o", "out.png", *small) == 0
    assert (folder / "out-2.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["absent.png", "--style", "paint.png", "-o", "out.png"], "there is no photo absent.png"),
        (["photo.png", "--style", "absent.png", "-o", "out.png"], "there is no photo absent.png"),
        (["photo.png", "--style", "paint.png", "-o", "out.gif"], "pictures end in .png"),
        (["photo.png", "--style", "paint.png", "-o", "o.png", "--mask", "fase"], "no mask 'fase'.*nearest: face"),
        (["photo.png", "--style", "paint.png", "-o", "o.png", "--mask", "hair"], "photo.png: no face is found"),
        (["photo.png", "--style", "paint.png", "-o", "o.png", "--features", "x.pth"], "no file x.pth of features"),
    ],
)
def test_what_is_wrong_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    assert command(*arguments, "--steps", "1", "--size", "64") == 2
    told = capsys.readouterr().err
    assert re.search(line, told)
    assert told.count("\n") == 1
    assert not list(folder.glob("o*.png"))
