"""Report of a guard: what plays, what was started again and why, for monitors and for a line of the log each day."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from likeness.tools.guard.ladder import Rung

Doing = Literal["starting", "playing", "dark", "ended"]
ENDED: Doing = "ended"

DAY_S = 86_400.0
# Of a day; a show that dies more often is broken, and the newest say so.
MOST_DEATHS = 1000


class GuardReport:
    """Notes what the supervisor's thread does; any thread may ask `answer`.

    Args:
        now: seconds of a clock that never jumps.

    Attributes:
        keep: called with what happens, what plays and what has died, at each change, on the supervisor's thread.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.keep: Callable[[str, str, str], None] = lambda doing, rung, died: None
        self._lock = threading.Lock()
        self._doing: Doing = "starting"
        self._rung: Rung = "show"
        # When a show died, and why; of the last day.
        self._deaths: deque[tuple[float, str]] = deque(maxlen=MOST_DEATHS)
        # What the show says of itself, as JSON.
        self._health = ""
        self._gap_s = 0.0
        self._summed_at = now()

    def note(self, doing: Doing, rung: Rung) -> None:
        """Note what happens from now on."""
        with self._lock:
            self._doing, self._rung, self._health = doing, rung, ""
        self.keep(doing, rung, "")

    def note_health(self, health: str) -> None:
        """Note what the show says of itself."""
        self._health = health

    def note_death(self, why: str) -> None:
        """Note that what played has died."""
        with self._lock:
            self._deaths.append((self._now(), why))
        self.keep(self._doing, self._rung, why)

    def note_gap(self, seconds: float) -> None:
        """Note how long there was no picture."""
        self._gap_s = max(self._gap_s, seconds)

    def pop_summary(self) -> str:
        """Return the last day in a line once it is over; "" before."""
        if self._now() - self._summed_at < DAY_S:
            return ""
        self._summed_at = self._now()
        deaths, gap_s = self._recent(), self._gap_s
        self._gap_s = 0.0
        if not deaths:
            return "the last day: it played on, and was never started again"
        return f"the last day: started again {len(deaths)} times, longest without pictures {gap_s:.1f} s; {deaths[-1]}"

    def answer(self) -> tuple[bool, str]:
        """Return whether nobody need come now, and state and reasons as JSON, as `/health` of a show has them."""
        with self._lock:
            doing, rung, health = self._doing, self._rung, self._health
        deaths = self._recent()
        why = f": {deaths[-1]}" if deaths else ""
        state, reasons = _read(health)
        if doing == "dark":
            return True, _format("dark", [])
        if rung == "still":
            state, reasons = "error", [_reason("error", f"nothing plays, a still picture is shown{why}")]
        elif doing == "starting":
            state, reasons = "starting", [_reason("warning", f"it is being started again{why}")] if deaths else []
        elif rung == "fallback":
            state, reasons = "error", [_reason("error", f"the fallback plays instead of the show{why}"), *reasons]
        elif deaths:
            state = "warning" if state == "ok" else state
            reasons.append(_reason("warning", f"it was started again {len(deaths)} times in the last day{why}"))
        return state in ("ok", "warning"), _format(state, reasons)

    def _recent(self) -> list[str]:
        """Return why shows died in the last day, the newest last."""
        with self._lock:
            while self._deaths and self._now() - self._deaths[0][0] > DAY_S:
                self._deaths.popleft()
            return [why for _, why in self._deaths]


def _read(health: str) -> tuple[str, list[Any]]:
    """Return state and reasons of a show's health; one that says nothing is well as long as it plays."""
    try:
        said: Any = json.loads(health)
        return str(said["state"]), list(said["reasons"])
    except (ValueError, TypeError, KeyError):
        return "ok", []


def _reason(level: str, text: str) -> dict[str, str]:
    return {"level": level, "what": "show", "text": text}


def _format(state: str, reasons: list[Any]) -> str:
    return json.dumps({"state": state, "reasons": reasons})
