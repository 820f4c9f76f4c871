"""A photo's face becomes a visitor as one before the camera does, and what it lacks is logged."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness.events import AudienceTurn
from likeness.lookalike.messages import FaceObservation, VisionConfig
from likeness.lookalike.tracker import LookalikeSettings, VisitorTracker
from likeness.lookalike.vision_process import VisionProcess
from likeness.lookalike.visitor_queue import VisitorQueue

# Seconds between the camera's pictures: each is looked at and recognised.
APART_S = 10.0


class FakeVision(VisionProcess):
    """In place of the process: finds as many faces as it is told to, or dies of the picture."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__(config)
        self.waiting = self.dies = False
        self.faces = 0
        self._replies: list[FaceObservation] = []

    @property
    def busy(self) -> bool:
        return self.waiting

    def request_look(self, number: int, at: float, picture: np.ndarray, embed: bool, photo: bool = False) -> None:
        seen = np.full((8, 8, 3), 90, np.uint8), np.full(128, number, np.float32)
        portrait, embedding = seen if self.faces else (None, None)
        self._replies.append(
            FaceObservation(number, at, self.faces, bool(self.faces), portrait, embedding, photo=photo)
        )

    def request_match(self, visitor: int, embedding: np.ndarray, farthest: bool) -> None:
        """Find no match."""

    def receive(self, timeout_s: float) -> list[FaceObservation]:  # type: ignore[override]
        replies, self._replies = self._replies, []
        return [] if self.dies else replies


class NoSearches:
    """In place of the search queue: searches for nobody."""

    warmed = False

    def step(self, steps: int) -> None:
        """Do nothing."""

    def forget(self) -> None:
        """Do nothing."""


class Rig:
    """A tracker whose steps the test takes itself; only who is caught becomes a visitor."""

    def __init__(self, folder: Path) -> None:
        config = VisionConfig(folder / "none.safetensors", folder)
        self.vision, self.visitors = FakeVision(config), VisitorQueue()
        self.tracker = VisitorTracker(config, self.visitors, self.vision, NoSearches(), threaded=False)  # type: ignore[arg-type]
        self.tracker.settings = LookalikeSettings(auto=False, steps=0)
        self._at = 1e6

    def show_camera(self, faces: int) -> None:
        self._at += APART_S
        self.vision.faces = faces
        self.tracker.submit(np.zeros((40, 50, 3), np.uint8), self._at)
        self.tracker.step()

    def show_photo(self, path: Path, faces: int = 0) -> None:
        self.vision.faces = faces
        self.tracker.show_photo(str(path))
        self.tracker.step()

    @property
    def numbers(self) -> list[int]:
        return [visitor.number for visitor in self.visitors.visitors()]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((40, 50, 3), 90, np.uint8))
    return tmp_path / "wall.png"


def test_a_photos_face_is_a_visitor(rig: Rig, photo: Path, caplog: pytest.LogCaptureFixture) -> None:
    rig.show_photo(photo, faces=1)
    assert rig.numbers == [1]
    assert "no face" not in caplog.text


def test_a_photo_without_a_face_is_told_and_nobody_else_taken_for_it(
    rig: Rig, photo: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig.show_photo(photo)
    assert [line for line in caplog.messages if "no face is found in" in line and "wall.png" in line]
    rig.show_camera(1)
    assert rig.numbers == []
    caplog.clear()
    rig.show_camera(0)
    assert caplog.messages == [], "of the camera's pictures none is said to be empty"
    rig.tracker.catch()
    rig.show_camera(1)
    assert rig.numbers == [1]


def test_a_photo_that_is_none_is_told_and_nobody_taken_for_it(
    rig: Rig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    rig.show_photo(tmp_path / "text.jpg")
    assert "is no picture" in caplog.text
    rig.show_camera(1)
    assert rig.numbers == []


def test_no_picture_is_sent_while_a_reply_is_outstanding(rig: Rig, photo: Path) -> None:
    rig.vision.waiting = True
    rig.show_photo(photo, faces=1)
    rig.show_camera(1)
    assert rig.numbers == []
    rig.vision.waiting = False
    rig.tracker.step()
    assert rig.numbers == [1]


def test_a_photo_that_the_process_died_of_is_told_and_nobody_taken_for_it(
    rig: Rig, photo: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig.vision.dies = True
    rig.show_photo(photo)
    assert "wall.png was not looked at; show it again" in caplog.text
    rig.vision.dies = False
    rig.show_camera(1)
    assert rig.numbers == []


def test_a_photo_leaves_whoever_is_before_the_camera_as_they_are(rig: Rig, photo: Path) -> None:
    rig.tracker.catch()
    rig.show_camera(1)
    rig.show_photo(photo, faces=1)
    assert rig.numbers == [2, 1]
    rig.tracker.catch()
    rig.show_photo(photo)
    rig.show_camera(1)
    assert rig.numbers == [3, 2, 1], "who was to be caught is caught, whatever the photo showed"


def test_forgetting_wipes_the_visitors_and_what_was_to_be_looked_at(rig: Rig, photo: Path) -> None:
    rig.show_photo(photo, faces=1)
    visitor = rig.visitors.visitors()[0]
    rig.vision.faces = 1
    rig.tracker.show_photo(str(photo))
    rig.tracker.forget()
    assert visitor.forgotten
    assert not visitor.portrait.any()
    rig.tracker.step()
    assert rig.numbers == []


def test_it_is_warm_once_both_processes_have_answered_and_nobody_was_seen_meanwhile(rig: Rig) -> None:
    assert not rig.tracker.warm()
    rig.tracker.step()
    rig.tracker.step()
    assert not rig.tracker.warm()
    rig.tracker._searches.warmed = True  # type: ignore[misc]
    rig.tracker.step()
    assert rig.tracker.warm()
    assert rig.numbers == []


def test_a_visitor_of_the_audience_is_one_of_their_own_and_a_photo_without_a_face_ends_their_turn(rig: Rig) -> None:
    rig.vision.faces = 1
    turns = [AudienceTurn(number, np.zeros((40, 50, 3), np.uint8), "Zoë") for number in (7, 8, 9)]
    for turn in turns[:2]:
        rig.tracker.show_turn(turn)
        rig.tracker.step()
    assert [visitor.turn for visitor in rig.visitors.visitors()] == [turns[1], turns[0]]
    rig.vision.faces = 0
    rig.tracker.show_turn(turns[2])
    rig.tracker.step()
    assert (turns[2].over, turns[2].shown) == (True, True)


def test_who_is_withdrawn_is_wiped_by_the_tracker_too(rig: Rig) -> None:
    rig.vision.faces = 1
    turn = AudienceTurn(7, np.zeros((40, 50, 3), np.uint8))
    rig.tracker.show_turn(turn)
    rig.tracker.step()
    (visitor,) = rig.visitors.visitors()
    turn.withdrawn = True
    rig.tracker.step()
    assert visitor.forgotten
    assert rig.visitors.visitors() == ()
