"""Description of the rack for surfaces: what plays, what it costs, what failed, and what could be added."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from likeness.host.available_plugins import AvailablePlugins
from likeness.host.host import Host
from likeness.host.slot import Slot
from likeness.parameters.store import ParamStore
from likeness.show.rack_editor import RackEditor

# Costs change in every frame; nobody reads them faster.
COST_S = 0.5
GONE = "its file is gone; it plays on as it was loaded"


class RackDescription:
    """Describes the rack whenever it is asked, on any thread; those that ask wait for one another, the show does not.

    It reads a list that the render thread replaces as a whole, numbers and texts of slots, and the newest snapshot of
    the values: none of them can be half changed, and at worst one is a frame older than another.

    Args:
        store, host, editor: of the show.
        watching: whether plugins are reloaded when their files change.
        now: seconds.
    """

    def __init__(
        self,
        store: ParamStore,
        host: Host,
        editor: RackEditor,
        *,
        watching: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._host, self._editor, self._watching, self._now = store, host, editor, watching, now
        self._available = AvailablePlugins(editor.find_files, now)
        self._costs: Mapping[int, float] = {}
        self._costs_read = float("-inf")
        # A report is made on a thread of its own while pages are told.
        self._turn = threading.Lock()

    def describe(self) -> dict[str, Any]:
        """Return the rack, ready for `json.dumps`."""
        with self._turn:
            return self._read()

    def _read(self) -> dict[str, Any]:
        rack, errors, values = tuple(self._host.rack), self._editor.errors, self._store.snapshot
        if self._now() - self._costs_read >= COST_S:
            self._costs_read = self._now()
            self._costs = {id(slot): round(slot.cost_ms, 2) for slot in rack}
        known, names = self._available.plugins(), {slot.name for slot in rack}
        available = []
        for name, found in known.items():
            if name in names:
                continue
            error = errors.get(name) or found.error
            available.append({"name": name, "help": found.help, **({"error": error} if error else {})})
        return {
            "plugins": [self._describe(slot, errors, values.get(slot.name, {})) for slot in rack],
            "available": available,
            "watch": self._watching,
        }

    def _describe(self, slot: Slot, errors: Mapping[str, str], values: Mapping[str, object]) -> dict[str, Any]:
        bypassed = bool(values.get("bypass", False))
        gone = GONE if slot.path is not None and self._available.is_gone(slot.path) else None
        return {
            "name": slot.name,
            "help": slot.help,
            "cost_ms": self._costs.get(id(slot), 0.0),
            "strikes": slot.strikes,
            "bypassed": bypassed,
            "by_host": bypassed and slot.bypassed_by_host,
            "hung": bypassed and slot.hung,
            "error": errors.get(slot.name) or slot.last_error or gone,
            "file": slot.path.name if slot.path else None,
        }
