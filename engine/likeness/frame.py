"""The frame that plugins get: its number, time, beat, and the values of all parameters."""

from collections.abc import Mapping
from dataclasses import dataclass

from likeness.params import Value

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Frame:
    """One frame of the show; everything in it is read-only.

    Args:
        index: frames since the start.
        time: seconds of the show; it stands still while the picture is frozen.
        dt: seconds since the last frame; 0 in the first one and while frozen.
        beat: beats since the start, with the fraction: `beat % 4` is the place in a bar of four. It jumps
            forward by whole beats at a resync, and back when a sequencer starts its song.
        values: every plugin's parameters of this frame, by plugin and name.
        bar: bars since the start, with the fraction: `bar % 1` is the place in the bar, however many beats it has.
        at: seconds since the start by the clock, on which sound goes; unlike `time` it moves on while frozen.
    """

    index: int
    time: float
    dt: float
    beat: float
    values: Mapping[str, Values]
    bar: float = 0.0
    at: float = 0.0
