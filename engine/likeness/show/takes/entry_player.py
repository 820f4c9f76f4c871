"""Player of entries: what a frame took, done again in a store."""

import logging
from collections.abc import Callable, Sequence

from torch import Tensor

from likeness.errors import InputError
from likeness.errors.fault_log import Faults
from likeness.events import Recall
from likeness.parameters.journal import Edit, Entry, Origin, Posted, ValueSet
from likeness.parameters.store import ParamStore
from likeness.show.takes.recorder import HEARD

log = logging.getLogger(__name__)


class EntryPlayer:
    """Does again what entries say. The show's thread, but for the faces, which the render thread asks for.

    What a hand has set since the journal replays is left alone. An entry that cannot be played is told, and the others
    are played.

    Args:
        source: what messages call the entries' origin.
        store: of the show.
        find_face: returns the face `[num_ws, w_dim]` of a recall by its number, or None.
    """

    def __init__(self, source: str, store: ParamStore, find_face: Callable[[int], Tensor | None]) -> None:
        self._source, self._store, self._journal, self._find_face = source, store, store.journal, find_face
        self._journal.replayers["recall"] = self._recall
        self._faults = Faults(log, fatal=store.fatal)

    def edit(self, entries: Sequence[Entry]) -> Edit:
        """Return the edit, for `ParamStore.run`, that plays `entries` in their order."""
        return self._journal.as_origin(Origin.TAKE, lambda: self._play(entries))

    # All below runs within an edit.

    def _play(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            try:
                self._play_entry(entry)
            # What a plugin or a file makes of it may raise anything, and the rest of the take is played.
            except Exception as error:  # noqa: BLE001
                self._faults.tell("a change of the take", error)

    def _play_entry(self, entry: Entry) -> None:
        if isinstance(entry, ValueSet):
            if entry.address not in self._journal.taken:
                edit, refused = self._store.prepare_recall({entry.address: entry.value}, entry.seconds)
                if refused:
                    self._faults.warn(entry.address, f"{self._source}: {refused[0]}")
                edit()
        elif isinstance(entry, Posted):
            self._store.emit(entry.event)
        # Both are read from the take as a whole.
        elif entry.name not in ("beat", HEARD):
            replay = self._journal.replayers.get(entry.name)
            if replay is None:
                raise InputError(f"{self._source}: {entry.name!r} is nothing that this version plays")
            replay(*entry.data)

    def _recall(self, name: str, seconds: float, rack: Sequence[str], face: int) -> None:
        self._store.emit(Recall(name, seconds, lambda: self._find_face(face), tuple(rack)))
