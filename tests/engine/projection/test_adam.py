"""Our Adam takes the steps of torch's, but none into nowhere."""

import torch

from likeness.projection.adam import BETA_1, BETA_2, Adam


def test_every_step_is_that_of_torch() -> None:
    dice = torch.Generator().manual_seed(2)
    start = torch.randn(3, 4, generator=dice)
    ours, theirs = (start.clone().requires_grad_() for _ in range(2))
    mine, reference = Adam([ours]), torch.optim.Adam([theirs], lr=1.0, betas=(BETA_1, BETA_2))
    for rate in (0.1, 0.1, 0.05, 0.2):
        slope = torch.randn(3, 4, generator=dice)
        ours.grad, theirs.grad = slope.clone(), slope.clone()
        mine.step(rate)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        assert torch.allclose(ours, theirs, atol=1e-6)
    assert ours.grad is None


def test_a_slope_that_is_no_number_moves_nothing() -> None:
    place = torch.zeros(4, requires_grad=True)
    adam = Adam([place])
    place.grad = torch.tensor([1.0, float("nan"), float("inf"), -1.0])
    adam.step(0.1)
    assert torch.allclose(place, torch.tensor([-0.1, 0.0, 0.0, 0.1]))
    place.grad = torch.ones(4)
    adam.step(0.1)
    assert place.isfinite().all()
