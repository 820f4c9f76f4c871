"""DAGAN: a generator that learns from pairs of a class to draw other pictures of a picture's class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from likeness.generators.networks.variation import VariationNetwork
from likeness.generators.variation_file import write_variation
from likeness.training.compute import Compute
from likeness.training.critic import Critic, widths_for
from likeness.training.critic_recipe import CriticRecipe, CriticSettings
from likeness.training.previews import COLUMNS, ROWS, fixed_noise
from likeness.training.recipe import EXPORT, RunProgress, own_settings
from likeness.training.settings import Settings

# Below this share of what pictures of a class differ by, drawings of one picture are one drawing.
LEAST_SPREAD = 0.15


@dataclass(frozen=True)
class DAGANSettings(CriticSettings):
    """The recipe's own settings: those of the WGAN, with less noise."""

    z_dim: int = 100
    widest: ClassVar[int] = 256


class DAGANRecipe(CriticRecipe):
    """A generator that sees a picture, and a critic that sees it together with another [Antoniou et al. 2017].

    The other one is of the same class or drawn: so the generator has to keep the class and may not copy the picture.
    What varies within a class is learnt over all classes, and drawn for classes that were never seen.
    """

    played_by = "likeness augment FOLDER -o NEW --dagan {run}"
    paired = True
    z_dim = 0

    def __init__(self, settings: Settings, compute: Compute) -> None:
        own = own_settings(DAGANSettings, settings.own)
        own.check()
        widths = widths_for(settings.size, own.width)
        self._begin(settings, own, compute, VariationNetwork(widths[::-1], own.z_dim), Critic(widths, channels=6))
        # What pictures of a class differ by, as a mean over the last steps; 0 where there was none.
        self._apart = torch.zeros((), device=compute.device)
        self._shown = torch.empty(0)

    def state(self) -> dict[str, Tensor]:
        """Return what pictures of a class differ by."""
        return {"apart": self._apart}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self._apart = state["apart"].to(self._compute.device)

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Train the critic on pairs, and every few steps the generator."""
        losses = super().step(batches, at)
        for pairs in batches:
            picture, mate = pairs.chunk(2, dim=1)
            apart = (picture - mate).abs().mean()
            self._apart = torch.where(self._apart > 0, self._apart.lerp(apart, 0.05), apart)
        return losses

    def _draw_for_critic(self, batch: Tensor) -> Tensor:
        picture = batch[:, :3]
        return torch.cat([picture, self._generator(picture, self._noise(len(batch))).float()], dim=1)

    def sheets(self, photos: Tensor) -> Mapping[str, Tensor]:
        """Return a row of photos, and below it rows of what is drawn of each, with a noise for each row."""
        self._shown = photos
        # By name the first of all may be of one class: as far apart as there are.
        row = photos[torch.linspace(0, len(photos) - 1, COLUMNS).long()]
        return {"variations": torch.cat([row, *(self._draw(row, seed) for seed in range(ROWS - 1))])}

    def _draw(self, photos: Tensor, seed: int) -> Tensor:
        """Return drawings by the average, with the noise of one seed."""
        z = fixed_noise(seed + 1, self._own.z_dim)[-1:].to(self._compute.device)
        with torch.no_grad():
            drawn: Tensor = self._average(photos, z.expand(len(photos), -1))
        return drawn

    def measure(self, held_out: Tensor) -> Mapping[str, float]:
        """Return how far two drawings of a picture are apart, and a drawing from it: 1 is as two of a class are."""
        if not float(self._apart):
            return {}
        one, other = self._draw(held_out, 0), self._draw(held_out, 1)
        figures = {"spread": one - other, "changed": one - held_out}
        return {name: float(gap.abs().mean() / self._apart) for name, gap in figures.items()}

    def conclude(self) -> str:
        """Return how far drawings differ, and whether the noise is used at all."""
        if not len(self._shown) or not (figures := self.measure(self._shown)):
            return ""
        spread = figures["spread"]
        line = f"Two drawings of a picture differ by {spread:.0%} of what two pictures of a class do"
        if spread < LEAST_SPREAD:
            line += ": that is nearly one drawing each time; go on for longer"
        return f"{line}; a drawing and its picture by {figures['changed']:.0%}."

    def export(self, folder: Path) -> None:
        """Write the average."""
        assert isinstance(self._average, VariationNetwork)
        write_variation(folder / EXPORT, self._average, self._licence)
