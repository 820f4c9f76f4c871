"""Shards of a render: which frames each one draws, its file, and all of them joined without coding anything again."""

import math
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from likeness.audio.file import AudioFile
from likeness.audio.open_audio import OFF
from likeness.errors import OutputError
from likeness.outputs.pacing import exact_rate
from likeness.outputs.sound_track import SoundTrack
from likeness.outputs.video import CONTAINERS


def shard_span(begin: float, end: float, fps: float, shard: int, shards: int) -> tuple[float, float]:
    """Return from when to when, in seconds, the shard `shard` (from 1) of `shards` draws; each frame is in one."""
    first, last = math.ceil(begin * fps - 1e-6), max(1, round(end * fps))
    cuts = [first + (last - first) * each // shards for each in (shard - 1, shard)]
    if cuts[0] == cuts[1]:
        raise OutputError(f"{last - first} frames are too few for {shards} shards")
    return cuts[0] / fps, cuts[1] / fps


def shard_path(output: Path, shard: int, shards: int) -> Path:
    """Return the file of a shard, beside the result: `night.2-of-4.mp4`."""
    return output.with_name(f"{output.stem}.{shard}-of-{shards}{output.suffix}")


def join_shards(parts: Sequence[Path], output: Path, fps: float, audio: str, begin: float) -> None:
    """Write the shards' packets one after the other to `output`, with the sound from `begin` seconds on.

    Raises:
        OutputError: a shard is absent or broken, or the file cannot be written.
    """
    absent = [part.name for part in parts if not part.is_file() or not part.stat().st_size]
    if absent:
        raise OutputError(f"{output} cannot be joined: {', '.join(absent)} is not there; render it with --shard")
    rate, (kind, settings) = exact_rate(fps), CONTAINERS[output.suffix.lower()]
    try:
        with av.open(str(output), "w", format=kind, options=dict(settings)) as joined:
            _join(joined, parts, rate, audio, begin)
    except (OSError, av.error.FFmpegError) as error:
        raise OutputError(f"{output} cannot be joined: {error}; render the shards again") from error


def _join(
    joined: av.container.OutputContainer, parts: Sequence[Path], rate: Fraction, audio: str, begin: float
) -> None:
    stream, track, frames = None, None, 0
    source = None if audio == OFF else AudioFile(Path(audio))
    for part in parts:
        with av.open(str(part)) as file:
            video = file.streams.video[0]
            if stream is None:
                stream = joined.add_stream_from_template(video)
                stream.time_base = video.time_base
                if source:
                    track = SoundTrack(joined, source.open_sound(), rate, begin)
            assert video.time_base is not None
            shift, count = round(frames / rate / video.time_base), 0
            for packet in file.demux(video):
                if packet.pts is None or packet.dts is None:
                    continue
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                joined.mux(packet)
                count += 1
                if track:
                    track.advance(frames + count)
            frames += count
    if track and source:
        track.finish(frames)
        track.close()
        source.close()
