"""Things that happen between two frames and that plugins may `handle`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A MIDI note. `velocity` in [0, 1]; 0 is the release. `channel` counts from 1, `number` from 0."""

    number: int
    velocity: float
    channel: int = 1


@dataclass(frozen=True)
class Key:
    """A key pressed in the window, by pygame's name: "a", "left", "space"."""

    name: str


@dataclass(frozen=True)
class Panic:
    """Every note that is down is let go; plugins get the releases, never this."""


Event = Note | Key | Panic
