"""The sound of films, decoded onto their own time."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000


def sound_of(path: Path) -> NDArray[np.float32]:
    """Return the left channel, in which sample n sounds at n / RATE by the file's own times; until it breaks off."""
    pieces: list[tuple[int, NDArray[np.float32]]] = []
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        assert stream.codec_context.name == "aac"
        assert (stream.rate, stream.channels) == (RATE, 2)
        try:
            for frame in file.decode(stream):
                assert frame.pts is not None
                assert frame.time_base is not None
                pieces.append((round(frame.pts * frame.time_base * RATE), frame.to_ndarray()[0]))
        except av.error.FFmpegError:
            pass
    track = np.zeros(max(start + len(piece) for start, piece in pieces), np.float32)
    for start, piece in pieces:
        assert start >= 0
        track[start : start + len(piece)] = piece
    return track


def spans(path: Path) -> dict[str, tuple[float, float]]:
    """Return where each kind of stream begins and ends, in seconds, by its packets."""
    found: dict[str, tuple[float, float]] = {}
    with av.open(str(path)) as file:
        for packet in file.demux():
            if packet.pts is None or packet.time_base is None:
                continue
            begin = float(packet.pts * packet.time_base)
            end = begin + float((packet.duration or 0) * packet.time_base)
            first, last = found.get(packet.stream.type, (begin, end))
            found[packet.stream.type] = (min(first, begin), max(last, end))
    return found


def onsets(track: NDArray[np.float32], around: list[float], near_s: float = 0.2) -> list[float]:
    """Return when the sound gets loud for the first time near each of those times."""
    found = []
    for when in around:
        first = max(0, round((when - near_s) * RATE))
        piece = np.abs(track[first : round((when + near_s) * RATE)])
        assert piece.max() > 0.05, f"nothing sounds near {when} s"
        found.append((first + int(np.argmax(piece > 0.5 * piece.max()))) / RATE)
    return found
