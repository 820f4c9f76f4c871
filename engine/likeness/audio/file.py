"""Audio file: analysed along with the show's time; a frame always has the same samples, so that a render repeats."""

import logging
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from likeness.audio.analyser import AudioAnalyser
from likeness.audio.features import AudioFeatures
from likeness.audio.sound import FileSound
from likeness.errors import InputError

log = logging.getLogger(__name__)

# A file of another rate than these is resampled: a hop of it would be less than a sample, or more than a frame's work.
LOWEST_RATE, HIGHEST_RATE, USUAL_RATE = 8_000, 192_000, 48_000


class AudioFile:
    """Features of a WAV file, or whatever else FFmpeg reads. One thread.

    It is read ahead by the analyser's latency, so that an onset counts in the frame in which it sounds. After its end
    there is silence. It is analysed, not played.

    Args:
        path: the file.

    Raises:
        InputError: if it is absent or holds no audio.
    """

    noted = False

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there"
            raise InputError(f"audio {path} {what}; give the name of a sound file, such as a WAV file")
        try:
            self._container = av.open(str(path))
        except av.error.InvalidDataError as error:
            raise InputError(f"audio {path} cannot be read: there is no sound in it; give a WAV file") from error
        except (OSError, av.error.FFmpegError) as error:
            raise InputError(f"audio {path} cannot be read: {error.strerror or error}; give a WAV file") from error
        # A stream whose codec FFmpeg does not know has no rate.
        stream = next((each for each in self._container.streams.audio if each.codec_context and each.rate), None)
        if stream is None:
            kinds = ", ".join(sorted({each.type for each in self._container.streams})) or "nothing"
            self._container.close()
            raise InputError(f"audio {path} has no sound that can be read, only {kinds}; give a WAV file")
        self._path = path
        rate = stream.rate if LOWEST_RATE <= stream.rate <= HIGHEST_RATE else USUAL_RATE
        self._analyser = AudioAnalyser(float(rate))
        self._blocks = self._decode(stream, rate)
        self._waiting = np.zeros(0, np.float32)
        self._hops = 0

    def features_at(self, at: float) -> AudioFeatures:
        """Return the features `at` seconds after the file's start; `at` never goes back."""
        wanted = int((at + self._analyser.latency_s) * self._analyser.rate) // self._analyser.hop
        while self._hops < wanted:
            self._analyser.analyse(self._next_hop())
            self._hops += 1
        return self._analyser.features

    def open_sound(self) -> FileSound:
        """Return the file's sound, read by itself."""
        return FileSound(self._path)

    def close(self) -> None:
        """Close the file."""
        self._blocks = iter(())
        self._container.close()

    def _next_hop(self) -> NDArray[np.float32]:
        """Return the next hop, padded with silence at the end."""
        hop = self._analyser.hop
        while len(self._waiting) < hop:
            block = next(self._blocks, None)
            if block is None:
                block = np.zeros(hop, np.float32)
            self._waiting = np.concatenate((self._waiting, block))
        taken, self._waiting = self._waiting[:hop], self._waiting[hop:]
        return taken

    def _decode(self, stream: av.AudioStream, rate: int) -> Iterator[NDArray[np.float32]]:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        try:
            for frame in self._container.decode(stream):
                for mono in resampler.resample(frame):
                    yield mono.to_ndarray()[0]
        except (OSError, av.error.FFmpegError) as error:
            log.error("audio %s breaks off: %s; from here on there is silence", self._path, error)
