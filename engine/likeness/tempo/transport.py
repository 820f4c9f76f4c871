"""Transport: tempo, beat and bar of each frame, free, tapped and nudged, or from a MIDI clock or Link."""

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from likeness.ranges import TEMPO
from likeness.tempo.midi_clock import ExternalBeat
from likeness.tempo.taps import Taps

log = logging.getLogger(__name__)

# A nudge and a tap shift the beat by letting it run faster or slower, within these factors: it never jumps, and never
# runs backwards.
MAX_RATE, MIN_RATE = 2.0, 0.5
# Who presses resync on the one is late as often as early: up to this part of a beat after one, that beat is meant.
RESYNC_LATE = 0.25
# A nudge without a number: 10 ms at 120 BPM.
NUDGE = 0.02
# The tempo of a clock is never still, 0.07 BPM (RMS) at best; the parameter follows once it is this many BPM off.
TEMPO_STEP = 0.3
# How often a clock's beat may be doubled or halved.
MAX_DOUBLINGS = 2


@dataclass(frozen=True)
class Moment:
    """Tempo, beat and bar in one frame.

    Args:
        at: seconds since the show's start.
        beat: beats since the start, with the fraction; a bar begins where it is a multiple of `beats_per_bar`.
        tempo: in BPM.
        beats_per_bar: how many beats a bar has.
    """

    at: float = 0.0
    beat: float = 0.0
    tempo: float = 120.0
    beats_per_bar: int = 4

    @property
    def bar(self) -> float:
        """Return the bars since the start, with the fraction."""
        return self.beat / self.beats_per_bar


