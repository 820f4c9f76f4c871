"""Schedule of an installation: when it plays, when it is dimmed, and when it is dark."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from likeness.errors import LikenessError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Of the master's brightness, where the schedule names none.
DIM = 0.4
EXAMPLE = '"10:00-18:00, dim after 17:30", or "tue-fri 10:00-18:00; sat-sun 11:00-20:00, dim to 30% after 19:00"'
_CLOCK = r"(\d{1,2}):(\d{2})"
_PART = re.compile(
    rf"(?:(?P<days>[a-z]{{3}}(?:-[a-z]{{3}})?(?:\s*,\s*[a-z]{{3}}(?:-[a-z]{{3}})?)*)\s+)?"
    rf"(?P<opens>{_CLOCK})\s*-\s*(?P<closes>{_CLOCK})"
    rf"(?:\s*,\s*dim(?:\s+to\s+(?P<percent>\d{{1,3}})\s*%)?\s+after\s+(?P<dims>{_CLOCK}))?"
)


@dataclass(frozen=True)
class Hours:
    """What happens on some days of the week. Times are those of a clock on the wall.

    Args:
        days: 0 for Monday; the day on which it opens.
        opens, closes: a closing that is not after the opening is on the next day.
        dims: when it is dimmed; None for never.
        level: brightness from then on, in [0, 1].
    """

    days: frozenset[int]
    opens: time
    closes: time
    dims: time | None = None
    level: float = DIM

    def level_at(self, now: float, day: date) -> float:
        """Return the brightness at `now`, seconds since the epoch, of the opening that begins on `day`; 0 for none."""
        if day.weekday() not in self.days:
            return 0.0
        # As moments, not as what the clock shows: an hour that comes twice in autumn opens and closes nothing twice.
        opens, closes = _moment(day, self.opens), self._after(day, self.closes)
        if not opens <= now < closes:
            return 0.0
        return self.level if self.dims is not None and now >= self._after(day, self.dims) else 1.0

    def _after(self, day: date, at: time) -> float:
        """Return the moment of a time of day that is after the opening."""
        return _moment(day if at > self.opens else day + timedelta(days=1), at)


@dataclass(frozen=True)
class Schedule:
    """Hours of a week; the brightest of them counts. Pure, and asked anew each time, so that a clock may jump."""

    hours: tuple[Hours, ...]

    def level(self, now: float) -> float:
        """Return the brightness at `now`, seconds since the epoch: 1 plays, less is dimmed, 0 is closed."""
        today = datetime.fromtimestamp(now).date()
        days = (today - timedelta(days=1), today)
        return max(hours.level_at(now, day) for hours in self.hours for day in days)


def parse_schedule(text: str) -> Schedule:
    """Return the schedule that `text` says, such as "10:00-18:00, dim after 17:30".

    Raises:
        LikenessError: naming the part that is none.
    """
    return Schedule(tuple(_parse_hours(part.strip()) for part in text.lower().split(";")))


def _parse_hours(text: str) -> Hours:
    found = _PART.fullmatch(text)
    if found is None:
        raise LikenessError(f"--schedule {text!r:.100} is no schedule; write {EXAMPLE}")
    opens, closes = _parse_clock(found["opens"], text), _parse_clock(found["closes"], text)
    dims = None if found["dims"] is None else _parse_clock(found["dims"], text)
    level = DIM if found["percent"] is None else int(found["percent"]) / 100
    if not 0.0 < level <= 1.0:
        raise LikenessError(f"--schedule {text!r:.100}: dim to 1% to 100%")
    hours = Hours(frozenset(_parse_days(found["days"], text)), opens, closes, dims, level)
    if dims is not None and not _within(hours, dims):
        raise LikenessError(f"--schedule {text!r:.100}: it is dimmed between the opening and the closing")
    return hours


def _parse_days(text: str | None, whole: str) -> Iterator[int]:
    if text is None:
        yield from range(7)
        return
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise LikenessError(f"--schedule {whole!r:.100}: days are {', '.join(DAYS)}, such as tue-sun")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        yield from ((begin + count) % 7 for count in range((end - begin) % 7 + 1))


def _parse_clock(text: str, whole: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    # What the clock shows at the end of a day.
    if (hour, minute) == (24, 0):
        return time(0, 0)
    if hour > 23 or minute > 59:
        raise LikenessError(f"--schedule {whole!r:.100}: {text} is no time of day; write 0:00 to 24:00")
    return time(hour, minute)


def _within(hours: Hours, at: time) -> bool:
    """Return whether a time of day is between opening and closing."""
    since = [(_minutes(each) - _minutes(hours.opens)) % 1440 for each in (at, hours.closes)]
    return 0 < since[0] < (since[1] or 1440)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _moment(day: date, at: time) -> float:
    """Return seconds since the epoch of a time in this machine's zone; of one that comes twice, the first."""
    return datetime.combine(day, at).timestamp()
