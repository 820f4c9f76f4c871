"""Commands of the cues and the history to the latent stage after the plugins; plugins never see them."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from likeness.events import LatentCommand


@dataclass(frozen=True)
class Release(LatentCommand):
    """Fade from the recalled face back to what the plugins draw, within `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Capture(LatentCommand):
    """Call `take` on the render thread with the latent `[num_ws, w_dim]` that was shown last, or at `time`."""

    take: Callable[[Tensor], None]
    time: float | None = None


@dataclass(frozen=True)
class Past(LatentCommand):
    """Show the picture of the show's `time`; None comes back to the present within `seconds`."""

    time: float | None
    seconds: float = 0.0
