"""Skin detail is kept to what is usual at each place: no lines of rims and hair, and eyes as they are."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from likeness.generators.networks.exemplar_halves import join_halves, split_halves
from likeness.generators.networks.skin_exemplars import ABOVE, PART, SHARPEST, mend_skin
from likeness.generators.weights_file import read_weights

COUNT, HEIGHT, WIDTH = 9, 64, 48
PORES, EYES = 0.01, 0.05
EYE_ROWS = slice(24, 40)
SHIPPED = Path(__file__).parents[4] / "weights" / "faces-256.safetensors"


@pytest.fixture
def skins() -> Tensor:
    """Return nine skins with pores, and eyes that are five times as strong; the second has a line on its forehead."""
    noise = torch.randn(COUNT, 1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    skins = PORES * noise
    skins[:, :, EYE_ROWS] *= EYES / PORES
    skins[1, :, 8, 6:20] = 0.2
    return skins


def test_a_line_on_a_forehead_is_no_stronger_than_the_pores_around_it(skins: Tensor) -> None:
    mended = join_halves(mend_skin(split_halves(PART, skins), ()), PART)
    assert skins[1, 0, 8, 6:20].min() > 15 * PORES
    assert mended[1, 0, 8, 6:20].max() < 1.25 * SHARPEST * PORES
    # Its mirror image stays free of it.
    assert mended[1, 0, 8, 28:42].abs().max() < 1.25 * SHARPEST * PORES


def test_what_every_face_has_stays(skins: Tensor) -> None:
    mended = join_halves(mend_skin(split_halves(PART, skins), ()), PART)
    eyes, pores = mended[:, :, 28:36], mended[2:, :, 44:]
    assert 0.75 * EYES < eyes.std() < EYES
    assert 0.75 * PORES < pores.std() < PORES
    assert torch.corrcoef(torch.stack([eyes.flatten(), skins[:, :, 28:36].flatten()]))[0, 1] > 0.95


def test_a_skin_that_is_rough_all_over_comes_down_to_the_others(skins: Tensor) -> None:
    skins[3] *= 4
    mended = join_halves(mend_skin(split_halves(PART, skins), ()), PART)
    assert mended[3, :, 44:].std() < 1.2 * ABOVE * mended[2, :, 44:].std()


def test_those_that_are_left_out_are_not_asked_what_is_usual(skins: Tensor) -> None:
    loud = list(range(5))
    skins[loud, :, 44:] *= 4
    asked, unasked = (join_halves(mend_skin(split_halves(PART, skins), out), PART) for out in ((), loud))
    assert unasked[7, :, 44:].abs().max() <= asked[7, :, 44:].abs().max()
    assert unasked[0, :, 44:].std() < 0.7 * asked[0, :, 44:].std()


def test_the_file_s_own_tensors_stay_as_they_are(skins: Tensor) -> None:
    tensors = split_halves(PART, skins)
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    mend_skin(tensors, ())
    assert all(torch.equal(tensors[name], before[name]) for name in before)


def test_no_bundled_skin_has_a_line_on_its_forehead_or_round_its_eyes() -> None:
    header, tensors = read_weights(SHIPPED)
    assert header.arguments["even_skin"] is True
    mended = join_halves(mend_skin(tensors, header.arguments["left_out"]), PART)[:, 0]
    before = join_halves(tensors, PART)[:, 0]
    # Rows and columns of the crop of fine skin: the forehead, and the cheeks below the eyes, where rims run.
    for rows, columns, harshest in ((slice(30, 66), slice(50, 126), 0.03), (slice(104, 120), slice(30, 146), 0.06)):
        assert before[:, rows, columns].abs().max() > 3 * harshest
        assert mended[:, rows, columns].abs().max() < harshest
