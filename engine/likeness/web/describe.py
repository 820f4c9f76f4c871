"""Parameters as pages need them: what each is, where it is set, and where modulation or a glide has it now."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from likeness.parameters.store import ParamStore
from likeness.params import Choice, Float, Int, Param, Text, Trigger

# Owners that are no plugins, in the order in which a page shows them.
SHOW_OWNERS = ("master", "show", "cue", "history", "preset")
# Values that are shown move in steps of this share of the fader: finer ones are no pixel.
SHOWN_STEP = 1e-3


class ParamsDescription:
    """Describes all parameters by owner, anew only where a plugin has come, gone or moved. One thread.

    Args:
        store: where parameters live.
        rack: returns the names of the plugins in their order.
        help_of: returns what a plugin says of itself, in a line.
    """

    def __init__(
        self, store: ParamStore, rack: Callable[[], tuple[str, ...]], help_of: Callable[[str], str] = lambda name: ""
    ) -> None:
        self._store, self._rack, self._help_of = store, rack, help_of
        self._made_for: tuple[int, tuple[str, ...]] = (-1, ())
        self._owners: list[dict[str, Any]] = []

    def read(self) -> list[dict[str, Any]]:
        """Return the owners: those of the show, then the plugins in the order of the rack."""
        made_for = self._store.revision, self._rack()
        if made_for != self._made_for:
            self._owners, self._made_for = self._describe(made_for[1]), made_for
        return self._owners

    def _describe(self, rack: tuple[str, ...]) -> list[dict[str, Any]]:
        params: dict[str, list[dict[str, Any]]] = {}
        for address, param in self._store.params():
            params.setdefault(address.partition(".")[0], []).append(describe_param(address, param))
        order = [owner for owner in (*SHOW_OWNERS, *rack) if owner in params]
        order += [owner for owner in params if owner not in order]
        return [
            {
                "owner": owner,
                "title": owner.replace("_", " "),
                "help": self._help_of(owner) if owner in rack else "",
                "plugin": owner in rack,
                "params": params[owner],
            }
            for owner in order
        ]


def describe_param(address: str, param: Param) -> dict[str, Any]:
    """Return what a page needs to draw a parameter's control."""
    described: dict[str, Any] = {"address": address, "name": param.name, "kind": param.kind, "help": param.help}
    if not isinstance(param, Trigger):
        described["default"] = param.default_value
    if isinstance(param, Float | Int):
        described |= {"min": param.min, "max": param.max, "unit": param.unit}
        described["warp"] = param.warp if isinstance(param, Float) else "lin"
    if isinstance(param, Choice):
        described["choices"] = list(param.choices)
    if isinstance(param, Text):
        described["longest"] = param.longest
    return described


def read_targets(store: ParamStore) -> dict[str, Any]:
    """Return every parameter's target by address, without triggers. Any thread."""
    return {f"{owner}.{name}": value for owner, values in store.targets().items() for name, value in values.items()}


def read_moved(store: ParamStore, numbers: Callable[[], Iterable[tuple[str, Param]]]) -> Mapping[str, Any]:
    """Return the values that are not at their targets, by address: modulated, gliding or recalled. Any thread.

    Args:
        store: where parameters live.
        numbers: returns the parameters to look at, by address.
    """
    targets, snapshot = store.targets(), store.snapshot
    moved: dict[str, Any] = {}
    for address, param in numbers():
        owner, _, name = address.partition(".")
        target = targets.get(owner, {}).get(name)
        value = snapshot.get(owner, {}).get(name, target)
        if value == target or value is None or target is None:
            continue
        if isinstance(param, Float):
            step = (param.max - param.min) * SHOWN_STEP if param.warp == "lin" else abs(float(target)) * SHOWN_STEP
            if abs(float(value) - float(target)) < step:
                continue
            value = float(f"{float(value):.4g}")
        moved[address] = value
    return moved
