"""Messages of a leader to its shadow: JSON as text for frames, bytes for faces. Nothing in them is run."""

import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from likeness import __version__
from likeness.errors import InputError
from likeness.parameters.journal import Entry
from likeness.show.clock import Tick
from likeness.show.takes.entries import decode_entry, encode_entry

FORMAT = 1
# What a shadow sends once it has been greeted, and who only wants to know what is played.
FOLLOW, LOOK = "follow", "look"
OVER = '{"over": true}'
# A face is a letter, a number and a shape, then float32 numbers, all little-endian.
SHOWN, RECALLED, PRIVATE = b"F", b"R", b"P"
_HEAD, _SIDES = struct.Struct("<cQ"), struct.Struct("<III")
# 64 heads of 64 rows of 1024: what is larger is no face.
MOST_NUMBERS = 1 << 22


@dataclass(frozen=True)
class Greeting:
    """What whoever is asked says first.

    Args:
        version: of likeness there.
        name: of this run of the show, another one each time.
        leads_s: for how long it has played for others to follow, in seconds; None where it follows another one.
    """

    version: str
    name: str
    leads_s: float | None


@dataclass(frozen=True)
class LedFrame:
    """One frame of the leader.

    Args:
        tick: of its clock.
        fps: at which it plays.
        beat, tempo: of its transport.
        entries: what the frame took.
        standing: how the show stood then, once a second; else None.
    """

    tick: Tick
    fps: float
    beat: float
    tempo: float
    entries: tuple[Entry, ...] = ()
    standing: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class LedTake:
    """What the leader plays: the first line of a take, and the SHA-256 of weights and sound by name."""

    header: Mapping[str, Any]
    hashes: Mapping[str, str]


@dataclass(frozen=True)
class LedFace:
    """A face of the leader.

    Args:
        kind: `SHOWN` or `RECALLED`, or `PRIVATE` for a frame whose face stays there.
        number: of the frame, or of the recall.
        face: `[heads, num_ws, w_dim]` as it was shown, `[num_ws, w_dim]` as it was recalled; None where private.
    """

    kind: bytes
    number: int
    face: Tensor | None


@dataclass(frozen=True)
class Over:
    """The leader's show has come to its end."""


Message = LedFrame | LedTake | LedFace | Greeting | Over


def encode_greeting(greeting: Greeting) -> str:
    """Return what whoever connects is sent first."""
    said = {"version": greeting.version, "name": greeting.name, "leads_s": greeting.leads_s}
    return json.dumps({"likeness_shadow": FORMAT, **said})


def encode_take(header: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    """Return what a shadow is sent before the first frame."""
    return json.dumps({"take": header, "hashes": hashes})


def encode_frame(frame: LedFrame) -> str:
    """Return a frame as text. Floats come through to the last digit."""
    tick = frame.tick
    message: dict[str, Any] = {"frame": [tick.index, tick.dt, tick.at, frame.fps, frame.beat, frame.tempo]}
    entries = [each for each in map(encode_entry, frame.entries) if each is not None]
    if entries:
        message["entries"] = entries
    if frame.standing is not None:
        message["standing"] = frame.standing
    return json.dumps(message, separators=(",", ":"))


def encode_face(kind: bytes, number: int, face: Tensor | None) -> bytes:
    """Return a face of two or three sides as bytes; waits for the device where it lies on one."""
    head = _HEAD.pack(kind, number)
    if face is None:
        return head
    values = face.detach().to("cpu", torch.float32).contiguous()
    sides = (0, *values.shape) if values.dim() == 2 else tuple(values.shape)
    return head + _SIDES.pack(*sides) + values.numpy().astype("<f4", copy=False).tobytes()


def decode(message: str | bytes) -> Message:
    """Return what a leader sent.

    Raises:
        InputError: it is nothing that this version knows.
    """
    try:
        return _decode_face(message) if isinstance(message, bytes) else _decode_text(json.loads(message))
    except (ValueError, TypeError, KeyError, RecursionError, struct.error) as error:
        raise InputError(f"{message[:80]!r} is no message of a show that can be followed: {error}") from error


def _decode_text(said: Any) -> Message:
    match said:
        case {"frame": [int(index), *numbers]}:
            dt, at, fps, beat, tempo = _finite(numbers)
            entries = tuple(_decode_entries(said.get("entries", ())))
            return LedFrame(Tick(index, dt, at), max(fps, 1e-3), beat, tempo, entries, said.get("standing"))
        case {"take": dict(header), "hashes": dict(hashes)}:
            return LedTake(header, {str(name): str(digest) for name, digest in hashes.items()})
        case {"likeness_shadow": int(number), "version": str(version)} if number != FORMAT:
            raise InputError(
                f"the show there is of likeness {version}, and this machine has {__version__}; they do not understand "
                "each other: install the same on both"
            )
        case {"likeness_shadow": int(), "version": str(version), "name": str(name), "leads_s": leads_s}:
            return Greeting(version, name, None if leads_s is None else float(leads_s))
        case {"over": True}:
            return Over()
    raise ValueError("no such kind")


def _decode_entries(entries: Iterable[object]) -> Iterator[Entry]:
    """Yield the entries that this version knows. How the show stands, once a second, makes up for the others."""
    for entry in entries:
        with suppress(InputError):
            yield decode_entry(entry)


def _finite(numbers: list[Any]) -> list[float]:
    values = [float(number) for number in numbers]
    if not all(map(math.isfinite, values)):
        raise ValueError("a number without an end")
    return values


def _decode_face(message: bytes) -> LedFace:
    kind, number = _HEAD.unpack_from(message)
    if kind == PRIVATE:
        return LedFace(kind, number, None)
    heads, rows, columns = _SIDES.unpack_from(message, _HEAD.size)
    if kind not in (SHOWN, RECALLED) or max(heads, 1) * rows * columns > MOST_NUMBERS:
        raise ValueError("no face")
    values = np.frombuffer(message, "<f4", offset=_HEAD.size + _SIDES.size).astype(np.float32)
    shape = (heads, rows, columns) if heads else (rows, columns)
    return LedFace(kind, number, torch.from_numpy(values.reshape(shape)))
