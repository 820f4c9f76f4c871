"""The knobs of all controllers that are plugged in: what their moves play, and how far they stand from it."""

import time
from collections.abc import Callable, Mapping, Sequence

from likeness.errors import ParamError
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.messages import KnobMove, clicks
from likeness.inputs.midi.ports import Source
from likeness.inputs.midi.takeover import Knob
from likeness.parameters.midi_binding import Control
from likeness.parameters.store import ParamStore
from likeness.params import Bool
from likeness.ranges import Takeover

# What no other work may keep from the performer.
MASTER = "master."


class Knobs:
    """Knobs by port and control. For the MIDI input's thread, but for `gaps` and `all`.

    Args:
        store: where parameters live.
        bindings: what controllers play.
        takeover: how knobs take over values that were changed elsewhere, where their bindings do not say.
    """

    def __init__(self, store: ParamStore, bindings: Bindings, takeover: Takeover) -> None:
        self._store, self._bindings, self._takeover = store, bindings, takeover
        # Replaced, never changed: other threads read it.
        self._knobs: Mapping[Source, Mapping[Control, Sequence[Knob]]] = {}

    def play(self, source: Source, move: KnobMove, master_alone: bool = False) -> None:
        """Have the show's thread do what a move of the port `source` plays, before the next frame."""
        for knob in self._of(source).get(move.control, ()):
            param = knob.binding.param
            # Its plugin may be none of this preset's, or taken out of the rack.
            if not knob.binding.matches(source[0], move.channel) or param not in self._store:
                continue
            knob.moved = time.monotonic()
            if master_alone and not param.startswith(MASTER):
                continue
            if not (knob.binding.toggles and isinstance(self._store.param(param), Bool)):
                self._store.run(_edit(knob, move))
            elif knob.pressed(move.u):
                self._store.toggle(param)

    def plays(self, source: Source, move: KnobMove) -> bool:
        """Whether a move of the port `source` is of a control that is bound, or a part of one."""
        return any(
            knob.binding.matches(source[0], move.channel) and move.control in control.carriers
            for control, knobs in self._of(source).items()
            for knob in knobs
        )

    def all(self) -> list[tuple[Source, Knob]]:
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

    def add_ports(self, sources: Sequence[Source]) -> None:
        """Make the knobs of ports that were opened, so that they are there before they are moved."""
        for source in sources:
            self._of(source)

    def forget(self, ports: set[str]) -> None:
        """Know nothing more of controllers that came or went: nobody saw how their knobs were turned meanwhile."""
        self._knobs = {source: knobs for source, knobs in self._knobs.items() if source[0] not in ports}

    def rebind(self) -> None:
        """Take over bindings that have changed; knobs that stay keep what they know."""
        self._knobs = {source: self._made(source[0], knobs) for source, knobs in self._knobs.items()}

    def _of(self, source: Source) -> Mapping[Control, Sequence[Knob]]:
        if source not in self._knobs:
            self._knobs = {**self._knobs, source: self._made(source[0], {})}
        return self._knobs[source]

    def _made(self, port: str, before: Mapping[Control, Sequence[Knob]]) -> dict[Control, list[Knob]]:
        known = {knob.binding: knob for knobs in before.values() for knob in knobs}
        by_control: dict[Control, list[Knob]] = {}
        for binding in self._bindings.heard(port):
            knob = known.get(binding) or Knob(self._store, binding, self._takeover)
            by_control.setdefault(binding.control, []).append(knob)
        return by_control


def _edit(knob: Knob, move: KnobMove) -> Callable[[], None]:
    """Return what the move does, for the show's thread."""
    if move.control.kind == "note":
        return lambda: knob.press(move.u)
    relative = knob.binding.relative
    if relative:
        return lambda: knob.click(clicks(relative, move.raw))
    return lambda: knob.turn(move.u, 1 / move.top)
