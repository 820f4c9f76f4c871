"""Pores: where they are, that they move with the face, and that they are the same each time."""

import torch

from likeness.generators.networks.skin_texture import SMOOTH, SkinTexture

SIZE, STRENGTH = 128, 0.05


def add(texture: SkinTexture, region: torch.Tensor, field: torch.Tensor) -> torch.Tensor:
    """Return what is added to pictures of grey faces."""
    return texture(torch.zeros(1, 3, SIZE // 2, SIZE // 2), region, field)


def still() -> torch.Tensor:
    return torch.zeros(1, 2, SIZE // 8, SIZE // 8)


def test_skin_gets_pores_of_the_strength_asked_for_and_nothing_else_does() -> None:
    region = torch.zeros(1, 1, SIZE // 2, SIZE // 2)
    region[..., : SIZE // 4, :] = 1
    added = add(SkinTexture(SIZE, STRENGTH), region, still())
    skin, wall = added[..., : SIZE // 2 - 2, :], added[..., SIZE // 2 + 2 :, :]
    # Smooth grey skin has a third of it, and on a forehead a fifth; the pattern's dark half weighs more.
    assert 0.27 * STRENGTH < skin[..., -SIZE // 16 :, : SIZE // 4].std() < 0.45 * STRENGTH
    assert 0.15 * STRENGTH < skin[..., : SIZE // 4, :].std() < 0.27 * STRENGTH
    assert not wall.any()


def test_eyes_and_lips_have_none() -> None:
    added = add(SkinTexture(SIZE, STRENGTH), torch.ones(1, 1, SIZE // 2, SIZE // 2), still())
    for x, y, *_ in SMOOTH:
        row, column = round(y * SIZE), round(x * SIZE)
        assert not added[..., row - 2 : row + 2, column - 2 : column + 2].any()


def test_they_move_with_the_face() -> None:
    texture, region = SkinTexture(SIZE, STRENGTH), torch.ones(1, 1, SIZE // 2, SIZE // 2)
    # Every place shows what lies 8 px to its right.
    field = still()
    field[:, 0] = 8 / SIZE
    moved = add(texture, region, field)
    rested = add(texture, region, still())
    assert torch.allclose(moved[..., :-16], rested[..., 8:-8], atol=1e-5)
    # Half a px on, they are nearly as strong: no pore twinkles where a face glides.
    field[:, 0] = 8.5 / SIZE
    assert 0.94 < add(texture, region, field)[..., :-16].std() / rested[..., 8:-8].std() < 1.06


def test_bright_skin_has_more_than_dark_skin() -> None:
    texture, region = SkinTexture(SIZE, STRENGTH), torch.ones(1, 1, SIZE // 2, SIZE // 2)
    faces = torch.stack([torch.full((3, 64, 64), -0.8), torch.full((3, 64, 64), 0.6)])
    dark, bright = texture(faces, region, still().expand(2, -1, -1, -1)).std((1, 2, 3))
    assert 1.5 * dark < bright


def test_rough_skin_has_more_than_smooth_skin() -> None:
    texture, region = SkinTexture(SIZE, STRENGTH), torch.ones(3, 1, SIZE // 2, SIZE // 2)
    noise = torch.randn(1, 1, SIZE // 2, SIZE // 2, generator=torch.Generator().manual_seed(0))
    faces = torch.cat([strength * noise for strength in (0.0, 0.022, 0.05)]).expand(-1, 3, -1, -1)
    smooth, some, rough = texture(faces, region, still().expand(3, -1, -1, -1))[:, :, 80:].std((1, 2, 3))
    assert 1.2 * smooth < some
    assert 1.2 * some < rough
    assert rough < 2.5 * smooth


def test_they_are_the_same_in_every_run() -> None:
    region = torch.ones(1, 1, SIZE // 2, SIZE // 2)
    one, other = (add(SkinTexture(SIZE, STRENGTH), region, still()) for _ in range(2))
    assert torch.equal(one, other)


def test_the_faces_stay_as_they_are_and_no_gradient_flows_through_pores() -> None:
    faces, field = torch.zeros(1, 3, 64, 64, requires_grad=True), still().requires_grad_()
    added = SkinTexture(SIZE, STRENGTH)(faces, torch.ones(1, 1, 64, 64), field)
    assert not added.requires_grad
    assert not faces.any()
