"""Two ways to be taught by a discriminator, behind one face: what it sees, what it learns, what it says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.training.compute import Compute
from likeness.training.discriminators import AdaDiscriminator, ProjectedDiscriminator
from likeness.training.discriminators.augment import augment
from likeness.training.discriminators.losses import (
    hinge_discriminator,
    hinge_generator,
    logistic_discriminator,
    logistic_generator,
    r1_penalty,
)
from likeness.training.discriminators.projected import LEVELS
from likeness.training.discriminators.strength import AugmentStrength

Seen = Sequence[Tensor]
# Steps between two penalties, which are weighed by it [Karras et al. 2020b, sec. 3.1].
LAZY = 16
# Gamma of the penalty for a batch of one at one pixel [Karras et al. 2020, official code, "auto"].
GAMMA = 2e-4


class Adversary(ABC):
    """A discriminator with its losses; it looks once at drawings for both players' steps.

    Attributes:
        network: what is trained and saved of it.
        penalised: whether it has a penalty.
    """

    network: nn.Module
    penalised: bool = False

    @abstractmethod
    def features(self, images: Tensor) -> list[Tensor]:
        """Return `images` [batch, 3, H, W] as the trained part sees them, augmented; the gradient flows through."""

    @abstractmethod
    def discriminator_loss(self, real: Tensor, drawn: Seen) -> Tensor:
        """Return its loss on photographs [batch, 3, H, W] and on what it has seen of drawings, without their graph."""

    @abstractmethod
    def generator_loss(self, drawn: Seen) -> Tensor:
        """Return the generator's loss for what was seen of its drawings."""

    def penalty(self, real: Tensor) -> Tensor:
        """Return what is learnt from beside `learn`, every `LAZY` steps and `LAZY` times as strongly."""
        return torch.zeros((), device=real.device)

    def step(self, step: int, images: int) -> dict[str, Tensor]:
        """End a step of so many photographs; return what there is to tell."""
        return {}

    def state(self) -> dict[str, Any]:
        """Return what else must be saved."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - most have nothing to take back
        """Take back what `state` returned."""


class Projected(Adversary):
    """Frozen features, four heads, hinge loss [Sauer et al. 2021].

    Args:
        features: frozen, on the device.
        seen: px at which they look.
        width: of the heads.
    """

    def __init__(self, features: EfficientNetLite, seen: int, width: int) -> None:
        self._judge = ProjectedDiscriminator(features, size=seen, width=width, levels=LEVELS)
        self.network = self._judge

    def features(self, images: Tensor) -> list[Tensor]:
        """Return mixed features of pictures under DiffAugment."""
        return self._judge.project(images)

    def discriminator_loss(self, real: Tensor, drawn: Seen) -> Tensor:
        """Return the hinge loss."""
        with torch.no_grad():
            seen = self._judge.project(real)
        return hinge_discriminator(self._judge.judge(seen), self._judge.judge(drawn))

    def generator_loss(self, drawn: Seen) -> Tensor:
        """Return the mean logit, negated."""
        return hinge_generator(self._judge.judge(drawn))


class Adaptive(Adversary):
    """A whole network, logistic loss, lazy R1, augmentation as often as overfitting asks for [Karras et al. 2020].

    The slope is penalised where the discriminator looks, at augmented photographs: torch cannot take a second
    gradient through the resampling.

    Args:
        size: of the pictures in px.
        channel_base, channel_max: of the network.
        batch: pictures of a step, over all processes; gamma falls with it.
        target: sign of the real logits at which the augmentation stays as it is.
        speed: photographs in which its probability could go from 0 to 1.
    """

    def __init__(
        self,
        size: int,
        channel_base: int,
        channel_max: int,
        batch: int,
        target: float,
        speed: float,
        engine: Compute,
    ) -> None:
        self._judge = AdaDiscriminator(size, channel_base=channel_base, channel_max=channel_max).to(engine.device)
        self.network = self._judge
        self.penalised = True
        self._gamma = GAMMA * size**2 / batch
        self._strength = AugmentStrength(target, int(speed), engine.device)
        self._average = engine.average

    def features(self, images: Tensor) -> list[Tensor]:
        """Return augmented pictures."""
        return [self._augmented(images)]

    def _augmented(self, images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, enabled=False):
            return augment(images.float(), self._strength.p)

    def discriminator_loss(self, real: Tensor, drawn: Seen) -> Tensor:
        """Return the logistic loss."""
        logits = self._judge(self._augmented(real))
        self._strength.observe(logits)
        return logistic_discriminator(logits, self._judge(drawn[0]))

    def generator_loss(self, drawn: Seen) -> Tensor:
        """Return the non-saturating loss."""
        return logistic_generator(self._judge(drawn[0]))

    def penalty(self, real: Tensor) -> Tensor:
        """Return gamma times R1, in full precision: a second gradient loses too much in sixteen bits."""
        return r1_penalty(self._judge, augment(real, self._strength.p)) * self._gamma

    def step(self, step: int, images: int) -> dict[str, Tensor]:
        """Move the augmentation's strength."""
        self._strength.step(step, images, self._average)
        return {"augment": self._strength.p, "real_sign": self._strength.r}

    def state(self) -> dict[str, Any]:
        """Return the augmentation's strength."""
        return dict(self._strength.state())

    def load(self, state: Mapping[str, Any]) -> None:
        """Take the augmentation's strength back."""
        self._strength.load(state)
