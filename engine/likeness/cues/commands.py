"""What a performer can tell the cues, by OSC address. Each command may be called on any thread."""

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.bank import LAST_NUMBER, Cue, CueBank, parse_cue_name
from likeness.cues.recall import CueRecall, Duration
from likeness.errors import CueError, LikenessError
from likeness.events import Capture, Release
from likeness.parameters.store import ParamStore
from likeness.params import to_number
from likeness.paths import user_dir

log = logging.getLogger(__name__)

BANK = "main"
# Whether a unit counts bars.
UNITS = {"s": False, "seconds": False, "bar": True, "bars": True}


class CueCommands:
    """Stores, recalls, lets go.

    Args:
        store: of the show.
        recaller: sets recalls off.
        scribe: writes cues to the disk.
        on_change: called on the show's thread after each cue that was stored.

    Attributes:
        commands: by OSC address.
        bank: the cues that are in hand.
    """

    def __init__(
        self,
        store: ParamStore,
        recall: CueRecall,
        writer: BackgroundWriter,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._recall, self._writer, self._on_change = store, recall, writer, on_change
        self.bank = CueBank(user_dir("cues") / BANK, writer)
        self._last_recalled: str | None = None
        # OSC, MIDI and keys come on threads of their own.
        self._lock = threading.RLock()
        self.commands: Mapping[str, Callable[..., None]] = {
            "/cue/store": self.store,
            "/cue/recall": self.recall,
            "/cue/clear": self.clear,
            "/cue/bank": self.use_bank,
            **{f"/cue/pad/{place}": partial(self._press_pad_with, place) for place in range(1, LAST_NUMBER + 1)},
        }

        # Parameters, since a button sends 1 and then 0, which as the argument of a command would be a time.
        for pad, press in (("cue.next", self.next), ("cue.undo", self.undo), ("cue.release", self.release)):
            store.on_press(pad, _said(press))

    def store(self, place: object) -> None:
        """Keep what is shown, face and values, at `place`, over what was there.

        Raises:
            CueError: where there is no such place.
        """
        self.store_filled(parse_cue_name(place), self._recall.fill_cue)

    def store_filled(self, name: str, fill: Callable[[Cue], float | None]) -> None:
        """Keep a cue at `name` whose values `fill` finds, on the show's thread.

        Args:
            name: of the place.
            fill: fills all but the face in, and returns the show's time of the face, None for that of now.
        """
        bank, cue = self.bank, Cue()
        with self._lock:
            # At once, so that a recall in the same bundle finds it.
            bank[name] = cue

        def take(latent: Tensor) -> None:
            cue.face.set(latent)
            bank.save(name, cue)

        def edit() -> None:
            self._store.emit(Capture(take, fill(cue)))
            self._on_change()

        self._store.run(edit)
        log.info("cue %s is stored", name)

    def recall(self, place: object, time: object = None, unit: object = "s") -> None:
        """Bring the cue at `place` back in `time` ("s" or "bars"), or in the time that `cue.seconds` says.

        Raises:
            CueError: where there is no such cue or time.
        """
        self.parse_duration(time, unit)
        found = self._find_cue(place)
        # Its time is read once more when it is taken: `/cue/seconds` may stand before it in the same bundle.
        self._store.run(lambda: self._recall.recall_now(*found, self.parse_duration(time, unit)))

    def next(self) -> None:
        """Bring back the cue of the next numbered place that holds one. Within an edit. Raises like `recall`."""
        with self._lock:
            name, find = self._find_cue(self.bank.next_number(self._last_recalled))
        self._recall.recall_now(name, find, self.parse_duration(None))

    def undo(self) -> None:
        """Bring back what was before the last recall. Within an edit.

        Raises:
            CueError: where there was none.
        """
        log.info("undone: %s", self._recall.undo())

    def press_pad(self, place: int) -> None:
        """Press the pad of a place: recall the cue there, or store one while `cue.arm` is on. Raises like `recall`."""
        if self._store.target("cue.arm"):
            self.store(place)
        else:
            self.recall(place)

    def _press_pad_with(self, place: int, value: object = 1) -> None:
        # A 0, as a button sends when it is let go, is no press.
        if to_number(value):
            self.press_pad(place)

    def set_arm(self, armed: bool) -> None:
        """Have pads store, or recall again."""
        self._store.set("cue.arm", armed)

    def pad_state(self, place: int) -> Literal["empty", "stored", "fading", "active"]:
        """Say how a place is: without a cue, with one, with one that is on its way or waits, or with the last one."""
        name = str(place)
        if name not in self.bank:
            return "empty"
        return self._recall.cue_state(name) or "stored"

    def clear(self, place: object) -> None:
        """Forget the cue at `place`.

        Raises:
            CueError: where there is none.
        """
        with self._lock:
            self.bank.clear(parse_cue_name(place))

    def release(self) -> None:
        """Let the face that was called up go: what the plugins draw by themselves comes back. Within an edit."""
        self._recall.return_to_present()
        self._recall.clear_active()
        self._store.emit(Release(self._recall.to_seconds(self.parse_duration(None))))

    def change_program(self, number: int) -> None:
        """Bring the cue at place `number` + 1 back, as a MIDI program change asks. Raises like `recall`."""
        self.recall(number + 1)

    def use_bank(self, name: object) -> None:
        """Take another bank of cues in hand; one that is new is empty.

        Raises:
            CueError: where the name is none.
        """
        bank = CueBank(user_dir("cues") / parse_cue_name(name), self._writer)
        with self._lock:
            self.bank, self._last_recalled = bank, None
        log.info("the bank %s is in hand, with %d cues", name, len(bank.names()))

    def _find_cue(self, place: object) -> tuple[str, Callable[[], Cue]]:
        """Return the name of a cue and what returns it, whatever is stored there meanwhile; it is the last one now."""
        name = parse_cue_name(place)
        with self._lock:
            cue = self.bank[name]
            self._last_recalled = name
        return name, lambda: cue

    def parse_duration(self, time: object, unit: object = "s") -> Duration:
        """Return how long a recall takes, from the arguments of a message.

        Raises:
            CueError: where it is no time.
        """
        if time is None:
            return Duration(float(self._store.target("cue.seconds")))
        number = to_number(time)
        if number is None or number < 0 or str(unit) not in UNITS:
            raise CueError(f"{time!r} {unit!r} is no time for a recall; say 4, 4 s or 2 bars")
        return Duration(number, UNITS[str(unit)])


def _said(press: Callable[[], None]) -> Callable[[], None]:
    """Return `press` for the show's thread: what it refuses is logged, since a pad hears no answer."""

    def pressed() -> None:
        try:
            press()
        except LikenessError as error:
            log.warning("%s", error)

    return pressed
