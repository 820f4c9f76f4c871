"""The critic of textures: its loss, its slope, and that it learns to tell rough from smooth."""

import math

import torch
from torch import nn
from torch.optim import Adam

from likeness.training.discriminators.textures import TextureCritic, relativistic, slope_penalty

CHANNELS = (2, 3, 4)


def maps(seed: int, strength: float, count: int = 2) -> list[torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    shapes = zip(CHANNELS, (32, 16, 8), strict=True)
    return [strength * torch.randn(count, channels, side, side, generator=source) for channels, side in shapes]


class Nothing(nn.Module):
    """A head that no feature moves."""

    def forward(self, features: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        return 0 * features.sum(1, keepdim=True)


def places() -> torch.Tensor:
    axis = torch.linspace(-1, 1, 64)
    return torch.stack(torch.meshgrid(axis, axis, indexing="xy"))[None]


def test_equal_scores_cost_the_logarithm_of_two_and_better_ones_less() -> None:
    scores = [torch.randn(2, 1, 3, 3), torch.randn(2, 1, 2, 2)]
    higher = [x + 1 for x in scores]
    assert math.isclose(float(relativistic(scores, scores)), math.log(2), rel_tol=1e-6)
    assert math.isclose(float(relativistic(higher, scores)), math.log(1 + math.exp(-1)), rel_tol=1e-6)
    assert math.isclose(float(relativistic(scores, higher)), math.log(1 + math.e), rel_tol=1e-6)
    nowhere, everywhere = torch.zeros(2, 1, 12, 12), torch.ones(2, 1, 12, 12)
    assert float(relativistic(scores, scores, nowhere)) == 0
    most = float(relativistic(scores, scores, everywhere))
    assert math.isclose(most, math.log(2) * (18 / 19 + 8 / 9) / 2, rel_tol=1e-6)


def test_it_learns_to_tell_rough_from_smooth() -> None:
    torch.manual_seed(0)
    critic = TextureCritic(CHANNELS, width=8)
    optimizer = Adam(critic.parameters(), 3e-3)
    for step in range(60):
        loss = relativistic(critic(maps(2 * step, 1.0), places()), critic(maps(2 * step + 1, 0.3), places()))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    unseen = relativistic(critic(maps(1001, 1.0), places()), critic(maps(1002, 0.3), places()))
    assert unseen < 0.8 * math.log(2)


def test_its_slope_is_that_of_finite_differences() -> None:
    torch.manual_seed(0)
    critic = TextureCritic(CHANNELS, width=4).double().eval()  # spectral norms rest
    at = [x.double() for x in maps(5, 1.0, 1)]
    where = places().double()

    def total(features: list[torch.Tensor]) -> float:
        return sum(float(scores.sum()) for scores in critic(features, where))

    # The coarsest map is enough to be sure of, and quick.
    square = 0.0
    with torch.no_grad():
        for index in range(at[2].numel()):
            moved = [x.clone() for x in at]
            moved[2].view(-1)[index] += 1e-5
            square += ((total(moved) - total(at)) / 1e-5) ** 2
    only_coarse = nn.ModuleList([Nothing(), Nothing(), critic.heads[2]])
    critic.heads = only_coarse
    # The mean over three maps, of which two have no slope.
    assert math.isclose(float(slope_penalty(critic, at, where).detach()) * 3, square, rel_tol=1e-3)
