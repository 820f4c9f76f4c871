"""What a performer can tell the past, by OSC address and by one fader. Each command may be called on any thread."""

from collections.abc import Callable, Mapping

from likeness.cues.bank import Cue, parse_cue_name
from likeness.cues.commands import UNITS, CueCommands
from likeness.cues.parameter_history import ParameterHistory
from likeness.cues.recall import CueRecall, Duration, is_recalled
from likeness.errors import CueError
from likeness.events import Capture, Past
from likeness.parameters.store import ParamStore
from likeness.params import Float, to_number

PARAMS = (
    Float("scrub", 1.0, help="Plays the past by hand: 1 is the present, 0 is span seconds before the hand took it."),
    Float("span", 60.0, min=1.0, max=600.0, unit="s", help="How far back the whole way of scrub goes."),
)


class HistoryCommands:
    """Brings the past back, keeps it, plays it.

    Args:
        store: of the show; its journal is taken over.
        recaller: sets recalls off.
        cues: where moments are kept.

    Attributes:
        commands: by OSC address.
    """

    def __init__(self, store: ParamStore, recall: CueRecall, cues: CueCommands) -> None:
        self._store, self._recall, self._cues = store, recall, cues
        self._parameter_history = ParameterHistory()
        store.journal = self._parameter_history.record
        # Where in the show's time the hand took the fader, and what it says.
        self._scrub_from = 0.0
        self._scrub = 1.0
        self._return_duration = Duration(0.0)
        self.commands: Mapping[str, Callable[..., None]] = {
            "/history/recall": self.recall,
            "/history/store": self.store,
            "/history/live": self.return_to_live,
        }

    def recall(self, ago: object, *rest: object) -> None:
        """Bring back the face and the values of so many bars or seconds ago: -8, or -10 "s".

        Args:
            ago: how far back, in bars unless "s" comes behind it; the sign does not matter.
            rest: that unit, and the time in which it comes back, with its own: 4, or 2 "bars". `cue.seconds` without.

        Raises:
            CueError: where one of them is no such thing.
        """
        unit, travel_time = (rest[0], rest[1:]) if rest and isinstance(rest[0], str) else ("bars", rest)
        back = _parse_ago(ago, unit)
        travel = self._cues.parse_duration(*travel_time) if travel_time else self._cues.parse_duration(None)

        def find() -> Cue:
            moment = self._time_before(back)
            then = self._parameter_history.targets_at(moment)
            cue = Cue({address: value for address, value in then.items() if is_recalled(address)})
            self._store.emit(Capture(cue.face.set, moment))
            return cue

        self._recall.recall(f"{back.amount:g} {'bars' if back.in_bars else 's'} ago", find, travel)

    def store(self, place: object, ago: object = None, unit: object = "bars") -> None:
        """Make a cue of a moment that has passed: the one that `scrub` stands at, or of so long ago.

        Raises:
            CueError: where there is no such place or time, or none is said and nobody scrubs.
        """
        if ago is None and self._scrub >= 1.0:
            raise CueError(f"which moment? /history/store {place} -8 is eight bars ago; or play it with scrub first")
        back = None if ago is None else _parse_ago(ago, unit)

        def fill(cue: Cue) -> float:
            moment = self._scrubbed_time() if back is None else self._time_before(back)
            self._recall.fill_cue(cue)
            # Of modulators there is no past: such a cue leaves them as they are.
            cue.modulation = None
            cue.values = {
                **cue.values,
                **{a: v for a, v in self._parameter_history.targets_at(moment).items() if a in cue.values},
            }
            return moment

        self._cues.store_filled(parse_cue_name(place), fill)

    def return_to_live(self, time: object = None, unit: object = "s") -> None:
        """Come back to the present from the past. Raises like `recall`."""
        self._return_duration = self._cues.parse_duration(time, unit)
        self._store.set("history.scrub", 1.0)

    def advance(self, time: float, beat: float) -> None:
        """Follow the show and the fader. The show's thread, before each frame."""
        self._parameter_history.begin_frame(time, beat)
        scrub = float(self._store.snapshot["history"]["scrub"])
        if scrub == self._scrub:
            return
        if self._scrub >= 1.0:
            self._scrub_from = time
        self._scrub = scrub
        if scrub < 1.0:
            self._store.post(Past(self._scrubbed_time()))
            self._return_duration = self._cues.parse_duration(None)
        else:
            self._store.post(Past(None, self._recall.to_seconds(self._return_duration)))

    def _scrubbed_time(self) -> float:
        return self._scrub_from - (1.0 - self._scrub) * float(self._store.snapshot["history"]["span"])

    def _time_before(self, back: Duration) -> float:
        """Return the show's time of a moment that has passed."""
        if not back.in_bars:
            return self._parameter_history.time - back.amount
        meter = float(self._store.snapshot["show"]["meter"])
        return self._parameter_history.time_of(self._parameter_history.beat - back.amount * meter)


def _parse_ago(ago: object, unit: object) -> Duration:
    number = to_number(ago)
    if number is None or str(unit) not in UNITS:
        raise CueError(f"{ago!r} {unit!r} is no moment of the past; say -8 for eight bars ago, or -10 s")
    return Duration(abs(number), UNITS[str(unit)])
