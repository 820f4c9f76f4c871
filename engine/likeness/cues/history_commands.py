"""What a performer can tell the past, by OSC address and by one fader. Each command may be called on any thread."""

from collections.abc import Callable, Mapping

from likeness.cues.bank import Cue, cue_name
from likeness.cues.commands import UNITS, CueCommands
from likeness.cues.parameter_history import ParameterHistory
from likeness.cues.recall import CueRecall, Travel, is_recalled
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

    def __init__(self, store: ParamStore, recaller: CueRecall, cues: CueCommands) -> None:
        self._store, self._recaller, self._cues = store, recaller, cues
        self._log = ParameterHistory()
        store.journal = self._log.add
        # Where in the show's time the hand took the fader, and what it says.
        self._edge = 0.0
        self._scrub = 1.0
        self._return = Travel(0.0)
        self.commands: Mapping[str, Callable[..., None]] = {
            "/history/recall": self.recall,
            "/history/store": self.keep,
            "/history/live": self.live,
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
        back = _back(ago, unit)
        travel = self._cues.travel(*travel_time) if travel_time else self._cues.travel(None)

        def find() -> Cue:
            moment = self._time(back)
            then = self._log.targets_at(moment)
            cue = Cue({address: value for address, value in then.items() if is_recalled(address)})
            self._store.emit(Capture(cue.face.put, moment))
            return cue

        self._recaller.recall(f"{back.amount:g} {'bars' if back.in_bars else 's'} ago", find, travel)

    def keep(self, place: object, ago: object = None, unit: object = "bars") -> None:
        """Make a cue of a moment that has passed: the one that `scrub` stands at, or of so long ago.

        Raises:
            CueError: where there is no such place or time, or none is said and nobody scrubs.
        """
        if ago is None and self._scrub >= 1.0:
            raise CueError(f"which moment? /history/store {place} -8 is eight bars ago; or play it with scrub first")
        back = None if ago is None else _back(ago, unit)

        def fill(cue: Cue) -> float:
            moment = self._scrubbed() if back is None else self._time(back)
            self._recaller.fill(cue)
            # Of modulators there is no past: such a cue leaves them as they are.
            cue.modulation = None
            cue.values = {**cue.values, **{a: v for a, v in self._log.targets_at(moment).items() if a in cue.values}}
            return moment

        self._cues.keep(cue_name(place), fill)

    def live(self, time: object = None, unit: object = "s") -> None:
        """Come back to the present from the past. Raises like `recall`."""
        self._return = self._cues.travel(time, unit)
        self._store.set("history.scrub", 1.0)

    def between(self, time: float, beat: float) -> None:
        """Follow the show and the fader. The show's thread, before each frame."""
        self._log.watch(time, beat)
        scrub = float(self._store.snapshot["history"]["scrub"])
        if scrub == self._scrub:
            return
        if self._scrub >= 1.0:
            self._edge = time
        self._scrub = scrub
        if scrub < 1.0:
            self._store.post(Past(self._scrubbed()))
            self._return = self._cues.travel(None)
        else:
            self._store.post(Past(None, self._recaller.seconds(self._return)))

    def _scrubbed(self) -> float:
        return self._edge - (1.0 - self._scrub) * float(self._store.snapshot["history"]["span"])

    def _time(self, back: Travel) -> float:
        """Return the show's time of a moment that has passed."""
        if not back.in_bars:
            return self._log.time - back.amount
        meter = float(self._store.snapshot["show"]["meter"])
        return self._log.time_of(self._log.beat - back.amount * meter)


def _back(ago: object, unit: object) -> Travel:
    number = to_number(ago)
    if number is None or str(unit) not in UNITS:
        raise CueError(f"{ago!r} {unit!r} is no moment of the past; say -8 for eight bars ago, or -10 s")
    return Travel(abs(number), UNITS[str(unit)])
