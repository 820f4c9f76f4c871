"""The critic of textures: three small heads on early frozen features, which compare drawings with photos in pairs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

SLOPE = 0.2


class _Head(nn.Module):
    """From a map and the place of each of its cells in the picture to one score for every few cells."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.first = spectral_norm(nn.Conv2d(channels + 2, width, kernel, stride, 1))
        self.second = spectral_norm(nn.Conv2d(width, width, 3, 2, 1))
        self.last = nn.Conv2d(width, 1, 3, 1, 1)

    def forward(self, features: Tensor, places: Tensor) -> Tensor:
        places = functional.interpolate(places, features.shape[2:], mode="bilinear", align_corners=False)
        x = torch.cat([features, places.expand(len(features), -1, -1, -1).to(features.dtype)], dim=1)
        x = functional.leaky_relu(self.first(x), SLOPE)
        scores: Tensor = self.last(functional.leaky_relu(self.second(x), SLOPE))
        return scores


class TextureCritic(nn.Module):
    """Score features of pictures in many places and at three scales; the features themselves are not trained.

    Projected on frozen features [Sauer et al. 2021], of the finest three strides alone and unmixed: the faults of a
    drawing are in its hair and its edges, not in its face. It is told where in the picture each feature lies, since
    hair is scored unlike skin.

    Args:
        channels: of the maps at strides 2, 4 and 8.
        width: channels of each head.
    """

    def __init__(self, channels: Sequence[int], width: int = 64) -> None:
        super().__init__()
        first, *coarser = channels
        heads = [_Head(first, width, 4, 2), *(_Head(count, width, 3, 1) for count in coarser)]
        self.heads = nn.ModuleList(heads)

    def forward(self, maps: Sequence[Tensor], places: Tensor) -> list[Tensor]:
        """Return each head's scores `[batch, 1, h, w]`, higher for photos.

        Args:
            maps: `[batch, channels[i], h, w]`, each divided by its channels' deviation.
            places: `[1, 2, H, W]`, x and y of each pixel of the picture in [-1, 1].
        """
        return [head(features, places) for head, features in zip(self.heads, maps, strict=True)]


def relativistic(better: Sequence[Tensor], worse: Sequence[Tensor], where: Tensor | None = None) -> Tensor:
    """Return how far `better` fail to score above `worse`, place by place [Jolicoeur-Martineau 2019].

    With photos as `better` it is the critic's loss, with drawings the generator's. Neither saturates
    [Huang et al. 2024]: the hinge loss of a projected critic of so few faces is nought within minutes.

    Args:
        better, worse: each head's scores `[batch, 1, h, w]`.
        where: what each place counts, `[batch, 1, H, W]` in [0, 1]; all alike where it is left out.
    """
    losses = [functional.softplus(w.float() - b.float()) for b, w in zip(better, worse, strict=True)]
    if where is None:
        return torch.stack([loss.mean() for loss in losses]).mean()
    counts = [functional.interpolate(where, x.shape[2:], mode="bilinear", align_corners=False) for x in losses]
    # And one, so that a crop of nothing but wall is worth nothing rather than divided by it.
    pairs = zip(losses, counts, strict=True)
    return torch.stack([(loss * count).sum() / (count.sum() + 1) for loss, count in pairs]).mean()


def slope_penalty(critic: TextureCritic, maps: Sequence[Tensor], places: Tensor) -> Tensor:
    """Return the mean squared norm of the critic's gradient in its features [Mescheder et al. 2018, eq. 9]."""
    maps = [features.detach().requires_grad_() for features in maps]
    total = torch.stack([scores.sum() for scores in critic(maps, places)]).sum()
    slopes = torch.autograd.grad(total, maps, create_graph=True)
    return torch.stack([slope.square().sum((1, 2, 3)).mean() for slope in slopes]).mean()
