"""Cue commands: store, recall, undo, release, pads and banks, by OSC address."""

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.bank import LAST_NUMBER, Cue, CueBank, parse_bank_name, parse_cue_name, parse_label
from likeness.cues.latent_commands import Capture, Release
from likeness.cues.picture_taking import PictureTaking
from likeness.cues.recall import CueRecall, Duration
from likeness.errors import CueError
from likeness.errors.fault_log import log_refusal
from likeness.files.names import is_name
from likeness.files.paths import user_dir
from likeness.parameters.store import ParamStore
from likeness.params import is_press, to_number

log = logging.getLogger(__name__)

BANK = "main"
# A folder of the file system's that lies in every new disk.
DISKS_OWN = "lost+found"
# Units of a duration: True counts bars.
UNITS = {"s": False, "seconds": False, "bar": True, "bars": True}


class CueCommands:
    """What a performer does with cues: from OSC, MIDI pads and program changes, and keys.

    Any thread may call each command, but `next`, `undo`, `restore` and `release`, which are presses of parameters and
    run within an edit. A command checks its arguments at once, raises a `CueError` to its caller, and leaves the rest
    to the show's thread by way of the store's inbox. The lock guards the bank and the last recalled name alone.

    Args:
        store: of the show.
        recall: runs recalls.
        writer: writes cues to the disk.
        on_change: called on the show's thread after each cue that was stored.
        pictures: takes the cues' pictures; None takes none.

    Attributes:
        commands: by OSC address.
        bank: the current one.
        banks: the names of all that are known.
    """

    def __init__(
        self,
        store: ParamStore,
        recall: CueRecall,
        writer: BackgroundWriter,
        on_change: Callable[[], None] = lambda: None,
        pictures: PictureTaking | None = None,
    ) -> None:
        self._store, self._recall, self._writer, self._on_change = store, recall, writer, on_change
        self._pictures = pictures or PictureTaking(writer)
        self.bank = CueBank(user_dir("cues") / BANK, writer)
        self.banks = _list_banks(user_dir("cues"), (BANK,))
        self._last_recalled: str | None = None
        # OSC, MIDI and keys come on threads of their own.
        self._lock = threading.RLock()
        self.commands: Mapping[str, Callable[..., None]] = {
            "/cue/store": self.store,
            "/cue/recall": self.recall,
            "/cue/clear": self.clear,
            "/cue/label": self.set_label,
            "/cue/move": self.move,
            "/cue/bank": self.use_bank,
            **{f"/cue/pad/{number}": partial(self._press_pad_with, number) for number in range(1, LAST_NUMBER + 1)},
        }

        # Parameters, since a button sends 1 and then 0, which as the argument of a command would be a time.
        for name, press in (
            ("next", self.next),
            ("undo", self.undo),
            ("restore", self.restore),
            ("release", self.release),
        ):
            store.on_press(f"cue.{name}", _log_refusal_of(press))

    def store(self, name: object) -> None:
        """Store what is shown, face and values, as the cue `name`, replacing the one that was there.

        Raises:
            CueError: if that is no cue's name.
        """
        self.store_filled(parse_cue_name(name), self._recall.fill_cue)

    def store_filled(self, name: str, fill: Callable[[Cue], float | None]) -> None:
        """Store a cue whose contents come from `fill`.

        Args:
            name: of the cue.
            fill: sets all of the cue but its face, on the show's thread, and returns the show's time of the face to
                store; None is now.
        """
        cue = Cue()
        with self._lock:
            bank = self.bank
            before = bank.get(name)
            # It is called what it was called before, until it is cleared.
            cue.label = before.label if before else ""
            # At once, so that a recall in the same bundle finds it.
            bank[name] = cue

        def edit() -> None:
            time = fill(cue)

            def save(latent: Tensor) -> None:
                self._pictures.take(cue, latent, time)
                bank.save(cue)

            self._store.emit(Capture(save, time))
            self._on_change()

        self._store.run(edit)
        log.info("cue %s is stored", name)

    def recall(self, name: object, time: object = None, unit: object = "s") -> None:
        """Recall the cue `name` over `time` ("s" or "bars"), or over `cue.seconds`.

        Raises:
            CueError: if there is no such cue, or `time` is none.
        """
        self.parse_duration(time, unit)
        found, cue = self._find_cue(name)
        # The time is read again when the recall runs: `/cue/seconds` may stand before it in the same bundle.
        self._store.run(lambda: self._recall.recall_now(found, lambda: cue, self.parse_duration(time, unit), cue))

    def next(self) -> None:
        """Recall the next numbered cue. Within an edit. Raises like `recall`."""
        with self._lock:
            name, cue = self._find_cue(self.bank.next_number(self._last_recalled))
        self._recall.recall_now(name, lambda: cue, self.parse_duration(None), cue)

    def undo(self) -> None:
        """Undo the last recall. Within an edit.

        Raises:
            CueError: if there was none.
        """
        log.info("undone: %s", self._recall.undo())

    def restore(self) -> None:
        """Bring back the cue of this bank that was overwritten or cleared last. Within an edit.

        Raises:
            CueError: if there is none.
        """
        with self._lock:
            name = self.bank.restore()
        log.info("cue %s is back", name)

    def press_pad(self, number: int) -> None:
        """Recall the cue of a pad, or store one there while `cue.arm` is on. Raises like `recall`."""
        if self._store.target("cue.arm"):
            self.store(number)
        else:
            self.recall(number)

    def _press_pad_with(self, number: int, value: object = 1) -> None:
        if is_press(value):
            self.press_pad(number)

    def set_arm(self, armed: bool) -> None:
        """Make pads store, or recall again."""
        self._store.set("cue.arm", armed)

    def pad_state(self, number: int) -> Literal["empty", "stored", "fading", "active"]:
        """Return the state of a pad: "fading" also while it waits for a beat, "active" after the last recall."""
        cue = self.bank.get(str(number))
        return "empty" if cue is None else self._recall.cue_state(cue) or "stored"

    def clear(self, name: object) -> None:
        """Delete the cue `name`.

        Raises:
            CueError: if there is none.
        """
        with self._lock:
            self.bank.clear(parse_cue_name(name))

    def set_label(self, name: object, label: object = "") -> None:
        """Set what the performer calls the cue `name`; an empty label removes it.

        Raises:
            CueError: if there is no such cue, or the label is no plain name.
        """
        with self._lock:
            self.bank.set_label(parse_cue_name(name), parse_label(label))

    def move(self, name: object, to: object) -> None:
        """Give the cue `name` the name `to`; a cue that is stored there changes places with it.

        Raises:
            CueError: if there is no such cue, or `to` is no cue's name.
        """
        old, new = parse_cue_name(name), parse_cue_name(to)
        with self._lock:
            self.bank.move(old, new)
            # `next` goes on from where the cue is now.
            self._last_recalled = {old: new, new: old}.get(self._last_recalled or "", self._last_recalled)

    def release(self) -> None:
        """Release the recalled face: the plugins' own comes back over `cue.seconds`. Within an edit."""
        self._recall.return_to_present()
        self._recall.clear_active()
        self._store.emit(Release(self._recall.to_seconds(self.parse_duration(None))))

    def change_program(self, number: int) -> None:
        """Recall cue `number` + 1, for a MIDI program change. Raises like `recall`."""
        self.recall(number + 1)

    def use_bank(self, name: object) -> None:
        """Switch to the bank `name`; a new one is empty.

        Raises:
            CueError: if that is no bank's name.
        """
        bank = CueBank(user_dir("cues") / parse_bank_name(name), self._writer)
        # Before the lock, for which the show's thread may wait: the disk may be slow.
        banks = _list_banks(user_dir("cues"), (*self.banks, bank.name))
        with self._lock:
            self.bank, self.banks, self._last_recalled = bank, banks, None
        log.info("cue bank %s, with %d cues", name, len(bank.names()))

    def advance(self) -> None:
        """Have a picture taken of a cue without one that has arrived. The show's thread, before each frame."""
        cue = self._recall.pop_arrived()
        if cue is not None and cue.picture.absent:
            bank, arrived = self.bank, cue
            self._store.post(Capture(lambda shown: self._pictures.take_arrived(arrived, shown, bank.save)))

    def _find_cue(self, text: object) -> tuple[str, Cue]:
        """Return a cue's name and the cue; remember the name."""
        name = parse_cue_name(text)
        with self._lock:
            cue = self.bank[name]
            self._last_recalled = name
        return name, cue

    def parse_duration(self, time: object, unit: object = "s") -> Duration:
        """Return the duration of a recall from a message's arguments; `cue.seconds` if `time` is None.

        Raises:
            CueError: if they are no duration.
        """
        if time is None:
            return Duration(float(self._store.target("cue.seconds")))
        number = to_number(time)
        if number is None or number < 0 or str(unit) not in UNITS:
            raise CueError(f"{time!r} {unit!r} is no time for a recall; say 4, 4 s or 2 bars")
        return Duration(number, UNITS[str(unit)])


def _list_banks(folder: Path, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the banks in `folder` and of those that have no folder yet."""
    found = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return tuple(sorted({*known, *(name for name in found if is_name(name) and name != DISKS_OWN)}))


def _log_refusal_of(press: Callable[[], None]) -> Callable[[], None]:
    """Return `press` with its refusals logged, since a pad hears no answer."""

    def press_and_log() -> None:
        with log_refusal(log):
            press()

    return press_and_log
