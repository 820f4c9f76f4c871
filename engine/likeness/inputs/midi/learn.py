"""MIDI learn: finds the binding that fits the knob that is moved."""

from dataclasses import dataclass, field
from itertools import pairwise

from likeness.inputs.midi.messages import DATA, NRPN, NRPN_FINE, NRPN_VALUES, ControlMove
from likeness.inputs.midi.ports import PortId
from likeness.parameters.midi_binding import FINE, Binding, Control, Encoding

# A knob that is turned sends a message about every 5 to 20 ms; after this pause the hand has stopped.
PAUSE_S = 0.4
# This many messages of a knob show its kind, and a quick turn has sent them in a tenth of a second.
ENOUGH = 12
# A button that is let go of within this time is no switch that stays down.
TAP_S = 1.0
# Whoever has not found a knob by now has gone to do something else.
PATIENCE_S = 60.0
# An encoder is turned both ways to show how it writes them, and a hand takes its time to turn round.
ENCODER_PAUSE_S = 1.0
# Controls that carry the value of an NRPN are no knobs of their own once one has moved; those that choose it never are.
CHOICES = frozenset({NRPN, NRPN_FINE})


@dataclass
class _Candidate:
    """A control that has moved since learning began, with all values that it sent."""

    source: PortId
    move: ControlMove
    began: float
    last: float
    raws: list[int] = field(default_factory=list)
    u: float = 0.0


class Learner:
    """Watches all controls until it is clear which one was moved on purpose, and how it works. One thread.

    Args:
        param: the parameter's address.
        switch: whether it is a switch.
        trigger: whether it is pressed and has no value.
        now: seconds on the clock of `observe` and `result`.
    """

    def __init__(self, param: str, *, switch: bool, trigger: bool, now: float) -> None:
        self.param = param
        self._switch, self._trigger, self._began = switch, trigger, now
        self._candidates: dict[tuple[PortId, Control, int], _Candidate] = {}

    def expired(self, now: float) -> bool:
        """Return whether nobody has moved a knob for `PATIENCE_S`."""
        return now - self._began > PATIENCE_S

    def observe(self, source: PortId, move: ControlMove, now: float) -> None:
        """Record a move of a control of the port `source`."""
        candidate = self._candidates.setdefault(
            (source, move.control, move.channel), _Candidate(source=source, move=move, began=now, last=now)
        )
        candidate.raws.append(move.raw)
        candidate.last, candidate.u = now, move.u

    def result(self, now: float) -> tuple[PortId, Binding] | None:
        """Return the port and the binding, once it is clear which knob is meant; None until then."""
        for candidate in self._candidates.values():
            if candidate.move.control.kind == "note" and max(candidate.raws) > 0:
                return self._make_binding(candidate)
        wheels = [candidate for candidate in self._candidates.values() if candidate.move.control.kind == "bend"]
        # A wheel sends its position when it is plugged in; a second message means a hand.
        if wheels and len(wheels[0].raws) > 1:
            return self._make_binding(wheels[0])
        for kind in ("nrpn14", "nrpn", "cc14", "cc"):
            for candidate in self._candidates.values():
                if candidate.move.control.kind == kind and self._is_decided(candidate, now):
                    return self._make_binding(candidate)
        return None

    def position_of(self, source: PortId, binding: Binding) -> float:
        """Return where in [0, 1] the control stands that `result` has found."""
        found = (
            each.u
            for (port, control, channel), each in self._candidates.items()
            if (port, control, channel) == (source, binding.control, binding.channel)
        )
        return next(found)

    def _is_decided(self, candidate: _Candidate, now: float) -> bool:
        """Return whether a control has sent enough: many messages, or some and then a pause."""
        if not self._is_own_control(candidate):
            return False
        if self._trigger:
            return max(candidate.raws) > 0
        if self._switch and len(candidate.raws) == 1:
            return candidate.raws[0] > 0 and now - candidate.began > TAP_S
        if self._switch:
            return True
        if candidate.move.control.kind == "cc" and guess_encoding(candidate.raws):
            return now - candidate.last > ENCODER_PAUSE_S
        return len(candidate.raws) >= ENOUGH or (len(candidate.raws) > 1 and now - candidate.last > PAUSE_S)

    def _is_own_control(self, candidate: _Candidate) -> bool:
        """Return whether a control is a knob of its own, and neither half of a 14-bit one nor part of an NRPN."""
        control = candidate.move.control
        others = {
            other
            for source, other, channel in self._candidates
            if source == candidate.source and channel == candidate.move.channel
        }
        # A coarse half alone may be a whole knob of 7 bits; the fine half shows that it is not.
        fine = FINE + (DATA if control.kind.startswith("nrpn") else control.number)
        has_fine = Control("cc", fine) in others
        if control.kind in ("nrpn14", "cc14"):
            return has_fine
        if control.kind == "nrpn":
            return not has_fine
        if control.kind != "cc":
            return True
        if control.number in CHOICES or (
            control.number in NRPN_VALUES and any(other.kind.startswith("nrpn") for other in others)
        ):
            return False
        if control.number < FINE:
            return not has_fine
        return control.number >= 2 * FINE or Control("cc14", control.number - FINE) not in others

    def _make_binding(self, candidate: _Candidate) -> tuple[PortId, Binding]:
        control, channel = candidate.move.control, candidate.move.channel
        if control.kind == "note":
            return candidate.source, Binding(self.param, note=control.number, channel=channel)
        if control.kind == "bend":
            return candidate.source, Binding(self.param, bend=True, channel=channel)
        if control.kind == "nrpn14":
            return candidate.source, Binding(self.param, nrpn=control.number, channel=channel)
        if control.kind == "nrpn":
            return candidate.source, Binding(self.param, nrpn=control.number, bits=7, channel=channel)
        if control.kind == "cc14":
            return candidate.source, Binding(self.param, cc=control.number, bits=14, channel=channel)
        if self._switch:
            return candidate.source, Binding(
                self.param, cc=control.number, channel=channel, press="toggle" if _was_tapped(candidate) else "auto"
            )
        relative = None if self._trigger else guess_encoding(candidate.raws)
        return candidate.source, Binding(self.param, cc=control.number, channel=channel, relative=relative)


def _was_tapped(candidate: _Candidate) -> bool:
    """Return whether a button sprang back: only then must a press toggle the switch."""
    quick = candidate.last - candidate.began <= TAP_S
    return quick and candidate.raws[0] > 0 and candidate.raws[-1] == 0 and len(set(candidate.raws)) == 2


def guess_encoding(raws: list[int]) -> Encoding | None:
    """Return the encoding in which an endless encoder sent `raws`, or None for a knob with two ends.

    A knob with ends never sends the same value twice running, an encoder turned slowly sends nothing else. Turned to
    the right alone, two's complement and sign-magnitude look alike; the former is by far the more common.
    """
    again = sum(a == b for a, b in pairwise(raws))
    # Turned unevenly, an encoder still repeats itself in more than a fifth of its messages.
    if len(raws) < 2 or again * 5 < len(raws) - 1:
        return None
    # Half the way to each neighbour: no hand turns 16 clicks between two messages.
    right, left = any(raw <= 16 for raw in raws), any(raw >= 112 for raw in raws)
    below, above = any(48 <= raw < 64 for raw in raws), any(64 < raw <= 80 for raw in raws)
    if below or (above and not right):
        return "offset"
    if above and right:
        return "sign"
    return "twos" if right or left else None
