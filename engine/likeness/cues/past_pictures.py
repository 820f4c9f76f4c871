"""Pictures of the past: a small one for every second of the last ten minutes, in memory alone."""

import math
from bisect import bisect_left
from dataclasses import dataclass
from operator import attrgetter

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.latent_history import REMEMBERED_S
from likeness.cues.thumbnail import Thumbnail, encode_thumbnail
from likeness.picture import Drawn

# Seconds between two pictures.
EVERY_S = 1.0
# 600 faces of 4 KB are 2.4 MB; noise takes up to 12 KB, and then fewer are kept.
MAX_BYTES = 4 << 20


@dataclass(frozen=True)
class PastPicture:
    """What was shown at the show's `time`, in seconds, to the millisecond."""

    time: float
    thumbnail: Thumbnail


_time_of = attrgetter("time")


class PastPictures:
    """The pictures of the past, the oldest first.

    The show's thread calls `add` before each frame: while no picture is due that is a comparison, once a second it
    hands a reference to a thread of this object's own, which a slow disk cannot delay. That thread replaces the tuple
    of pictures as a whole, so any thread may read it without a lock. A frame that shows a visitor is left out; so
    there is nothing to wipe when visitors are to be forgotten. A failure is logged once and leaves a gap.

    Attributes:
        now: the show's time, in seconds.
        pictures: all of them; never changed in place.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.pictures: tuple[PastPicture, ...] = ()
        self._due = 0.0
        self._coder = BackgroundWriter("past pictures")
        self._described: tuple[tuple[float, tuple[PastPicture, ...]], dict[str, object]] | None = None

    def add(self, drawn: Drawn | None, now: float) -> None:
        """Keep the newest picture if one is due. A frozen picture's time stands still, and nothing new is kept.

        Args:
            drawn: the newest picture; None where nothing is drawn yet.
            now: the show's time.
        """
        self.now = now
        if drawn is None or drawn.time < self._due or drawn.private:
            return
        # On the grid, so that delays do not add up.
        self._due = (math.floor(drawn.time / EVERY_S) + 1) * EVERY_S
        self._coder.submit("a picture of the past", lambda: self._encode(drawn))

    def thumbnail_at(self, time: float) -> Thumbnail | None:
        """Return the picture nearest to the show's `time`; None if it is further off than the next one would be.

        A time before the first picture gets that one, as the history of faces does. Any thread.
        """
        pictures = self.pictures
        if not pictures or not math.isfinite(time):
            return None
        after = bisect_left(pictures, time, key=_time_of)
        near = min(pictures[max(after - 1, 0) : after + 1], key=lambda each: abs(each.time - time))
        return near.thumbnail if after == 0 or abs(near.time - time) <= EVERY_S else None

    def describe(self) -> dict[str, object]:
        """Return what a surface is told of the past, ready for JSON: the same object until something changes."""
        state = self.now, self.pictures
        described = self._described
        if described is None or described[0][0] != state[0] or described[0][1] is not state[1]:
            now, pictures = state
            told: dict[str, object] = {
                "now": round(now, 3),
                "from": round(max(now - REMEMBERED_S, 0.0), 3),
                "every": EVERY_S,
                "times": [each.time for each in pictures],
            }
            described = self._described = state, told
        return described[1]

    def flush(self, timeout_s: float) -> bool:
        """Wait until what was due is encoded; return whether that was in time."""
        return self._coder.flush(timeout_s)

    def close(self) -> None:
        """End the thread."""
        self._coder.close()

    def _encode(self, drawn: Drawn) -> None:
        """Add a picture and drop what is too old or too much. The coder's thread."""
        kept = [each for each in self.pictures if each.time >= drawn.time - REMEMBERED_S]
        kept.append(PastPicture(round(drawn.time, 3), encode_thumbnail(drawn.picture)))
        size = sum(len(each.thumbnail.jpeg) for each in kept)
        first = 0
        while size > MAX_BYTES:
            size -= len(kept[first].thumbnail.jpeg)
            first += 1
        self.pictures = tuple(kept[first:])
