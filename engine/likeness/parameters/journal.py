"""Journal: every change between two frames, written down where it happens, for takes that play it again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from torch import Tensor

from likeness.events import Event, LatentCommand, Recall
from likeness.parameters.state import ParamState
from likeness.params import Trigger, Value

Edit = Callable[[], None]


class Origin(Enum):
    """Who makes an edit: a hand (all that comes from outside), the show itself (it would make it again), a take."""

    HAND = "hand"
    DERIVED = "derived"
    TAKE = "take"


@dataclass(frozen=True)
class ValueSet:
    """A target was set, or a trigger pressed.

    Args:
        address: of the parameter.
        value: as the parameter took it.
        seconds: in which it travels there; 0 goes by its own glide.
    """

    address: str
    value: Value
    seconds: float = 0.0


@dataclass(frozen=True)
class Posted:
    """An event was emitted."""

    event: Event | LatentCommand


@dataclass(frozen=True)
class Done:
    """Something else was changed: `name` is registered by its owner in `Journal.replayers`, `data` is plain JSON."""

    name: str
    data: tuple[Any, ...] = ()


Entry = ValueSet | Posted | Done


class Journal:
    """Knows what is changed between two frames, and who changes it. The show's thread, within edits.

    What a hand or a take changes is written down; what the show derives from that (modulators, the morph fader,
    plugins) is not, since it derives the same when the take is played. The store's own commands behind triggers, such
    as `cue.next`, are the other way round: what they do is written down, and a take does not run them again, since it
    does not know the cues of that night by anything but what they did.

    Attributes:
        recording: whether entries are kept for `pop`.
        replaying: whether a take is being played.
        taken: addresses that a hand has set since the take began, which the take leaves alone from then on.
        replayers: by the name of a `Done`, what does it again, called with its data.
        following: whether another machine plays this show, so that hands here play nothing.
        on_face: each is called with the number and the face of each recalled event that has one. The render thread.
    """

    def __init__(self) -> None:
        self.recording = self.replaying = self.following = False
        self.taken: set[str] = set()
        self.replayers: dict[str, Callable[..., None]] = {}
        self.on_face: list[Callable[[int, Tensor], None]] = []
        self._origin = Origin.HAND
        self._entries: list[Entry] = []
        self._faces = 0

    @property
    def deaf(self) -> bool:
        """Whether the edit that runs is a hand's, and hands play nothing."""
        return self.following and self._origin is Origin.HAND

    def as_origin(self, origin: Origin, edit: Edit) -> Edit:
        """Return `edit` so that all it changes comes from `origin`."""

        def run() -> None:
            before, self._origin = self._origin, origin
            try:
                edit()
            finally:
                self._origin = before

        return run

    def derive(self, edit: Edit) -> Edit:
        """Return `edit`, which the show makes again by itself when the take is played. Any thread."""
        return self.as_origin(Origin.DERIVED, edit)

    def guard(self, command: Edit) -> Edit:
        """Return the show's own `command` behind a trigger: a take that holds what it did does not run it again."""
        as_hand = self.as_origin(Origin.HAND, command)

        def run() -> None:
            if self._origin is Origin.HAND or (self._origin is Origin.DERIVED and not self.replaying):
                as_hand()

        return run

    def add_set(self, address: str, state: ParamState, value: Value, seconds: float) -> None:
        """Write down that the parameter is about to be set."""
        if self._origin is Origin.DERIVED:
            return
        is_trigger = isinstance(state.param, Trigger)
        if self.replaying and self._origin is Origin.HAND and not is_trigger:
            self.taken.add(address)
        # A cue sets a hundred values, of which most stand there already.
        if self.recording and (is_trigger or state.moving or state.target != value):
            self._entries.append(ValueSet(address, value, seconds))

    def add_event(self, event: Event | LatentCommand) -> Event | LatentCommand:
        """Write an event down and return it; of a recall the face is told once it is known."""
        if not self.recording or self._origin is Origin.DERIVED:
            return event
        if isinstance(event, Recall):
            self._faces += 1
            event = replace(event, face=self._tell_face(self._faces, event))
            self._entries.append(Done("recall", (event.name, event.seconds, list(event.rack), self._faces)))
        else:
            self._entries.append(Posted(event))
        return event

    def add_action(self, name: str, *data: Any) -> None:
        """Write down that its owner is changing something that is neither a value nor an event."""
        if self.recording and self._origin is not Origin.DERIVED:
            self._entries.append(Done(name, data))

    def pop(self) -> list[Entry]:
        """Return what was written down since the last call."""
        entries, self._entries = self._entries, []
        return entries

    def _tell_face(self, number: int, recall: Recall) -> Callable[[], Tensor | None]:
        def find() -> Tensor | None:
            face = recall.face()
            if face is not None:
                for listener in self.on_face:
                    listener(number, face)
            return face

        return find
