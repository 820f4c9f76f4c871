"""Holds the plugins in their order and calls their hooks: first, each, chain. A failing one never stops the rest."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pluggy
import torch
from torch import Tensor

from likeness import hookspecs
from likeness.errors import PluginError, WeightsError
from likeness.events import Event
from likeness.families import composite, foreign, stylegan1, stylegan2, stylegan3, zonly
from likeness.faults import Faults
from likeness.frame import Frame
from likeness.generator import Generator
from likeness.params import Bool, Param
from likeness.stage import Stage
from likeness.store import ParamStore

log = logging.getLogger(__name__)

FAMILIES = (composite, foreign, stylegan1, stylegan2, stylegan3, zonly)
RESERVED = frozenset({"master", "show"})
BYPASS = Bool("bypass", help="Leave this plugin out.")
# Half a second at 60 fps: long enough for a passing fault to pass, too short to fill a log.
MOST_STRIKES = 30
# How much of the newest cost goes into the running mean.
COST_WEIGHT = 0.05


@dataclass
class Slot:
    """One plugin in the rack.

    Args:
        name: its owner name in the store and its first part in an OSC address.
        impls: its hook implementations by hook.
        strikes: failures in a row.
        cost_ms: running mean of what its chain hooks take in a frame, as seen from the host.
    """

    name: str
    plugin: object
    impls: dict[str, pluggy.HookImpl]
    strikes: int = 0
    cost_ms: float = 0.0
    spent_ms: float = field(default=0.0, repr=False)


class Host:
    """The rack. Hooks are called from the render thread alone, once a show runs."""

    def __init__(self, store: ParamStore | None = None) -> None:
        self.store = store or ParamStore()
        self.rack: list[Slot] = []
        self._faults = Faults(log)
        self._pm = pluggy.PluginManager(hookspecs.PROJECT)
        self._pm.add_hookspecs(hookspecs)
        for family in FAMILIES:
            self._pm.register(family)

    def add(self, name: str, plugin: object) -> Slot:
        """Put `plugin` at the end of the rack under `name` and declare its parameters.

        Raises:
            PluginError: where the name is taken or a hook is misspelt or takes arguments that there are not.
        """
        if name in RESERVED or any(slot.name == name for slot in self.rack):
            raise PluginError(f"the name {name!r} is taken; call the plugin's file something else")
        try:
            self._pm.register(plugin, name)
            self._pm.check_pending()
            impls = self._implementations(plugin)
            if not impls:
                raise PluginError(f"plugin {name!r} has no hook; mark its methods with @hookimpl")
            declare = impls.get("declare_params")
            params = cast(Sequence[Param], declare.function()) if declare else ()
            self.store.declare(name, (*params, BYPASS))
        except Exception as error:
            if self._pm.is_registered(plugin):
                self._pm.unregister(plugin)
            if isinstance(error, pluggy.PluginValidationError):
                raise PluginError(f"plugin {name!r}: {error}") from error
            raise
        slot = Slot(name, plugin, impls)
        self.rack.append(slot)
        return slot

    def open_generator(self, path: str | Path, device: str | torch.device, size: int | None = None) -> Generator:
        """First: ask every family for the weights at `path`; a plugin's family goes before ours.

        Raises:
            WeightsError: where the file is absent, broken, or of no known family.
        """
        path = Path(path)
        if not path.is_file():
            raise WeightsError(f"there is no weights file {path}")
        generator: Generator | None = self._pm.hook.load_generator(path=path, device=torch.device(device), size=size)
        if generator is None:
            known = ", ".join(family.__name__.rpartition(".")[2] for family in FAMILIES)
            raise WeightsError(f"{path} is of no family that opens here; the built-in ones are {known}")
        return generator

    def start(self, stage: Stage) -> None:
        """Each: call `start`; a plugin that fails is bypassed."""
        for slot in self.rack:
            try:
                self._call(slot, "start", stage=stage)
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and the show goes on
                self._faults.tell(f"{slot.name}.start", error)
                self._bypass(slot)

    def handle(self, event: Event, stage: Stage) -> None:
        """Each: hand `event` to every plugin that is not bypassed."""
        for slot in self.rack:
            try:
                if not self.store.snapshot[slot.name]["bypass"]:
                    self._call(slot, "handle", event=event, stage=stage)
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and the show goes on
                self._strike(slot, "handle", error)

    def stop(self, stage: Stage) -> None:
        """Each, in reverse: call `stop`."""
        for slot in reversed(self.rack):
            try:
                self._call(slot, "stop", stage=stage)
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and the rest must stop too
                self._faults.tell(f"{slot.name}.stop", error)

    def update(self, latent: Tensor, frame: Frame) -> Tensor:
        """Chain: return the latent after every plugin, in the order of the rack."""
        return self._chain("update", "latent", latent, frame)

    def process_image(self, image: Tensor, frame: Frame) -> Tensor:
        """Chain: return the picture after every plugin, in the order of the rack. Ends the frame's cost accounts."""
        image = self._chain("process_image", "image", image, frame)
        for slot in self.rack:
            slot.cost_ms += COST_WEIGHT * (slot.spent_ms - slot.cost_ms)
            slot.spent_ms = 0.0
        return image

    def _chain(self, hook: str, argument: str, value: Tensor, frame: Frame) -> Tensor:
        for slot in self.rack:
            params = frame.values[slot.name]
            if hook not in slot.impls or params["bypass"]:
                continue
            began = time.perf_counter()
            try:
                result = self._call(slot, hook, **{argument: value, "params": params, "frame": frame})
                if result is not None:
                    value = _same_kind(result, value)
                slot.strikes = 0
            # A plugin may raise anything, `sys.exit()` too, and the value before it goes on.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                self._strike(slot, hook, error)
            slot.spent_ms += (time.perf_counter() - began) * 1e3
        return value

    def _call(self, slot: Slot, hook: str, **arguments: Any) -> Any:
        impl = slot.impls.get(hook)
        if impl is None:
            return None
        return impl.function(*(arguments[name] for name in impl.argnames))

    def _strike(self, slot: Slot, hook: str, error: BaseException) -> None:
        slot.strikes += 1
        self._faults.tell(f"{slot.name}.{hook}", error)
        if slot.strikes >= MOST_STRIKES:
            self._bypass(slot)

    def _bypass(self, slot: Slot) -> None:
        slot.strikes = 0
        self.store.set(f"{slot.name}.bypass", True)
        log.error("%s is bypassed; turn %s.bypass off to try it again", slot.name, slot.name)

    def _implementations(self, plugin: object) -> dict[str, pluggy.HookImpl]:
        callers = self._pm.get_hookcallers(plugin) or []
        return {caller.name: impl for caller in callers for impl in caller.get_hookimpls() if impl.plugin is plugin}


def _same_kind(result: object, value: Tensor) -> Tensor:
    if not isinstance(result, Tensor):
        raise PluginError(f"a tensor was wanted, {type(result).__name__} came back")
    if result.shape != value.shape or result.device != value.device or result.dtype != value.dtype:
        raise PluginError(
            f"wanted {list(value.shape)} {value.dtype} on {value.device}, "
            f"got {list(result.shape)} {result.dtype} on {result.device}"
        )
    return result
