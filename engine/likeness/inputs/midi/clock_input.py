"""MIDI clock messages of one sender at a time, forwarded to the tempo's clock listener."""

from likeness.inputs.midi.ports import PortId
from likeness.tempo.midi_clock import LOST_S, ClockListener

# [MIDI 1.0, system messages]
SONG_POSITION, CLOCK, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
CLOCK_MESSAGES = frozenset({SONG_POSITION, CLOCK, START, CONTINUE, STOP})


class ClockInput:
    """Forwards clock messages. One thread.

    Two machines that both send a clock, as a sequencer and a drum machine beside it do, would be counted as one of
    twice the tempo: the first one counts until it is silent.
    """

    def __init__(self, listener: ClockListener) -> None:
        self._listener = listener
        self._source: PortId | None = None
        self._heard_at = 0.0

    def handle(self, source: PortId, message: list[int], at: float) -> bool:
        """Forward a message of the port `source` that came at `at` seconds; return whether it was a clock message."""
        if not message or message[0] not in CLOCK_MESSAGES:
            return False
        if source != self._source and at - self._heard_at <= LOST_S:
            return True
        self._source, self._heard_at = source, at
        self._forward(message, at)
        return True

    def _forward(self, message: list[int], at: float) -> None:
        kind = message[0]
        if kind == CLOCK:
            self._listener.clock(at)
        elif kind == START:
            self._listener.start()
        elif kind == CONTINUE:
            self._listener.continue_()
        elif kind == STOP:
            self._listener.stop()
        elif len(message) == 3:
            self._listener.song_position(message[1] | message[2] << 7)
