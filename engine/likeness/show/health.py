"""Health of a running show in words, for monitors: what is wrong, and whether somebody has to come."""

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from likeness.files.paths import user_dir
from likeness.host.host import Host
from likeness.host.slot import Slot
from likeness.outputs.disk_room import free_bytes
from likeness.show.heartbeat import Heartbeat, describe
from likeness.show.loop import Loop
from likeness.show.watch import Limits, Watch
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

Level = Literal["error", "warning"]
State = Literal["starting", "ok", "warning", "error"]

LOOK_S = 1.0
# A look that comes later than this was no look: the machine slept, and the show had no time either.
ASLEEP_S = 5.0
# A rate is judged by the pictures of a minute, and one that is under this share of the other one is low.
RATE_S, LOW = 60.0, 0.5
# Minutes that a recording's disk still has: a warning, an error.
FEW_MINUTES, LAST_MINUTES = 10.0, 2.0
# What the user's folder needs for saving the show, in bytes.
FULL_BYTES = 200 * 2**20
# Asked of the disk only every so often: a network disk may be slow.
DISK_S = 10.0
MOST_REASONS, LONGEST = 20, 200


@dataclass(frozen=True)
class Reason:
    """One thing that is wrong.

    Args:
        level: an error needs somebody soon, since the picture or an output is gone or will be; a warning can wait.
        what: the part, in one word: "picture", "rate", "output", "disk", "plugin", "shadow" or "show".
        text: in words.
    """

    level: Level
    what: str
    text: str


