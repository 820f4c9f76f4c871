"""WGAN with gradient penalty [Gulrajani et al. 2017], for a few dozen pictures of one person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from likeness.generators.networks.dcgan import Decoder
from likeness.generators.weights_file import WeightsHeader, write_weights
from likeness.training.compute import Compute
from likeness.training.critic import Critic, widths_for
from likeness.training.critic_recipe import CriticRecipe, CriticSettings
from likeness.training.knob_sweep import sweep_noise
from likeness.training.recipe import EXPORT, own_settings
from likeness.training.settings import Settings


class WGANRecipe(CriticRecipe):
    """A generator that draws of noise alone, judged picture by picture."""

    def __init__(self, settings: Settings, compute: Compute) -> None:
        own = own_settings(CriticSettings, settings.own)
        own.check()
        self.z_dim = own.z_dim
        widths = widths_for(settings.size, own.width)
        self._begin(settings, own, compute, Decoder(self.z_dim, widths), Critic(widths))

    def _draw_for_critic(self, batch: Tensor) -> Tensor:
        fake: Tensor = self._generator(self._noise(len(batch)))
        return fake

    def draw(self, z: Tensor) -> Tensor:
        """Return the average's pictures."""
        images: Tensor = self._average(z)
        return images

    def export(self, folder: Path) -> None:
        """Write the average as a decoder that opens as family "dcgan"."""
        decoder = self._average
        arguments: dict[str, Any] = {"modules": decoder.order, "slope": decoder.slope, "output": decoder.output}
        write_weights(folder / EXPORT, WeightsHeader("dcgan", arguments, self._licence), decoder.state_dict())

    def finale(self) -> Mapping[str, Tensor]:
        """Return the sweep of all knobs."""
        return {"sweep": sweep_noise(self.z_dim)}
