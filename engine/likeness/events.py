"""Events between two frames: those that plugins may `handle`, and the base of those that they never see."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
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
class FaceMoves:
    """What a face before the camera does, as numbers alone: what a plugin measured on a picture.

    Args:
        measures: by the names of `toolkit.puppet.expression.REST`; empty where there is no face.
    """

    measures: "Mapping[str, float]"


class AudienceTurn:
    """The turn of a visitor of the audience, who sent a photo: held by a plugin and by the server's link.

    The plugin calls `hold` in each frame as long as it has the turn, and `end` when it is over. The link withdraws it
    where the visitor may not be shown any more, and hurries it where somebody else is to come. Any thread.

    Args:
        number: of the visitor, as the server counts.
        picture: `[height, width, 3]` uint8 RGB, at most 1,280 px a side.
        name: as the visitor wished it to be shown; "" for none.

    Attributes:
        withdrawn: nothing of the visitor may be shown from now on, and all of them must be wiped.
        hurried: somebody else is to come, so the turn should end soon.
        over: whether the plugin has ended it.
        shown: whether it was a turn, and the visitor need not come again.
    """

    def __init__(self, number: int, picture: "NDArray[np.uint8]", name: str = "") -> None:
        self.number, self.picture, self.name = number, picture, name
        self.withdrawn = self.hurried = self.shown = False
        self._over = threading.Event()
        self._held_at = time.monotonic()

    @property
    def over(self) -> bool:
        """Whether the plugin has ended it."""
        return self._over.is_set()

    @property
    def unheld_s(self) -> float:
        """For how many seconds no plugin has held it."""
        return time.monotonic() - self._held_at

    def hold(self) -> None:
        """Say that a plugin has it still."""
        self._held_at = time.monotonic()

    def end(self, *, shown: bool) -> None:
        """End it, once; `shown` False lets the visitor come again."""
        if not self.over:
            self.shown = shown
            self._over.set()


@dataclass(frozen=True)
class Forget:
    """Everything that is held in memory of visitors must be wiped at once."""


@dataclass(frozen=True)
class ForgetTurn(Forget):
    """What is held of one visitor of the audience must be wiped at once; it does no harm to wipe all.

    Args:
        turn: of that visitor.
    """

    turn: AudienceTurn


# What plugins may `handle`.
Event = Note | Key | Recall | CameraImage | FaceMoves | Forget | ForgetTurn


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
