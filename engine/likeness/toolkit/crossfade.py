"""Crossfade: a tensor led to a goal that has jumped, so that the picture does not."""

from torch import Tensor

from likeness.easing import smooth
from likeness.latent import lerp


class Crossfade:
    """Holds what was shown last. The render thread alone calls it."""

    def __init__(self) -> None:
        self._shown: Tensor | None = None
        self._start: Tensor | None = None
        self._along = 0.0

    @property
    def active(self) -> bool:
        """Whether the way has not arrived yet."""
        return self._start is not None

    def start(self) -> None:
        """Say that the goal jumps in this frame: the way to it begins where the picture stands."""
        self._start, self._along = self._shown, 0.0

    def step(self, goal: Tensor, dt: float, seconds: float) -> Tensor:
        """Return this frame's tensor: `goal` itself, or a point on the way to it.

        Args:
            goal: where it should be, which may itself move; kept, never changed.
            dt: seconds since the frame before.
            seconds: how long the way takes; 0 cuts.
        """
        if self._start is not None:
            self._along += dt / seconds if seconds > 0 else 1.0
            if self._along < 1.0:
                goal = lerp(self._start, goal, smooth(self._along))
            else:
                self._start = None
        self._shown = goal
        return goal
