"""Player of a take: its changes in the store's inbox, each in the first frame that is not before its time."""

import logging
from bisect import bisect_right
from collections.abc import Callable

from likeness.parameters.journal import Done, Entry
from likeness.parameters.store import ParamStore
from likeness.show.takes.entry_player import EntryPlayer
from likeness.show.takes.reader import Take
from likeness.tempo.midi_clock import ExternalBeat

log = logging.getLogger(__name__)

# Times in a take have four digits.
ROUNDING_S = 1e-4
TEMPO = "show.tempo"


class TakePlayer:
    """Plays a take into a show, and is the beat that the show follows meanwhile. The show's thread.

    What a hand sets is the hand's from then on: the take leaves that parameter alone. At its end the show goes on as it
    stands.

    Args:
        take: what is played.
        store: of the show.
        at: returns the seconds since the show's start of the frame that begins.
    """

    name = "the take"

    def __init__(self, take: Take, store: ParamStore, at: Callable[[], float]) -> None:
        self._take, self._store, self._at = take, store, at
        self._journal = store.journal
        self._over = False
        self._player = EntryPlayer(str(take.path), store, take.faces.get)
        self._next = 0
        # Time, beat and tempo from which the beat counts on.
        self._beats = [
            (frame.at, float(entry.data[0]), float(entry.data[1]))
            for frame in take.frames
            for entry in frame.entries
            if isinstance(entry, Done) and entry.name == "beat" and len(entry.data) == 2
        ]
        self._beat_times = [at - ROUNDING_S for at, _, _ in self._beats]
        # The same, once a hand has set the tempo.
        self._own_beat: tuple[float, float, float] | None = None

    def advance(self, time: float, beat: float) -> None:
        """Leave in the inbox what is due in the frame that begins."""
        if self._over:
            return
        # Not before the first frame: what a show begins with is set by no hand.
        self._journal.replaying = True
        now, due = self._at() + ROUNDING_S, list[Entry]()
        frames = self._take.frames
        while self._next < len(frames) and frames[self._next].at <= now:
            due += frames[self._next].entries
            self._next += 1
        if due:
            self._store.run(self._player.edit(due))
        elif now > self._take.seconds + ROUNDING_S:
            self._journal.replaying, self._over = False, True
            log.info("%s is over; the show goes on as it stands", self._take.path)

    # As a `BeatSource` of the transport.

    def read(self, now: float, beat: float, beats_per_bar: int) -> ExternalBeat | None:
        """Return the take's beat in the frame that begins; None before its first and after its end."""
        at = self._at()
        place = bisect_right(self._beat_times, at) - 1
        if place < 0 or at > self._take.seconds + ROUNDING_S:
            return None
        since, there, tempo = self._own_beat or self._beats[place]
        return ExternalBeat(there + (at - since) * tempo / 60.0, tempo)

    def request_tempo(self, tempo: float) -> bool:
        """Take a hand's tempo: from here on the beat is the hand's."""
        by_take = TEMPO not in self._journal.taken and tempo == self._store.target(TEMPO)
        read = None if by_take else self.read(0.0, 0.0, 4)
        if read is not None:
            self._own_beat = (self._at(), read.beat, tempo)
            self._journal.taken.add(TEMPO)
        return True

    def close(self) -> None:
        """Do nothing."""
