"""The critic of patches and the pool of pictures."""

import torch

from likeness.training.filters.cycle_parts import PatchCritic, PicturePool


def test_a_score_sees_70_px_and_no_more() -> None:
    torch.manual_seed(0)
    critic = PatchCritic(4).double()
    images = torch.rand(1, 3, 128, 128, dtype=torch.float64, requires_grad=True)
    # Without the norms, which see the whole picture.
    x = images
    for layer in (*critic.layers, critic.last):
        x = layer(x)
    x[0, 0, 7, 7].backward()
    assert images.grad is not None
    rows = torch.nonzero(images.grad[0].abs().sum((0, 2))).flatten()
    assert int(rows[-1] - rows[0]) + 1 == 70


def test_the_pool_fills_then_shows_an_old_picture_every_other_time() -> None:
    torch.manual_seed(0)
    pool = PicturePool(5)
    for number in range(5):
        picture = torch.full((1, 3, 2, 2), float(number))
        assert torch.equal(pool.exchange(picture), picture)
    old = 0
    for number in range(5, 405):
        shown = float(pool.exchange(torch.full((1, 3, 2, 2), float(number)))[0, 0, 0, 0])
        assert shown <= number
        old += shown < number
    assert 150 < old < 250
    assert len(pool.pictures) == 5
    assert len(pool.pictures.unique()) == 5


def test_a_pool_of_nothing_shows_what_came() -> None:
    picture = torch.rand(2, 3, 4, 4)
    assert torch.equal(PicturePool(0).exchange(picture), picture)
