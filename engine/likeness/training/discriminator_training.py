"""Discriminators with their losses, penalties and augmentation, behind one interface: projected and adaptive."""

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
from likeness.training.discriminators.projected import FEATURE_DEVIATIONS
from likeness.training.discriminators.strength import AugmentStrength

FeatureMaps = Sequence[Tensor]
# Steps between two penalties, each of which counts so many times [Karras et al. 2020b, sec. 3.1].
PENALTY_PERIOD = 16
# Gamma of the penalty for a batch of one at one pixel [Karras et al. 2020, official code, "auto"].
R1_GAMMA = 2e-4


class DiscriminatorTrainer(ABC):
    """A discriminator with its losses; `features` of generated pictures are computed once for both players' steps.

    Attributes:
        network: the part that is trained and saved.
        has_penalty: whether `penalty` returns anything to learn from.
    """

    network: nn.Module
    has_penalty: bool = False

    @abstractmethod
    def features(self, images: Tensor) -> list[Tensor]:
        """Return the trained part's input maps of `images` [batch, 3, H, W], augmented; the gradient flows through."""

    @abstractmethod
    def discriminator_loss(self, real: Tensor, fake: FeatureMaps) -> Tensor:
        """Return the discriminator's loss on photographs [batch, 3, H, W] and on detached `features` of fakes."""

    @abstractmethod
    def generator_loss(self, fake: FeatureMaps) -> Tensor:
        """Return the generator's loss on `features` of its pictures."""

    def penalty(self, real: Tensor) -> Tensor:
        """Return the penalty that is added to the loss every `PENALTY_PERIOD` steps, as many times as strongly."""
        return torch.zeros((), device=real.device)

    def step(self, step: int, images: int) -> dict[str, Tensor]:
        """End step number `step`, of `images` photographs; return figures to show."""
        return {}

    def state(self) -> dict[str, Any]:
        """Return the state that a checkpoint must hold beside the network."""
        return {}

    def load(self, state: Mapping[str, Any]) -> None:  # noqa: B027 - most have nothing to restore
        """Restore what `state` returned."""


class ProjectedTrainer(DiscriminatorTrainer):
    """Frozen features, four heads, hinge loss [Sauer et al. 2021].

    Args:
        features: frozen, on the device.
        size: px to which pictures are scaled for them.
        width: of the heads.
    """

    def __init__(self, features: EfficientNetLite, size: int, width: int) -> None:
        self._discriminator = ProjectedDiscriminator(features, size=size, width=width, levels=FEATURE_DEVIATIONS)
        self.network = self._discriminator

    def features(self, images: Tensor) -> list[Tensor]:
        """Return mixed features of pictures under DiffAugment."""
        return self._discriminator.project(images)

    def discriminator_loss(self, real: Tensor, fake: FeatureMaps) -> Tensor:
        """Return the hinge loss."""
        with torch.no_grad():
            maps = self._discriminator.project(real)
        return hinge_discriminator(self._discriminator.score(maps), self._discriminator.score(fake))

    def generator_loss(self, fake: FeatureMaps) -> Tensor:
        """Return the mean logit, negated."""
        return hinge_generator(self._discriminator.score(fake))


class AdaTrainer(DiscriminatorTrainer):
    """A whole network, logistic loss, lazy R1, augmentation as often as overfitting asks for [Karras et al. 2020].

    The slope is penalised at the augmented photographs: torch cannot take a second gradient through the resampling.

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
        compute: Compute,
    ) -> None:
        self._discriminator = AdaDiscriminator(size, channel_base=channel_base, channel_max=channel_max).to(
            compute.device
        )
        self.network = self._discriminator
        self.has_penalty = True
        self._gamma = R1_GAMMA * size**2 / batch
        self._strength = AugmentStrength(target, int(speed), compute.device)
        self._average = compute.average

    def features(self, images: Tensor) -> list[Tensor]:
        """Return augmented pictures."""
        return [self._augment(images)]

    def _augment(self, images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, enabled=False):
            return augment(images.float(), self._strength.p)

    def discriminator_loss(self, real: Tensor, fake: FeatureMaps) -> Tensor:
        """Return the logistic loss."""
        logits = self._discriminator(self._augment(real))
        self._strength.observe(logits)
        return logistic_discriminator(logits, self._discriminator(fake[0]))

    def generator_loss(self, fake: FeatureMaps) -> Tensor:
        """Return the non-saturating loss."""
        return logistic_generator(self._discriminator(fake[0]))

    def penalty(self, real: Tensor) -> Tensor:
        """Return gamma times R1, in full precision: a second gradient loses too much in sixteen bits."""
        return r1_penalty(self._discriminator, augment(real, self._strength.p)) * self._gamma

    def step(self, step: int, images: int) -> dict[str, Tensor]:
        """Move the augmentation's strength."""
        self._strength.step(step, images, self._average)
        return {"augment": self._strength.p, "real_sign": self._strength.r}

    def state(self) -> dict[str, Any]:
        """Return the augmentation's strength."""
        return dict(self._strength.state())

    def load(self, state: Mapping[str, Any]) -> None:
        """Restore the augmentation's strength."""
        self._strength.load(state)
