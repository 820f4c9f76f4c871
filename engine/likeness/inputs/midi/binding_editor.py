"""Binding editor: changes what controllers play while they do, and publishes what they play for other threads."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from likeness.errors import InputError, nearest
from likeness.inputs.midi.bindings import Bindings, Origin, controller_name, match_controllers
from likeness.inputs.midi.knobs import Knobs
from likeness.parameters.midi_binding import Binding

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlayedBinding:
    """A binding that plays: of which controller, at which port, from where."""

    controller: str
    port: str
    binding: Binding
    origin: Origin

    def describe(self) -> dict[str, Any]:
        """Return it ready for `json.dumps`."""
        own = self.binding
        return {
            "controller": self.controller,
            "control": str(own.control),
            **{name: getattr(own, name) for name in ("min", "max", "invert", "curve", "dead", "step")},
            **{name: getattr(own, name) for name in ("takeover", "relative", "press")},
            "from": self.origin,
        }


class BindingEditor:
    """Changes the bindings, on the MIDI input's thread, apart from what says otherwise.

    Other threads see `ports` and `played` alone, which are replaced as a whole and never changed, and `plan_change`.
    What cannot be written to a controller's file is logged, and holds until the show ends.

    Args:
        bindings: of all controllers.
        knobs: play them.

    Attributes:
        ports: names of the open ports. Any thread.
        played: the bindings of the controllers that are plugged in, by parameter, ready for `json.dumps`. Any thread.
    """

    def __init__(self, bindings: Bindings, knobs: Knobs) -> None:
        self._bindings, self._knobs = bindings, knobs
        self.ports: tuple[str, ...] = ()
        self.played: Mapping[str, Sequence[Mapping[str, Any]]] = {}
        self._all: tuple[PlayedBinding, ...] = ()
        # What bindings will be once the changes that wait are made, by parameter and controller.
        self._planned: dict[tuple[str, str], tuple[Binding, ...]] = {}
        self._planning = threading.Lock()

    def publish(self, ports: Sequence[str]) -> None:
        """Publish what the controllers at `ports` play by now."""
        found: dict[tuple[str, Binding], PlayedBinding] = {}
        for port in ports:
            name = controller_name(port)
            for binding in self._bindings.for_port(port):
                # Two ports of one name are one controller.
                played = PlayedBinding(name, port, binding, self._bindings.origin(port, binding))
                found.setdefault((name, binding), played)
        by_param: dict[str, list[Mapping[str, Any]]] = {}
        for each in found.values():
            by_param.setdefault(each.binding.param, []).append(each.describe())
        self.ports, self._all, self.played = tuple(ports), tuple(found.values()), by_param

    def bind(self, port: str, binding: Binding) -> None:
        """Bind a control of the controller at `port`."""
        self._change(lambda: self._bindings.bind(port, binding))

    def unbind(self, param: str, controller: str | None) -> list[str]:
        """Unbind `param` on the controllers that `controller` names, or on all; return those that had it."""
        freed: list[str] = []
        self._change(lambda: freed.extend(self._bindings.unbind(param, self.ports, controller)))
        return freed

    def plan_change(self, param: str, controller: str, values: Mapping[str, object]) -> Callable[[], None]:
        """Check a change of the bindings of `param`; return what makes it on the input's thread. Any thread.

        Args:
            param: the parameter's address.
            controller: name of the controller, or a part of it.
            values: as `Binding.with_values` takes them.

        Raises:
            InputError: where no control of that controller plays it, or a value does not fit; nothing changes then.
        """
        those = [each for each in self._all if each.binding.param == param]
        names = match_controllers(dict.fromkeys(each.controller for each in those), controller)
        if not names:
            there = dict.fromkeys(each.controller for each in those)
            hint = nearest(controller, there) if there else f"/midi/learn {param} binds one"
            raise InputError(f"{param} is played by no control of {controller!r}; {hint}")
        with self._planning:
            # A slider's changes come faster than they are made: each counts from the one before.
            planned = {}
            for name in names:
                now = tuple(each.binding for each in those if each.controller == name)
                before = self._planned.get((param, name), now)
                planned[param, name] = tuple(binding.with_values(values) for binding in before)
            self._planned.update(planned)
        ports = {each.controller: each.port for each in those}

        def change() -> None:
            for name in names:
                self._change(partial(self._bindings.change, ports[name], param, values, write=False))
            with self._planning:
                for key, result in planned.items():
                    if self._planned.get(key) is result:
                        del self._planned[key]

        return change

    def write_changes(self) -> None:
        """Write what the changes so far have left: a slider that is dragged makes one file of many changes."""
        try:
            self._bindings.write()
        except InputError as error:
            log.error("%s", error)

    def _change(self, change: Callable[[], None]) -> None:
        try:
            change()
        except InputError as error:
            log.error("%s", error)
        self._knobs.rebind()
        self.publish(self.ports)


def parse_changes(words: Sequence[object]) -> dict[str, object]:
    """Return keys and values, one after the other in a message, as a table.

    Raises:
        InputError: where a key has no value, or there is none.
    """
    if not words or len(words) % 2:
        raise InputError(f"give a key and a value for each, such as curve 2, not {len(words)} words")
    return {str(key): value for key, value in zip(words[::2], words[1::2], strict=True)}
