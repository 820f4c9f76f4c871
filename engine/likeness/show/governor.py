"""The governor: the rate that this machine holds evenly, a whole part of the wanted one, changed at bars."""

import itertools
import logging
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from likeness.tempo.transport import Moment

log = logging.getLogger(__name__)

# Whole parts alone, so that each picture stands for as many frames of a display or a recording as the next one.
DIVISORS = (1, 2, 3, 4, 5)
# No rate is halved to less. Fewer than ten new pictures a second are no motion, however even they come, and of a rate
# of ten each late picture leaves nine.
LEAST_FPS = 12.0
# What is judged, in seconds, and how much of it there has to be; after a change the first frames do not count.
WINDOW_S, LEAST_S, LEAST_FRAMES, SETTLE_S = 3.0, 1.5, 8, 0.5
# Of the time between two pictures. Above it the rate is not held: a display of 59 Hz, which a show of 60 waits for,
# gives 1.02, and a generator that needs a tenth more than a frame 1.1.
NOT_HELD = 1.05
# Of a frame's time. A rate whose frames are fuller than this is not fallen to, one below the other is risen to; the gap
# between them is what keeps the rate from changing to and fro.
FULL, ROOM = 0.9, 0.7
# The slowest of so many frames is what a rate has to hold.
SLOW_SHARE = 0.8
# Longer than this, of the time between two frames of the lowest rate, is a stall that no rate would hold: it is no
# reason to lower one, unless so large a share of the frames stalls. At a load of 28 on two cores one frame in ten took
# over 0.2 s, and at ten frames per second there were as many stalls as at sixty, and half as many pictures.
STALL, STALLED_SHARE = 1.5, 0.25
# Before a rise the higher rate has to fit for so long; twice as long after a rise that was not held.
FIRST_RISE_S, LONGEST_RISE_S, RELAPSE_S = 8.0, 300.0, 60.0
# Of a bar that takes longer, a beat will do.
LONG_BAR_S = 8.0
# Longer than a rise is judged, at any usual rate.
KEPT = 1024


@dataclass(frozen=True)
class FrameWork:
    """What one new picture took.

    Args:
        at: when its frame began, in seconds since the start of the show.
        draw_s: seconds that it was drawn.
        own_s: seconds of a processor that the show's own thread worked for it. Waiting for a display is not in it.
    """

    at: float
    draw_s: float
    own_s: float


