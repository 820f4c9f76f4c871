"""Light profiles of controllers: one TOML file each, since no two makers agree."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from likeness.errors import LikenessError
from likeness.files.paths import list_files
from likeness.files.text_file import read_model
from likeness.inputs.midi.bindings import controller_name
from likeness.parameters.midi_binding import TOP, Binding

log = logging.getLogger(__name__)

LightState = Literal["off", "bound", "active", "learning", "alarm", "waiting"]
PadState = Literal["empty", "stored", "fading", "active"]
# The state that is shown in place of one that a profile leaves out.
FALLBACK: Mapping[LightState, LightState] = {"bound": "off", "active": "bound", "learning": "active", "alarm": "active"}
NOTE_ON, CONTROL_CHANGE = 0x90, 0xB0

Byte7 = Annotated[int, Field(ge=0, le=TOP)]
# 0 is the channel that the control itself sends on.
Channel = Annotated[int, Field(ge=0, le=16)]
# What a light is sent for a state: channels and values.
Signals = tuple[tuple[Channel, Byte7], ...]
Message = list[int]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ValueLight(_Table):
    """How a ring or a motor fader shows a value.

    Args:
        channels: that it listens on.
        low, high: values that it is sent at the bottom and at the top.
        moves: whether the control itself is moved by it, as motor faders and endless encoders are.
    """

    channels: tuple[Channel, ...] = (0,)
    low: Byte7 = 0
    high: Byte7 = TOP
    moves: bool = False


class Light(_Table):
    """The lights of a row of controls that work alike.

    Args:
        control: what the controls send, and `send` what their lights listen to; left out, the same.
        channel: that the controls send on; left out, any.
        first, last: their numbers.
        offset: from a control's number to its light's.
        value: how the light shows a value, where it can.
        off: what it is sent, by channel and value, while nothing is bound to it, and
        bound: while something is; and while that
        active: is on, or above its bottom;
        learning: waits for a knob;
        waiting: has not been met by the knob yet;
        alarm: is a blackout that is on.
    """

    control: Literal["cc", "note"]
    first: Byte7
    last: Byte7
    channel: Annotated[int, Field(ge=1, le=16)] | None = None
    send: Literal["cc", "note"] | None = None
    offset: int = 0
    value: ValueLight | None = None
    off: Signals = ()
    bound: Signals = ()
    active: Signals = ()
    learning: Signals = ()
    waiting: Signals = ()
    alarm: Signals = ()

    def belongs_to(self, binding: Binding) -> bool:
        """Return whether `binding` is played by one of the controls."""
        control = binding.control
        if control.kind != self.control or not self.first <= control.number <= self.last:
            return False
        return None in (self.channel, binding.channel) or self.channel == binding.channel

    def number(self, binding: Binding) -> int:
        """Return the number of the light of the control that plays `binding`."""
        return binding.control.number + self.offset

    def state_messages(self, state: LightState, binding: Binding) -> list[Message]:
        """Return the messages that make the light show `state`."""
        wanted: LightState | None = state
        while wanted is not None and not getattr(self, wanted):
            wanted = "bound" if wanted == "waiting" else FALLBACK.get(wanted)
        if wanted is None:
            return []
        return [self._message(channel, value, binding) for channel, value in getattr(self, wanted)]

    def value_messages(self, u: float, binding: Binding) -> list[Message]:
        """Return the messages that make the light, or the control, show the knob position `u` in [0, 1]."""
        if self.value is None:
            return []
        value = round(self.value.low + u * (self.value.high - self.value.low))
        return [self._message(channel, value, binding) for channel in self.value.channels]

    def _message(self, channel: int, value: int, binding: Binding) -> Message:
        status = CONTROL_CHANGE if (self.send or self.control) == "cc" else NOTE_ON
        return [status + (channel or self.channel or binding.channel or 1) - 1, self.number(binding), value]


class CueGrid(_Table):
    """Pads of cues, where nothing else is bound to them; all are notes.

    Args:
        rows: the first note of each row, from cue 1 on; a row has `columns` pads.
        shift: the note of a key that is held to store; left out, `cue.arm` does it.
        channel: that the pads send on; left out, any.
        offset: from a pad's note to its light's.
        empty, stored, fading, active: what a pad is sent, by channel and value, where no cue is stored, one is, one is
            fading in or waits for its beat, and for the one that was recalled last.
    """

    rows: tuple[Byte7, ...]
    columns: Annotated[int, Field(ge=1, le=16)] = 8
    shift: Byte7 | None = None
    channel: Annotated[int, Field(ge=1, le=16)] | None = None
    offset: int = 0
    empty: Signals = ()
    stored: Signals = ()
    fading: Signals = ()
    active: Signals = ()

    def cue_number(self, note: int) -> int | None:
        """Return the number, from 1, of the cue whose pad a note is, or None."""
        for row, first in enumerate(self.rows):
            if first <= note < first + self.columns:
                return row * self.columns + note - first + 1
        return None

    def pads(self) -> Iterator[tuple[int, int]]:
        """Yield each pad's note and cue number."""
        for row, first in enumerate(self.rows):
            for column in range(self.columns):
                yield first + column, row * self.columns + column + 1

    def pad_messages(self, state: PadState, note: int) -> list[Message]:
        """Return the messages that make a pad show `state`."""
        signals: Signals = getattr(self, state)
        return [[NOTE_ON + (channel or self.channel or 1) - 1, note + self.offset, value] for channel, value in signals]


class Profile(_Table):
    """The lights of one controller.

    Args:
        name: for people.
        inputs, outputs: patterns of the names of its ports, with `*`; without any output it is the port of one name.
        start, stop: messages in hexadecimal, to begin and to end with.
        cues: its pads for cues, where it has some.
        light: its lights; of two that belong to one control, the later one is shown where they share a number.
    """

    name: str
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    cues: CueGrid | None = None
    light: tuple[Light, ...] = ()

    @field_validator("start", "stop")
    @classmethod
    def _is_hexadecimal(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            bytes.fromhex(text)
        return texts


def read_profiles(folders: Iterable[Path]) -> dict[str, Profile]:
    """Return all profiles by file name; a later folder's replaces an earlier one's. A broken one is left out."""
    profiles = {}
    for folder in folders:
        for path in list_files(folder, ".toml"):
            try:
                profiles[path.stem] = read_model(path, Profile)
            # A file edited by hand may hold anything.
            except LikenessError as error:
                log.error("the controller's profile %s is left out: %s", path, error)
    return profiles


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a port's name, with its numbers or without, matches one of the patterns, in any case."""
    names = {name.lower(), controller_name(name).lower()}
    return any(fnmatchcase(each, pattern.lower()) for pattern in patterns for each in names)
