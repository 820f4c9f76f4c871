"""MIDI messages as moves of controls: the halves of 14-bit values joined, NRPN told from plain control changes."""

from dataclasses import dataclass

import mido

from likeness.errors import InputError
from likeness.parameters.midi_binding import FINE, TOP, TOP_14, Control, Encoding

# [MIDI 1.0, table of control changes]
DATA, DATA_FINE = 6, 38
NRPN_FINE, NRPN, RPN_FINE, RPN = 98, 99, 100, 101
MIDDLE = 8192


@dataclass(frozen=True)
class ControlMove:
    """One move of a knob, key or wheel.

    Args:
        control: which one.
        channel: from 1.
        raw: the value sent, from 0 to 127, or to 16383 where it has 14 bits.
    """

    control: Control
    channel: int
    raw: int

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


class MoveReader:
    """Reads the messages of one port. One thread.

    Every reading that a message allows is given, since only a binding knows which is meant: control change 6 is a
    knob of its own, and the coarse half of an NRPN where one was chosen. What has two halves is given once the fine
    half is there; it comes second [MIDI 1.0], and alone where the coarse one stays as it was.
    """

    def __init__(self) -> None:
        self._coarse: dict[tuple[int, int], int] = {}
        # The chosen NRPN's two halves by channel; None where there is none, or where an RPN was chosen after it.
        self._chosen: dict[int, tuple[int | None, int | None]] = {}

    def read(self, raw: list[int]) -> list[ControlMove | Program]:
        """Return the moves that a message may mean; none where it is of no knob, key or wheel.

        Raises:
            InputError: where the bytes are not MIDI.
        """
        try:
            message = mido.Message.from_bytes(raw)
        except (ValueError, IndexError) as error:
            raise InputError(f"{raw[:8]}: {error}") from error
        if message.type == "control_change":
            return self._control_change(message.channel + 1, message.control, message.value)
        if message.type in ("note_on", "note_off"):
            # A note-on of velocity 0 is how most keyboards write the release.
            velocity = message.velocity if message.type == "note_on" else 0
            return [ControlMove(Control("note", message.note), message.channel + 1, velocity)]
        if message.type == "pitchwheel":
            return [ControlMove(Control("bend"), message.channel + 1, message.pitch + MIDDLE)]
        if message.type == "program_change":
            return [Program(message.program, message.channel + 1)]
        return []

    def _control_change(self, channel: int, number: int, value: int) -> list[ControlMove | Program]:
        moves: list[ControlMove | Program] = [ControlMove(Control("cc", number), channel, value)]
        if number < FINE:
            self._coarse[channel, number] = value
        elif number < 2 * FINE and (channel, number - FINE) in self._coarse:
            whole = self._coarse[channel, number - FINE] << 7 | value
            moves.append(ControlMove(Control("cc14", number - FINE), channel, whole))
        coarse, fine = self._chosen.get(channel, (None, None))
        if number == NRPN:
            self._chosen[channel] = (value, fine)
        elif number == NRPN_FINE:
            self._chosen[channel] = (coarse, value)
        elif number in (RPN, RPN_FINE):
            self._chosen.pop(channel, None)
        elif number in (DATA, DATA_FINE) and coarse is not None and fine is not None:
            moves += self._nrpn(channel, coarse << 7 | fine, number, value)
        return moves

    def _nrpn(self, channel: int, chosen: int, number: int, value: int) -> list[ControlMove]:
        if chosen == TOP_14:
            # The null NRPN: both halves at 127.
            return []
        if number == DATA:
            return [ControlMove(Control("nrpn", chosen), channel, value)]
        coarse = self._coarse.get((channel, DATA), 0)
        return [ControlMove(Control("nrpn14", chosen), channel, coarse << 7 | value)]


def count_clicks(encoding: Encoding, value: int) -> int:
    """Return how far an endless encoder was turned, right is positive, from what it sent, 0 to 127.

    "twos": 1 is one to the right and 127 one to the left; "offset": 65 and 63; "sign": 1 and 65.
    """
    if encoding == "twos":
        return value if value < 64 else value - 128
    if encoding == "offset":
        return value - 64
    return value if value < 64 else 64 - value