class BeatSource(Protocol):
    """An external beat to follow: a MIDI clock, a Link session."""

    name: str

    def read(self, now: float, beat: float, beats_per_bar: int) -> ExternalBeat | None:
        """Return its beat at `now`, or None while it has none. The show's thread, once a frame."""
        ...

    def request_tempo(self, tempo: float) -> bool:
        """Ask it to take a tempo; return whether it does."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


class Transport:
    """Counts the beat of the show.

    The show's thread calls `advance` once a frame. `tap`, `nudge`, `double`, `halve` and `resync` may be called on any
    thread; they wait in an inbox until the next `advance`. The beat is the raw one, counted from an anchor or read from
    the first source that has a beat, plus a shift, which taps, nudges and resync change. When a source is lost, the
    beat goes on from there at its last tempo. Offline the beat is `at * tempo / 60` to the last bit while the tempo
    holds, however many frames were drawn.

    Args:
        sources: external beats; the first one that has a beat is followed.
        now: the clock of `tap` and of the sources, in seconds.

    Attributes:
        moment: of the newest frame. Any thread may read it.
        leader: the name of the source that is followed, or "".
    """

    def __init__(self, sources: Sequence[BeatSource] = (), now: Callable[[], float] = time.perf_counter) -> None:
        self.moment = Moment()
        self.leader = ""
        self._sources, self._now = tuple(sources), now
        self._inbox: deque[Callable[[], None]] = deque()
        self._taps = Taps()
        # The beat without the shift, counted from an anchor, so that no sum of frames can drift.
        self._raw = self._anchor_at = self._anchor = 0.0
        # The shift by nudges, taps and resync, and how much of it is still to come.
        self._shift = self._to_shift = 0.0
        self._ratio = 1.0
        self._source: BeatSource | None = None
        self._new_tempo: float | None = None
        # The tempo that the source last set the parameter to: another value of it is a hand's.
        self._sent_tempo: float | None = None

    def add_source(self, source: BeatSource) -> None:
        """Add a source, after the others. Before the show runs."""
        self._sources = (*self._sources, source)

    # Any thread.

    def tap(self, at: float | None = None) -> None:
        """Tap on the beat at `at` on the transport's clock, or now."""
        when = self._now() if at is None else at
        self._inbox.append(lambda: self._tap(when))

    def nudge(self, beats: float = NUDGE) -> None:
        """Shift the beat earlier by this part of a beat, or later if it is negative; it glides there."""
        self._inbox.append(lambda: self._shift_by(self._to_shift + min(max(beats, -1.0), 1.0)))

    def double(self) -> None:
        """Count twice as many beats; the first of the bar stays the first."""
        self._inbox.append(lambda: self._scale(2.0))

    def halve(self) -> None:
        """Count half as many beats; the first of the bar stays the first."""
        self._inbox.append(lambda: self._scale(0.5))

    def resync(self) -> None:
        """Make the next beat the first of a bar; just after a beat, that one."""
        self._inbox.append(self._resync)

    # The show's thread.

    def advance(self, at: float, tempo: float, beats_per_bar: int = 4) -> Moment:
        """Advance to `at`, seconds since the show's start, and return the frame's moment.

        Args:
            at: not before the last call's.
            tempo: of the show's parameter, in BPM, for the time since the last call.
            beats_per_bar: of the show's parameter.
        """
        before, now = self.moment, self._now()
        theirs = self._read_sources(at, now, tempo, beats_per_bar)
        if theirs is None:
            if tempo != before.tempo or self.leader:
                # The anchor moves to the last frame, at its tempo.
                self._anchor_at, self._anchor = before.at, self._raw
                for source in self._sources:
                    source.request_tempo(tempo)
            self._raw = self._anchor + (at - self._anchor_at) * tempo / 60.0
            self.leader = ""
        else:
            self._raw, tempo = theirs.beat * self._ratio, theirs.tempo * self._ratio
            if theirs.moved:
                # The start of a song says where its bars begin; a nudge against the delay of a room stays.
                self._shift -= round(self._shift)
        self._apply_shift((at - before.at) * tempo / 60.0)
        self.moment = Moment(at, self._raw + self._shift, tempo, beats_per_bar)
        while self._inbox:
            self._inbox.popleft()()
        return self.moment

    def pop_tempo(self) -> float | None:
        """Return, once, the tempo that the show's parameter should take; None if it stays."""
        wanted, self._new_tempo = self._new_tempo, None
        return wanted

    def close(self) -> None:
        """Close the sources."""
        for source in self._sources:
            source.close()

    def _read_sources(self, at: float, now: float, tempo: float, beats_per_bar: int) -> ExternalBeat | None:
        """Return the beat of the first source that has one."""
        before = self.moment
        foreseen = (self._raw + (at - before.at) * before.tempo / 60.0) / self._ratio
        for source in self._sources:
            theirs = source.read(now, foreseen, beats_per_bar)
            if theirs is None:
                continue
            self._source = source
            if self.leader != source.name:
                log.info("following %s at %.1f BPM", source.name, theirs.tempo)
                self.leader = source.name
            self._sync_tempo(source, theirs.tempo, tempo)
            return theirs
        if self._source is not None:
            # The source is lost: the beat goes on from here at its tempo, to the last digit.
            self._source, self._ratio, self._sent_tempo = None, 1.0, None
            self._set_tempo(before.tempo)
        return None

    def _sync_tempo(self, source: BeatSource, theirs: float, ours: float) -> None:
        """Bring the tempo of the parameter, `ours`, and of the source, `theirs`, together once they differ."""
        theirs *= self._ratio
        if abs(theirs - ours) <= TEMPO_STEP:
            self._sent_tempo = ours
        elif (
            self._sent_tempo is not None
            and abs(ours - self._sent_tempo) > TEMPO_STEP
            and source.request_tempo(ours / self._ratio)
        ):
            # A Link session takes a hand's tempo; a MIDI clock overrules it.
            self._sent_tempo = ours
        elif self._set_tempo(round(theirs, 1)):
            self._sent_tempo = round(theirs, 1)

    def _set_tempo(self, tempo: float) -> bool:
        if tempo not in TEMPO:
            return False
        self._new_tempo = tempo
        return True

    def _shift_by(self, beats: float) -> None:
        self._to_shift = beats

    def _apply_shift(self, beats: float) -> None:
        """Shift by as much as the `beats` of this frame allow."""
        part = min(max(self._to_shift, (MIN_RATE - 1.0) * max(beats, 0.0)), (MAX_RATE - 1.0) * max(beats, 0.0))
        self._shift += part
        self._to_shift -= part

    def _tap(self, when: float) -> None:
        if not self._taps.add(when) or self._taps.period_s is None:
            return
        tempo = 60.0 / self._taps.period_s
        if self._source is not None and not self._source.request_tempo(tempo / self._ratio):
            log.info("tap ignored: the beat follows %s; disconnect it to tap", self._source.name)
            return
        if self._source is None and not self._set_tempo(tempo):
            return
        # The beat at the time of the tap's beat; the shift goes the shorter way.
        then = self.moment.beat - (self._now() - self._taps.beat_at) * tempo / 60.0
        self._shift_by(round(then) - then)

    def _scale(self, factor: float) -> None:
        beats_per_bar = self.moment.beats_per_bar
        if self._source is not None:
            if abs(math.log2(self._ratio * factor)) <= MAX_DOUBLINGS:
                self._ratio *= factor
            return
        if not self._set_tempo(self.moment.tempo * factor):
            return
        # Forward to the next place in a bar at which the old grid falls on the new one.
        place = (self._raw + self._shift) % beats_per_bar
        self._shift += (place * factor - place) % beats_per_bar

    def _resync(self) -> None:
        line = math.ceil(self._raw + self._shift - RESYNC_LATE)
        self._shift += -line % self.moment.beats_per_bar
