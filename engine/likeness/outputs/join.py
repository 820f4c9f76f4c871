"""Joining of films: the packets of several become one film, and nothing is coded anew."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container.output import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from likeness.audio.sound import SoundReader
from likeness.errors import OutputError
from likeness.outputs.disk_file import DiskFile
from likeness.outputs.sound_track import SoundTrack
from likeness.outputs.video import CONTAINERS
from likeness.outputs.writer import explain


def join_films(parts: Sequence[Path], path: Path, rate: Fraction, sound: SoundReader | None, at: float) -> None:
    """Join films of one size and profile, in this order, to the film `path`.

    Args:
        parts: each begins with a keyframe, and needs nothing of the one before.
        path: of the result; what is there is replaced.
        rate: frames a second of all of them.
        sound: that the film has; closed in the end.
        at: of the first frame, in seconds since the show's start, for the sound.

    Raises:
        OutputError: a part cannot be read, or the film cannot be written.
    """
    name = f"video {path}"
    kind, settings = CONTAINERS[path.suffix.lower()]
    file = DiskFile(name, path, synced=False)
    try:
        # Packets lie in the order in which they are decoded, which is so many frames ahead of that of the pictures.
        delay = max((count - frame for part in parts[:1] for count, frame, _ in _read_packets(part, rate)), default=0)
        with av.open(file, "w", format=kind, options=dict(settings)) as container:
            _mux(parts, container, rate, delay, sound, at)
        if file.error:
            raise file.error
    except (OSError, ValueError, av.error.FFmpegError) as error:
        file.abandon()
        raise explain(name, error) from error
    finally:
        file.close()
        if sound:
            sound.close()


def _mux(
    parts: Sequence[Path],
    container: OutputContainer,
    rate: Fraction,
    delay: int,
    sound: SoundReader | None,
    at: float,
) -> None:
    with av.open(parts[0]) as first:
        stream = container.add_stream_from_template(first.streams.video[0])
    stream.time_base = 1 / rate
    track = SoundTrack(container, sound, rate, at) if sound else None
    done = 0
    for part in parts:
        start = done
        for count, frame, packet in _read_packets(part, rate):
            packet.time_base = 1 / rate
            packet.pts, packet.dts, packet.duration = start + frame, start + count - delay, 1
            packet.stream = stream
            container.mux(packet)
            done = start + count + 1
            if track:
                track.advance(done)
    if track:
        track.finish(done)


def _read_packets(part: Path, rate: Fraction) -> "Iterator[tuple[int, int, Packet[VideoStream]]]":
    """Yield how many came before each packet, which frame it shows, and the packet."""
    with av.open(part) as container:
        stream = container.streams.video[0]
        count = 0
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            if packet.pts is None or packet.time_base is None:
                raise OutputError(f"{part} has frames without a time; remove it and render it again")
            yield count, round(packet.pts * packet.time_base * rate), packet
            count += 1
