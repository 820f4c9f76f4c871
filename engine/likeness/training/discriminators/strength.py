"""Adaptive augmentation strength: it rises while the discriminator is too sure of photographs [Karras et al. 2020]."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

# Of the paper: r_t at which p stays (sec. 3.3), pictures in which p could go from 0 to 1, steps between two updates.
TARGET = 0.6
FULL_SPEED = 500_000
UPDATE_PERIOD = 4
Average = Callable[[list[Tensor]], None]


class AugmentStrength:
    """The probability p, moved every few steps toward where r_t = E[sign D(real)] is at its target.

    All tensors stay on the device: nothing here waits for it.

    Args:
        target: r_t wanted, in (-1, 1).
        speed: photographs in which p goes from 0 to 1 at most; fewer where a run is short.
        device: of the logits.
    """

    def __init__(self, target: float = TARGET, speed: int = FULL_SPEED, device: torch.device | str = "cpu") -> None:
        self.target, self.speed = target, speed
        self.p = torch.zeros((), device=device)
        self._signs = torch.zeros((), device=device)
        self._seen = torch.zeros((), device=device)
        self.r = torch.zeros((), device=device)

    def observe(self, real: Tensor) -> None:
        """Count the logits [...] of photographs."""
        self._signs += real.detach().sign().sum()
        self._seen += real.numel()

    def step(self, step: int, images: int, average: Average | None = None) -> None:
        """End a step.

        Args:
            step: number of the step that ends, from 0.
            images: photographs of one step, over all processes.
            average: replaces tensors by their means over the processes of a run, in place.
        """
        if (step + 1) % UPDATE_PERIOD:
            return
        if average is not None:
            average([self._signs, self._seen])
        self.r = self._signs / self._seen.clamp(min=1)
        self.p = (self.p + (self.r - self.target).sign() * (images * UPDATE_PERIOD / self.speed)).clamp(0, 1)
        self._signs, self._seen = torch.zeros_like(self._signs), torch.zeros_like(self._seen)

    def state(self) -> dict[str, Tensor]:
        """Return the state that a checkpoint must hold."""
        return {"p": self.p, "signs": self._signs, "seen": self._seen, "r": self.r}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Restore what `state` returned."""
        self.p, self._signs, self._seen, self.r = (
            state[name].to(self.p.device) for name in ("p", "signs", "seen", "r")
        )
