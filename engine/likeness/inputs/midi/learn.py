"""MIDI learn: from the bytes that a moved knob sends to the binding that fits it."""

from dataclasses import dataclass, field
from itertools import pairwise

from likeness.inputs.midi.messages import DATA, DATA_FINE, NRPN, NRPN_FINE, KnobMove
from likeness.inputs.midi.ports import Source
from likeness.parameters.midi_binding import FINE, Binding, Control, Encoding

# A knob that is turned sends a message about every 5 to 20 ms; after so long a pause the hand has stopped.
PAUSE_S = 0.4
# So many messages of a knob show its kind, and a quick turn has sent them in a tenth of a second.
ENOUGH = 12
# A button that is let go of within this time is no switch that stays down.
TAP_S = 1.0
# Whoever has not found a knob by now has gone to do something else.
PATIENCE_S = 60.0
# An encoder is turned both ways to show how it writes them, and a hand takes its time to turn round.
ENCODER_PAUSE_S = 1.0
# What carries the value of an NRPN is no knob of its own, where one was heard; what chooses it never is.
VALUES, CHOICES = frozenset({DATA, DATA_FINE}), frozenset({NRPN, NRPN_FINE})


@dataclass
class _Heard:
    """What one control of one port said since learning began."""

    source: Source
    move: KnobMove
    began: float
    last: float
    raws: list[int] = field(default_factory=list)


class Learner:
    """Waits for one knob to be moved and says what it is. One thread.

    Args:
        param: the parameter's address.
        switch: whether it is a switch.
        trigger: whether it is pressed and has no value.
        now: seconds on the clock that `take` and `found` are given.
    """

    def __init__(self, param: str, *, switch: bool, trigger: bool, now: float) -> None:
        self.param = param
        self._switch, self._trigger, self._began = switch, trigger, now
        self._heard: dict[tuple[Source, Control, int], _Heard] = {}

    def expired(self, now: float) -> bool:
        """Whether it has waited for so long that nobody wants it any more."""
        return now - self._began > PATIENCE_S

    def observe(self, source: Source, move: KnobMove, now: float) -> None:
        """Hear what a knob of the port `source` said."""
        heard = self._heard.setdefault(
            (source, move.control, move.channel), _Heard(source=source, move=move, began=now, last=now)
        )
        heard.raws.append(move.raw)
        heard.last = now

    def result(self, now: float) -> tuple[Source, Binding] | None:
        """Return the port and the binding, once there is no doubt which knob it is."""
        for heard in self._heard.values():
            if heard.move.control.kind == "note" and max(heard.raws) > 0:
                return self._bound(heard)
        wheels = [heard for heard in self._heard.values() if heard.move.control.kind == "bend"]
        # A wheel says where it rests when it is plugged in; a second word means a hand.
        if wheels and len(wheels[0].raws) > 1:
            return self._bound(wheels[0])
        for kind in ("nrpn14", "nrpn", "cc14", "cc"):
            for heard in self._heard.values():
                if heard.move.control.kind == kind and self._settled(heard, now):
                    return self._bound(heard)
        return None

    def _settled(self, heard: _Heard, now: float) -> bool:
        """Whether enough was heard of a control change: many messages, or some and then a pause."""
        if not self._whole(heard):
            return False
        if self._trigger:
            return max(heard.raws) > 0
        if self._switch and len(heard.raws) == 1:
            return heard.raws[0] > 0 and now - heard.began > TAP_S
        if self._switch:
            return True
        if heard.move.control.kind == "cc" and encoding(heard.raws):
            return now - heard.last > ENCODER_PAUSE_S
        return len(heard.raws) >= ENOUGH or (len(heard.raws) > 1 and now - heard.last > PAUSE_S)

    def _whole(self, heard: _Heard) -> bool:
        """Whether it is a knob's own word, and neither half of a finer one nor a part of an NRPN."""
        control = heard.move.control
        others = {
            other for source, other, channel in self._heard if source == heard.source and channel == heard.move.channel
        }
        if control.kind == "nrpn":
            return Control("nrpn14", control.number) not in others
        if control.kind != "cc":
            return True
        if control.number in CHOICES or (
            control.number in VALUES and any(other.kind.startswith("nrpn") for other in others)
        ):
            return False
        halves = (control.number, control.number - FINE)
        return not any(Control("cc14", number) in others for number in halves)

    def _bound(self, heard: _Heard) -> tuple[Source, Binding]:
        control, channel = heard.move.control, heard.move.channel
        if control.kind == "note":
            return heard.source, Binding(self.param, note=control.number, channel=channel)
        if control.kind == "bend":
            return heard.source, Binding(self.param, bend=True, channel=channel)
        if control.kind == "nrpn14":
            return heard.source, Binding(self.param, nrpn=control.number, channel=channel)
        if control.kind == "nrpn":
            return heard.source, Binding(self.param, nrpn=control.number, bits=7, channel=channel)
        if control.kind == "cc14":
            return heard.source, Binding(self.param, cc=control.number, bits=14, channel=channel)
        if self._switch:
            return heard.source, Binding(
                self.param, cc=control.number, channel=channel, press="toggle" if _tapped(heard) else "auto"
            )
        relative = None if self._trigger else encoding(heard.raws)
        return heard.source, Binding(self.param, cc=control.number, channel=channel, relative=relative)


def _tapped(heard: _Heard) -> bool:
    """Whether a button came back by itself: only then does a press have to turn the switch over."""
    quick = heard.last - heard.began <= TAP_S
    return quick and heard.raws[0] > 0 and heard.raws[-1] == 0 and len(set(heard.raws)) == 2


def encoding(raws: list[int]) -> Encoding | None:
    """Return how an endless encoder wrote `raws`, or None for a knob with two ends.

    A knob with ends never says the same twice running, an encoder turned slowly says nothing else. Turned to the
    right alone, two's complement and sign-magnitude look alike; the former is by far the more common.
    """
    again = sum(a == b for a, b in pairwise(raws))
    # Turned unevenly, an encoder still repeats itself in more than a fifth of its words.
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
