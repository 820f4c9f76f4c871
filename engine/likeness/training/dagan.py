"""DAGAN: a generator that learns from pairs of a class to draw other pictures of a picture's class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from likeness.generator import Licence
from likeness.generators.networks.variation import VariationNetwork
from likeness.generators.variation_file import write_variation
from likeness.training.compute import Compute
from likeness.training.critic import Critic, penalise_slope, shift_images, widths_for
from likeness.training.ema import copy_for_average, update_average
from likeness.training.previews import COLUMNS, ROWS, fixed_noise
from likeness.training.recipe import EXPORT, Recipe, RunProgress, check_spans, own_settings
from likeness.training.settings import Settings

# The WGAN's here, ten times the paper's, for minutes instead of hours.
RATE = 1e-3
BETAS = (0.0, 0.9)
# Below this share of what pictures of a class differ by, drawings of one picture are one drawing.
LEAST_SPREAD = 0.15


@dataclass(frozen=True)
class DAGANSettings:
    """The recipe's own settings.

    Args:
        z_dim: length of the noise.
        width: channels at half the picture's size; twice as many at half of that, up to eight times.
        critic_steps: of the critic for one of the generator.
        penalty: lambda of the gradient penalty.
        half_life: of the average that draws, in images.
        shift: how far pairs are moved for the critic at most, in parts of their side.
    """

    z_dim: int = 100
    width: int = 32
    critic_steps: int = 1
    penalty: float = 10.0
    half_life: float = 5000.0
    shift: float = 0.06

    def check(self) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        spans = {"z_dim": (1, 4096), "width": (1, 256), "critic_steps": (1, 20), "penalty": (0.0, 1e4)}
        check_spans(self, {**spans, "half_life": (1.0, 1e9), "shift": (0.0, 0.5)})


class DAGANRecipe(Recipe):
    """A generator that sees a picture, and a critic that sees it together with another [Antoniou et al. 2017].

    The other one is of the same class or drawn: so the generator has to keep the class and may not copy the picture.
    What varies within a class is learnt over all classes, and drawn for classes that were never seen.
    """

    played_by = "likeness augment FOLDER -o NEW --dagan {run}"
    paired = True
    z_dim = 0

    def __init__(self, settings: Settings, compute: Compute) -> None:
        self._compute, self._batch = compute, settings.batch
        self._licence = Licence(settings.licence, settings.paid_use)
        self._own = own_settings(DAGANSettings, settings.own)
        self._own.check()
        widths = widths_for(settings.size, self._own.width)
        self._generator = compute.place(VariationNetwork(widths[::-1], self._own.z_dim))
        self._critic = compute.place(Critic(widths, channels=6))
        self._average = copy_for_average(self._generator)
        # What pictures of a class differ by, as a mean over the last steps; 0 where there was none.
        self._apart = torch.zeros((), device=compute.device)
        self._shown = torch.empty(0)
        rate = settings.learning_rate or RATE
        self._optimizers = {
            "generator": Adam(self._generator.parameters(), rate, BETAS),
            "critic": Adam(self._critic.parameters(), rate, BETAS),
        }

    def networks(self) -> Mapping[str, nn.Module]:
        """Return generator, critic and average."""
        return {"generator": self._generator, "critic": self._critic, "average": self._average}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the two optimisers."""
        return self._optimizers

    def state(self) -> dict[str, Tensor]:
        """Return what pictures of a class differ by."""
        return {"apart": self._apart}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self._apart = state["apart"].to(self._compute.device)

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Train the critic on pairs, and every few steps the generator."""
        losses = self._train_critic(batches)
        if (at.step + 1) % self._own.critic_steps == 0:
            losses["generator"] = self._train_generator(batches)
            update_average(self._average, self._generator, at.images, self._batch, self._own.half_life)
        return losses

    def _train_critic(self, batches: Sequence[Tensor]) -> dict[str, Tensor]:
        distance, slope = torch.zeros((), device=self._compute.device), torch.zeros((), device=self._compute.device)
        for pairs in batches:
            picture, mate = pairs.chunk(2, dim=1)
            with torch.no_grad(), self._compute.autocast():
                drawn = self._generator(picture, self._noise(len(pairs))).float()
            shifted = shift_images(torch.cat([pairs, torch.cat([picture, drawn], dim=1)]), self._own.shift)
            with self._compute.autocast():
                scores = self._critic(shifted).float()
            gap = scores[: len(pairs)].mean() - scores[len(pairs) :].mean()
            penalty = penalise_slope(self._critic, *shifted.chunk(2))
            self._compute.backward((self._own.penalty * penalty - gap) / len(batches))
            distance += gap.detach() / len(batches)
            slope += penalty.detach() / len(batches)
            apart = (picture - mate).abs().mean()
            self._apart = torch.where(self._apart > 0, self._apart.lerp(apart, 0.05), apart)
        self._compute.optimizer_step(self._optimizers["critic"])
        return {"distance": distance, "penalty": slope}

    def _train_generator(self, batches: Sequence[Tensor]) -> Tensor:
        total = torch.zeros((), device=self._compute.device)
        self._critic.requires_grad_(False)
        for pairs in batches:
            picture = pairs[:, :3]
            with self._compute.autocast():
                drawn = self._generator(picture, self._noise(len(pairs)))
                judged = shift_images(torch.cat([picture, drawn.float()], dim=1), self._own.shift)
                loss = -self._critic(judged).float().mean()
            self._compute.backward(loss / len(batches))
            total += loss.detach() / len(batches)
        self._critic.requires_grad_(True)
        self._compute.optimizer_step(self._optimizers["generator"])
        return total

    def _noise(self, count: int) -> Tensor:
        return torch.randn(count, self._own.z_dim, device=self._compute.device)

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
