"""Quantising to the beat: when to start what should begin or arrive on a beat or bar; all in beats."""

import math

from likeness.easing import ROUNDING


def to_beats(seconds: float, tempo: float) -> float:
    """Return how many beats pass in `seconds` at `tempo` BPM."""
    return seconds * tempo / 60.0


def next_on_grid(beat: float, every: float) -> float:
    """Return the next multiple of `every` beats: `beat` itself if it is one but for rounding."""
    return math.ceil(beat / every - ROUNDING) * every


def when_to_start(arrive_beat: float, travel: float, latency: float) -> float:
    """Return the beat at which to start what should be seen to arrive at `arrive_beat`.

    Args:
        arrive_beat: where it should be complete on the screen.
        travel: how long it takes, in beats, at least 0.
        latency: from a frame's values to its light, in beats, at least 0: `to_beats(loop.stats.latency_s, tempo)`.
    """
    return arrive_beat - travel - latency


def schedule_arrival(now: float, every: float, travel: float, latency: float) -> tuple[float, float]:
    """Return `(start, arrive)` for the first multiple of `every` beats that can still be reached from beat `now`.

    Args:
        now: the current beat.
        every: the grid, in beats.
        travel, latency: as for `when_to_start`.
    """
    arrive = next_on_grid(now + travel + latency, every)
    return when_to_start(arrive, travel, latency), arrive
