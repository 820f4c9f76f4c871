"""Noise maps of a StyleGAN2 as variables of a search, regularised to stay noise [Karras et al. 2020, app. D]."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

# Karras et al. 2020, app. D: maps are compared with themselves down to 8 px.
COARSEST = 8


class NoiseInputs:
    """One map for each noise input with a strength; normal numbers, drawn from a seed.

    Args:
        synthesis: whose layers hold a buffer `noise` `[1, 1, H, W]` and its `strength`.
        seed: of the first maps.
    """

    def __init__(self, synthesis: nn.Module, seed: int) -> None:
        self._strengths: dict[str, Tensor] = {}
        self.maps: dict[str, Tensor] = {}
        rng = torch.Generator().manual_seed(seed)
        for name, module in synthesis.named_modules():
            noise, strength = getattr(module, "noise", None), getattr(module, "strength", None)
            if not isinstance(noise, Tensor) or not isinstance(strength, Tensor) or noise.shape[:2] != (1, 1):
                continue
            if bool(strength != 0):
                key = f"{name}.noise"
                self._strengths[key] = strength.detach().clone()
                self.maps[key] = torch.randn(noise.shape, generator=rng).to(noise.device).requires_grad_()

    def values(self) -> dict[str, Tensor]:
        """Return the buffers to draw with, by name."""
        return {name: noise * self._strengths[name] for name, noise in self.maps.items()}

    def correlation(self) -> Tensor:
        """Return the squared correlation of neighbouring px, summed over a pyramid: 0 for pure noise [app. D]."""
        total = torch.zeros(())
        for noise in self.maps.values():
            level = noise
            while True:
                for axis in (2, 3):
                    total = total.to(level) + (level * level.roll(1, axis)).mean().square()
                if level.shape[-1] <= COARSEST:
                    break
                # Twice the mean: the half-size map has unit variance again.
                level = functional.avg_pool2d(level, 2) * 2
        return total

    @torch.no_grad()
    def normalise(self) -> None:
        """Bring each map back to zero mean and unit variance, in place."""
        for noise in self.maps.values():
            noise -= noise.mean()
            noise *= noise.square().mean().rsqrt()
