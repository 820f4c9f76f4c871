"""Things that happen between two frames; plugins may `handle` notes, keys and recalls."""

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
class Panic:
    """All that is on its way stops where it is; plugins get the releases of notes that were down, never this."""


@dataclass(frozen=True)
class Recall:
    """A cue or a moment of the past comes back; its parameters are on their way already.

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


@dataclass(frozen=True)
class Release:
    """The face that was called up lets go within `seconds`: what the plugins draw comes back."""

    seconds: float


@dataclass(frozen=True)
class Capture:
    """`take` is called on the render thread with the latent `[num_ws, w_dim]` that was shown last, or at `time`."""

    take: "Callable[[Tensor], None]"
    time: float | None = None


@dataclass(frozen=True)
class Past:
    """The picture of the show's `time` is shown; None comes back to the present within `seconds`."""

    time: float | None
    seconds: float = 0.0


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
    """All that is in memory of visitors is wiped, at once."""


Event = Note | Key | Panic | Recall | Release | Capture | Past | CameraImage | Forget


class HeldNotes:
    """Follows the stream of events. One thread, the show's."""

    def __init__(self) -> None:
        # In the order in which they were pressed.
        self._down: dict[tuple[int, int], None] = {}

    def follow(self, events: Iterable[Event]) -> list[Event]:
        """Return `events` with a release of every note that is down before each `Panic`."""
        followed: list[Event] = []
        for event in events:
            if isinstance(event, Panic):
                followed += [Note(number, 0.0, channel) for channel, number in self._down]
                self._down.clear()
            elif isinstance(event, Note):
                key = (event.channel, event.number)
                if event.velocity > 0:
                    self._down[key] = None
                else:
                    self._down.pop(key, None)
            followed.append(event)
        return followed
