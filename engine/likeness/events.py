"""Events between two frames: those that plugins may `handle`, and the base of those that they never see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


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
class Recall:
    """A cue or a moment of the past is recalled; its parameters travel already.

    Args:
        name: of the cue, or how far back.
        seconds: in which it arrives; 0 cuts.
        face: returns the latent `[num_ws, w_dim]` to arrive at, or None to leave the face alone. Render thread.
        rack: the plugins in their order; those it does not name keep their places behind.
    """

    name: str
    seconds: float
    face: "Callable[[], Tensor | None]"
    rack: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class CameraImage:
    """A picture of the live camera; of those that came since the frame before, the newest.

    Args:
        picture: `[height, width, 3]` uint8 RGB, at most 1,280 px a side; not to be changed, nor kept without need.
        number: counts the camera's pictures.
        at: when it came, in seconds of `time.monotonic`.
    """

    picture: "NDArray[np.uint8]" = field(repr=False)
    number: int
    at: float


@dataclass(frozen=True)
class Forget:
    """Everything that is held in memory of visitors must be wiped at once."""


# What plugins may `handle`.
Event = Note | Key | Recall | CameraImage | Forget


class LatentCommand:
    """Base of the events that only the latent stage after the plugins gets; those of cues and history are in `cues`."""


@dataclass(frozen=True)
class Panic(LatentCommand):
    """Every glide, recall and fade stops where it is. Plugins get the releases of notes that were down instead."""


class HeldNotes:
    """Knows which notes are down, so that a panic releases every one of them. The show's thread."""

    def __init__(self) -> None:
        # In the order in which they were pressed.
        self._down: dict[tuple[int, int], None] = {}

    def add_releases(self, events: Iterable[Event | LatentCommand]) -> list[Event | LatentCommand]:
        """Return `events` with a release of every note that is down before each `Panic`."""
        result: list[Event | LatentCommand] = []
        for event in events:
            if isinstance(event, Panic):
                result += [Note(number, 0.0, channel) for channel, number in self._down]
                self._down.clear()
            elif isinstance(event, Note):
                key = (event.channel, event.number)
                if event.velocity > 0:
                    self._down[key] = None
                else:
                    self._down.pop(key, None)
            result.append(event)
        return result
