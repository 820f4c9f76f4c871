"""Pacing of recordings: the frame number of each picture, by counting offline, by the wall clock live."""

from fractions import Fraction

# A picture may lie this far from the next frame's time, in frames, and still be it. Plain rounding at 0.5 flickers
# between repeat and drop when the show's beat lies half a frame off the recording's (it can, after a stall).
SLACK = 0.75


def exact_rate(fps: float) -> Fraction:
    """Return `fps` as the rational that was meant: 29.97 is 30000/1001, 25 is 25/1.

    Rates within 0.005 of a whole rate times 1000/1001 (23.976, 29.97, 59.94) are the broadcast ones [SMPTE ST 12-1].
    """
    whole = round(fps * 1001 / 1000)
    broadcast = Fraction(whole * 1000, 1001)
    if abs(fps - round(fps)) > 0.005 and abs(fps - broadcast) < 0.005:
        return broadcast
    return Fraction(fps).limit_denominator(1001)


class Pacing:
    """Give each picture its frame number in the recording.

    Args:
        fps: frames a second of the recording.
        offline: count the pictures and look at no time.

    Attributes:
        start: the time of the first picture, seconds since the start of the show; 0 before it.
    """

    def __init__(self, fps: Fraction, *, offline: bool) -> None:
        self._fps, self._offline = float(fps), offline
        self._began, self.start = False, 0.0
        self.next = 0

    def frame_of(self, at: float) -> int | None:
        """Return the frame that a picture at `at` seconds is, or None where that frame has its picture already.

        The first picture is frame 0. A number beyond `next` says that frames were missed; whoever writes them
        repeats the picture before. Call `mark_written` once the picture is accepted.
        """
        if not self._began:
            self._began, self.start = True, at
        if self._offline:
            return self.next
        place = (at - self.start) * self._fps
        if place < self.next - SLACK:
            return None
        return self.next if place < self.next + SLACK else round(place)

    def mark_written(self, frame: int) -> None:
        """Mark `frame` as written."""
        self.next = frame + 1
