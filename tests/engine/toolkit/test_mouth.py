"""The mouth on the picture: lips go where the fields say, the rest stays, and at rest it is the same picture."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from likeness.errors import WeightsError
from likeness.files.paths import bundled_dir, find_mouth
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.toolkit.mouth import Mouth, open_mouth

NO_WARP = torch.zeros(1, 2, 64, 64)
CPU = torch.device("cpu")
INSIDE = {"fall": 13.5, "teeth": 1.0, "tongue": 0.0}


@pytest.fixture(scope="module")
def mouth() -> Mouth:
    path = find_mouth(None)
    assert path is not None
    return open_mouth(path, CPU)


def ramp(side: int = 256) -> Tensor:
    """A picture whose level says how far down a px is, from -1 to 1."""
    return torch.linspace(-1, 1, side)[:, None].expand(1, 3, side, side).clone()


def row(level: Tensor) -> float:
    return float((level + 1) / 2 * 255)


def test_at_rest_it_is_the_same_picture(mouth: Mouth) -> None:
    picture = ramp()
    assert mouth.draw(picture, NO_WARP, {}, INSIDE) is picture
    barely = mouth.draw(picture, NO_WARP, {"jaw": 0.0011}, INSIDE)
    assert (barely - picture).abs().max() < 0.02


def test_a_falling_jaw_takes_the_lower_lip_and_the_chin_along_and_leaves_the_upper_lip(mouth: Mouth) -> None:
    drawn = mouth.draw(ramp(), NO_WARP, {"jaw": 1.0}, INSIDE)[0, 0]
    # ICT-FaceKit's jaw moves the lower lip by 34.5 px and the upper one by 2.4, of which 0.42 is meant.
    assert row(drawn[218, 128]) == pytest.approx(218 - 0.42 * 34.5, abs=1.5)
    assert row(drawn[186, 128]) == pytest.approx(186 - 0.42 * 2.4, abs=1.0)


def test_between_open_lips_it_is_dark_with_teeth_above(mouth: Mouth) -> None:
    picture = torch.full((1, 3, 256, 256), 0.3)
    drawn = mouth.draw(picture, NO_WARP, {"jaw": 1.0}, INSIDE)[0]
    without = mouth.draw(picture, NO_WARP, {"jaw": 1.0}, INSIDE | {"teeth": 0.0})[0]
    assert without[:, 198:203, 128].max() < -0.5
    assert (drawn - without)[:, 192:197, 124].max() > 0.3


def test_nothing_else_moves(mouth: Mouth) -> None:
    picture = torch.rand(1, 3, 256, 256) * 2 - 1
    loud = {"jaw": 1.5, "width": 1.0, "pucker": 1.0, "bare": 1.0}
    changed = (mouth.draw(picture, NO_WARP, loud, INSIDE) - picture).abs().amax((0, 1)) > 1e-3
    assert changed[180:220, 110:146].any()
    assert not changed[:140].any()
    assert not changed[:, :60].any()
    assert not changed[:, 196:].any()


def test_lids_shut_over_the_eyes_and_nothing_below_them_moves(mouth: Mouth) -> None:
    # So flat that the skin above is not darker than that below.
    drawn = mouth.draw(ramp() / 10, NO_WARP, {"lids": 1.0}, {})[0, 0] * 10
    # What is seen in the middle of an eye is the lid's skin, from above its edge at 116.
    assert row(drawn[122, 94]) < 117
    assert row(drawn[122, 162]) < 117
    assert row(drawn[140, 94]) == pytest.approx(140, abs=0.6)
    assert row(drawn[122, 128]) == pytest.approx(122, abs=0.6)


def test_a_lid_from_the_shade_of_the_brow_comes_into_the_light_of_the_skin_below(mouth: Mouth) -> None:
    picture = torch.full((1, 3, 256, 256), 0.2)
    picture[:, :, :122] = -0.5  # as high as half of what 0.2 is
    drawn = mouth.draw(picture, NO_WARP, {"lids": 1.0}, {})[0, 0]
    assert -0.3 < drawn[119, 94] <= 0.2
    assert drawn[100, 94] == pytest.approx(-0.5, abs=0.02)
    assert drawn[119, 128] == pytest.approx(-0.5, abs=0.02)


def test_the_mouth_is_where_the_face_has_its_own(mouth: Mouth) -> None:
    # A face drawn 8 px further up than the mean one: what is at y comes from y + 8.
    warp = torch.zeros(1, 2, 64, 64)
    warp[:, 1] = 8 / 256
    picture = torch.full((1, 3, 256, 256), 0.3)
    here, there = (mouth.draw(picture, field, {"jaw": 0.8}, INSIDE)[0, 0] for field in (NO_WARP, warp))
    assert torch.allclose(here[185:230, 100:156], there[177:222, 100:156], atol=0.01)


def test_several_faces_and_other_sizes_are_drawn_alike(mouth: Mouth) -> None:
    moves = {"jaw": 0.7, "width": 0.5, "lids": 0.5}
    one, two = ramp(), torch.full((1, 3, 256, 256), 0.2)
    both = mouth.draw(torch.cat((one, two)), NO_WARP.repeat(2, 1, 1, 1), moves, INSIDE)
    assert torch.allclose(both[:1], mouth.draw(one, NO_WARP, moves, INSIDE), atol=1e-5)
    assert torch.allclose(both[1:], mouth.draw(two, NO_WARP, moves, INSIDE), atol=1e-5)
    large = mouth.draw(ramp(512), NO_WARP, moves, INSIDE)
    small = torch.nn.functional.avg_pool2d(large, 2)
    assert (small - both[:1]).abs().mean() < 0.01


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    write_weights(tmp_path / "a.safetensors", WeightsHeader("mouth", {"moves": ["grin"]}), {"moves": torch.zeros(1)})
    with pytest.raises(WeightsError, match="likeness train mouth"):
        open_mouth(tmp_path / "a.safetensors", CPU)


def test_weights_without_a_mouth_of_their_own_take_the_bundled_one(tmp_path: Path) -> None:
    bundled = bundled_dir("weights") / "composite-256.mouth.safetensors"
    assert find_mouth(tmp_path / "mine.safetensors") == bundled
    (tmp_path / "mine.mouth.safetensors").touch()
    assert find_mouth(tmp_path / "mine.safetensors") == tmp_path / "mine.mouth.safetensors"


def test_a_smile_lifts_its_own_corner_alone(mouth: Mouth) -> None:
    drawn = mouth.draw(ramp(), NO_WARP, {"smile_left": 1.0}, INSIDE)[0, 0]
    # ICT-FaceKit's smile takes the corner 0.079 of 87.6 px out and 0.118 up; the person's left is the picture's right.
    assert row(drawn[181, 161]) == pytest.approx(181 + 10.3, abs=1.5)
    assert row(drawn[181, 95]) == pytest.approx(181, abs=1.0)


def test_brows_go_up_and_the_hair_and_the_lids_stay(mouth: Mouth) -> None:
    drawn = mouth.draw(ramp(), NO_WARP, {"brow_up_left": 1.0, "brow_up_right": 1.0}, INSIDE)[0, 0]
    for side in (88, 168):
        assert row(drawn[96, side]) - 96 == pytest.approx(7.4, abs=2.5)
        assert row(drawn[126, side]) == pytest.approx(126, abs=0.3)
    assert row(drawn[50, 128]) == pytest.approx(50, abs=0.1)


def test_a_file_from_before_faces_could_be_led_still_speaks(tmp_path: Path) -> None:
    old = tmp_path / "old.mouth.safetensors"
    arguments = {"moves": ["jaw", "close", "width", "pucker", "funnel", "bare", "press", "tuck", "breath"]}
    write_weights(old, WeightsHeader("mouth", arguments), {"moves": torch.ones(9, 4, 72, 72)})
    mouth = open_mouth(old, CPU)
    assert not mouth.leads_brows
    picture = ramp()
    assert mouth.draw(picture, NO_WARP, {"smile_left": 1.0, "brows_in": 1.0}, INSIDE) is picture
    assert (mouth.draw(picture, NO_WARP, {"jaw": 1.0}, INSIDE) - picture).abs().max() > 0.001