class Governor:
    """Lowers the rate to a half, a third, down to a fifth, where the wanted one is not held, and raises it again.

    Steady beats fast: motion at an even 30 frames a second looks better than at 60 of which a third are late. The rate
    changes where a bar or a cue's recall begins (in bars of more than 8 s with a beat), since there it is not noticed.
    Each change is logged in one line. Pure logic, without a clock; the show's thread alone calls it.

    Args:
        wanted_fps: frames a second that were asked for.
        strict: hold the wanted rate, whatever comes of it.
    """

    def __init__(self, wanted_fps: float, *, strict: bool = False) -> None:
        self.wanted_fps, self._strict = wanted_fps, strict
        self._divisor = 1
        self._stall_s = STALL * list_divisors(wanted_fps)[-1] / wanted_fps
        self._works: deque[FrameWork] = deque(maxlen=KEPT)
        self._before = Moment()
        # When the rate changed last, whether it rose, and how long a rise waits from there.
        self._since, self._rose, self._patience_s = 0.0, False, FIRST_RISE_S

    @property
    def fps(self) -> float:
        """Return the rate of now, in frames a second. Any thread."""
        return self.wanted_fps / self._divisor

    def add(self, work: FrameWork) -> None:
        """Take what a new picture took, in the order of their times."""
        self._works.append(work)

    def step(self, moment: Moment, *, cue: bool = False) -> bool:
        """Change the rate if a bar or a cue begins and another one is better; return whether it changed.

        Args:
            moment: of the frame; call it in every frame.
            cue: whether a recall begins in this frame.
        """
        before, self._before = self._before, moment
        if self._strict or not (cue or _begins(before, moment)):
            return False
        divisor = self._judge(moment.at)
        if divisor == self._divisor:
            return False
        self._change(divisor, moment.at)
        return True

    def _judge(self, at: float) -> int:
        """Return the divisor that is right from now on."""
        works = self._last(at, WINDOW_S)
        if len(works) < LEAST_FRAMES or works[-1].at - works[0].at < LEAST_S:
            return self._divisor
        if mean_interval(works, self._stall_s) * self.fps > NOT_HELD:
            lower = [divisor for divisor in list_divisors(self.wanted_fps) if divisor > self._divisor]
            fitting = find_divisor(self.wanted_fps, needed_s(works, self._stall_s))
            # What is late for another reason than its work, such as a slow display, goes down step by step.
            return max(fitting, lower[0]) if lower else self._divisor
        if at - self._since < self._patience_s:
            return self._divisor
        needed = needed_s(self._last(at, FIRST_RISE_S), self._stall_s)
        return min(find_divisor(self.wanted_fps, needed, ROOM), self._divisor)

    def _last(self, at: float, seconds: float) -> list[FrameWork]:
        """Return what was drawn at this rate in the last `seconds`."""
        first = max(at - seconds, self._since + SETTLE_S)
        return [work for work in self._works if work.at >= first]

    def _change(self, divisor: int, at: float) -> None:
        rises = divisor < self._divisor
        if not rises:
            relapse = self._rose and at - self._since < max(RELAPSE_S, self._patience_s)
            self._patience_s = min(2 * self._patience_s, LONGEST_RISE_S) if relapse else FIRST_RISE_S
        self._divisor, self._since, self._rose = divisor, at, rises
        rate, wanted = round(self.fps, 2), self.wanted_fps
        if rises:
            log.info("this machine draws more again: %g of %g frames per second", rate, wanted)
        else:
            log.warning("%g frames per second are more than this machine draws; an even %g from here", wanted, rate)


def find_divisor(wanted_fps: float, frame_s: float, share: float = FULL) -> int:
    """Return by what the wanted rate is divided so that frames of `frame_s` fill at most `share` of their time."""
    divisors = list_divisors(wanted_fps)
    return next((divisor for divisor in divisors if frame_s <= share * divisor / wanted_fps), divisors[-1])


def list_divisors(wanted_fps: float) -> list[int]:
    """Return by what the wanted rate may be divided: 1 always, and what leaves at least 12 frames a second."""
    return [divisor for divisor in DIVISORS if divisor == 1 or wanted_fps / divisor >= LEAST_FPS]


def needed_s(works: Sequence[FrameWork], stall_s: float = math.inf) -> float:
    """Return the seconds that a frame needs: of the slowest in five that are drawn, and of the show's own thread."""
    drawn = _without_stalls([work.draw_s for work in works], stall_s)
    return drawn[int(SLOW_SHARE * (len(drawn) - 1))] + sum(work.own_s for work in works) / len(works)


def mean_interval(works: Sequence[FrameWork], stall_s: float = math.inf) -> float:
    """Return the mean seconds from one picture to the next, without the longest in twenty: one stall is no slowness."""
    gaps = _without_stalls([later.at - work.at for work, later in itertools.pairwise(works)], stall_s)
    kept = gaps[: len(gaps) - math.ceil(len(gaps) / 20)]
    return sum(kept) / len(kept)


def _without_stalls(seconds: Sequence[float], stall_s: float) -> list[float]:
    """Return `seconds` in their order of length, without those above `stall_s` where they are few."""
    ordered = sorted(seconds)
    kept = [each for each in ordered if each <= stall_s]
    return kept if len(kept) > (1 - STALLED_SHARE) * len(ordered) else ordered


def _begins(before: Moment, moment: Moment) -> bool:
    """Return whether a bar begins, or a beat where bars are long."""
    if math.floor(before.bar) != math.floor(moment.bar):
        return True
    long = moment.beats_per_bar * 60.0 / moment.tempo > LONG_BAR_S
    return long and math.floor(before.beat) != math.floor(moment.beat)
