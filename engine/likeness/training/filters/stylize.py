"""One picture painted in a style by search, px by px: slower than a filter by thousands of times, and freer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Adam

from likeness.errors import TrainingError
from likeness.training.filters.style_features import CONTENT, LEAST_SIDE, FeatureMaps
from likeness.training.filters.style_losses import content_distance, gram_matrices, roughness, style_distance

RATE = 0.03
# Sides that are searched at, as parts of the last one, and the part of the steps that each gets: strokes that are
# broader than the features see at once grow at the small sizes.
STAGES = ((0.5, 0.5), (1.0, 0.5))
# Of a mask, below which there is no place to paint.
LEAST_MASKED = 1e-3


SearchProgress = Callable[[int, int], None]  # steps done, and the total


def no_progress(done: int, total: int) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class StylizeSettings:
    """How a picture is painted.

    Args:
        steps: of the search, over all sizes.
        strength: of the style against the content.
        smooth: weight of the differences between neighbouring px.
    """

    steps: int = 300
    strength: float = 4.0
    smooth: float = 2.0


def stylize(
    photo: Tensor,
    style: Tensor,
    features: FeatureMaps,
    settings: StylizeSettings,
    mask: Tensor | None = None,
    style_mask: Tensor | None = None,
    progress: SearchProgress = no_progress,
) -> Tensor:
    """Return a picture painted in a style [Gatys et al. 2015], by Adam in place of the paper's L-BFGS.

    Where there are masks, the style is measured within one, and painted within the other [Gatys et al. 2017, eq. 5];
    the rest of the picture is left as it is.

    Args:
        photo: `[1, 3, H, W]` in [-1, 1]; the result has its size.
        style: `[1, 3, h, w]` in [-1, 1], of any size.
        features: of `open_style_features`.
        settings: steps and weights.
        mask: `[1, 1, H, W]` in [0, 1], where the photo is painted; None for everywhere.
        style_mask: `[1, 1, h, w]` in [0, 1], where the style picture has its style; None for everywhere.
        progress: called after each step.

    Returns:
        `[1, 3, H, W]` in [-1, 1].

    Raises:
        TrainingError: a picture is too small, or a mask is empty.
    """
    for name, image in (("photo", photo), ("style picture", style)):
        if min(image.shape[2:]) < 2 * LEAST_SIDE:
            raise TrainingError(f"the {name} is {image.shape[3]} x {image.shape[2]} px; {2 * LEAST_SIDE} are the least")
    for name, area in (("mask", mask), ("mask of the style", style_mask)):
        if area is not None and float(area.mean()) < LEAST_MASKED:
            raise TrainingError(f"the {name} is black: nothing is to be painted; white is where the style goes")
    done, drawn = 0, photo
    total = sum(round(settings.steps * share) for _, share in STAGES)
    for part, share in STAGES:
        sides = [max(2 * LEAST_SIDE, round(side * part)) for side in photo.shape[2:]]
        wanted = _measure(features, style, style_mask, part)
        steps = round(settings.steps * share)
        stage = _Stage(_scale(photo, sides), None if mask is None else _scale(mask, sides), wanted, features, settings)
        drawn = stage.search(_scale(drawn, sides), steps, partial(_report, progress, done, total))
        done += steps
    return drawn


def _report(progress: SearchProgress, before: int, total: int, step: int) -> None:
    progress(before + step, total)


def _scale(image: Tensor, sides: Sequence[int]) -> Tensor:
    """Return a picture or a mask at a height and a width."""
    if list(image.shape[2:]) == list(sides):
        return image
    return functional.interpolate(image, list(sides), mode="bilinear", align_corners=False, antialias=True)


@torch.no_grad()
def _measure(features: FeatureMaps, style: Tensor, mask: Tensor | None, part: float) -> list[Tensor]:
    """Return the Gram matrices of the style at a part of its size."""
    sides = [max(2 * LEAST_SIDE, round(side * part)) for side in style.shape[2:]]
    return gram_matrices(features(_scale(style, sides)), None if mask is None else _scale(mask, sides))


class _Stage:
    """The search at one size. One thread.

    Args:
        photo: `[1, 3, H, W]`.
        mask: `[1, 1, H, W]`, or None.
        wanted: Gram matrices of the style.
        features: that compare.
        settings: of the search.
    """

    def __init__(
        self, photo: Tensor, mask: Tensor | None, wanted: list[Tensor], features: FeatureMaps, settings: StylizeSettings
    ) -> None:
        self._photo, self._mask, self._wanted, self._features = photo, mask, wanted, features
        self._settings = settings
        with torch.no_grad():
            self._kept = features(photo)

    def search(self, start: Tensor, steps: int, progress: Callable[[int], None]) -> Tensor:
        """Return the picture after so many steps, in [-1, 1]."""
        pixels = start.clone().requires_grad_()
        optimizer = Adam([pixels], RATE)
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = RATE * (1.0 - 0.9 * step / steps)
            optimizer.zero_grad(set_to_none=True)
            self._loss(pixels).backward()
            optimizer.step()
            with torch.no_grad():
                pixels.clamp_(-1.0, 1.0)
            progress(step + 1)
        return self._lay(pixels).detach()

    def _lay(self, pixels: Tensor) -> Tensor:
        """Return the painted px over the photo."""
        return pixels if self._mask is None else torch.lerp(self._photo, pixels, self._mask)

    def _loss(self, pixels: Tensor) -> Tensor:
        drawn = self._lay(pixels)
        maps = self._features(drawn)
        style = style_distance(gram_matrices(maps, self._mask), self._wanted).mean()
        content = content_distance(maps, self._kept, CONTENT)
        return self._settings.strength * style + content + self._settings.smooth * roughness(drawn)
