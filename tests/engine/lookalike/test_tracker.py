"""A photo is shown as if its face stood before the camera, and what it lacks is told."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.lookalike.arrival import FaceObservation
from likeness.lookalike.tracker import LookalikeSettings, VisitorTracker
from likeness.lookalike.vision_process import VisionConfig
from likeness.lookalike.visitor_queue import VisitorQueue


class Watch:
    """Stands in for the process that looks: says what it is told to say of the next picture."""

    def __init__(self) -> None:
        self.busy = self.parting = False
        self.faces, self.dead = 0, False
        self.words: list[FaceObservation] = []

    def look(self, number: int, at: float, picture: np.ndarray, embed: bool, still: bool = False) -> None:
        seen = np.full((8, 8, 3), 90, np.uint8), np.full(128, number, np.float32)
        portrait, embedding = seen if self.faces else (None, None)
        self.words.append(FaceObservation(number, at, self.faces, bool(self.faces), portrait, embedding))

    def request_match(self, guest: int, embedding: np.ndarray, farthest: bool) -> None:
        """Find no match."""

    def receive(self, timeout_s: float) -> list[FaceObservation]:
        words, self.words = self.words, []
        return [] if self.dead else words

    def close(self) -> None:
        """Be gone."""


@pytest.fixture
def reception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VisitorTracker:
    """One whose steps the test takes itself, with nobody greeted who is not asked for."""
    made = VisitorTracker(VisionConfig(tmp_path / "none.safetensors", tmp_path), VisitorQueue())
    made.settings = LookalikeSettings(auto=False, steps=0)
    made._lookout = Watch()
    monkeypatch.setattr(made._desk, "serve", lambda steps: None)
    monkeypatch.setattr(made, "_wake", lambda: None)
    return made


@pytest.fixture
def photo(tmp_path: Path) -> str:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((40, 50, 3), 90, np.uint8))
    return str(tmp_path / "wall.png")


def camera(reception: VisitorTracker, faces: int) -> None:
    reception._lookout.faces = faces
    reception.look(np.zeros((40, 50, 3), np.uint8), 1e6 + reception._count)
    reception._serve()


def test_a_photos_face_is_a_guest(reception: VisitorTracker, photo: str, caplog: pytest.LogCaptureFixture) -> None:
    reception._lookout.faces = 1
    reception.show_photo(photo)
    reception._serve()
    assert len(reception._roster.visitors()) == 1
    assert "no face" not in caplog.text


def test_a_photo_without_a_face_is_told_and_nobody_else_taken_for_it(
    reception: VisitorTracker, photo: str, caplog: pytest.LogCaptureFixture
) -> None:
    reception.show_photo(photo)
    reception._serve()
    assert [line for line in caplog.messages if "no face is found in" in line and "wall.png" in line]
    camera(reception, 1)
    assert reception._roster.visitors() == ()
    caplog.clear()
    camera(reception, 0)
    assert caplog.messages == [], "of the camera's pictures none is told to be empty"
    reception.catch()
    camera(reception, 1)
    assert len(reception._roster.visitors()) == 1


def test_a_photo_that_is_none_is_told_and_nobody_taken_for_it(
    reception: VisitorTracker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    reception.show_photo(str(tmp_path / "text.jpg"))
    reception._serve()
    assert "is no picture" in caplog.text
    camera(reception, 1)
    assert reception._roster.visitors() == ()


def test_no_picture_is_sent_while_an_answer_is_to_come(reception: VisitorTracker, photo: str) -> None:
    reception._lookout.busy = True
    reception.show_photo(photo)
    camera(reception, 1)
    assert reception._roster.visitors() == ()
    reception._lookout.busy = False
    reception._serve()
    assert len(reception._roster.visitors()) == 1


def test_a_photo_that_the_process_died_of_is_told_and_nobody_taken_for_it(
    reception: VisitorTracker, photo: str, caplog: pytest.LogCaptureFixture
) -> None:
    reception._lookout.dead = True
    reception.show_photo(photo)
    reception._serve()
    assert "wall.png was not looked at; show it again" in caplog.text
    reception._lookout.dead = False
    camera(reception, 1)
    assert reception._roster.visitors() == ()
