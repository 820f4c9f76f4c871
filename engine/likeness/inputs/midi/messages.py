"""MIDI messages as moves of controls: the halves of 14-bit values joined, NRPN told from plain control changes."""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import mido

from likeness.errors import InputError
from likeness.parameters.midi_binding import FINE, TOP, TOP_14, Control, Encoding

# [MIDI 1.0, table of control changes]
DATA, DATA_FINE = 6, 38
# Data increment and decrement: clicks of an endless encoder.
STEPS: Mapping[int, int] = MappingProxyType({96: 1, 97: -1})
NRPN_VALUES = frozenset({DATA, DATA_FINE, *STEPS})
NRPN_FINE, NRPN, RPN_FINE, RPN = 98, 99, 100, 101
MIDDLE = 8192
# A controller sends both halves of a value at once, and USB and our polling part them by some milliseconds at most.
PAIR_S = 0.02


@dataclass(frozen=True)
class ControlMove:
    """One move of a knob, key or wheel.

    Args:
        control: which one.
        channel: from 1.
        raw: the value sent, from 0 to 127, or to 16383 where it has 14 bits.
        clicks: of an endless encoder that sends them by itself, right is positive; 0 where `raw` is a position.
    """

    control: Control
    channel: int
    raw: int
    clicks: int = 0

    @property
    def u(self) -> float:
        """Return its position in [0, 1]; the pitch wheel at rest is exactly 0.5."""
        if self.control.kind == "bend":
            # The middle, 8192, is not half of 16383.
            low, high = self.raw / MIDDLE / 2, 0.5 + (self.raw - MIDDLE) / (TOP_14 - MIDDLE) / 2
            return min(low, 0.5) if self.raw <= MIDDLE else high
        return self.raw / self.top

    @property
    def top(self) -> int:
        """Return the largest `raw`."""
        return TOP if self.control.kind in ("cc", "nrpn", "note") else TOP_14


@dataclass(frozen=True)
class Program:
    """A program change: `number` from 0, `channel` from 1."""

    number: int
    channel: int


@dataclass
class _Halves:
    """A 14-bit value that is sent in halves [MIDI 1.0, control changes 0 to 63].

    Either half may be left out where it does not change, and either may come first: makers do both. The coarse half
    therefore counts at once, with the fine half that came just before it; else the fine half is 0, as the
    specification says, until it comes. A fine half counts from when a coarse one is known.
    """

    coarse: int | None = None
    fine: int | None = None
    fine_at: float = 0.0

    def set_coarse(self, value: int, at: float) -> int:
        fine = self.fine if self.fine is not None and at - self.fine_at <= PAIR_S else 0
        self.coarse, self.fine = value, None
        return value << 7 | fine

    def set_fine(self, value: int, at: float) -> int | None:
        self.fine, self.fine_at = value, at
        return None if self.coarse is None else self.coarse << 7 | value


class MoveReader:
    """Reads the messages of one port. One thread.

    Every reading that a message allows is given, since only a binding knows which is meant: control change 6 is a
    knob of its own, and the coarse half of an NRPN where one was chosen.
    """

    def __init__(self) -> None:
        # By channel and number of the coarse control change, and by channel and NRPN.
        self._controls: defaultdict[tuple[int, int], _Halves] = defaultdict(_Halves)
        self._nrpns: defaultdict[tuple[int, int], _Halves] = defaultdict(_Halves)
        # The chosen NRPN's two halves by channel; None where there is none, or where an RPN was chosen after it.
        self._chosen: dict[int, tuple[int | None, int | None]] = {}

    def read(self, raw: list[int], at: float | None = None) -> list[ControlMove | Program]:
        """Return the moves that a message may mean; none where it is of no knob, key or wheel.

        Args:
            raw: its bytes.
            at: when it came, in seconds of any steady clock; None is now.

        Raises:
            InputError: where the bytes are not MIDI.
        """
        try:
            message = mido.Message.from_bytes(raw)
        except (ValueError, IndexError) as error:
            raise InputError(f"{raw[:8]}: {error}") from error
        if message.type == "control_change":
            at = time.perf_counter() if at is None else at
            return self._control_change(message.channel + 1, message.control, message.value, at)
        if message.type in ("note_on", "note_off"):
            # A note-on of velocity 0 is how most keyboards write the release.
            velocity = message.velocity if message.type == "note_on" else 0
            return [ControlMove(Control("note", message.note), message.channel + 1, velocity)]
        if message.type == "pitchwheel":
            return [ControlMove(Control("bend"), message.channel + 1, message.pitch + MIDDLE)]
        if message.type == "program_change":
            return [Program(message.program, message.channel + 1)]
        return []

    def _control_change(self, channel: int, number: int, value: int, at: float) -> list[ControlMove | Program]:
        moves: list[ControlMove | Program] = [ControlMove(Control("cc", number), channel, value)]
        if number < FINE:
            whole = self._controls[channel, number].set_coarse(value, at)
            moves.append(ControlMove(Control("cc14", number), channel, whole))
        elif number < 2 * FINE:
            fine = self._controls[channel, number - FINE].set_fine(value, at)
            if fine is not None:
                moves.append(ControlMove(Control("cc14", number - FINE), channel, fine))
        coarse_choice, fine_choice = self._chosen.get(channel, (None, None))
        if number == NRPN:
            self._chosen[channel] = (value, fine_choice)
        elif number == NRPN_FINE:
            self._chosen[channel] = (coarse_choice, value)
        elif number in (RPN, RPN_FINE):
            self._chosen.pop(channel, None)
        elif number in NRPN_VALUES and coarse_choice is not None and fine_choice is not None:
            moves += self._nrpn(channel, coarse_choice << 7 | fine_choice, number, value, at)
        return moves

    def _nrpn(self, channel: int, chosen: int, number: int, value: int, at: float) -> list[ControlMove]:
        if chosen == TOP_14:
            # The null NRPN: both halves at 127.
            return []
        halves, coarse, whole = self._nrpns[channel, chosen], Control("nrpn", chosen), Control("nrpn14", chosen)
        if number in STEPS:
            # The value byte means nothing [MIDI RP-018].
            count = STEPS[number]
            return [ControlMove(control, channel, int(count > 0), count) for control in (coarse, whole)]
        if number == DATA:
            return [
                ControlMove(coarse, channel, value),
                ControlMove(whole, channel, halves.set_coarse(value, at)),
            ]
        fine = halves.set_fine(value, at)
        return [] if fine is None else [ControlMove(whole, channel, fine)]


def count_clicks(encoding: Encoding, value: int) -> int:
    """Return how far an endless encoder was turned, right is positive, from what it sent, 0 to 127.

    "twos": 1 is one to the right and 127 one to the left; "offset": 65 and 63; "sign": 1 and 65.
    """
    if encoding == "twos":
        return value if value < 64 else value - 128
    if encoding == "offset":
        return value - 64
    return value if value < 64 else 64 - value
