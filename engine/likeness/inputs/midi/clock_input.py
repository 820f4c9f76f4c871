"""The MIDI messages that keep machines in time, told to a clock listener: one sender at a time."""

from likeness.inputs.midi.ports import Source
from likeness.tempo.midi_clock import LOST_S, ClockListener

# [MIDI 1.0, system messages]
SONG_POSITION, CLOCK, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC
SYNC = frozenset({SONG_POSITION, CLOCK, START, CONTINUE, STOP})


class ClockInput:
    """Hands the clock's messages on. One thread.

    Two machines that both send a clock, as a sequencer and a drum machine beside it do, would be counted as one of
    twice the tempo: the first is heard until it is silent.
    """

    def __init__(self, listener: ClockListener) -> None:
        self._listener = listener
        self._source: Source | None = None
        self._heard = 0.0

    def handle(self, source: Source, message: list[int], at: float) -> bool:
        """Take a message of the port `source` that came at `at`; return whether it was the clock's."""
        if not message or message[0] not in SYNC:
            return False
        if source != self._source and at - self._heard <= LOST_S:
            return True
        self._source, self._heard = source, at
        self._tell(message, at)
        return True

    def _tell(self, message: list[int], at: float) -> None:
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
