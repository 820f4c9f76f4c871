"""Cue recall: fades to a stored cue or a moment of the past over seconds or bars, waits for the beat, undo."""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from likeness.cues.bank import Cue
from likeness.cues.latent_commands import Capture
from likeness.easing import ROUNDING
from likeness.errors import CueError
from likeness.events import Recall
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
    Trigger("restore", help="Bring back the cue that was overwritten or cleared last."),
    Trigger("release", help="Let the face that was called up go: what the plugins draw comes back."),
)
OWNERS = frozenset({"cue", "history", "preset"})
# Set by hand or by a clock alone, never by a cue.
NOT_RECALLED = BY_HAND | {"show.tempo", "show.meter", "show.hang", "show.fit"}
# Beats between two points of the grid that a recall waits for.
GRID_BEATS: Mapping[str, Callable[[Moment], float]] = MappingProxyType(
    {"beat": lambda moment: 1.0, "bar": lambda moment: float(moment.beats_per_bar)}
)
MAX_UNDO = 32
# What a cut takes, so that floats with a glide arrive in its frame too: to the store 0 s means their own glide.
CUT_S = 1e-6


@dataclass(frozen=True)
class Duration:
    """How long a recall takes: seconds, or bars at the tempo at which it begins."""

    amount: float
    in_bars: bool = False

    def seconds(self, moment: Moment) -> float:
        """Return the duration in seconds at the tempo of `moment`."""
        return self.amount * moment.beats_per_bar * 60.0 / moment.tempo if self.in_bars else self.amount


@dataclass(frozen=True)
class RecallProgress:
    """Which cue was recalled last, whether it still travels, and which one waits for its beat."""

    cue: Cue | None = None
    travels: bool = False
    waiting: Cue | None = None


@dataclass
class _Waiting:
    """A recall that waits for the grid."""

    name: str
    cue: Cue | None
    begin: Callable[[Moment], None]
    duration: Duration
    every: str
    start: float | None = None


def state_of(cue: Cue, progress: RecallProgress) -> Literal["fading", "active"] | None:
    """Return "fading" for a cue that travels or waits for its beat, "active" for the one recalled last, else None."""
    if cue is progress.waiting:
        return "fading"
    if cue is not progress.cue:
        return None
    return "fading" if progress.travels else "active"


def is_recalled(address: str) -> bool:
    """Return whether cues hold the parameter: not the master, the tempo, nor cues, history and morph themselves."""
    return address not in NOT_RECALLED and address.partition(".")[0] not in OWNERS