class Health:
    """Looks once a second at a show, on a thread of its own from `start` to `close`; any thread may ask `answer`.

    It waits for none of the show's threads: all that it reads are snapshots and counters.

    Args:
        beat: returns which pictures are shown.
        numbers: returns the show's status.
        rack: returns the plugins.
        free: returns the bytes that are free on the disk of a folder.
        now: seconds of a clock that never jumps.
    """

    def __init__(
        self,
        beat: Callable[[], Heartbeat],
        numbers: Callable[[], Mapping[str, Any]],
        rack: Callable[[], Sequence[Slot]],
        free: Callable[[Path], int] = free_bytes,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._beat, self._numbers, self._rack, self._free, self._now = beat, numbers, rack, free, now
        self._watch = Watch(Limits(), now())
        self._looked = now()
        # When how many new pictures had been shown.
        self._pictures: deque[tuple[float, int]] = deque()
        self._room: tuple[float, int] | None = None
        self._state: State = "starting"
        self._reasons: tuple[Reason, ...] = ()
        self._thread = StoppableThread("health", self._run)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._thread.close()

    def answer(self) -> tuple[bool, str]:
        """Return whether the show needs nobody now, and state and reasons as JSON. Any thread."""
        state, reasons = self._state, self._reasons
        if not reasons and self._now() - self._looked > ASLEEP_S:
            # Two threads that want the processor and get none; a monitor is told rather than soothed.
            state = "error"
            reasons = (Reason("error", "show", f"nothing was looked at for {self._now() - self._looked:.0f} s"),)
        return state in ("ok", "warning"), format_health(state, reasons)

    def look(self) -> None:
        """Judge the show as it is now."""
        now, beat, numbers = self._now(), self._beat(), self._numbers()
        if now - self._looked > ASLEEP_S:
            self._watch.forgive(now - self._looked)
            self._pictures.clear()
        self._looked = now
        self._watch.take(beat, now)
        reasons: list[Reason] = []
        if dead := self._watch.judge(now):
            reasons.append(Reason("error", "picture", dead))
        reasons += [Reason("error", "output", f"{name} failed") for name in beat.lost]
        reasons += self._judge_rate(now, beat, numbers)
        # Before its first picture a file has not begun.
        reasons += judge_outputs(numbers) if self._watch.playing else []
        reasons += self._judge_disk(now)
        reasons += judge_plugins(self._rack(), numbers)
        reasons += judge_others(numbers)
        self._reasons = tuple(reasons[:MOST_REASONS])
        levels = {reason.level for reason in reasons}
        if not self._watch.playing and "error" not in levels:
            self._state = "starting"
        else:
            self._state = "error" if "error" in levels else "warning" if levels else "ok"

    def _judge_rate(self, now: float, beat: Heartbeat, numbers: Mapping[str, Any]) -> list[Reason]:
        """Judge the pictures of the last minute; none where there was no whole minute yet."""
        if not self._watch.playing:
            return []
        self._pictures.append((now, beat.pictures))
        while len(self._pictures) > 2 and now - self._pictures[1][0] >= RATE_S:
            self._pictures.popleft()
        then, before = self._pictures[0]
        if now - then < RATE_S:
            return []
        rate, wanted, governed = (beat.pictures - before) / (now - then), numbers["wanted_fps"], numbers["governed_fps"]
        said = f"{rate:.1f} new pictures a second in the last minute, of"
        if rate < LOW * governed:
            return [Reason("error", "rate", f"{said} the {governed:.4g} at which the show plays")]
        if rate < LOW * wanted:
            return [Reason("warning", "rate", f"{said} the {wanted:g} that are wanted")]
        return []

    def _judge_disk(self, now: float) -> list[Reason]:
        if self._room is None or now - self._room[0] >= DISK_S:
            folder = user_dir("autosave")
            while not folder.exists() and folder != folder.parent:
                folder = folder.parent
            try:
                self._room = now, self._free(folder)
            except OSError as error:
                return [Reason("warning", "disk", f"the show cannot be saved: {error.strerror or error}")]
        if self._room[1] >= FULL_BYTES:
            return []
        return [Reason("warning", "disk", f"{self._room[1] / 2**20:.0f} MB are free for saving the show")]

    def _run(self) -> None:
        while not self._thread.stopping.wait(LOOK_S):
            try:
                self.look()
            # A plugin's parameter or a driver's output may be anything; the next look may do.
            except Exception as error:  # noqa: BLE001
                self._state, self._reasons = "error", (Reason("error", "show", f"its health cannot be read: {error}"),)


def judge_outputs(numbers: Mapping[str, Any]) -> list[Reason]:
    """Return what is wrong with the files and receivers among a show's outputs, by its status."""
    reasons = []
    for output in numbers["outputs"]:
        minutes = output.get("disk_full_in_minutes")
        if output.get("trouble"):
            reasons.append(Reason("warning", "output", f"{output['name']} reaches nobody: {output['trouble']}"))
        if "file" in output and output["file"] is None:
            reasons.append(Reason("warning", "output", f"{output['name']} is gone: it was deleted or moved"))
        if minutes is not None and minutes < FEW_MINUTES:
            level: Level = "error" if minutes < LAST_MINUTES else "warning"
            reasons.append(Reason(level, "disk", f"{output['name']} fills its disk in {minutes:.0f} minutes"))
    return reasons


def judge_plugins(rack: Sequence[Slot], numbers: Mapping[str, Any]) -> list[Reason]:
    """Return which plugins do not play because they failed; what was bypassed by hand is as somebody wants it."""
    bypassed = {plugin["name"] for plugin in numbers["plugins"] if plugin["bypassed"]}
    return [
        Reason("warning", "plugin", f"{slot.name} is bypassed: it {'hung' if slot.hung else 'failed again and again'}")
        for slot in tuple(rack)
        if slot.name in bypassed and (slot.hung or slot.bypassed_by_host)
    ]


def judge_others(numbers: Mapping[str, Any]) -> list[Reason]:
    """Return what is wrong with the machine that this one follows, or that follows it."""
    told = numbers["inputs"].get("shadow", {})
    reasons = []
    if "rival" in told:
        reasons.append(Reason("error", "shadow", f"{told['rival']} plays too, and neither follows the other"))
    elif "took over from" in told:
        reasons.append(Reason("warning", "shadow", f"{told['took over from']} is gone; this machine plays instead"))
    if told.get("shadows") == 0:
        reasons.append(Reason("warning", "shadow", "the machine that followed this one is gone; nobody would play on"))
    return reasons


def open_health(
    opened: ExitStack, loop: Loop, host: Host, status: Callable[[], Mapping[str, Any]], *, live: bool
) -> Health:
    """Return the health of a show, looked at until `opened` closes where the show is live."""
    health = Health(lambda: describe(loop), status, lambda: host.rack)
    if live:
        health.start()
        opened.callback(health.close)
    return health


def format_health(state: State, reasons: Sequence[Reason]) -> str:
    """Return what a monitor gets, as JSON."""
    cut = [asdict(reason) | {"text": reason.text[:LONGEST]} for reason in reasons[:MOST_REASONS]]
    return json.dumps({"state": state, "reasons": cut})
