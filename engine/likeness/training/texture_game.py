"""A game against the critic of textures: frozen features, the critic on them, and the losses of both sides."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Adam

from likeness.generators.networks.efficientnet_lite import EARLY_CHANNELS
from likeness.generators.perceptual import open_features
from likeness.training.compute import PRECISION_TYPES, Compute
from likeness.training.discriminators.textures import TextureCritic, relativistic, slope_penalty

CRITIC_BETAS = (0.0, 0.99)
# Steps between two penalties of the critic's gradient.
PENALTY_PERIOD = 8


class TextureGame:
    """The critic and what it sees; `refine` and `enlarge` play against it. One thread, with the recipe's steps.

    Args:
        compute: of the run.
        photos: `[n, 3, H, W]` in [-1, 1], of which the features' deviation is measured.
        rate: the critic's learning rate.
        penalty: gamma of the critic's slope.
    """

    def __init__(self, compute: Compute, photos: Tensor, rate: float, penalty: float) -> None:
        self._compute, self._penalty = compute, penalty
        self.critic = compute.place(TextureCritic(EARLY_CHANNELS))
        self.optimizer = Adam(self.critic.parameters(), rate, CRITIC_BETAS)
        self._features = open_features(compute.device).to(PRECISION_TYPES[compute.precision])
        self._deviation = self._measure_deviation(photos)

    def feature_maps(self, pictures: Tensor) -> list[Tensor]:
        """Return the early features of pictures `[batch, 3, H, W]`, each divided by its channel's deviation."""
        maps = self._features.early_features(pictures)
        return [features.float() / deviation for features, deviation in zip(maps, self._deviation, strict=True)]

    @torch.no_grad()
    def _measure_deviation(self, photos: Tensor) -> list[Tensor]:
        """Return the deviation of each channel over some photos; 0.05 more keeps constant channels small."""
        maps = self._features.early_features(photos)
        return [features.float().std((0, 2, 3))[None, :, None, None] + 0.05 for features in maps]

    def score_drawings(self, maps: list[Tensor], wanted: list[Tensor], places: Tensor, where: Tensor) -> Tensor:
        """Return how far drawings score below photos; the critic takes no gradient.

        Args:
            maps: features of the drawings.
            wanted: features of photos; a drawing without one of its own is compared with another's.
            places: `[1, 2, H, W]`, see `TextureCritic.forward`.
            where: what each place counts, `[batch, 1, H, W]` in [0, 1].
        """
        self.critic.requires_grad_(False)
        with self._compute.autocast():
            drawings, photos = self.critic(maps, places), self.critic(wanted, places)
        self.critic.requires_grad_(True)
        return relativistic(drawings, _match_scores(photos, len(maps[0])), where)

    def train_critic(
        self, step: int, maps: list[Tensor], wanted: list[Tensor], places: Tensor, where: Tensor, parts: int
    ) -> Tensor:
        """Add a `parts`-th of the critic's gradients; return how far photos score too low. See `score_drawings`."""
        maps = [features.detach() for features in maps]
        with self._compute.autocast():
            drawings, photos = self.critic(maps, places), self.critic(wanted, places)
        loss = relativistic(_match_scores(photos, len(maps[0])), drawings, where)
        total = loss
        if step % PENALTY_PERIOD == 0:
            # In full precision: the gradient of a gradient loses too much in sixteen bits.
            slopes = slope_penalty(self.critic, maps, places) + slope_penalty(self.critic, wanted, places)
            total = total + self._penalty * PENALTY_PERIOD * slopes / 2
        self._compute.backward(total / parts)
        return loss


def erode(region: Tensor, rim: int) -> Tensor:
    """Return the part of a region `[batch, 1, H, W]` in [0, 1] with only itself in the `rim` px around.

    At the rim of skin the critic would react to hair and cause blotches.
    """
    around = functional.avg_pool2d(region, rim, 1, rim // 2, count_include_pad=False)
    return ((around - 0.8) / 0.2).clamp(0, 1)


def _match_scores(photos: list[Tensor], count: int) -> list[Tensor]:
    """Return a photo's scores for each of `count` drawings: its own for a pair, another's in turn for a random face."""
    return [scores[torch.arange(count, device=scores.device) % len(scores)] for scores in photos]
