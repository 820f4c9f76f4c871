"""Whether a translation has learnt anything: told from the identity by measuring."""

import pytest
import torch
from torch import Tensor

from likeness.generators.perceptual import open_features
from likeness.training.filters.change import Change, measure_change


def stripes(count: int, colour: tuple[float, float, float], first: int) -> Tensor:
    """Return pictures of stripes in a colour, each at a width and an angle of its own."""
    dice = torch.Generator().manual_seed(first)
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    angle, width = (torch.rand(count, 1, 1, generator=dice) for _ in range(2))
    waves = torch.sin((x * torch.cos(angle * 3) + y * torch.sin(angle * 3)) / (1 + 3 * width))
    return waves[:, None] * torch.tensor(colour).view(1, 3, 1, 1)


@pytest.mark.parametrize(
    ("kind", "moved", "identity"), [("nothing", 0.0, True), ("colour", 1.0, False), ("noise", 2.0, True)]
)
def test_only_what_leads_to_the_other_kind_is_more_than_the_identity(kind: str, moved: float, identity: bool) -> None:
    red, blue = (0.9, -0.3, -0.6), (-0.6, -0.2, 0.9)
    photos, others = stripes(12, red, 1), stripes(12, blue, 2)
    translated = {
        "nothing": photos,
        "colour": stripes(12, blue, 1),
        "noise": torch.rand(12, 3, 64, 64, generator=torch.Generator().manual_seed(3)) * 2 - 1,
    }[kind]
    change = measure_change(open_features(), photos, translated, others)
    assert change.is_identity == identity
    assert change.moved == pytest.approx(moved, abs=0.5 if moved else 1e-6)
    assert (change.closed > 0.8) == (kind == "colour")


def test_the_sentence_says_so_and_what_to_do() -> None:
    assert "only learnt the identity" in Change(0.01, 0.0).describe("A to B")
    assert "not toward the other kind" in Change(0.9, 0.02).describe("A to B")
    told = Change(0.62, 0.87).describe("A to B")
    assert told.startswith("A to B: pictures changed by 62% of what tells the two kinds apart, and 87% of the way")
    assert told.endswith("is made.")
