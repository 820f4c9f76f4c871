"""The plugin host: the rack, and its hook calls (first, each, chain), which a failing plugin never stops."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pluggy
import torch
from torch import Tensor

from likeness import hookspecs
from likeness.errors import LikenessError, PluginError
from likeness.errors.fault_log import Faults, say_error
from likeness.events import Event
from likeness.frame import Frame
from likeness.generator import Generator
from likeness.generators.families import registry, torchscript_onnx
from likeness.host.budget import Budget, Cost
from likeness.host.call_watch import CallWatch, LeftBehind, interrupt
from likeness.host.deadline import call_with_deadline
from likeness.host.failure import describe_failure
from likeness.host.open_generator import open_generator
from likeness.host.process_state import ProcessState, Visit
from likeness.host.result_check import check_states
from likeness.host.slot import RackChange, Slot, check_plugin
from likeness.parameters.store import ParamStore
from likeness.stage import Stage, VisitorState

log = logging.getLogger(__name__)

# Programs are told by their format; all else by its tensors.
OPENERS = (torchscript_onnx, registry)
# Half a second at 60 fps: long enough for a passing fault to pass, too short to fill a log.
MOST_STRIKES = 30
# A plugin that takes longer to start or to stop is given up, so that nothing need wait for it for ever.
READY_S, STOP_S = 60.0, 10.0
# How often plugins are asked for the states of their visitors, and how much of the answer is taken.
VISITORS_S = 0.25
COST_WEIGHT = 0.05  # of the newest one in the running mean


class Host:
    """The rack. Hooks are called from the render thread alone, once a show runs."""

    def __init__(self, store: ParamStore | None = None, budget: Budget | None = None) -> None:
        self.store = store or ParamStore()
        self.rack: list[Slot] = []
        self._budget, self._watch = budget or Budget(), CallWatch()
        self._change: RackChange | None = None
        self._visitors_due, self._at, self._frame_lost = 0.0, 0.0, False  # the last: to a plugin that hung
        # What went wrong in `stop`, by plugin: by then all is drawn, and the others must stop too.
        self._faults, self.stop_faults = Faults(log, fatal=self.store.fatal), dict[str, str]()
        # Public for whoever calls plugins through `call_with_deadline`.
        self.state = ProcessState()
        # Replaced as a whole: any thread reads it.
        self.visitors: tuple[VisitorState, ...] = ()
        self._pm = pluggy.PluginManager(hookspecs.PROJECT)
        self._pm.add_hookspecs(hookspecs)
        for opener in OPENERS:
            self._pm.register(opener)

    def add(self, name: str, plugin: object, path: Path | None = None) -> Slot:
        """Put `plugin` at the end of the rack under `name` and declare its parameters. Before the show runs.

        Raises:
            PluginError: where the name is taken or a hook is misspelt or takes arguments that there are not.
        """
        if any(slot.name == name for slot in self.rack):
            raise PluginError(f"the name {name!r} is taken; call the plugin's file something else")
        slot = self.make_slot(name, plugin, path)
        self.store.declare(name, slot.params)
        self.rack.append(slot)
        return slot

    def make_slot(self, name: str, plugin: object, path: Path | None = None) -> Slot:
        """Return `plugin` as a slot that could play, checked; nothing is changed by it. Any thread.

        Raises:
            PluginError: where the name is reserved or a hook is misspelt or takes arguments that there are not.
            ParamError: where a parameter is declared twice.
            Exception: whatever its `declare_params` raises.
        """
        slot = check_plugin(name, plugin, path)
        if "load_generator" in slot.impls:
            self._pm.register(plugin)
        return slot

    def start_plugin(self, slot: Slot, stage: Stage) -> None:
        """Call `start` of a plugin that is not in the rack yet. Any thread; raises whatever it raises."""
        self._call(slot, "start", stage=stage)

    def stop_plugin(self, slot: Slot, stage: Stage) -> None:
        """Have a plugin that has left the rack let go of what it holds. Raises whatever its `stop` raises."""
        if self._pm.is_registered(slot.plugin):
            self._pm.unregister(slot.plugin)
        stop = partial(self._call, slot, "stop", stage=stage)
        call_with_deadline(stop, STOP_S, "its `stop`", self.state, slot.name)

    def files(self) -> list[tuple[str, Path]]:
        """Return the files of the plugins in the rack, by name. Any thread."""
        return [(slot.name, slot.path) for slot in list(self.rack) if slot.path]

    def schedule_change(self, change: RackChange) -> None:
        """Have `change` take place before the next frame is drawn. While no frame is being drawn, on any thread."""
        self._change = change

    def apply_change(self) -> None:
        """Take over what was proposed, if anything. The render thread, before a frame."""
        # It stays until it is done: where a plugin hangs while it hands over, a later render thread goes on with it,
        # after a picture: a plugin that is put back at once, and hangs again, would double the gap.
        change, lost, self._frame_lost = self._change, self._frame_lost, False
        if change is None or lost:
            return
        for old, new in change.pairs:
            if old and new and change.keep_state:
                self._hand_over(old, new)
            for name in {slot.name for slot in (old, new) if slot}:
                self._budget.forget(name)
                self.state.forget(name)
                self._faults.forget(f"{name}.update")
                self._faults.forget(f"{name}.process_image")
        self.rack, self._change = change.rack, None
        change.then()
        change.done.set()

    def end_frame(self, draw_ms: float) -> None:
        """Close the cost accounts of a frame that took `draw_ms`, and bypass who held it up. The render thread."""
        for slot in self.rack:
            slot.cost_ms += COST_WEIGHT * (slot.spent_ms - slot.cost_ms)
            slot.last_ms, slot.spent_ms = slot.spent_ms, 0.0
        self._enforce_budget(draw_ms)
        if time.monotonic() >= self._visitors_due:
            self._visitors_due = time.monotonic() + VISITORS_S
            with self.state.visiting() as visit:
                self.visitors = tuple(state for slot in self.rack for state in self._ask_visitors(slot, visit))
        self.state.end_frame([slot.name for slot in self.rack if slot.last_ms])

    def _ask_visitors(self, slot: Slot, visit: Visit) -> Sequence[VisitorState]:
        """Return the states of the visitors of a plugin, whether or not it is bypassed; of what it says no more."""
        if slot.hung:
            return ()
        try:
            return check_states(self._call_watched(slot, "describe_visitors") or ())
        except LeftBehind:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, and the show goes on
            self._tell(slot, "describe_visitors", error)
            return ()
        finally:
            self.state.restore(visit, slot.name, "describe_visitors")

    def leave_hung(self, seconds: float) -> bool:
        """Leave behind the plugin in which the render thread has been for more than `seconds`, and bypass it.

        The show's thread. True: the render thread is lost, and ends as soon as the plugin lets it.
        """
        if (call := self._watch.leave(seconds)) is None:
            return False
        slot = call.slot
        said = "%s.%s has not returned for %.1f s and is left behind; it is in:\n%s"
        log.error(said, slot.name, call.hook, time.perf_counter() - call.began, call.stack())
        self.state.leave_behind(slot.name, call.hook)
        slot.retry.hold(call.find_thread())
        slot.hung = self._frame_lost = True
        slot.last_error = f"{call.hook} did not return for {seconds:g} s and was left behind"
        self._bypass(slot)
        interrupt(call.thread)
        return True

    def _enforce_budget(self, draw_ms: float) -> None:
        values = self.store.snapshot
        costs = [
            Cost(slot.name, slot.last_ms, float(values[slot.name]["budget_ms"]))
            for slot in self.rack
            if slot.last_ms and slot.name in values
        ]
        verdict = self._budget.judge(costs, draw_ms)
        for cost in (cost for cost in costs if cost.name in verdict.flagged):
            allowed_ms = self._budget.allowed_ms(cost)
            log.warning("%s takes %.1f ms of a frame and may take %.1f", cost.name, cost.spent_ms, allowed_ms)
        for slot in (slot for slot in self.rack if slot.name == verdict.bypass):
            slot.last_error = f"it held the show up: {slot.last_ms:.1f} ms of {draw_ms:.1f} in a frame"
            log.error("%s holds the show up: %.1f ms of %.1f in a frame", slot.name, slot.last_ms, draw_ms)
            self._bypass(slot)

    def reorder(self, names: Sequence[str]) -> None:
        """Put the rack in the order of `names`; plugins that are not among them stay behind. The render thread."""
        place = {name: index for index, name in enumerate(names)}
        self.rack = sorted(self.rack, key=lambda slot: place.get(slot.name, len(place)))

    def open_generator(self, path: str | Path, device: str | torch.device, size: int | None = None) -> Generator:
        """First: ask every family for the weights at `path`; a plugin's family goes before ours.

        Raises:
            WeightsError: where the file is absent, broken, or of no known family.
        """
        return open_generator(self._pm.hook.load_generator, Path(path), torch.device(device), size, self.state)

    def start(self, stage: Stage) -> None:
        """Each: call `start`; a plugin that fails is bypassed."""
        for slot in self.rack:
            try:
                start = partial(self.start_plugin, slot, stage)
                call_with_deadline(start, READY_S, "its `start`", self.state, slot.name)
            # Ctrl+C, which comes to the thread that waits here, ends the program.
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, and the show goes on
                self._tell(slot, "start", error)
                self._bypass(slot, retried=False)

    def handle(self, event: Event, stage: Stage) -> None:
        """Each: hand `event` to every plugin that is not bypassed."""
        with self.state.visiting() as visit:
            for slot in self.rack:
                try:
                    if not self.store.snapshot[slot.name]["bypass"]:
                        self._call_watched(slot, "handle", event=event, stage=stage)
                except LeftBehind:
                    raise
                except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, and the show goes on
                    self._strike(slot, "handle", error)
                self.state.restore(visit, slot.name, "handle")

    def stop(self, stage: Stage) -> None:
        """Each, in reverse: call `stop`."""
        for slot in reversed(self.rack):
            try:
                self.stop_plugin(slot, stage)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a plugin may raise anything, and the others must stop
                self.stop_faults[slot.name] = say_error(error)
                trace = None if isinstance(error, LikenessError) else error
                log.error("%s.stop failed: %s", slot.name, say_error(error), exc_info=trace)

    def update(self, latent: Tensor, frame: Frame) -> Tensor:
        """Chain: return the latent after every plugin, in the order of the rack."""
        for slot in self.rack:
            slot.follow_bypass(bool(frame.values[slot.name]["bypass"]))
            if slot.retry.is_due(frame.time):
                log.info("%s is tried again", slot.name)
                self.store.set(f"{slot.name}.bypass", False)
        self._at = frame.time
        with self.state.visiting() as visit:
            return self._chain("update", "latent", latent, frame, visit)

    def process_image(self, image: Tensor, frame: Frame) -> Tensor:
        """Chain: return the image after every plugin, in the order of the rack."""
        with self.state.visiting() as visit:
            return self._chain("process_image", "image", image, frame, visit)

    def _chain(self, hook: str, argument: str, value: Tensor, frame: Frame, visit: Visit) -> Tensor:
        for slot in self.rack:
            params = frame.values[slot.name]
            if hook not in slot.impls or params["bypass"]:
                continue
            began = time.perf_counter()
            try:
                result = self._call_watched(slot, hook, **{argument: value, "params": params, "frame": frame})
                if result is not None:
                    value = slot.check_returned(hook, result, value)
                slot.strikes = 0
            except LeftBehind:
                raise
            # A plugin may raise anything, `sys.exit()` too, and the value before it goes on. No signal comes here:
            # Python handles those on the main thread.
            except BaseException as error:  # noqa: BLE001
                self._strike(slot, hook, error)
            self.state.restore(visit, slot.name, hook)
            slot.spent_ms += (time.perf_counter() - began) * 1e3
        return value

    def _call(self, slot: Slot, hook: str, **arguments: Any) -> Any:
        impl = slot.impls.get(hook)
        if impl is None:
            return None
        return impl.function(*(arguments[name] for name in impl.argnames))

    def _call_watched(self, slot: Slot, hook: str, **arguments: Any) -> Any:
        """Call a hook on the render thread, so that `leave_hung` can leave it behind."""
        if hook not in slot.impls:
            return None
        call = self._watch.begin(slot, hook)
        try:
            return self._call(slot, hook, **arguments)
        finally:
            self._watch.end(call)

    def _strike(self, slot: Slot, hook: str, error: BaseException) -> None:
        slot.strikes += 1
        self._tell(slot, hook, error)
        if slot.strikes >= MOST_STRIKES:
            self._bypass(slot)

    def _tell(self, slot: Slot, hook: str, error: BaseException) -> None:
        slot.last_error = f"{hook}: {describe_failure(error, slot.path)}"
        self._faults.tell(f"{slot.name}.{hook}", error)

    def _bypass(self, slot: Slot, *, retried: bool = True) -> None:
        slot.strikes, slot.bypassed_by_host = 0, True
        self.store.set(f"{slot.name}.bypass", True)
        again = f" in {slot.retry.begin(self._at) / 60:.0f} min, or" if retried else ""
        log.error("%s is bypassed; it is tried again%s when you turn %s.bypass off", slot.name, again, slot.name)

    def _hand_over(self, old: Slot, new: Slot) -> None:
        """Let `new` go on where `old` is; where either fails, `new` begins as its `start` has left it."""
        if "state" not in old.impls or "restore" not in new.impls or old.hung or new.hung:
            return
        with self.state.visiting() as visit:
            try:
                self._call_watched(new, "restore", state=self._call_watched(old, "state"))
            except LeftBehind:
                raise
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, and the show goes on
                self._tell(new, "restore", error)
            self.state.restore(visit, new.name, "state or restore")
