"""Time budgets of plugins: which one takes too much of a frame, and whether bypassing it would help."""

from collections.abc import Sequence
from dataclasses import dataclass

# Of the frame's time, where a plugin has no budget of its own.
SHARE = 0.5
# Overruns in a row: half a second at 60 fps, as with failures. A first frame that compiles something passes.
MOST_OVERRUNS = 30
# A frame that is late by many frame times counts as so many overruns, so that a plugin of half a second a frame is
# out after three of them and not after a quarter of a minute; one long stall alone never bypasses.
HEAVIEST = 10
# After a bypass nobody is struck until the show has shown what it gained.
PAUSE_MS = 2000.0


@dataclass(frozen=True)
class Cost:
    """What a plugin took in one frame and what it may take, in ms; a budget of 0 is half the frame."""

    name: str
    spent_ms: float
    budget_ms: float = 0.0


@dataclass(frozen=True)
class BudgetVerdict:
    """What came of one frame: who is newly over budget, and who must go."""

    flagged: tuple[str, ...] = ()
    bypass: str | None = None


CLEAR = BudgetVerdict()


class Budget:
    """Counts overruns. One thread, the render thread.

    Only a show that misses its rate is helped by a bypass, so a plugin over budget in a frame that is in time is
    flagged and goes on. On a slow machine everything is over budget: there a plugin is struck only where it costs more
    than the engine and the generator together, which are as slow as it is. Where several are, the costliest goes, and
    the rest wait for what that brings.

    Args:
        frame_ms: how long a frame may take; None where time is no object, as in a render.
    """

    def __init__(self, frame_ms: float | None = None) -> None:
        self.frame_ms = frame_ms
        self._over: dict[str, int] = {}
        self._overruns: dict[str, int] = {}
        self._pause_ms = 0.0

    def judge(self, costs: Sequence[Cost], draw_ms: float) -> BudgetVerdict:
        """Return the verdict on a frame that took `draw_ms` in all, its plugins `costs` of it."""
        if self.frame_ms is None:
            return CLEAR
        over = [cost for cost in costs if cost.spent_ms > self.allowed_ms(cost)]
        if not over and not self._over:
            self._pause_ms = max(self._pause_ms - draw_ms, 0.0)
            return CLEAR
        self._over = {cost.name: self._over.get(cost.name, 0) + 1 for cost in over}
        flagged = tuple(name for name, count in self._over.items() if count == MOST_OVERRUNS)
        return BudgetVerdict(flagged, self._strike(costs, over, draw_ms, self.frame_ms))

    def allowed_ms(self, cost: Cost) -> float:
        """Return what the plugin may take in a frame."""
        return cost.budget_ms or SHARE * (self.frame_ms or 0.0)

    def forget(self, name: str) -> None:
        """Start anew with a plugin, after it was changed."""
        self._over.pop(name, None)
        self._overruns.pop(name, None)

    def _strike(self, costs: Sequence[Cost], over: Sequence[Cost], draw_ms: float, frame_ms: float) -> str | None:
        self._pause_ms = max(self._pause_ms - max(draw_ms, frame_ms), 0.0)
        rest_ms = draw_ms - sum(cost.spent_ms for cost in costs)
        guilty = [cost for cost in over if cost.spent_ms > rest_ms] if draw_ms > frame_ms and not self._pause_ms else []
        self._overruns = {
            cost.name: self._overruns.get(cost.name, 0) + min(max(round(cost.spent_ms / frame_ms), 1), HEAVIEST)
            for cost in guilty
        }
        out = [cost for cost in guilty if self._overruns[cost.name] >= MOST_OVERRUNS]
        if not out:
            return None
        self._overruns, self._pause_ms = {}, PAUSE_MS
        return max(out, key=lambda cost: cost.spent_ms).name
