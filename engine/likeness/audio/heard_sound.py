"""Sound of a device for recordings: its blocks put in order on the show's clock."""

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from likeness.audio.sound import CHANNELS, SOUND_RATE, Sound, silence

# What is kept for recordings that are behind: 22 s, 8 MB.
KEPT = 1 << 20
# A block's time is late by what the driver and the scheduler took, never early; so of this many blocks (1 s) the
# earliest says where the sound is.
SEEN_BLOCKS = 96
# Beyond this the sound is stretched or squeezed by a sample a block, one in 512, until it is right: a device's clock
# may be some 100 ppm fast or slow, which is 0.4 s in an hour.
DRIFT, RIGHT = SOUND_RATE // 500, SOUND_RATE // 2000
# Beyond this it is put where it belongs: blocks were lost.
LOST = SOUND_RATE // 10


class HeardSound:
    """The newest seconds of a device's sound, on the clock of the show. One thread adds, any thread reads.

    Sound stands where its times say, to 2 ms, for as long as the show plays; between its blocks nothing is cut unless
    some were lost. Before, after and where blocks were lost there is silence.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ring = silence(KEPT)
        # The clock's time of sample 0, and the sample that comes next.
        self._origin: float | None = None
        self._next = 0
        self._apart: deque[int] = deque(maxlen=SEEN_BLOCKS)
        self._correcting = False

    def add(self, sound: Sound, at: float, *, after_gap: bool = False) -> None:
        """Add the next block.

        Args:
            sound: `[2, samples]`.
            at: when its first sample sounded, in seconds of the clock; may jitter.
            after_gap: whether what came before it is unknown: the first block of a device, or after lost ones.
        """
        if not sound.shape[1]:
            return
        with self._lock:
            if self._origin is None:
                self._origin, after_gap = at, True
            apart = round((at - self._origin) * SOUND_RATE) - self._next
            if after_gap:
                self._skip(apart)
            else:
                self._apart.append(apart)
                sound = self._correct(sound)
            self._write(sound)

    def read(self, at: float, start: int, count: int) -> Sound:
        """Return `count` samples, of which number 0 sounded `at` seconds of the clock, from number `start` on."""
        with self._lock:
            if self._origin is None:
                return silence(count)
            first = start + round((at - self._origin) * SOUND_RATE)
            places = np.arange(first, first + count)
            there = (places >= max(0, self._next - KEPT)) & (places < self._next)
            sound: Sound = np.where(there, self._ring[:, places % KEPT], np.float32(0.0))
            return sound

    def end(self, at: float) -> int:
        """Return the number of the sample that comes next, where number 0 sounded `at` seconds of the clock."""
        with self._lock:
            return 0 if self._origin is None else self._next - round((at - self._origin) * SOUND_RATE)

    def _correct(self, sound: Sound) -> Sound:
        """Return `sound`, stretched or squeezed by a sample where it is early or late."""
        if len(self._apart) < SEEN_BLOCKS // 3:
            return sound
        apart = min(self._apart)
        if apart > LOST:
            self._skip(apart)
            return sound
        self._correcting = abs(apart) > (RIGHT if self._correcting else DRIFT)
        if not self._correcting:
            return sound
        step = 1 if apart > 0 else -1
        self._apart = deque((each - step for each in self._apart), maxlen=SEEN_BLOCKS)
        return stretch(sound, sound.shape[1] + step)

    def _skip(self, count: int) -> None:
        """Put the next block `count` samples later, with silence between; sound that is there already stays."""
        self._apart.clear()
        if count > 0:
            self._write(silence(min(count, KEPT)), count)

    def _write(self, sound: Sound, count: int | None = None) -> None:
        """Write `sound` at the end of the next `count` samples, all of them by default."""
        self._next += (sound.shape[1] if count is None else count) - sound.shape[1]
        self._ring[:, np.arange(self._next, self._next + sound.shape[1]) % KEPT] = sound
        self._next += sound.shape[1]


class DeviceSound:
    """One recording's way into what a device hears.

    Args:
        heard: the device's sound.
        began: returns the clock's time of the show's start.
    """

    def __init__(self, heard: HeardSound, began: Callable[[], float]) -> None:
        self._heard, self._began = heard, began

    def end(self) -> float:
        """Return up to which sample there is sound by now."""
        return self._heard.end(self._began())

    def read(self, start: int, count: int) -> Sound:
        """Return samples; silence where nothing was heard."""
        return self._heard.read(self._began(), start, count)

    def close(self) -> None:
        """Do nothing: the device belongs to the show."""


def stretch(sound: Sound, count: int) -> Sound:
    """Return `sound` with `count` samples, by Catmull and Rom's cubic; its ends stay where they are."""
    last = sound.shape[1] - 1
    places = np.linspace(0.0, last, count)
    before = np.minimum(places.astype(int), last)
    part = (places - before).astype(np.float32)
    a, b, c, d = (sound[:, np.clip(before + k, 0, last)] for k in (-1, 0, 1, 2))
    curve = b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)))
    stretched: Sound = curve.astype(np.float32).reshape(CHANNELS, count)
    return stretched
