"""History commands: recall and store moments of the last ten minutes, by OSC address, and scrub them by a fader."""

from collections.abc import Callable, Mapping

from likeness.cues.bank import Cue, parse_cue_name
from likeness.cues.commands import UNITS, CueCommands
from likeness.cues.latent_commands import Capture, Past
from likeness.cues.parameter_history import ParameterHistory
from likeness.cues.recall import CueRecall, Duration, is_recalled
from likeness.errors import CueError
from likeness.parameters.store import ParamStore
from likeness.params import Float, to_number

PARAMS = (
    Float("scrub", 1.0, help="Plays the past by hand: 1 is the present, 0 is span seconds before the hand took it."),
    Float("span", 60.0, min=1.0, max=600.0, unit="s", help="How far back the whole way of scrub goes."),
)


class HistoryCommands:
    """What a performer does with the past: `/history/recall`, `/history/store`, `/history/live` and the scrub fader.

    Any thread may call a command; it checks its arguments at once and leaves the rest to the store's inbox. The show's
    thread calls `advance` before each frame: it records the targets, and turns a move of the fader into a `Past` event
    for the render thread. Faces of the past are in `LatentStage.history`, targets here.

    Args:
        store: of the show; its targets are remembered.
        recall: runs recalls.
        cues: stores the cues.

    Attributes:
        commands: by OSC address.
    """

    def __init__(self, store: ParamStore, recall: CueRecall, cues: CueCommands) -> None:
        self._store, self._recall, self._cues = store, recall, cues
        self._parameter_history = ParameterHistory()
        store.on_set(self._parameter_history.record)
        store.journal.replayers["return"] = self._return
        # The show's time at which the fader left the present, and where the fader stands.
        self._scrub_from = 0.0
        self._scrub = 1.0
        self._return_duration = Duration(0.0)
        self.commands: Mapping[str, Callable[..., None]] = {
            "/history/recall": self.recall,
            "/history/store": self.store,
            "/history/live": self.return_to_live,
        }

    def recall(self, ago: object, *rest: object) -> None:
        """Recall the face and the values of some bars or seconds ago: -8, or -10 "s".

        Args:
            ago: how far back, in bars unless "s" follows; the sign does not matter.
            rest: that unit, then how long the recall takes, with a unit of its own: 4, or 2 "bars". `cue.seconds` if
                left out.

        Raises:
            CueError: if one of them is no duration.
        """
        unit, duration_words = (rest[0], rest[1:]) if rest and isinstance(rest[0], str) else ("bars", rest)
        back = _parse_ago(ago, unit)
        duration = self._cues.parse_duration(*duration_words) if duration_words else self._cues.parse_duration(None)

        def find() -> Cue:
            moment = self._time_before(back)
            then = self._parameter_history.targets_at(moment)
            cue = Cue({address: value for address, value in then.items() if is_recalled(address)})
            self._store.emit(Capture(cue.face.set, moment))
            return cue

        self._recall.recall(f"{back.amount:g} {'bars' if back.in_bars else 's'} ago", find, duration)

    def store(self, name: object, ago: object = None, unit: object = "bars") -> None:
        """Store a moment of the past as the cue `name`: the one that `scrub` stands at, or the one `ago`.

        Raises:
            CueError: if that is no cue's name or no time, or if `ago` is left out while `scrub` is at the present.
        """
        if ago is None and self._scrub >= 1.0:
            raise CueError(f"which moment? /history/store {name} -8 is eight bars ago; or play it with scrub first")
        back = None if ago is None else _parse_ago(ago, unit)

        def fill(cue: Cue) -> float:
            moment = self._scrubbed_time() if back is None else self._time_before(back)
            self._recall.fill_cue(cue)
            # Modulators are not recorded: such a cue leaves them as they are.
            cue.modulation = None
            cue.values = {
                **cue.values,
                **{a: v for a, v in self._parameter_history.targets_at(moment).items() if a in cue.values},
            }
            return moment

        self._cues.store_filled(parse_cue_name(name), fill)

    def return_to_live(self, time: object = None, unit: object = "s") -> None:
        """Return from the past to the present. Raises like `recall`."""
        duration = self._cues.parse_duration(time, unit)
        self._store.run(lambda: self._return(duration.amount, duration.in_bars))

    def _return(self, amount: float, in_bars: bool) -> None:
        self._store.journal.add_action("return", amount, in_bars)
        self._return_duration = Duration(amount, in_bars)
        self._recall.return_to_present()

    def advance(self, time: float, beat: float) -> None:
        """Record the frame and follow the fader. The show's thread, before each frame."""
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
        """Return the show's time of the moment `back` before now."""
        if not back.in_bars:
            return self._parameter_history.time - back.amount
        meter = float(self._store.snapshot["show"]["meter"])
        return self._parameter_history.time_of(self._parameter_history.beat - back.amount * meter)


def _parse_ago(ago: object, unit: object) -> Duration:
    number = to_number(ago)
    if number is None or str(unit) not in UNITS:
        raise CueError(f"{ago!r} {unit!r} is no moment of the past; say -8 for eight bars ago, or -10 s")
    return Duration(abs(number), UNITS[str(unit)])
