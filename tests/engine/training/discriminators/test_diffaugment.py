"""DiffAugment changes what it says, by as much as it says, and lets the gradient through."""

import pytest
import torch

from likeness.training.discriminators.diffaugment import colour, cutout, diffaugment, translation


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def pictures(count: int = 64, side: int = 16) -> torch.Tensor:
    return torch.rand(count, 3, side, side) + 0.5  # nowhere 0, so that what was cut shows


def test_a_translated_picture_is_the_picture_shifted_by_an_eighth_at_most() -> None:
    given = pictures()
    taken = translation(given)
    found = set()
    for before, after in zip(given, taken, strict=True):
        rows, columns = (after != 0).any((0, 2)), (after != 0).any((0, 1))
        assert rows.sum() >= 14
        assert columns.sum() >= 14
        matches = [
            (y, x)
            for y in range(-2, 3)
            for x in range(-2, 3)
            if torch.equal(
                after[:, max(0, -y) : 16 - max(0, y), max(0, -x) : 16 - max(0, x)],
                before[:, max(0, y) : 16 + min(0, y), max(0, x) : 16 + min(0, x)],
            )
        ]
        assert len(matches) == 1
        y, x = matches[0]
        assert int((after == 0).sum()) == 3 * (256 - (16 - abs(y)) * (16 - abs(x)))
        found.add(matches[0])
    assert len(found) > 15  # of 25


def test_cutout_takes_a_rectangle_of_half_the_sides() -> None:
    given = pictures()
    taken = cutout(given)
    for before, after in zip(given, taken, strict=True):
        gone = (after == 0).all(0)
        assert torch.equal(after[:, ~gone], before[:, ~gone])
        rows, columns = int(gone.any(1).sum()), int(gone.any(0).sum())
        assert int(gone.sum()) == rows * columns
        assert 4 <= rows <= 8
        assert 4 <= columns <= 8
    assert (taken == 0).all(1).sum((1, 2)).max() == 64


def test_colour_is_a_level_a_saturation_and_a_contrast_the_same_for_the_whole_picture() -> None:
    given = pictures(512)
    taken = colour(given)
    level = taken.mean((1, 2, 3)) - given.mean((1, 2, 3))
    assert level.abs().max() <= 0.5
    assert level.std().item() == pytest.approx(12**-0.5, rel=0.1)

    def parts(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        grey = x.mean(1, keepdim=True)
        return grey - x.mean((1, 2, 3), keepdim=True), x - grey

    (grey, hue), (grey_after, hue_after) = parts(given), parts(taken)
    contrast = grey_after.std((1, 2, 3)) / grey.std((1, 2, 3))
    assert torch.allclose(grey_after, grey * contrast[:, None, None, None], atol=1e-5)
    assert contrast.min() >= 0.49
    assert contrast.max() <= 1.51
    assert contrast.mean().item() == pytest.approx(1, abs=0.05)
    saturation = hue_after.std((1, 2, 3)) / hue.std((1, 2, 3)) / contrast
    assert torch.allclose(hue_after, hue * (saturation * contrast)[:, None, None, None], atol=1e-5)
    assert saturation.max() <= 2.01
    assert saturation.mean().item() == pytest.approx(1, abs=0.1)


def test_the_gradient_of_what_stayed_in_the_picture_comes_back_whole() -> None:
    given = pictures(8).requires_grad_(True)
    taken = diffaugment(given, ("translation", "cutout"))
    taken.sum().backward()
    assert given.grad is not None
    assert set(given.grad.unique().tolist()) == {0.0, 1.0}
    assert given.grad.sum() == (taken != 0).sum()


def test_no_policy_changes_nothing_and_an_unknown_one_is_refused() -> None:
    given = pictures(2)
    assert diffaugment(given, ()) is given
    with pytest.raises(ValueError, match=r"'blur'.*colour"):
        diffaugment(given, ("blur",))
