"""Changes the rack while it plays: what is slow happens on a thread of its own, the swap between two frames."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from likeness.errors import PluginError, nearest
from likeness.host.discovery import find_plugins, installed_plugins, load_plugin
from likeness.host.host import Host
from likeness.host.slot import RackChange, Slot
from likeness.parameters.store import ParamStore
from likeness.params import to_number
from likeness.paths import search_dirs
from likeness.stage import Stage

log = logging.getLogger(__name__)

# A plugin that is not ready by then is given up, so that the next change is not kept waiting for ever.
READY_S = 60.0
# How often a change that waits for a hung picture looks whether the show has ended meanwhile.
LOOK_S = 0.2

Job = Callable[[], None]
Made = TypeVar("Made")


class RackEditor:
    """Adds, removes, moves and reloads plugins, one after the other, in the order in which they were asked for.

    Files are imported and plugins started on the workshop's thread. The rack and the parameters change in one step
    between two frames, while no picture is being drawn. Whatever fails before that is logged, and the rack stays.

    Args:
        store, host: of the show.
        files: plugin files beyond those in the usual folders.

    Attributes:
        stage: of the show. What runs in `enter` may put another in its place.
    """

    def __init__(self, store: ParamStore, host: Host, files: Sequence[Path] = ()) -> None:
        self._store, self._host = store, host
        self._files = {path.stem: path for path in files}
        self._jobs: SimpleQueue[tuple[str, Job] | None] = SimpleQueue()
        self._closing = threading.Event()
        # Whether a plugin will be in the rack once the jobs that wait are done, where that is not as it is now.
        self._after: dict[str, bool] = {}
        self._thread: threading.Thread | None = None
        self.commands: Mapping[str, Callable[..., None]] = {
            "/rack/add": self.add,
            "/rack/remove": self.remove,
            "/rack/move": self.move,
            "/rack/reload": self.reload,
        }

    def open(self, stage: Stage, busy: Callable[[], bool]) -> None:
        """Begin to work.

        Args:
            stage: of the show.
            busy: whether a picture is being drawn; asked on the show's thread.
        """
        self.stage, self._busy = stage, busy
        self._thread = threading.Thread(target=self._run, name="workshop", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more work. Safe to call twice; does not wait for a plugin that hangs."""
        self._closing.set()
        self._jobs.put(None)
        if self._thread:
            self._thread.join(LOOK_S * 2)

    # What a performer asks for. Any thread; what is wrong at once is raised, what turns out later is logged.

    def add(self, name: object) -> None:
        """Put the plugin `name` at the end of the rack.

        Raises:
            PluginError: where it plays already, or there is none of that name.
        """
        key, files = str(name), self._found()
        if self._plays(key):
            raise PluginError(f"{key!r} is in the rack already; /rack/reload {key} loads its file anew")
        if key not in files and key not in installed_plugins():
            raise PluginError(f"no plugin {key!r}; {nearest(key, files)}")
        self._after[key] = True
        self._jobs.put((f"{key} is not added", lambda: self._add(key)))

    def remove(self, name: object) -> None:
        """Take the plugin `name` out of the rack. Raises `PluginError` where it is not in it."""
        key = self._named(name)
        self._after[key] = False
        self._jobs.put((f"{key} is not removed", lambda: self._remove(key)))

    def move(self, name: object, index: object) -> None:
        """Give the plugin `name` the place `index` in the rack, from 0; beyond the end is the end.

        Raises:
            PluginError: where it is not in the rack, or `index` is no number.
        """
        key, place = self._named(name), to_number(index)
        if place is None:
            raise PluginError(f"/rack/move {key} {index!r}: a place is a whole number from 0")
        self._jobs.put((f"{key} is not moved", lambda: self._move(key, max(int(place), 0))))

    def reload(self, name: object) -> None:
        """Load the plugin `name`'s file anew; the old instance plays until the new one is ready, and on if it fails.

        Raises:
            PluginError: where it is not in the rack.
        """
        key = self._named(name)
        self._jobs.put((f"{key} is not reloaded, the one before plays on", lambda: self._reload(key)))

    def submit(self, failing: str, job: Job) -> None:
        """Have `job` run on the workshop's thread in its turn; what it raises is logged after `failing`."""
        self._jobs.put((failing, job))

    def list_rack(self, reply: Callable[..., None]) -> None:
        """Answer with the names in the rack, in their order."""
        reply("/rack/list", *self.names())

    def names(self) -> tuple[str, ...]:
        """Return the names in the rack, in their order."""
        return tuple(slot.name for slot in self._host.rack)

    # All below runs on the workshop's thread, but for the inner `edit`.

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            failing, work = job
            try:
                work()
            # A plugin's file, its `start` or its `stop` may raise anything, `sys.exit()` too.
            except (Exception, SystemExit) as error:
                # As text, since a log that keeps its records would keep what was half made through the error's frames.
                log.error("%s: %s", failing, str(error), exc_info=None if isinstance(error, PluginError) else error)
            if self._jobs.empty():
                self._after.clear()

    def _add(self, name: str) -> None:
        slot = self._ready(name)
        self.swap(lambda: RackChange([*self._host.rack, slot], [(None, slot)]))
        log.info("%s plays, the last of %s", name, ", ".join(self.names()))

    def _remove(self, name: str) -> None:
        slot = self._slot(name)
        self.swap(lambda: RackChange([other for other in self._host.rack if other is not slot], [(slot, None)]))
        log.info("%s is out of the rack; it plays %s", name, ", ".join(self.names()) or "nothing")
        self._host.stop_plugin(slot, self.stage)

    def _move(self, name: str, index: int) -> None:
        slot = self._slot(name)

        def moved() -> RackChange:
            rack = [other for other in self._host.rack if other is not slot]
            rack.insert(index, slot)
            return RackChange(rack)

        self.swap(moved)
        log.info("the rack is %s", ", ".join(self.names()))

    def _reload(self, name: str) -> None:
        old = self._slot(name)
        new = self._ready(name)
        self.swap(lambda: RackChange([new if slot is old else slot for slot in self._host.rack], [(old, new)]))
        log.info("%s is reloaded", name)
        self._host.stop_plugin(old, self.stage)

    def _ready(self, name: str) -> Slot:
        """Return a new instance that has been started. Raises like `in_time`."""

        def make() -> Slot:
            files = self._found()
            slot = self._host.make_slot(name, load_plugin(name, files), files.get(name))
            self._host.start_plugin(slot, self.stage)
            return slot

        return self.run_with_deadline(make)

    def run_with_deadline(self, make: Callable[[], Made]) -> Made:
        """Return what `make` makes of plugins, on a thread of its own.

        Raises:
            PluginError: where it takes too long; its thread is left behind.
            Exception: whatever `make` raises.
        """
        made: list[Made] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                made.append(make())
            except BaseException as error:  # noqa: BLE001 - raised again on the workshop's own thread
                failed.append(error)

        thread = threading.Thread(target=run, name="ready", daemon=True)
        thread.start()
        thread.join(READY_S)
        if failed:
            raise failed[0]
        if not made:
            raise PluginError(f"it was not ready in {READY_S:.0f} s; look at its imports and its `start`")
        return made[0]

    def swap(self, change: Callable[[], RackChange]) -> None:
        """Have the show play what `change` returns from its next frame on, and return once it does.

        Args:
            change: called on the show's thread while no picture is being drawn, so that the rack stands still.

        Raises:
            PluginError: where the show has ended before.
        """
        done = threading.Event()

        def edit() -> None:
            if self._busy():
                # The picture before is still being drawn by the rack as it is.
                self._store.run(edit)
                return
            wanted = replace(change(), done=done)
            for old, new in wanted.pairs:
                self._declare(old, new)
            self._host.schedule_change(wanted)

        self._store.run(edit)
        while not done.wait(LOOK_S):
            if self._closing.is_set():
                raise PluginError("the show has ended")

    def _declare(self, old: Slot | None, new: Slot | None) -> None:
        """Have the store know the parameters of `new` in the place of those of `old`."""
        if new:
            self._store.declare(new.name, new.params, keep=old is not None)
            if new.bypassed_by_host or (old and old.bypassed_by_host):
                # Where it was the host that left the old one out, the new one gets its chance.
                self._store.set(f"{new.name}.bypass", new.bypassed_by_host)
        elif old:
            self._store.withdraw(old.name)

    def _found(self) -> dict[str, Path]:
        return {**find_plugins(search_dirs("plugins")), **self._files}

    def _named(self, name: object) -> str:
        if not self._plays(str(name)):
            raise PluginError(f"no plugin {name!r} in the rack; {nearest(str(name), self.names())}")
        return str(name)

    def _plays(self, name: str) -> bool:
        return self._after.get(name, name in self.names())

    def _slot(self, name: str) -> Slot:
        for slot in self._host.rack:
            if slot.name == name:
                return slot
        raise PluginError("it is not in the rack any more")
