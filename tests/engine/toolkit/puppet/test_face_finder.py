"""Whose face leads, found by dlib in pictures of a composite's faces; and the whole face where the mesh is there."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from likeness import open_generator
from likeness.files.paths import find_mouth, find_weights
from likeness.generator import Generator
from likeness.picture import to_levels
from likeness.toolkit.mouth import open_mouth
from likeness.toolkit.puppet.expression import find_channels
from likeness.toolkit.puppet.face_finder import FaceFinder
from likeness.toolkit.puppet.mesh_file import find_mesh_file

Pixels = np.ndarray


@pytest.fixture(scope="module")
def composite() -> Generator:
    return open_generator(find_weights("composite-256"))


@pytest.fixture(scope="module")
def face(composite: Generator) -> Callable[..., Pixels]:
    """Return what draws a face of the composite, `[side, side, 3]`, with its moves."""
    path = find_mouth(composite.info.weights)
    assert path is not None
    mouth = open_mouth(path, torch.device("cpu"))

    def draw(side: int = 256, seed: int = 1, **moves: float) -> Pixels:
        with torch.inference_mode():
            image = composite.synthesize(composite.sample([seed]) * 0.8)
            inside = {"fall": 13.5 * moves.get("jaw", 0.0), "teeth": 1.0}
            image = mouth.draw(image, composite.warp, moves, inside)  # type: ignore[attr-defined]  # a composite's
        picture = np.ascontiguousarray(to_levels(image)[0].permute(1, 2, 0).numpy())
        return picture if side == 256 else cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)

    return draw


def stage(*faces: tuple[Pixels, int]) -> Pixels:
    """Return a picture of 640 x 300 with faces side by side, each at its place across."""
    picture = np.full((300, 640, 3), 120, np.uint8)
    for each, left in faces:
        top = (300 - len(each)) // 2
        picture[top : top + len(each), left : left + len(each)] = each
    return picture


def test_without_a_mesh_a_head_is_followed_by_eyes_and_nose(face: Callable[..., Pixels]) -> None:
    finder = FaceFinder(None)
    straight = finder.read(stage((face(), 180)), 0.0)
    assert set(straight) == {"yaw", "pitch", "roll", "x", "y", "size"}
    turn = cv2.getRotationMatrix2D((128, 128), -15, 1.0)  # clockwise
    tilted = cv2.warpAffine(face(), turn, (256, 256), borderMode=cv2.BORDER_REPLICATE)
    found = finder.read(stage((tilted, 180)), 1.0)
    assert found["roll"] - straight["roll"] == pytest.approx(np.deg2rad(15), abs=0.06)
    assert finder.read(np.zeros((300, 640, 3), np.uint8), 2.0) == {}


def test_who_leads_stays_until_somebody_much_nearer_comes(face: Callable[..., Pixels]) -> None:
    finder = FaceFinder(None)
    left = finder.read(stage((face(180), 40)), 0.0)["x"]
    assert left < -0.1
    alike = face(190, seed=5)
    assert finder.read(stage((face(180), 40), (alike, 400)), 1.0)["x"] == pytest.approx(left, abs=0.02)
    # It is missed in a picture, in which another one is seen.
    assert finder.read(stage((alike, 400)), 1.2) == {}
    assert finder.read(stage((face(180), 40), (alike, 400)), 1.4)["x"] == pytest.approx(left, abs=0.02)
    assert finder.read(stage((face(150), 40), (face(256, seed=5), 360)), 2.0)["x"] > 0.1
    assert finder.read(stage((face(180), 40)), 3.5)["x"] == pytest.approx(left, abs=0.02)
    # And the nearer one leads from the start.
    assert FaceFinder(None).read(stage((face(150), 40), (face(256, seed=5), 360)), 0.0)["x"] > 0.1


def test_a_mesh_that_is_broken_leaves_eyes_and_nose(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broken = tmp_path / "face_landmark_with_attention.tflite"
    broken.write_bytes(b"not a network")
    FaceFinder(broken)
    assert "the head is followed by eyes and nose" in caplog.text


@pytest.fixture
def mesh() -> Path:
    found = find_mesh_file()
    if found is None:
        pytest.skip("no face mesh in ~/.likeness/landmarks; docs/puppet.md says how to fetch one")
    return found


@pytest.mark.parametrize(
    ("moves", "channel", "least"),
    [
        ({"jaw": 1.6}, "jawOpen", 0.5),
        ({"smile_left": 1.0, "smile_right": 1.0}, "mouthSmileLeft", 0.6),
        ({"lids": 1.0}, "eyeBlinkRight", 0.7),
        ({"brows_in": 1.0}, "browInnerUp", 0.4),
    ],
)
def test_with_a_mesh_the_face_is_read(
    face: Callable[..., Pixels], mesh: Path, moves: dict[str, float], channel: str, least: float
) -> None:
    finder = FaceFinder(mesh)
    rest = finder.read(stage((face(), 180)), 0.0)
    moved = find_channels(finder.read(stage((face(**moves), 180)), 1.0), rest)
    assert moved[channel] > least
