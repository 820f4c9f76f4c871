"""Mouth fields: shapes of a known face come out on the composite's, apart above and below the lips."""

from pathlib import Path

import numpy as np
import pytest

from likeness.errors import TrainingError
from likeness.generators.weights_file import read_weights
from likeness.toolkit.mouth_frame import MOVES
from likeness.training.mouth_fields import AH, PLACES, RECIPES, ThinPlate, bake_mouth

SIDES = ("_L", "_R")


def write_shapes(path: Path, *, without: str = "") -> Path:
    """Write shapes that move nothing, but a jaw that takes all below the lips down by 30 px."""
    wanted = {name for recipe in RECIPES.values() for name in recipe}
    whole = {
        "jawOpen",
        "mouthClose",
        "mouthPucker",
        "mouthFunnel",
        "mouthRollLower",
        "mouthRollUpper",
        "mouthShrugLower",
    }
    names = sorted(name + side for name in wanted for side in (("",) if name in whole else SIDES))
    names = [name for name in names if name != without]
    fields = np.zeros((len(names), 2, 128, 128), np.float16)
    fields[names.index("jawOpen"), 1, 94:] = 30
    np.savez(path, names=np.array(names), fields=fields, mask=np.ones((128, 128), bool))
    return path


def test_a_jaw_moves_what_is_below_the_lips_and_leaves_what_is_above(tmp_path: Path) -> None:
    bake_mouth(write_shapes(tmp_path / "shapes.npz"), tmp_path / "a.safetensors")
    header, tensors = read_weights(tmp_path / "a.safetensors")
    jaw = tensors["moves"][MOVES.index("jaw")].float()
    # A row is 2 px; the box begins at 128: rows 26 and 42 are a px above the upper lip and one within the lower.
    assert jaw[3, 36, 36].item() == pytest.approx(30 * AH, abs=0.3)
    assert abs(jaw[1, 27, 36].item()) < 0.5
    assert jaw[1, 27, 36] < jaw[3, 36, 36]
    assert header.licence.paid_use
    assert "ICT-FaceKit" in header.licence.notice
    assert tensors["moves"].shape == (len(MOVES), 4, 72, 72)


def test_places_of_one_face_come_out_at_those_of_the_other() -> None:
    ict, composite = np.asarray(PLACES, np.float32).transpose(1, 0, 2)
    assert np.abs(ThinPlate(composite, ict).map(composite) - ict).max() < 1.0


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no")
    with pytest.raises(TrainingError, match="cannot be read as shapes"):
        bake_mouth(tmp_path / "text.npz", tmp_path / "a.safetensors")
    with pytest.raises(TrainingError, match="no mouthSmile_L"):
        bake_mouth(write_shapes(tmp_path / "less.npz", without="mouthSmile_L"), tmp_path / "a.safetensors")
