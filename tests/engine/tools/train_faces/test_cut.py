"""The pictures of a run cut alike: around faces, or to the middle where they show none or are cut already."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.engine.drawn_faces import FACES, drawn_face, write_faces

from likeness.errors import TrainingError
from likeness.tools.train_faces import cut
from likeness.tools.train_faces.cut import choose_crop, cut_pictures


class Seer:
    """A detector that finds a face at fixed places of a picture, in every `every`-th one."""

    every, places = 1, np.array([[0.45, 0.3], [0.55, 0.3], [0.5, 0.36], [0.46, 0.42], [0.54, 0.42]])
    asked = 0

    def __init__(self, name: str = "auto") -> None:
        pass

    def find(self, picture: np.ndarray) -> list[object]:
        Seer.asked += 1
        landmarks = self.places * picture.shape[0]
        return [type("Face", (), {"landmarks": landmarks})()] if Seer.asked % self.every == 0 else []


def test_pictures_without_faces_are_cut_to_their_middle_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cut, "LOOK_SIZE", 64)  # where dlib looks for faces in a tenth of the time
    (tmp_path / "cats").mkdir()
    for number in range(3):
        picture = np.full((40, 60, 3), 30 + number, np.uint8)
        picture[:, 10:50] = (0, 200, 0)
        cv2.imwrite(str(tmp_path / "cats" / f"{number}.png"), picture)
    (tmp_path / "cats" / "notes.txt").write_text("cats")
    report = cut_pictures(tmp_path / "cats", tmp_path / "cut", 64, "auto")
    assert report.names == ("0.png", "1.png", "2.png")
    assert report.how.startswith("3 pictures, cut to the middle square (a face is found in 0 of the first 3); 1 files")
    made = cv2.imread(str(tmp_path / "cut" / "000001.png"))
    assert made.shape == (64, 64, 3)
    assert (made == (0, 200, 0)).all()


def test_pictures_with_faces_are_cut_around_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_faces(tmp_path / "faces", 4)
    monkeypatch.setattr(cut, "Detector", Seer)
    assert choose_crop(tmp_path / "faces") == ("face", "a face is found in 4 of the first 4")
    monkeypatch.setattr(Seer, "every", 3)
    monkeypatch.setattr(Seer, "asked", 0)
    assert choose_crop(tmp_path / "faces") == ("square", "a face is found in 1 of the first 4")


@pytest.mark.skipif(not FACES.is_dir(), reason="needs faces that are cut as in FFHQ, which lie outside")
def test_faces_that_are_cut_already_are_left_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cut, "LOOKED_AT", 8)
    assert choose_crop(FACES)[0] == "square"


def test_what_an_earlier_try_left_is_taken_away(tmp_path: Path) -> None:
    write_faces(tmp_path / "faces", 2)
    (tmp_path / "cut").mkdir()
    cv2.imwrite(str(tmp_path / "cut" / "000009.png"), drawn_face(9))
    cut_pictures(tmp_path / "faces", tmp_path / "cut", 64, "square")
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == ["000000.png", "000001.png"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"there is no folder .*nowhere"):
        cut_pictures(tmp_path / "nowhere", tmp_path / "cut", 64, "auto")
