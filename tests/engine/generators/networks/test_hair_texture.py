"""Single hairs fray the outline of hair and nothing else, lie as hair does, and are the same each time."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from likeness.generators.networks.composite import CompositeNetwork
from likeness.generators.networks.hair_texture import HairTexture
from likeness.generators.networks.head_shape import MIDDLE_X, MIDDLE_Y, REACH
from likeness.generators.weights_file import read_weights

SIZE = 128


@pytest.fixture(scope="module")
def texture() -> HairTexture:
    return HairTexture(SIZE, 0.1)


def draw_edges(skin: float, hair: float, to_the_chest: bool = False, size: int = SIZE // 2) -> Tensor:
    """Return squashed distances of a round face of that radius in round hair, or in hair that hangs to the chest."""
    axis = (torch.arange(size) + 0.5) / size
    y, x = torch.meshgrid(axis - MIDDLE_Y, axis - MIDDLE_X, indexing="ij")
    outer = torch.hypot(x, y.clamp(max=0) if to_the_chest else y)
    return torch.tanh(torch.stack([skin - torch.hypot(x, y), hair - outer]) / REACH)[None]


STEEP = 14  # logits of a matte to squashed distances


def logits(edges: Tensor) -> Tensor:
    return STEEP * torch.nn.functional.interpolate(edges, size=SIZE, mode="bilinear", align_corners=False)


def test_hair_beside_the_jaw_is_long_hair(texture: HairTexture) -> None:
    heads = torch.cat([draw_edges(0.20, 0.25), draw_edges(0.25, 0.40, to_the_chest=True)])
    hairs = texture(heads)
    assert hairs.length.flatten().tolist() == [0, 1]
    assert torch.equal(hairs.pattern[:1], texture.short[None, 0])
    assert torch.equal(hairs.pattern[1:], texture.long[None, 0])


def test_long_hair_hangs_and_lies_across_the_crown(texture: HairTexture) -> None:
    def alike(part: Tensor) -> tuple[float, float]:
        """Return how like its neighbours 2 px below and 2 px aside the pattern is, -1 to 1."""
        part = (part - part.mean()) / part.std()
        return float((part[2:] * part[:-2]).mean()), float((part[:, 2:] * part[:, :-2]).mean())

    pattern = texture.long[0, 0]
    down, aside = alike(pattern[60:84, 8:28])
    assert down > 0.5 > 0.2 > aside
    down, aside = alike(pattern[6:20, 50:62])
    assert aside > 0.5 > 0.2 > down


def test_the_outline_of_hair_is_frayed_and_its_inside_is_not(texture: HairTexture) -> None:
    edges = draw_edges(0.25, 0.38)
    before = logits(edges)
    after = texture(edges).fray(before, STEEP * edges)
    apart = (torch.sigmoid(after) - torch.sigmoid(before)).abs()[0, 1]
    near = before[0, 1].abs() < 1
    near[SIZE // 2 :] = False  # above the shoulders
    assert apart[near].mean() > 0.01
    assert apart[before[0, 1].abs() > 12].max() < 0.01
    # Some hairs stand out, some gaps go in.
    moved = (after - before)[0, 1][near]
    assert moved.max() > 0.15
    assert moved.min() < -0.03


def test_a_soft_outline_is_frayed_no_farther_than_a_crisp_one(texture: HairTexture) -> None:
    edges = draw_edges(0.25, 0.38)
    hairs = texture(edges)
    outline = logits(edges)[0, 1].abs() < 1
    moved = [
        (hairs.fray(logits(edges) * softer, STEEP * edges * softer) - logits(edges) * softer)[0, 1][outline]
        .abs()
        .mean()
        for softer in (1 / 2, 1 / 8)
    ]
    assert moved[1] < 0.4 * moved[0]
    assert moved[1] > 0


def test_a_bald_head_and_shoulders_are_left_alone(texture: HairTexture) -> None:
    bald = draw_edges(0.33, 0.33)
    frayed = texture(bald).fray(logits(bald), STEEP * bald)
    assert float((torch.sigmoid(frayed) - torch.sigmoid(logits(bald))).abs().max()) < 0.1
    clothed = draw_edges(0.1, 0.45, to_the_chest=True)
    hairs = texture(clothed)
    below = slice(round(0.81 * SIZE), None)
    assert torch.equal(hairs.fray(logits(clothed), STEEP * clothed)[:, :, below], logits(clothed)[:, :, below])
    assert not hairs.streaks[:, :, below].any()


def test_left_is_the_mirror_image_of_right(texture: HairTexture) -> None:
    """So that the mirror image of a latent draws the mirror image of a head."""
    assert torch.allclose(texture.short, texture.short.flip(-1), atol=1e-3)
    assert torch.allclose(texture.long, texture.long.flip(-1), atol=1e-3)


def test_streaks_are_as_strong_as_asked_for_and_the_same_in_every_run(texture: HairTexture) -> None:
    streaks = texture(draw_edges(0.20, 0.25)).streaks[..., : SIZE // 2, :]
    assert 0.07 < streaks.std() < 0.13
    assert abs(streaks.mean()) < 0.01
    again = HairTexture(SIZE, 0.1)(draw_edges(0.20, 0.25)).streaks[..., : SIZE // 2, :]
    assert torch.equal(streaks, again)


def test_a_network_with_single_hairs_draws_the_same_face_and_passes_a_gradient(tiny_composite: Path) -> None:
    tensors = read_weights(tiny_composite)[1]
    plain, haired = (
        CompositeNetwork(tensors, size=64, dtype=torch.float32, whole_heads=True, hair_texture=strength)
        for strength in (0.0, 0.2)
    )
    latent = torch.randn(3, 1, 12, generator=torch.Generator().manual_seed(1)).expand(-1, 4, -1)
    apart = (haired(latent) - plain(latent)).abs()
    assert apart.max() > 0.02
    assert apart[:, :, 30:44, 26:38].max() < 1e-5, "the face itself"
    # What bends strands bends these too.
    still = {"strands": torch.zeros_like}
    assert torch.equal(haired.layers(latent, still).hair, plain.layers(latent, still).hair)
    sought = latent.clone().requires_grad_()
    haired(sought).square().mean().backward()
    assert sought.grad is not None
    assert sought.grad.isfinite().all()
    assert sought.grad.any()
