"""Sound for recordings: stereo at one rate, in samples of the show's time, read piece by piece."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

# What films are made with everywhere.
SOUND_RATE = 48_000
CHANNELS = 2
Sound = NDArray[np.float32]
"""`[2, samples]`, full scale is 1."""


class SoundReader(Protocol):
    """The sound of one recording. The thread that writes it calls all of this.

    Samples are counted from the show's start, `SOUND_RATE` a second.
    """

    def end(self) -> float:
        """Return up to which sample there is sound by now; infinite for a file."""
        ...

    def read(self, start: int, count: int) -> Sound:
        """Return `count` samples from `start` on, which never goes back; silence where there are none. Never waits."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def silence(count: int) -> Sound:
    """Return so many samples of silence."""
    return np.zeros((CHANNELS, count), np.float32)


class Resampling:
    """Sound of any rate and number of channels turned to stereo at `SOUND_RATE`. One thread."""

    def __init__(self) -> None:
        self._resampler: av.AudioResampler | None = None

    def convert(self, frame: av.AudioFrame | None) -> list[Sound]:
        """Return what comes of `frame`; None asks for the rest at the end."""
        if self._resampler is None:
            if frame is None:
                return []
            # FFmpeg makes stereo of one channel by 3 dB less of it on each side.
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=SOUND_RATE)
        return [_both_sides(each.to_ndarray()) for each in self._resampler.resample(frame)]

    def convert_block(self, block: NDArray[np.float32], rate: int) -> Sound:
        """Return what comes of a block `[samples, channels]`."""
        planes = np.ascontiguousarray(block[:, :CHANNELS].T, np.float32)
        if rate == SOUND_RATE:
            return _both_sides(planes)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="mono" if len(planes) == 1 else "stereo")
        frame.sample_rate = rate
        return np.concatenate([silence(0), *self.convert(frame)], axis=1)


def _both_sides(planes: NDArray[Any]) -> Sound:
    return np.broadcast_to(planes.astype(np.float32, copy=False), (CHANNELS, planes.shape[1]))


class FileSound:
    """The sound of a file whose start is the show's; silence after its end, or where it breaks off.

    Args:
        path: a file that holds sound, as `AudioFile` has found out.
    """

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path))
        self._pieces = self._decode()
        self._waiting, self._at = silence(0), 0

    def end(self) -> float:
        """Return infinity: what a file lacks is silence."""
        return np.inf

    def read(self, start: int, count: int) -> Sound:
        """Return the next samples, padded with silence at the end."""
        while self._at + self._waiting.shape[1] < start + count:
            piece = next(self._pieces, None)
            if piece is None:
                piece = silence(start + count - self._at - self._waiting.shape[1])
            if self._at + self._waiting.shape[1] <= start:
                # All before is not wanted, however long the file was not read.
                self._at, self._waiting = self._at + self._waiting.shape[1], piece
            else:
                self._waiting = np.concatenate((self._waiting, piece), axis=1)
        first = start - self._at
        taken = self._waiting[:, first : first + count]
        self._at, self._waiting = start + count, self._waiting[:, first + count :]
        return taken

    def close(self) -> None:
        """Close the file."""
        self._pieces = iter(())
        self._container.close()

    def _decode(self) -> Iterator[Sound]:
        resampling = Resampling()
        stream = next(each for each in self._container.streams.audio if each.codec_context and each.rate)
        try:
            for frame in self._container.decode(stream):
                yield from resampling.convert(frame)
            yield from resampling.convert(None)
        except (OSError, av.error.FFmpegError):
            return  # `AudioFile`, which reads the same file, says so
