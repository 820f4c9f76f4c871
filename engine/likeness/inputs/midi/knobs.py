"""The bound knobs of all controllers that are plugged in, and what their moves play."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from likeness.errors import ParamError
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.messages import ControlMove, count_clicks
from likeness.inputs.midi.ports import PortId, port_names
from likeness.inputs.midi.takeover import Knob
from likeness.parameters.midi_binding import Binding, Control
from likeness.parameters.store import ParamStore
from likeness.params import Bool
from likeness.ranges import Takeover

# Stays in hand whatever else goes on.
MASTER = "master."


class Knobs:
    """Knobs by port and control. For the MIDI input's thread, except for `gaps` and `all`.

    Args:
        store: where parameters live.
        bindings: what controllers play.
        takeover: how knobs take over values that were changed elsewhere, where their bindings do not say.
    """

    def __init__(self, store: ParamStore, bindings: Bindings, takeover: Takeover) -> None:
        self._store, self._bindings, self._takeover = store, bindings, takeover
        # Replaced, never changed: other threads read it.
        self._knobs: Mapping[PortId, Mapping[Control, Sequence[Knob]]] = {}

    def play(self, source: PortId, move: ControlMove, master_alone: bool = False) -> None:
        """Queue what a move of the port `source` plays for the next frame.

        Args:
            source: where the move came from.
            move: of a control.
            master_alone: whether only parameters of the master are played.
        """
        for knob in self._knobs_of(source).get(move.control, ()):
            param = knob.binding.param
            # Its plugin may be none of this preset's, or taken out of the rack.
            if not _is_for(knob, source, move) or param not in self._store:
                continue
            knob.moved_at = time.monotonic()
            if master_alone and not param.startswith(MASTER):
                continue
            if not (knob.binding.toggles and isinstance(self._store.param(param), Bool)):
                self._store.run(_make_edit(knob, move))
            elif knob.pressed(move.u):
                self._store.toggle(param)

    def plays(self, source: PortId, move: ControlMove) -> bool:
        """Return whether a move is of a control that is bound, or of a part of one."""
        return any(
            _is_for(knob, source, move) and move.control in control.carriers
            for control, knobs in self._knobs_of(source).items()
            for knob in knobs
        )

    def all(self) -> list[tuple[PortId, Knob]]:
        """Return every knob with its port. Any thread."""
        return [
            (source, knob)
            for source, by_control in self._knobs.items()
            for knobs in by_control.values()
            for knob in knobs
        ]

    def gaps(self) -> dict[str, float]:
        """Return how far knobs have still to go until they meet their parameters, in fader units. Any thread."""
        gaps: dict[str, float] = {}
        for _, knob in self.all():
            try:
                gaps[knob.binding.param] = knob.gap() or gaps.get(knob.binding.param, 0.0)
            except ParamError:
                # Its plugin was taken out just now.
                continue
        return gaps

    def place(self, source: PortId, binding: Binding, u: float) -> None:
        """Note where a control stands that was learnt just now, so that it is known how far it has to go."""
        for knob in self._knobs_of(source).get(binding.control, ()):
            if knob.binding.param == binding.param and binding.relative is None and binding.note is None:
                self._store.run(partial(knob.place, u))

    def add_ports(self, sources: Sequence[PortId]) -> None:
        """Create the knobs of newly opened ports, so that their lights show before they are moved."""
        for source in sources:
            self._knobs_of(source)

    def forget(self, ports: set[str]) -> None:
        """Drop the knobs of controllers that came or went: they may have been turned meanwhile."""
        self._knobs = {source: knobs for source, knobs in self._knobs.items() if source[0] not in ports}

    def rebind(self) -> None:
        """Apply changed bindings; knobs whose binding stays keep their state."""
        self._knobs = {source: self._build_knobs(source[0], knobs) for source, knobs in self._knobs.items()}

    def _knobs_of(self, source: PortId) -> Mapping[Control, Sequence[Knob]]:
        if source not in self._knobs:
            self._knobs = {**self._knobs, source: self._build_knobs(source[0], {})}
        return self._knobs[source]

    def _build_knobs(self, port: str, before: Mapping[Control, Sequence[Knob]]) -> dict[Control, list[Knob]]:
        known = {knob.binding: knob for knobs in before.values() for knob in knobs}
        by_control: dict[Control, list[Knob]] = {}
        for binding in self._bindings.for_port(port):
            knob = known.get(binding) or Knob(self._store, binding, self._takeover)
            by_control.setdefault(binding.control, []).append(knob)
        return by_control


def _is_for(knob: Knob, source: PortId, move: ControlMove) -> bool:
    return any(knob.binding.matches(name, move.channel) for name in port_names(source[0]))


def _make_edit(knob: Knob, move: ControlMove) -> Callable[[], None]:
    """Return the edit that a move makes."""
    if move.control.kind == "note":
        return lambda: knob.press(move.u)
    if move.clicks:
        return lambda: knob.click(move.clicks)
    relative = knob.binding.relative
    if relative:
        return lambda: knob.click(count_clicks(relative, move.raw))
    return lambda: knob.turn(move.u, 1 / move.top)
