"""Reader of a take: a take as it lies on the disk, up to its end or to where it breaks off."""

import base64
import binascii
import json
import logging
import math
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from torch import Tensor

from likeness.audio.features import AudioFeatures
from likeness.audio.noted import unpack_notes
from likeness.errors import InputError
from likeness.files.text_file import describe_mismatch
from likeness.parameters.journal import Done, Entry, ValueSet
from likeness.parameters.presets import Preset
from likeness.show.takes.entries import decode_entry
from likeness.show.takes.recorder import FORMAT, HEARD
from likeness.show.takes.writer import GZIP_BITS

log = logging.getLogger(__name__)

# Unpacked: some days of play. What is larger is no take, or would take all memory.
MOST_BYTES = 2**30
CHUNK = 1 << 16


@dataclass(frozen=True)
class TakenFrame:
    """What a frame took.

    Args:
        at: seconds since the show's start.
        entries: in their order.
    """

    at: float
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Take:
    """A take.

    Args:
        path: of its file.
        header: its first line.
        preset: with which the show began.
        frames: those that took something, in order.
        faces: `[num_ws, w_dim]` of the recalls, by their numbers.
        hashes: SHA-256 of weights and sound, by name.
        seconds: how long it is.
        whole: whether it was ended, and not cut off.
    """

    path: Path
    header: Mapping[str, Any]
    preset: Preset
    frames: tuple[TakenFrame, ...]
    faces: Mapping[int, Tensor]
    hashes: Mapping[str, str]
    seconds: float
    whole: bool


def first_drawn(take: Take, begin: float, fps: float) -> int:
    """Return the number of the frame from which a take must be drawn for its frames from `begin` seconds on.

    A frozen picture is that of the frame before, and a fade between weights begins at the last picture of the old ones.
    """
    needed, frozen = begin, begin
    for frame in take.frames:
        for entry in frame.entries if frame.at <= begin else ():
            if isinstance(entry, ValueSet) and entry.address == "master.freeze":
                frozen = min(frozen, frame.at) if entry.value else begin
            elif isinstance(entry, Done) and entry.name == "weights" and frame.at + float(entry.data[1]) >= begin:
                needed = min(needed, frame.at)
    # Two frames earlier: times in a take are those of another clock.
    return max(math.floor(min(needed, frozen) * fps) - 2, 0)


def find_heard(take: Take) -> list[tuple[float, AudioFeatures]]:
    """Return what modulators heard of a device, with its times; what is broken is left out with a word in the log."""
    heard = list[tuple[float, AudioFeatures]]()
    for frame in take.frames:
        for entry in frame.entries:
            if isinstance(entry, Done) and entry.name == HEARD:
                try:
                    heard += unpack_notes(frame.at, entry.data)
                except InputError as error:
                    log.warning("take %s, at %s: %s", take.path, format_time(frame.at), error)
    return heard


@dataclass
class _Read:
    frames: list[TakenFrame] = field(default_factory=list)
    faces: dict[int, Tensor] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    whole: bool = False


def read_take(path: Path) -> Take:
    """Return the take in `path`; of one that was cut off what there is, with a word in the log.

    Raises:
        InputError: there is no such file, or it is no take of this version.
    """
    try:
        lines = list(_read_lines(path))
    except OSError as error:
        raise InputError(f"take {path} cannot be read: {error.strerror or error}") from error
    header = lines[0] if lines else None
    if not isinstance(header, dict) or header.get("likeness_take") is None:
        raise InputError(f"{path} is no take; `likeness play PRESET --take {path.stem}.take` makes one")
    if header["likeness_take"] != FORMAT:
        raise InputError(f"take {path} is of a newer likeness, {header.get('version')!s:.20}; update to play it")
    try:
        preset = Preset.model_validate(header.get("preset"))
    except ValidationError as error:
        place, mismatch = describe_mismatch(error)
        raise InputError(f"take {path}, at the preset's {place}: {mismatch}") from error
    read = _Read()
    for number, line in enumerate(lines[1:], start=2):
        try:
            _take_in(read, line)
        except (InputError, KeyError, TypeError, ValueError, binascii.Error) as error:
            log.warning("take %s, line %d is left out: %s", path, number, error)
    if not read.whole:
        log.warning("take %s was cut off; it is played up to there, %s", path, format_time(read.seconds))
    frames = tuple(sorted(read.frames, key=lambda frame: frame.at))
    return Take(path, header, preset, frames, read.faces, read.hashes, read.seconds, read.whole)


def _take_in(read: _Read, line: object) -> None:
    match line:
        case [int(), float() | int() as at, *entries]:
            read.seconds = max(read.seconds, float(at))
            if entries:
                read.frames.append(TakenFrame(float(at), tuple(decode_entry(each) for each in entries)))
        case {"face": int(number), "same": int(other)}:
            read.faces[number] = read.faces[other]
        case {"face": int(number), "shape": [int(rows), int(columns)], "data": str(text)}:
            values = np.frombuffer(base64.b64decode(text, validate=True), np.float32).reshape(-1, columns)
            read.faces[number] = torch.from_numpy(np.broadcast_to(values, (rows, columns)).copy())
        case {"weights": str(name), "sha256": str(digest)} | {"audio": str(name), "sha256": str(digest)}:
            read.hashes[name] = digest
        case {"end": float() | int() as at}:
            read.seconds, read.whole = float(at), True
        case _:
            raise InputError(f"{line!r:.80} says nothing that this version knows")


def _read_lines(path: Path) -> Iterator[Any]:
    """Yield the lines; the last one may be half there, and is left out."""
    text, unpacker, size = b"", zlib.decompressobj(GZIP_BITS), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                fresh = unpacker.decompress(chunk, MOST_BYTES)
            except zlib.error:
                break
            size += len(fresh)
            if size > MOST_BYTES:
                raise InputError(f"take {path} unpacks to more than a gigabyte, which no night fills")
            *whole, text = (text + fresh).split(b"\n")
            for line in whole:
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    return


def parse_time(text: str) -> float:
    """Return the seconds of a time of a take: "12:30", "1:02:03.5", or seconds alone.

    Raises:
        InputError: it is none.
    """
    if not re.fullmatch(r"([0-9]{1,6}:){0,2}[0-9]{1,7}(\.[0-9]{1,6})?", text):
        raise InputError(f"{text!r:.40} is no time of a take, such as 12:30, 1:02:03 or 90 seconds")
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60.0 + float(part)
    return seconds


def format_time(seconds: float) -> str:
    """Return a time of a take as `--from` takes it, such as "1:02:03.5"."""
    minutes, rest = divmod(round(seconds, 1), 60.0)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{rest:04.1f}".removesuffix(".0")
    return f"{hours}:{minutes:02}:{text}" if hours else f"{minutes}:{text}"
