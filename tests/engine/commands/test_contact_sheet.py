"""`likeness contact-sheet`: seeds, stations of a walk, and what it does not take."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.engine.command_status import status


@pytest.mark.usefixtures("here")
def test_a_contact_sheet_holds_as_many_faces_as_asked() -> None:
    for arguments, file, shape in (
        (["--count", "6", "--columns", "3", "-o", "sheet.png"], "sheet.png", (2 * 256 + 4, 3 * 256 + 8, 3)),
        (["demo", "--count", "4", "--seconds", "1", "--size", "128"], "out/sheet.png", (128, 4 * 128 + 12, 3)),
        (["demo", "--count", "2", "--size", "96x96", "-o", "b.png"], "b.png", (96, 2 * 96 + 4, 3)),
    ):
        assert status("contact-sheet", *arguments, "--weights", "composite-256") == 0
        assert cv2.imread(file).shape == shape


def test_a_contact_sheet_draws_its_stations_alone_and_shows_what_a_plugin_makes_of_them(here: Path) -> None:
    counted = """
from likeness import Float, hookimpl

class Plugin:
    memoryless = True

    @hookimpl
    def declare_params(self):
        return [Float("blue", 0.0)]

    @hookimpl
    def process_image(self, image, params):
        with open("drawn.txt", "a") as file:
            file.write("x")
        image = image.clone()
        image[:, 2] = params["blue"]
        return image
"""
    (here / "tint.py").write_text(counted)
    words = ("demo", "--count", "3", "--seconds", "9", "--size", "64", "--weights", "composite-256", "-o", "a.png")
    assert status("contact-sheet", *words, "--plugin", "tint.py", "--set", "tint.blue=1") == 0
    assert (here / "drawn.txt").read_text() == "xxx"
    sheet = cv2.imread("a.png")
    assert (sheet[:, :64, 0] == 255).all()
    stations = [sheet[:, left : left + 64, 1:].astype(int) for left in (0, 68, 136)]
    assert np.abs(stations[0] - stations[1]).mean() > 1
    assert np.abs(stations[1] - stations[2]).mean() > 1


@pytest.mark.usefixtures("here")
def test_a_contact_sheet_says_what_it_does_not_take(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["--size", "64x128"], "give one side, as --size 128"),
        (["--size", "large"], "'large' is no side in px. Give 16 to 16384 px, as 512"),
        (["--set", "master.fade=1"], "are for a preset; name one"),
    ):
        assert status("contact-sheet", *arguments) == 2
        assert said in capsys.readouterr().err
