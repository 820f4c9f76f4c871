"""Painting by search: nearer to the style, and only where it is asked for."""

import pytest
import torch
from torch import Tensor

from likeness.errors import TrainingError
from likeness.training.filters.style_features import open_style_features
from likeness.training.filters.style_losses import gram_matrices, style_distance
from likeness.training.filters.stylize import StylizeSettings, stylize

CPU = torch.device("cpu")
SIDE = 64


def waves(width: float, colour: tuple[float, float, float], side: int = SIDE) -> Tensor:
    y, x = torch.meshgrid(torch.arange(float(side)), torch.arange(float(side)), indexing="ij")
    return (torch.sin((x + 0.3 * y) * 6.28 / width) * torch.tensor(colour).view(3, 1, 1))[None]


def test_it_paints_in_the_style_where_the_mask_says_and_leaves_the_rest() -> None:
    features = open_style_features(None, CPU)
    photo, style = waves(40.0, (0.3, 0.2, 0.1)), waves(6.0, (-0.8, 0.1, 0.9), 80)
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., : SIDE // 2] = 1.0
    steps: list[tuple[int, int]] = []
    drawn = stylize(photo, style, features, StylizeSettings(steps=16), mask, progress=lambda *done: steps.append(done))
    assert steps == [(number, 16) for number in range(1, 17)]
    assert torch.equal(drawn[..., SIDE // 2 :], photo[..., SIDE // 2 :])
    assert drawn.abs().max() <= 1.0
    wanted = gram_matrices(features(style))
    before, after = (style_distance(gram_matrices(features(image), mask), wanted) for image in (photo, drawn))
    assert after < 0.8 * before


def test_a_mask_of_the_style_leaves_out_what_is_black_in_it() -> None:
    features = open_style_features(None, CPU)
    photo, style = waves(40.0, (0.3, 0.2, 0.1)), waves(6.0, (-0.8, 0.1, 0.9))
    patched, mask = style.clone(), torch.ones(1, 1, SIDE, SIDE)
    # A corner and all that the features see of it from outside.
    patched[..., 48:, 48:] = 1.0
    mask[..., 16:, :] = 0.0
    one, other = (
        stylize(photo, each, features, StylizeSettings(steps=2), style_mask=mask) for each in (style, patched)
    )
    whole = stylize(photo, patched, features, StylizeSettings(steps=2))
    # What is left is what the coarsest maps see of the patch from within the mask.
    assert (other - one).abs().mean() < 0.3 * (whole - one).abs().mean()


def test_too_small_a_picture_and_an_empty_mask_are_refused() -> None:
    features = open_style_features(None, CPU)
    photo = waves(9.0, (0.1, 0.2, 0.3))
    with pytest.raises(TrainingError, match="the style picture is 32 x 64 px; 64 are the least"):
        stylize(photo, photo[..., :32], features, StylizeSettings(steps=1))
    with pytest.raises(TrainingError, match="the mask is black"):
        stylize(photo, photo, features, StylizeSettings(steps=1), torch.zeros(1, 1, SIDE, SIDE))
