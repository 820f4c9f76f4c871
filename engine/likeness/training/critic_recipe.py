"""The base of recipes that play a generator against the critic of a WGAN with gradient penalty."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from likeness.generator import Licence
from likeness.training.compute import Compute
from likeness.training.critic import Critic, penalise_slope, shift_images
from likeness.training.ema import copy_for_average, update_average
from likeness.training.recipe import Recipe, RunProgress, check_spans
from likeness.training.settings import Settings

# The paper's 1e-4 with five steps of the critic drew blots after 385 steps of the generator on 42 faces; this, with one
# step of the critic, drew eyes and mouths after 187, at a third of the cost.
RATE = 1e-3
BETAS = (0.0, 0.9)  # as in the paper: momentum would chase a critic that has moved on


@dataclass(frozen=True)
class CriticSettings:
    """The settings that such recipes share.

    Args:
        z_dim: length of the noise.
        width: channels at half the picture's size; twice as many at half of that, up to eight times.
        critic_steps: of the critic for one of the generator.
        penalty: lambda of the gradient penalty [Gulrajani et al. 2017, eq. 3].
        half_life: of the average that draws, in images.
        shift: how far pictures are moved for the critic at most, in parts of their side: a critic soon knows a few
            dozen pictures by heart.
    """

    z_dim: int = 200
    width: int = 32
    critic_steps: int = 1
    penalty: float = 10.0
    half_life: float = 5000.0
    shift: float = 0.06
    widest: ClassVar[int] = 512

    def check(self) -> None:
        """Refuse what is out of range.

        Raises:
            TrainingError: naming the setting, what was wanted and what came.
        """
        spans = {"z_dim": (1, 4096), "width": (1, self.widest), "critic_steps": (1, 20), "penalty": (0.0, 1e4)}
        check_spans(self, {**spans, "half_life": (1.0, 1e9), "shift": (0.0, 0.5)})


class CriticRecipe(Recipe):
    """A critic that learns the distance of what a generator draws from pictures, and a generator that shortens it.

    A subclass's `__init__` ends in `_begin`.
    """

    def _begin(
        self, settings: Settings, own: CriticSettings, compute: Compute, generator: nn.Module, critic: Critic
    ) -> None:
        """Place both networks, and build average and optimisers.

        Args:
            settings, own: of the run and of the recipe.
            generator, critic: new ones.
        """
        self._compute, self._batch, self._own = compute, settings.batch, own
        self._licence = Licence(settings.licence, settings.paid_use)
        self._generator, self._critic = compute.place(generator), compute.place(critic)
        self._average = copy_for_average(self._generator)
        rate = settings.learning_rate or RATE
        self._optimizers = {
            "generator": Adam(self._generator.parameters(), rate, BETAS),
            "critic": Adam(self._critic.parameters(), rate, BETAS),
        }

    @abstractmethod
    def _draw_for_critic(self, batch: Tensor) -> Tensor:
        """Return what the critic is to tell from `batch`, of its shape, with gradients of the generator."""

    def networks(self) -> Mapping[str, nn.Module]:
        """Return generator, critic and average."""
        return {"generator": self._generator, "critic": self._critic, "average": self._average}

    def optimizers(self) -> Mapping[str, Optimizer]:
        """Return the two optimisers."""
        return self._optimizers

    def step(self, batches: Sequence[Tensor], at: RunProgress) -> Mapping[str, Tensor]:
        """Train the critic, and every few steps the generator."""
        losses = self._train_critic(batches)
        if (at.step + 1) % self._own.critic_steps == 0:
            losses["generator"] = self._train_generator(batches)
            update_average(self._average, self._generator, at.images, self._batch, self._own.half_life)
        return losses

    def _train_critic(self, batches: Sequence[Tensor]) -> dict[str, Tensor]:
        distance, slope = torch.zeros((), device=self._compute.device), torch.zeros((), device=self._compute.device)
        for real in batches:
            with torch.no_grad(), self._compute.autocast():
                fake = self._draw_for_critic(real).float()
            shifted = shift_images(torch.cat([real, fake]), self._own.shift)
            with self._compute.autocast():
                scores = self._critic(shifted).float()
            gap = scores[: len(real)].mean() - scores[len(real) :].mean()
            penalty = penalise_slope(self._critic, *shifted.chunk(2))
            self._compute.backward((self._own.penalty * penalty - gap) / len(batches))
            distance += gap.detach() / len(batches)
            slope += penalty.detach() / len(batches)
        self._compute.optimizer_step(self._optimizers["critic"])
        return {"distance": distance, "penalty": slope}

    def _train_generator(self, batches: Sequence[Tensor]) -> Tensor:
        total = torch.zeros((), device=self._compute.device)
        self._critic.requires_grad_(False)
        for real in batches:
            with self._compute.autocast():
                fake = self._draw_for_critic(real)
                loss = -self._critic(shift_images(fake, self._own.shift)).float().mean()
            self._compute.backward(loss / len(batches))
            total += loss.detach() / len(batches)
        self._critic.requires_grad_(True)
        self._compute.optimizer_step(self._optimizers["generator"])
        return total

    def _noise(self, count: int) -> Tensor:
        return torch.randn(count, self._own.z_dim, device=self._compute.device)
