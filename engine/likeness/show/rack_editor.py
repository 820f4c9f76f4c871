"""Rack editor: adds, removes, moves and reloads plugins while the show plays."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType

from likeness.errors import PluginError, nearest
from likeness.files.paths import search_dirs
from likeness.host.deadline import call_with_deadline
from likeness.host.discovery import find_plugins, installed_plugins, load_plugin
from likeness.host.failure import log_failure
from likeness.host.host import READY_S, Host
from likeness.host.slot import RackChange, Slot
from likeness.parameters.journal import Journal
from likeness.parameters.store import ParamStore
from likeness.params import to_number
from likeness.stage import Stage

log = logging.getLogger(__name__)

READY_HINT = "its imports and its `start`"
PLAYS_ALREADY = "{0!r} is in the rack already; /rack/reload {0} loads its file anew"
# How often a change that waits for a hung picture checks whether the show has ended.
POLL_S = 0.2
# A plugin that has been starting for longer is given up where it is removed.
STUCK_S = 1.0

Job = Callable[[], None]


class RackEditor:
    """Adds, removes, moves and reloads plugins, one after the other, in the order in which they were asked for.

    Any thread asks. Files are imported and plugins started on the editor's own thread, so that nothing slow holds a
    frame up; each of them on one more thread, which is left behind where it hangs. Then the rack and the parameters
    change in one step between two frames: on the show's thread, while no picture is being drawn, the store declares
    the new parameters and the host is handed the new rack, which the render thread takes over before its next frame.
    Whatever fails before that is logged, and the rack stays as it is.

    It owns the stage on which plugins are started, and what the rack will hold once the waiting jobs are done.

    Args:
        store, host: of the show.
        stage: of the show.
        busy: returns whether a picture is being drawn, and keeps the next one from being begun if so; asked on the
            show's thread, once a frame.
        files: plugin files beyond those in the usual folders.
        left_out: plugins that could not be loaded when the show began, and why.

    Attributes:
        commands: by OSC address.
        questions: the commands that answer the sender.
        errors: what failed last of each plugin, in a line of words, until it succeeds; replaced as a whole. Any thread.
    """

    def __init__(
        self,
        store: ParamStore,
        host: Host,
        stage: Stage,
        busy: Callable[[], bool],
        files: Sequence[Path] = (),
        left_out: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._store, self._host, self._stage, self._busy = store, host, stage, busy
        self._extra_files = {path.stem: path for path in files}
        # The plugin's name, the message if it fails, the work.
        self._jobs: SimpleQueue[tuple[str, str, Job] | None] = SimpleQueue()
        self.errors: Mapping[str, str] = dict(left_out)
        self._closing = threading.Event()
        # Whether a plugin will be in the rack once the waiting jobs are done, where that is not as it is now.
        self._planned: dict[str, bool] = {}
        # The plugin that is being started, since when; the name is emptied by whoever gives it up.
        self._starting, self._start_began = "", 0.0
        self.commands: Mapping[str, Callable[..., None]] = {
            "/rack/add": self.add,
            "/rack/remove": self.remove,
            "/rack/move": self.move,
            "/rack/reload": self.reload,
        }
        self.questions: Mapping[str, Callable[..., None]] = {"/rack/list": self.list_rack}
        self._thread = threading.Thread(target=self._run, name="rack editor", daemon=True)
        self._thread.start()

    @property
    def stage(self) -> Stage:
        """Return the stage on which plugins are started."""
        return self._stage

    @property
    def journal(self) -> Journal:
        """Return the store's journal."""
        return self._store.journal

    def use_stage(self, stage: Stage) -> None:
        """Start plugins on `stage` from now on. Within a job, on the editor's thread."""
        self._stage = stage

    def close(self) -> None:
        """Take no more work. Safe to call twice; does not wait for a plugin that hangs."""
        self._closing.set()
        self._jobs.put(None)
        self._thread.join(POLL_S * 2)

    # Commands. Any thread; what is wrong at once is raised, what turns out later is logged.

    def add(self, name: object) -> None:
        """Put the plugin `name` at the end of the rack.

        Raises:
            PluginError: where it plays already, or there is none of that name.
        """
        key, files = str(name), self.find_files()
        if self._plays(key):
            raise PluginError(PLAYS_ALREADY.format(key))
        if key not in files and key not in installed_plugins():
            raise PluginError(f"no plugin {key!r}; {nearest(key, files)}")
        self._planned[key] = True
        self._jobs.put((key, f"{key} is not added", lambda: self._add(key)))

    def remove(self, name: object) -> None:
        """Take the plugin `name` out of the rack, or give up one that is still starting.

        Raises:
            PluginError: where it is not in the rack.
        """
        key = self._require(name)
        self._planned[key] = False
        stuck = self._starting == key and time.monotonic() - self._start_began > STUCK_S
        if stuck and key not in self.names():
            # It is given up, however long its `start` would take.
            self._starting = ""
            return
        self._jobs.put((key, f"{key} is not removed", lambda: self._remove(key)))

    def move(self, name: object, index: object) -> None:
        """Give the plugin `name` the place `index` in the rack, from 0; beyond the end is the end.

        Raises:
            PluginError: where it is not in the rack, or `index` is no number.
        """
        key, place = self._require(name), to_number(index)
        if place is None:
            raise PluginError(f"/rack/move {key} {index!r}: a place is a whole number from 0")
        self._jobs.put((key, f"{key} is not moved", lambda: self._move(key, max(int(place), 0))))

    def reload(self, name: object) -> None:
        """Load the plugin `name`'s file anew; the old instance plays until the new one is ready, and on if it fails.

        Raises:
            PluginError: where it is not in the rack.
        """
        key = self._require(name)
        self._jobs.put((key, f"{key} is not reloaded, the one before plays on", lambda: self._reload(key)))

    def submit(self, failing: str, job: Job) -> None:
        """Run `job` on the editor's thread in its turn; what it raises is logged after `failing`."""
        self._jobs.put(("", failing, job))

    def list_rack(self, reply: Callable[..., None]) -> None:
        """Answer with the names in the rack, in their order."""
        reply("/rack/list", *self.names())

    def names(self) -> tuple[str, ...]:
        """Return the names in the rack, in their order."""
        return tuple(slot.name for slot in self._host.rack)

    def find_files(self) -> dict[str, Path]:
        """Return the plugin files by name, as they lie there now. Any thread."""
        return {**find_plugins(search_dirs("plugins")), **self._extra_files}

    # All below runs on the editor's thread, but for the inner `edit`.

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            name, failing, work = job
            try:
                work()
                self._record(name, None)
            # A plugin's file, its `start` or its `stop` may raise anything, `sys.exit()` too.
            except BaseException as error:  # noqa: BLE001 - it is logged, and the show goes on
                why = log_failure(failing, error, self.find_files().get(name))
                self._record(name, f"{failing.removeprefix(f'{name} is ')}: {why}")
            if self._jobs.empty():
                self._planned.clear()

    def _record(self, name: str, error: str | None) -> None:
        """Record what failed of a plugin, or that nothing does any more."""
        others = {key: text for key, text in self.errors.items() if key != name}
        self.errors = {**others, name: error} if name and error else others

    def _add(self, name: str) -> None:
        # It may have come since it was asked for: two of one name would share one set of values, and the second one
        # would be left without any where the first one goes.
        if name in self.names():
            raise PluginError(PLAYS_ALREADY.format(name))
        slot = self.start_new(name)
        self.swap(lambda: RackChange([*self._host.rack, slot], [(None, slot)]))
        log.info("%s plays, the last of %s", name, ", ".join(self.names()))

    def _remove(self, name: str) -> None:
        slot = self._slot(name)
        self.swap(lambda: RackChange([other for other in self._host.rack if other is not slot], [(slot, None)]))
        log.info("%s is out of the rack; it plays %s", name, ", ".join(self.names()) or "nothing")
        self._host.stop_plugin(slot, self._stage)

    def _move(self, name: str, index: int) -> None:
        slot = self._slot(name)

        def change() -> RackChange:
            rack = [other for other in self._host.rack if other is not slot]
            rack.insert(index, slot)
            return RackChange(rack)

        self.swap(change)
        log.info("the rack is %s", ", ".join(self.names()))

    def _reload(self, name: str) -> None:
        old = self._slot(name)
        new = self.start_new(name)
        self.swap(lambda: RackChange([new if slot is old else slot for slot in self._host.rack], [(old, new)]))
        log.info("%s is reloaded", name)
        self._host.stop_plugin(old, self._stage)

    def start_new(self, name: str) -> Slot:
        """Return a new instance that has been started. Raises like `call_with_deadline`. Within a job or a render."""

        def make() -> Slot:
            files = self.find_files()
            slot = self._host.make_slot(name, load_plugin(name, files), files.get(name))
            self._host.start_plugin(slot, self._stage)
            return slot

        self._starting, self._start_began = name, time.monotonic()
        try:
            return call_with_deadline(make, READY_S, READY_HINT, self._host.state, name, lambda: self._starting != name)
        finally:
            self._starting = ""

    def swap_now(self, change: Callable[[], RackChange], entry: tuple[object, ...] = ()) -> None:
        """Play what `change` returns from this frame on. Within an edit of a render, which waits for each picture."""
        self._take_over(change(), entry)

    def stop_later(self, stops: Sequence[Callable[[], None]]) -> None:
        """Stop plugins that have left: at once, or in a render once the frame is drawn in which they hand over."""
        for stop in stops:
            if self._stage.offline:
                self._store.run(stop)
            else:
                stop()

    def swap(self, change: Callable[[], RackChange], entry: tuple[object, ...] = ()) -> None:
        """Play what `change` returns from the next frame on, and return once it plays.

        Args:
            change: called on the show's thread while no picture is being drawn, so that the rack stands still.
            entry: name and data of what a take says of it; without it, the rack as it is then.

        Raises:
            PluginError: where the show has ended before.
        """
        done = threading.Event()

        def edit() -> None:
            if self._busy():
                # The picture before is still being drawn by the rack as it is.
                self._store.run(edit)
                return
            self._take_over(replace(change(), done=done), entry)

        self._store.run(edit)
        while not done.wait(POLL_S):
            if self._closing.is_set():
                raise PluginError("the show has ended")

    def _take_over(self, wanted: RackChange, entry: tuple[object, ...]) -> None:
        fresh = [new.name for _, new in wanted.pairs if new]
        name, *data = entry or ("rack", [slot.name for slot in wanted.rack], fresh)
        self._store.journal.add_action(str(name), *data)
        for old, new in wanted.pairs:
            self._declare(old, new)
        self._host.schedule_change(wanted)

    def _declare(self, old: Slot | None, new: Slot | None) -> None:
        """Declare the parameters of `new` in the place of those of `old`."""
        if new:
            self._store.declare(new.name, new.params, keep=old is not None)
            if new.bypassed_by_host or (old and old.bypassed_by_host):
                # Where it was the host that left the old one out, the new one gets its chance.
                self._store.set(f"{new.name}.bypass", new.bypassed_by_host)
        elif old:
            self._store.withdraw(old.name)

    def _require(self, name: object) -> str:
        """Return `name` as text where it is in the rack, or will be. Raises `PluginError` otherwise."""
        if not self._plays(str(name)):
            raise PluginError(f"no plugin {name!r} in the rack; {nearest(str(name), self.names())}")
        return str(name)

    def _plays(self, name: str) -> bool:
        """Return whether `name` is in the rack once the waiting jobs are done."""
        return self._planned.get(name, name in self.names())

    def _slot(self, name: str) -> Slot:
        for slot in self._host.rack:
            if slot.name == name:
                return slot
        raise PluginError("it is not in the rack any more")
