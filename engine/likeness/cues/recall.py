"""Brings cues and moments of the past back: at once or on a line of the beat, over seconds or bars, and undoes it."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from likeness.cues.bank import Cue
from likeness.easing import ROUNDING
from likeness.errors import CueError
from likeness.events import Capture, Recall
from likeness.host.host import Host
from likeness.master import BY_HAND
from likeness.parameters.modulation import Modulation
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Choice, Float, Trigger
from likeness.tempo.quantise import next_on_grid, schedule_arrival, to_beats
from likeness.tempo.transport import Moment

log = logging.getLogger(__name__)

PARAMS = (
    Float("seconds", 2.0, max=600.0, unit="s", help="How long a recall takes that names no time; 0 cuts."),
    Choice("quantise", "off", ["off", "beat", "bar"], help="Recalls wait for the next beat or bar."),
    Choice(
        "land",
        "start",
        ["start", "arrival"],
        help="What of a recall falls on the line that quantise names: its start or its arrival on the screen.",
    ),
    Bool("arm", help="While it is on, pads store a cue instead of recalling one."),
    Trigger("next", help="Recall the cue of the next numbered place that holds one."),
    Trigger("undo", help="Bring back what was before the last recall, or drop the one that waits."),
    Trigger("release", help="Let the face that was called up go: what the plugins draw comes back."),
)
OWNERS = frozenset({"cue", "history"})
# What a hand or a clock alone decides, and no cue.
NOT_RECALLED = BY_HAND | {"show.tempo", "show.meter"}
# How many beats lie between two lines.
GRID_BEATS: Mapping[str, Callable[[Moment], float]] = MappingProxyType(
    {"beat": lambda moment: 1.0, "bar": lambda moment: float(moment.beats_per_bar)}
)
# How many recalls can be undone.
MAX_UNDO = 32
# A cut makes floats arrive in its frame too, glide or not: the store takes no time at all for a glide.
CUT_S = 1e-6


@dataclass(frozen=True)
class Duration:
    """How long a recall takes: seconds, or bars at the tempo at which it begins."""

    amount: float
    in_bars: bool = False

    def seconds(self, moment: Moment) -> float:
        """Return it in seconds."""
        return self.amount * moment.beats_per_bar * 60.0 / moment.tempo if self.in_bars else self.amount


@dataclass
class _Waiting:
    """A recall that is to begin on a line."""

    name: str
    begin: Callable[[Moment], None]
    duration: Duration
    every: str
    start: float | None = None


def is_recalled(address: str) -> bool:
    """Whether a cue holds the parameter: neither the master, nor the tempo, nor cues and history themselves."""
    return address not in NOT_RECALLED and address.partition(".")[0] not in OWNERS


class CueRecall:
    """All of it belongs to the show's thread, but for `recall`: what is asked for happens in its order.

    Args:
        store, host: of the show.
        moment: returns where the music is.
        latency_s: returns how long a frame takes to be seen.
        on_change: called on the show's thread after each recall.
        modulation: of the show.
    """

    def __init__(
        self,
        store: ParamStore,
        host: Host,
        moment: Callable[[], Moment],
        latency_s: Callable[[], float] = lambda: 0.0,
        on_change: Callable[[], None] = lambda: None,
        modulation: Modulation | None = None,
    ) -> None:
        self._store, self._host, self._modulation = store, host, modulation
        self._moment, self._latency_s, self._on_change = moment, latency_s, on_change
        self._waiting: _Waiting | None = None
        # Which one was begun last, and when it arrives, in the show's time.
        self._current, self._ends_at, self._time = "", 0.0, 0.0
        self._undo_stack: deque[tuple[str, Cue, Duration]] = deque(maxlen=MAX_UNDO)

    def fill_cue(self, cue: Cue) -> None:
        """Put into `cue` what is asked of parameters, modulators and the rack. Within an edit, on the show's thread."""
        targets = self._store.targets()
        flat = {f"{owner}.{name}": value for owner, values in targets.items() for name, value in values.items()}
        cue.values = {address: value for address, value in flat.items() if is_recalled(address)}
        cue.rack = self._plugin_order()
        cue.modulation = self._modulation.entries if self._modulation else None

    def return_to_present(self) -> None:
        """Put the fader of the past back to the present. Within an edit, on the show's thread."""
        edit, _ = self._store.prepare("history.scrub", 1.0)
        edit()

    def to_seconds(self, travel: Duration) -> float:
        """Return how long `travel` takes if it begins now."""
        return travel.seconds(self._moment())

    def recall(self, name: str, find: Callable[[], Cue], duration: Duration) -> None:
        """Bring a cue back in the next frame. Any thread. Takes what `recall_now` does."""
        self._store.run(lambda: self.recall_now(name, find, duration))

    def recall_now(self, name: str, find: Callable[[], Cue], duration: Duration) -> None:
        """Bring a cue back, now or on the line that `cue.quantise` names; the newest of those that wait is the one.

        Within an edit, so that a quantise that stands before the recall in one bundle counts.

        Args:
            name: for messages.
            find: returns the cue when it begins; raises nothing.
            travel: how long it takes.
        """

        def begin(moment: Moment) -> None:
            self._begin(name, find(), duration, moment, is_undo=False)

        every = str(self._store.target("cue.quantise"))
        if every == "off":
            self._waiting = None
            begin(self._moment())
        else:
            self._waiting = _Waiting(name, begin, duration, every)

    def cue_state(self, name: str) -> Literal["fading", "active"] | None:
        """Say whether `name` is under way or waits for its line, or is what was recalled last. Any thread."""
        waiting = self._waiting
        if waiting is not None and waiting.name == name:
            return "fading"
        if self._current != name:
            return None
        return "fading" if self._time < self._ends_at else "active"

    def clear_active(self) -> None:
        """Say that no cue is shown any more."""
        self._current = ""

    def cancel_waiting(self) -> None:
        """Let go of what waits for a line. Within an edit."""
        if self._waiting is not None:
            log.info("%s, which had not begun, is dropped", self._waiting.name)
            self._waiting = None
        self._ends_at = min(self._ends_at, self._time)

    def undo(self) -> str:
        """Bring back what was before the last recall, in the time that it took; or drop the one that waits.

        Within an edit.

        Returns:
            What was undone, in words.

        Raises:
            CueError: where there is nothing to undo.
        """
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            return f"{waiting.name}, which had not begun"
        try:
            name, before, travel = self._undo_stack.pop()
        except IndexError:
            raise CueError("there is no recall to undo") from None
        self._begin(f"before {name}", before, travel, self._moment(), is_undo=True)
        return name

    def advance(self, time: float, beat: float) -> None:
        """Begin what waits for a line, in the first frame on or after it."""
        self._time = time
        waiting = self._waiting
        if waiting is None:
            return
        moment = self._moment()
        if waiting.start is None or waiting.start - beat > GRID_BEATS[waiting.every](moment) + ROUNDING:
            # The line is further off than the next one can be: whoever leads the beat has set it back.
            waiting.start = self._start_beat(waiting, moment)
        if beat >= waiting.start - ROUNDING:
            self._store.run(lambda: self._begin_waiting(waiting, moment))

    def _begin_waiting(self, waiting: _Waiting, moment: Moment) -> None:
        # What stood before this in the inbox may have dropped it, or put another in its place.
        if self._waiting is waiting:
            self._waiting = None
            waiting.begin(moment)

    def _start_beat(self, waiting: _Waiting, moment: Moment) -> float:
        every = GRID_BEATS[waiting.every](moment)
        if self._store.snapshot["cue"]["land"] == "start":
            return next_on_grid(moment.beat, every)
        travel = to_beats(waiting.duration.seconds(moment), moment.tempo)
        return schedule_arrival(moment.beat, every, travel, to_beats(self._latency_s(), moment.tempo))[0]

    def _begin(self, name: str, cue: Cue, duration: Duration, moment: Moment, *, is_undo: bool) -> None:
        """Set all of it off in one frame. Within an edit, on the show's thread."""
        seconds = max(duration.seconds(moment), 0.0)
        values = {address: value for address, value in cue.values.items() if is_recalled(address)}
        edit, refused = self._store.prepare_recall(values, max(seconds, CUT_S))
        if refused:
            # A plugin that has left the rack refuses one value for each of its knobs.
            log.warning("cue %s: %d values do not fit; %s", name, len(refused), refused[0])
        if not is_undo:
            self._push_undo(name, cue, duration)
        edit()
        if self._modulation is not None and cue.modulation is not None:
            self._modulation.recall(cue.modulation, seconds)
        self._current, self._ends_at = name, self._time + seconds
        self.return_to_present()
        self._store.emit(Recall(name, seconds, cue.face.get, cue.rack))
        self._on_change()

    def _push_undo(self, name: str, cue: Cue, duration: Duration) -> None:
        known = [address for address in cue.values if address in self._store]
        before = Cue({address: self._store.target(address) for address in known}, self._plugin_order())
        if self._modulation is not None and cue.modulation is not None:
            before.modulation = self._modulation.entries
        self._store.emit(Capture(before.face.set))
        self._undo_stack.append((name, before, duration))

    def _plugin_order(self) -> tuple[str, ...]:
        return tuple(slot.name for slot in self._host.rack)
