"""Listening: the samples of what a show hears, for plugins, up to the moment of a frame."""

import threading

import numpy as np
from numpy.typing import NDArray

from likeness.audio.features import AudioSource, NoAudio
from likeness.audio.sound import SOUND_RATE, SoundReader

Samples = NDArray[np.float32]

# What is kept for plugins that are behind.
KEPT_S = 1.0
# A file that nobody has listened to for longer than this is read up to now beside the show: an hour takes seconds.
BESIDE_S = 10.0
PIECE = SOUND_RATE


class Listening:
    """The sound of a show's audio source in one channel. The render thread reads; the show's thread connects.

    A file is heard from its start, on the show's time, and may be read ahead of it; a device up to its newest sample.
    Nothing here waits, but for a file's next samples to be decoded.
    """

    def __init__(self) -> None:
        self._source: AudioSource = NoAudio()
        self._reader: SoundReader | None = None
        self._kept: Samples = np.zeros(0, np.float32)
        # The number of the sample that comes next.
        self._next = 0
        self._behind: threading.Thread | None = None

    def connect(self, source: AudioSource) -> AudioSource:
        """Listen to `source` from now on, and return it. Before the first frame."""
        self._source = source
        return source

    @property
    def connected(self) -> bool:
        """Return whether there is anything to hear."""
        return not isinstance(self._source, NoAudio)

    @property
    def live(self) -> bool:
        """Return whether it is a device, whose sound cannot be read ahead."""
        return self._reader is not None and np.isfinite(self._reader.end())

    def read(self, start: int, until: float, *, wait: bool = False) -> tuple[int, Samples]:
        """Return the number of the first sample, and samples `[n]` from there on; full scale is 1.

        Where no source is connected, and while a file is read up to now, there are none.

        Args:
            start: the number of the first one that is wanted, `SOUND_RATE` a second from the show's start; if it is
                kept no longer, the samples begin later.
            until: the show's time up to which samples are wanted, in seconds.
            wait: for a file to be read up to now, as a render must, which is to be the same each time.
        """
        if self._reader is None:
            self._reader = self._source.open_sound()
        reader, last = self._reader, int(until * SOUND_RATE)
        if reader is None or (self._behind is not None and self._behind.is_alive()):
            return start, np.zeros(0, np.float32)
        if np.isfinite(reader.end()):
            last = int(reader.end())
            # Of a device nobody wants what was said before.
            self._next = max(self._next, last - int(KEPT_S * SOUND_RATE))
        elif not wait and last - self._next > BESIDE_S * SOUND_RATE:
            self._behind = threading.Thread(target=self._read_on, args=(reader, last), name="listening", daemon=True)
            self._behind.start()
            return start, np.zeros(0, np.float32)
        self._read_on(reader, last)
        first = max(start, self._next - len(self._kept))
        return first, self._kept[len(self._kept) - (self._next - first) :] if first < self._next else self._kept[:0]

    def _keep(self, samples: Samples) -> None:
        self._next += len(samples)
        self._kept = np.concatenate((self._kept, samples))[-int(KEPT_S * SOUND_RATE) :]

    def _read_on(self, reader: SoundReader, last: int) -> None:
        while self._next < last:
            self._keep(reader.read(self._next, min(PIECE, last - self._next)).mean(axis=0))