class CueRecall:
    """Runs recalls: the parameters, the modulators, the rack and the face set off in one frame.

    All of it belongs to the show's thread, but `recall` and `cue_state`, which any thread may call. `recall_now`,
    `undo` and `cancel_waiting` run within an edit of the store, so that a bundle's messages take effect in their order;
    `advance` runs before each frame and starts a recall that has waited for the beat. The face travels on the render
    thread, which gets a `Recall` event; an undo captures the face that it replaces there by a `Capture` event. Values
    that do not fit are one line in the log, and the rest of the cue is recalled.

    Args:
        store, host: of the show.
        moment: returns the transport's `Moment`.
        latency_s: returns how long a frame takes to reach the screen.
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
        # The newest recall's cue, and when it ends, in the show's time.
        self._current: Cue | None = None
        self._ends_at = self._time = 0.0
        # The cue that is not yet known to have arrived.
        self._arriving: Cue | None = None
        self._undo_stack: deque[tuple[str, Cue, Duration]] = deque(maxlen=MAX_UNDO)

    def fill_cue(self, cue: Cue) -> None:
        """Fill `cue` with the targets, the modulators and the rack. Within an edit, on the show's thread."""
        targets = self._store.targets()
        flat = {f"{owner}.{name}": value for owner, values in targets.items() for name, value in values.items()}
        cue.values = {address: value for address, value in flat.items() if is_recalled(address)}
        cue.rack = self._plugin_order()
        cue.modulation = self._modulation.entries if self._modulation else None

    def return_to_present(self) -> None:
        """Set the scrub fader to the present. Within an edit, on the show's thread."""
        edit, _ = self._store.prepare("history.scrub", 1.0)
        edit()

    def to_seconds(self, duration: Duration) -> float:
        """Return `duration` in seconds at the tempo of now."""
        return duration.seconds(self._moment())

    def recall(self, name: str, find: Callable[[], Cue], duration: Duration) -> None:
        """Recall a cue in the next frame. Any thread. Takes the arguments of `recall_now`."""
        self._store.run(lambda: self.recall_now(name, find, duration))

    def recall_now(self, name: str, find: Callable[[], Cue], duration: Duration, cue: Cue | None = None) -> None:
        """Recall a cue now, or on the beat or bar that `cue.quantise` asks for, instead of the recall that waits.

        Within an edit, so that a `cue.quantise` before it in the same bundle counts.

        Args:
            name: for messages.
            find: returns the cue when the recall begins; raises nothing.
            duration: of the recall.
            cue: the stored cue that `find` returns, if it is one: its pad pulses while it waits.
        """

        def begin(moment: Moment) -> None:
            self._begin(name, find(), duration, moment, is_undo=False)

        every = str(self._store.target("cue.quantise"))
        if every == "off":
            self._waiting = None
            begin(self._moment())
        else:
            self._waiting = _Waiting(name, cue, begin, duration, every)

    def progress(self) -> RecallProgress:
        """Return how far recalls are. Any thread."""
        waiting = self._waiting
        return RecallProgress(self._current, self._time < self._ends_at, waiting.cue if waiting else None)

    def cue_state(self, cue: Cue) -> Literal["fading", "active"] | None:
        """Return "fading" for the cue that travels or waits for its beat, "active" for the last one. Any thread."""
        return state_of(cue, self.progress())

    def pop_arrived(self) -> Cue | None:
        """Return the cue whose recall has ended, once; None if there is none. The show's thread, before a frame."""
        if self._arriving is None or self._time < self._ends_at - ROUNDING:
            return None
        cue, self._arriving = self._arriving, None
        return cue

    def clear_active(self) -> None:
        """Forget which cue was recalled last."""
        self._current = self._arriving = None

    def cancel_waiting(self) -> None:
        """Drop the recall that waits for a beat. Within an edit."""
        if self._waiting is not None:
            log.info("recall of %s dropped before it began", self._waiting.name)
            self._waiting = None
        self._ends_at, self._arriving = min(self._ends_at, self._time), None

    def undo(self) -> str:
        """Return to the state before the last recall, in the time that it took; or drop the recall that waits.

        Within an edit.

        Returns:
            What was undone, in words.

        Raises:
            CueError: if there is nothing to undo.
        """
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            return f"{waiting.name}, which had not begun"
        try:
            name, before, duration = self._undo_stack.pop()
        except IndexError:
            raise CueError("there is no recall to undo") from None
        self._begin(f"before {name}", before, duration, self._moment(), is_undo=True)
        return name

    def advance(self, time: float, beat: float) -> None:
        """Begin the recall that waits, in the first frame on or after its beat."""
        self._time = time
        waiting = self._waiting
        if waiting is None:
            return
        moment = self._moment()
        if waiting.start is None or waiting.start - beat > GRID_BEATS[waiting.every](moment) + ROUNDING:
            # Further off than the next point of the grid can be: the beat was set back.
            waiting.start = self._start_beat(waiting, moment)
        if beat >= waiting.start - ROUNDING:
            self._store.run(lambda: self._begin_waiting(waiting, moment))

    def _begin_waiting(self, waiting: _Waiting, moment: Moment) -> None:
        # An edit before this one in the inbox may have dropped or replaced it.
        if self._waiting is waiting:
            self._waiting = None
            waiting.begin(moment)

    def _start_beat(self, waiting: _Waiting, moment: Moment) -> float:
        every = GRID_BEATS[waiting.every](moment)
        if self._store.snapshot["cue"]["land"] == "start":
            return next_on_grid(moment.beat, every)
        length = to_beats(waiting.duration.seconds(moment), moment.tempo)
        return schedule_arrival(moment.beat, every, length, to_beats(self._latency_s(), moment.tempo))[0]

    def _begin(self, name: str, cue: Cue, duration: Duration, moment: Moment, *, is_undo: bool) -> None:
        """Start everything that the cue holds in one frame. Within an edit, on the show's thread."""
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
        self._current, self._arriving, self._ends_at = cue, cue, self._time + seconds
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
