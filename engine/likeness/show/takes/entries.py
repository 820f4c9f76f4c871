"""Entries of a take as JSON, in both directions: `[address, value, seconds]`, or a name and its data."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any

from likeness.cues.latent_commands import Capture, Past, Release
from likeness.errors import InputError
from likeness.events import CameraImage, Event, FaceMoves, Forget, ForgetTurn, Key, LatentCommand, Note, Panic
from likeness.parameters.journal import Done, Entry, Posted, ValueSet
from likeness.params import Value

# Events by the name that they have in a take. A recall is a `Done`, since its face comes later.
WRITTEN: Mapping[str, type[Event] | type[LatentCommand]] = MappingProxyType(
    {"note": Note, "key": Key, "face": FaceMoves, "forget": Forget, "panic": Panic, "release": Release}
)
# Events that are in no take, and why.
LEFT_OUT: Mapping[type, str] = MappingProxyType(
    {
        CameraImage: "pictures of people are kept only where they have agreed",
        ForgetTurn: "who was on the stage is in no take",
        Capture: "it reads the face and changes nothing",
        Past: "it follows from the fader history.scrub",
    }
)
_NAMES = {kind: name for name, kind in WRITTEN.items()}
# Fewer do not tell one float32 from the next, more are most of a take while a fader moves.
DIGITS = 9
# Of a face; a broken take must not fill the memory.
MOST_MEASURES = 64


def encode_entry(entry: Entry) -> list[Any] | None:
    """Return the entry as plain JSON, to the last digit; None for one that is in no take."""
    if isinstance(entry, ValueSet):
        return [entry.address, entry.value, entry.seconds] if entry.seconds else [entry.address, entry.value]
    if isinstance(entry, Done):
        return [entry.name, *entry.data]
    event = entry.event
    name = _NAMES.get(type(event))
    if name is None or not is_dataclass(event):
        return None
    return [name, *(getattr(event, field.name) for field in fields(event))]


def decode_entry(entry: object) -> Entry:
    """Return the entry that `encode_entry` wrote.

    Raises:
        InputError: it is none.
    """
    match entry:
        case [str(address), value] if "." in address and isinstance(value, Value):
            return ValueSet(address, value)
        case [str(address), value, float() | int() as seconds] if "." in address and isinstance(value, Value):
            return ValueSet(address, value, float(seconds))
        case [str(name), *data] if name in WRITTEN:
            return Posted(_decode_event(name, data))
        case [str(name), *data] if "." not in name:
            return Done(name, tuple(data))
    raise InputError(f"{entry!r:.80} says nothing that this version knows")


def _decode_event(name: str, data: list[Any]) -> Event | LatentCommand:
    match name, data:
        case "note", [int(number), int() | float() as velocity, int(channel)]:
            return Note(number, float(velocity), channel)
        case "key", [str(key)]:
            return Key(key)
        case "face", [dict(measures)] if _are_numbers(measures):
            return FaceMoves({str(name): float(value) for name, value in measures.items()})
        case "release", [int() | float() as seconds]:
            return Release(float(seconds))
        case "forget", []:
            return Forget()
        case "panic", []:
            return Panic()
    raise InputError(f"{name} {data!r:.80} is no event of this version")


def _are_numbers(measures: Mapping[Any, Any]) -> bool:
    return len(measures) <= MOST_MEASURES and all(isinstance(value, int | float) for value in measures.values())


def shorten(value: Any) -> Any:
    """Return plain JSON with its floats at nine digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else 0.0
    if isinstance(value, list | tuple):
        return [shorten(each) for each in value]
    if isinstance(value, dict):
        return {str(key): shorten(each) for key, each in value.items()}
    return value
