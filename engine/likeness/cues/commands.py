"""What a performer can tell the cues, by OSC address. Each command may be called on any thread."""

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal

from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.bank import PLACES, Cue, CueBank, cue_name
from likeness.cues.recall import CueRecall, Travel
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
        recaller: CueRecall,
        scribe: BackgroundWriter,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._recaller, self._scribe, self._on_change = store, recaller, scribe, on_change
        self.bank = CueBank(user_dir("cues") / BANK, scribe)
        self._last: str | None = None
        # OSC, MIDI and keys come on threads of their own.
        self._turn = threading.RLock()
        self.commands: Mapping[str, Callable[..., None]] = {
            "/cue/store": self.store,
            "/cue/recall": self.recall,
            "/cue/clear": self.clear,
            "/cue/bank": self.use_bank,
            **{f"/cue/pad/{place}": partial(self._pressed, place) for place in range(1, PLACES + 1)},
        }

        # Parameters, since a button sends 1 and then 0, which as the argument of a command would be a time.
        for pad, press in (("cue.next", self.next), ("cue.undo", self.undo), ("cue.release", self.release)):
            store.on_press(pad, _said(press))

    def store(self, place: object) -> None:
        """Keep what is shown, face and values, at `place`, over what was there.

        Raises:
            CueError: where there is no such place.
        """
        self.keep(cue_name(place), self._recaller.fill)

    def keep(self, name: str, fill: Callable[[Cue], float | None]) -> None:
        """Keep a cue at `name` whose values `fill` finds, on the show's thread.

        Args:
            name: of the place.
            fill: fills all but the face in, and returns the show's time of the face, None for that of now.
        """
        bank, cue = self.bank, Cue()
        with self._turn:
            # At once, so that a recall in the same bundle finds it.
            bank[name] = cue

        def take(latent: Tensor) -> None:
            cue.face.put(latent)
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
        self.travel(time, unit)
        found = self._found(place)
        # Its time is read once more when it is taken: `/cue/seconds` may stand before it in the same bundle.
        self._store.run(lambda: self._recaller.recall_now(*found, self.travel(time, unit)))

    def next(self) -> None:
        """Bring back the cue of the next numbered place that holds one. Within an edit. Raises like `recall`."""
        with self._turn:
            name, find = self._found(self.bank.after(self._last))
        self._recaller.recall_now(name, find, self.travel(None))

    def undo(self) -> None:
        """Bring back what was before the last recall. Within an edit.

        Raises:
            CueError: where there was none.
        """
        log.info("undone: %s", self._recaller.undo())

    def pad(self, place: int) -> None:
        """Press the pad of a place: recall the cue there, or store one while `cue.arm` is on. Raises like `recall`."""
        if self._store.target("cue.arm"):
            self.store(place)
        else:
            self.recall(place)

    def _pressed(self, place: int, value: object = 1) -> None:
        # A 0, as a button sends when it is let go, is no press.
        if to_number(value):
            self.pad(place)

    def arm(self, armed: bool) -> None:
        """Have pads store, or recall again."""
        self._store.set("cue.arm", armed)

    def state(self, place: int) -> Literal["empty", "stored", "fading", "active"]:
        """Say how a place is: without a cue, with one, with one that is on its way or waits, or with the last one."""
        name = str(place)
        if name not in self.bank:
            return "empty"
        return self._recaller.state(name) or "stored"

    def clear(self, place: object) -> None:
        """Forget the cue at `place`.

        Raises:
            CueError: where there is none.
        """
        with self._turn:
            self.bank.clear(cue_name(place))

    def release(self) -> None:
        """Let the face that was called up go: what the plugins draw by themselves comes back. Within an edit."""
        self._recaller.return_to_present()
        self._recaller.clear_active()
        self._store.emit(Release(self._recaller.seconds(self.travel(None))))

    def change_program(self, number: int) -> None:
        """Bring the cue at place `number` + 1 back, as a MIDI program change asks. Raises like `recall`."""
        self.recall(number + 1)

    def use_bank(self, name: object) -> None:
        """Take another bank of cues in hand; one that is new is empty.

        Raises:
            CueError: where the name is none.
        """
        bank = CueBank(user_dir("cues") / cue_name(name), self._scribe)
        with self._turn:
            self.bank, self._last = bank, None
        log.info("the bank %s is in hand, with %d cues", name, len(bank.names()))

    def _found(self, place: object) -> tuple[str, Callable[[], Cue]]:
        """Return the name of a cue and what returns it, whatever is stored there meanwhile; it is the last one now."""
        name = cue_name(place)
        with self._turn:
            cue = self.bank[name]
            self._last = name
        return name, lambda: cue

    def travel(self, time: object, unit: object = "s") -> Travel:
        """Return how long a recall takes, from the arguments of a message.

        Raises:
            CueError: where it is no time.
        """
        if time is None:
            return Travel(float(self._store.target("cue.seconds")))
        number = to_number(time)
        if number is None or number < 0 or str(unit) not in UNITS:
            raise CueError(f"{time!r} {unit!r} is no time for a recall; say 4, 4 s or 2 bars")
        return Travel(number, UNITS[str(unit)])


def _said(press: Callable[[], None]) -> Callable[[], None]:
    """Return `press` for the show's thread: what it refuses is logged, since a pad hears no answer."""

    def pressed() -> None:
        try:
            press()
        except LikenessError as error:
            log.warning("%s", error)

    return pressed
