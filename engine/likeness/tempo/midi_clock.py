"""MIDI clock: beats from its pulses, their jitter filtered by a delay-locked loop."""

import logging
import math
from collections import deque
from dataclasses import dataclass

log = logging.getLogger(__name__)

# Clock pulses in a quarter note, and in a sixteenth, the unit of the song position [MIDI 1.0].
PULSES = 24
PULSES_IN_SIXTEENTH = 6
# Two pulses at 20 BPM are 125 ms apart; a sender that is silent for this long is gone or unplugged.
LOST_S = 0.5
# The loop starts from the mean of this many pulses, a quarter of a beat: the first two, 21 ms apart, may be off by a
# poll's 4 ms.
FIRST = 6
# Bandwidth of the loop in Hz: wide while it locks, then narrow. At 0.5 Hz and 120 BPM the 1.15 ms (RMS) of our polling
# became 0.32 ms of the beat and 0.07 BPM, and 120 to 125 BPM took 0.95 s; 1 Hz gave 0.46 ms, 0.2 BPM and 0.5 s.
WIDE_HZ, NARROW_HZ = 2.0, 0.5
LOCKING = 48
# Above it the loop would ring [Adriaensen 2005 asks for a bandwidth far below the rate of its updates].
MAX_OMEGA = 0.3
# A pulse this far off its expected time, in pulses, is no jitter: pulses were delayed or left out. Two in a row that
# are `ASTRAY` off are a new tempo, for which the loop is wide again.
FAR, ASTRAY = 3.0, 0.75
# The pulses of some seconds, while the show's thread stalls; of a flood the newest are kept.
MAX_WAITING = 1024


@dataclass(frozen=True)
class ExternalBeat:
    """The beat of an external source in one frame.

    Args:
        beat: quarter notes since its start, with the fraction.
        tempo: in BPM.
        moved: whether it jumped since the last read: started, or was set to another position of the song.
    """

    beat: float
    tempo: float
    moved: bool = False


class ClockListener:
    """A MIDI clock as a `BeatSource`.

    The MIDI thread calls `clock`, `start`, `stop`, `continue_` and `song_position`, one for each message; they wait in
    an inbox until the show's thread calls `read`, once a frame. Everything else is the show's thread's. A clock that is
    lost is one line in the log, and `read` returns None until it is back. Times are in seconds of `time.perf_counter`.

    Attributes:
        running: between start or continue and stop, as of the last `read`.
    """

    name = "MIDI clock"

    def __init__(self) -> None:
        self.running = False
        self._inbox: deque[tuple[str, float]] = deque(maxlen=MAX_WAITING)
        self._loop: _PulseLoop | None = None
        # The number of the next pulse: set by start and song position, counted on by pulses.
        self._next = 0.0
        self._placed = self._leaps = self._moved = False

    def clock(self, at: float) -> None:
        """Add a pulse (0xF8) that came at `at`."""
        self._inbox.append(("clock", at))

    def start(self) -> None:
        """Handle a start (0xFA): the next pulse is the song's first."""
        self._inbox.append(("start", 0.0))

    def stop(self) -> None:
        """Handle a stop (0xFC). The beat goes on: the stage does not freeze between two songs."""
        self._inbox.append(("stop", 0.0))

    def continue_(self) -> None:
        """Handle a continue (0xFB): the next pulse is at the song position, or where the stop was."""
        self._inbox.append(("continue", 0.0))

    def song_position(self, sixteenths: int) -> None:
        """Handle a song position (0xF2), in sixteenths since the song's start."""
        self._inbox.append(("position", float(sixteenths)))

    # The show's thread.

    def read(self, now: float, beat: float, beats_per_bar: int) -> ExternalBeat | None:
        """Return the clock's beat at `now`, or None while no clock comes.

        Args:
            now: seconds, not before any pulse that was added.
            beat: the show's beat: a clock that never sent its position starts here, rounded to a pulse.
            beats_per_bar: not used; a MIDI clock has no bars.
        """
        while self._inbox:
            kind, value = self._inbox.popleft()
            self._handle(kind, value, beat)
        loop = self._loop
        if loop is None:
            return None
        if now - loop.last_pulse_at > LOST_S:
            log.warning("MIDI clock lost; the beat goes on at %.1f BPM", loop.tempo)
            self._loop, self._placed = None, False
            return None
        if loop.count < FIRST:
            return None
        moved, self._moved = self._moved, False
        return ExternalBeat(loop.beat(now), loop.tempo, moved)

    def request_tempo(self, tempo: float) -> bool:
        """Return False: the tempo of a MIDI clock is its sender's."""
        return False

    def close(self) -> None:
        """Do nothing: the MIDI input owns the port."""

    def _handle(self, kind: str, value: float, beat: float) -> None:
        if kind == "clock":
            self._pulse(value, beat)
        elif kind == "start":
            self._set_position(0.0)
            self.running = True
        elif kind == "position":
            self._set_position(value * PULSES_IN_SIXTEENTH)
        else:
            self.running = kind == "continue"
            if self.running:
                self._set_position(self._next)

    def _set_position(self, number: float) -> None:
        self._next, self._placed, self._leaps = number, True, True

    def _pulse(self, at: float, beat: float) -> None:
        if self._loop is None:
            log.info("MIDI clock received")
            self._loop = _PulseLoop()
            if not self._placed:
                self._next = float(round(beat * PULSES))
        self._loop.pulse(at, self._next)
        self._next += 1.0
        self._moved, self._leaps = self._moved or self._leaps, False


class _PulseLoop:
    """A delay-locked loop over the times of pulses, second order, damped critically.

    [Adriaensen 2005, "Using a DLL to filter time"]
    """

    def __init__(self) -> None:
        self.count = 0
        self.last_pulse_at = 0.0
        self._began = 0.0
        # The filtered time of the last pulse, its number, and the filtered period.
        self._at = self._number = self._period = 0.0
        self._locking = LOCKING
        self._astray = 0

    @property
    def tempo(self) -> float:
        return 60.0 / (PULSES * self._period)

    def beat(self, now: float) -> float:
        return (self._number + (now - self._at) / self._period) / PULSES

    def pulse(self, at: float, number: float) -> None:
        """Filter the pulse `number` that came at `at`."""
        if self.count == 0:
            self._began = at
        elif self.count < FIRST:
            self._period = max((at - self._began) / self.count, 1e-4)
        if self.count < FIRST:
            self._at = at
        else:
            self._filter(at)
        self.count += 1
        self.last_pulse_at, self._number = at, number

    def _filter(self, at: float) -> None:
        error = at - (self._at + self._period)
        if abs(error) > FAR * self._period:
            self._at, self._locking = at, LOCKING
            return
        self._astray = self._astray + 1 if abs(error) > ASTRAY * self._period else 0
        self._locking = LOCKING if self._astray >= 2 else max(self._locking - 1, 0)
        bandwidth = WIDE_HZ if self._locking else NARROW_HZ
        omega = min(2 * math.pi * bandwidth * self._period, MAX_OMEGA)
        self._at += self._period + math.sqrt(2) * omega * error
        self._period = max(self._period + omega * omega * error, 1e-4)
