"""Status of a running show in plain numbers, for the terminal, `/status` and OSCQuery."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from likeness.host.host import Host
from likeness.master import Master
from likeness.outputs.group import OutputGroup, innermost, recording_of
from likeness.outputs.output import Output
from likeness.outputs.sending.sender import SentOutput
from likeness.parameters.store import ParamStore
from likeness.show.frame_stats import FrameStats, Timing
from likeness.tempo.transport import Transport

# Gathering them takes a third of a millisecond of the interpreter, so that a thousand questions a second would be felt.
FRESH_S = 0.1
# A picture that has stood still for so long without being frozen is told as stalled.
STALLED_S = 0.5
# What the rate is counted over: it may change, and old frames would hide that.
RATE_S = 3.0


class ShowStatus:
    """Reads what the show's threads write and waits for none of them. Any thread.

    Args:
        fps: frames a second that are wanted.
        stats: what the loop counts.
        store, transport, master, outputs, host: of the show.
        governed_fps: returns the rate that plays, where it may be another.
    """

    def __init__(
        self,
        fps: float,
        stats: FrameStats,
        store: ParamStore,
        transport: Transport,
        master: Master,
        outputs: OutputGroup,
        host: Host,
        governed_fps: Callable[[], float] | None = None,
    ) -> None:
        self._governed_fps = governed_fps or (lambda: fps)
        self._fps, self._stats, self._store = fps, stats, store
        self._transport, self._master, self._outputs, self._host = transport, master, outputs, host

    def numbers(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the show's numbers, ready for `json.dumps`; `inputs` is what the inputs count, by name."""
        # One call in C: the show's thread, which appends, cannot come between.
        timings = tuple(self._stats.timings)
        values = self._store.snapshot
        moment = self._transport.moment
        return {
            "fps": _fps(timings),
            "wanted_fps": self._fps,
            # Lower where the machine does not hold what is wanted.
            "governed_fps": self._governed_fps(),
            "frames": self._stats.frames,
            "seconds": self._stats.at,
            "repeats": self._stats.repeated,
            "drawn": self._stats.at - self._stats.drawn_at < STALLED_S,
            # From a frame's tick until the outputs have it; a message waits for that tick before.
            "latency_ms": self._stats.latency_s * 1e3,
            "frame_ms": _spread([timing.frame_ms for timing in timings]),
            "synthesis_ms": _spread([timing.synthesis_ms for timing in timings]),
            "outputs": [_output(output) for output in self._outputs],
            "closed_outputs": list(self._outputs.failed),
            "plugins": [
                {
                    "name": slot.name,
                    "cost_ms": slot.cost_ms,
                    "strikes": slot.strikes,
                    "bypassed": bool(values.get(slot.name, {}).get("bypass", False)),
                }
                for slot in tuple(self._host.rack)
            ],
            "inputs": dict(inputs),
            "tempo": {
                "bpm": moment.tempo,
                "beat": moment.beat,
                "bar": moment.bar,
                "beats_per_bar": moment.beats_per_bar,
                "leader": self._transport.leader,
            },
            "master": {**values["master"], "level": self._master.level},
        }

    def state_line(self) -> tuple[str, ...]:
        """Return the parts of the window's line of state: rate, drops, tempo, and what the master does."""
        return summarise(self.numbers({}))


def summarise(numbers: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a performer looks for first among a show's numbers, in words."""
    master, dropped = numbers["master"], sum(output["dropped"] for output in numbers["outputs"])
    parts = [
        f"{numbers['fps']:.1f} of {format_rate(numbers)}",
        f"{dropped} dropped, {numbers['repeats']} repeated",
        f"{numbers['tempo']['bpm']:.1f} BPM",
    ]
    if master["blackout"]:
        parts.append("BLACK" if master["level"] == 0 else "going black")
    elif master["level"] < 1:
        parts.append("coming back")
    if master["freeze"]:
        parts.append("FROZEN")
    if master["brightness"] < 1:
        parts.append(f"brightness {master['brightness']:.0%}")
    return tuple(parts)


def format_rate(numbers: Mapping[str, Any]) -> str:
    """Return the rate that plays, with the wanted one where that is another: "20 fps (60 wanted)"."""
    governed, wanted = numbers["governed_fps"], numbers["wanted_fps"]
    return f"{governed:g} fps" if governed == wanted else f"{governed:.4g} fps ({wanted:g} wanted)"


def _fps(timings: Sequence[Timing]) -> float:
    """Return the rate of the last seconds, 0 before there are two frames."""
    newest = timings[-1].at if timings else 0.0
    timings = [timing for timing in timings if timing.at >= newest - RATE_S]
    if len(timings) < 2 or timings[-1].at <= timings[0].at:
        return 0.0
    return (len(timings) - 1) / (timings[-1].at - timings[0].at)


def _spread(spent_ms: Sequence[float]) -> dict[str, float]:
    ordered = sorted(spent_ms) or [0.0]
    last = len(ordered) - 1
    return {
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[min(len(ordered) * 99 // 100, last)],
        "worst": ordered[-1],
    }


def _output(output: Output) -> dict[str, Any]:
    recording = recording_of(output)
    inner = innermost(output)
    numbers: dict[str, Any] = {
        "name": output.name,
        "dropped": int(getattr(inner, "dropped", 0)),
        "repeated": int(getattr(inner, "repeated", 0)),
    }
    if isinstance(inner, SentOutput):
        numbers["sent"], numbers["trouble"] = inner.sent, inner.trouble
    if recording is not None:
        place = recording.find_result()
        # Where it is by now: somebody may have renamed or deleted it.
        numbers["file"] = None if place is None else str(place)
        minutes = recording.disk_minutes
        numbers["disk_full_in_minutes"] = None if minutes is None else round(minutes, 1)
    return numbers


class StatusCache:
    """Keeps the status as JSON for a tenth of a second. Any thread.

    Args:
        gather: returns plain numbers, ready for `json.dumps`.
        now: seconds.
    """

    def __init__(self, gather: Callable[[], Mapping[str, Any]], now: Callable[[], float] = time.monotonic) -> None:
        self._gather, self._now = gather, now
        self._turn = threading.Lock()
        self._until = 0.0
        self._text = ""

    def text(self) -> str:
        """Return the numbers as JSON, at most a tenth of a second old."""
        with self._turn:
            if not self._text or self._now() >= self._until:
                self._text, self._until = json.dumps(self._gather(), allow_nan=False), self._now() + FRESH_S
            return self._text

    def answer(self, reply: Callable[..., None]) -> None:
        """Answer `/status` with one text."""
        reply("/status", self.text())
