"""What is heard of the music: eight bands, a level, onsets and a tempo, as values."""

from dataclasses import dataclass
from typing import Literal, Protocol

BANDS = 8
# Parts of the spectrum that have a name, as [first, last) of the eight bands: up to 180 Hz, 1.7 kHz, and above.
PARTS: dict[str, tuple[int, int]] = {"low": (0, 2), "mid": (2, 5), "high": (5, BANDS)}
Band = Literal["level", "low", "mid", "high", "0", "1", "2", "3", "4", "5", "6", "7"]


@dataclass(frozen=True)
class AudioFeatures:
    """The music at one moment.

    Args:
        bands: how loud each band is, in [0, 1], against its own loudest of late.
        level: the same of the whole.
        onsets: how many there were since the start: of the whole, and of "low", "mid" and "high".
        tempo: in BPM, as far as it can be told; 0 where it cannot.
    """

    bands: tuple[float, ...] = (0.0,) * BANDS
    level: float = 0.0
    onsets: tuple[int, int, int, int] = (0, 0, 0, 0)
    tempo: float = 0.0

    def loudness(self, band: Band) -> float:
        """Return how loud `band` is, in [0, 1]; of several bands the loudest counts."""
        if band == "level":
            return self.level
        first, last = PARTS.get(band) or (int(band), int(band) + 1)
        return max(self.bands[first:last])

    def onset_count(self, band: Band) -> int:
        """Return how many onsets `band` has had; a band by number counts those of its part."""
        if band == "level":
            return self.onsets[0]
        for index, (name, (first, last)) in enumerate(PARTS.items(), start=1):
            if band == name or (band not in PARTS and first <= int(band) < last):
                return self.onsets[index]
        return 0


class AudioSource(Protocol):
    """Something that hears: a device, a file."""

    def features_at(self, at: float) -> AudioFeatures:
        """Return what is heard `at` seconds after the show's start. The show's thread, once a frame; never waits."""
        ...

    def close(self) -> None:
        """Stop hearing."""
        ...


class NoAudio:
    """Hears nothing."""

    def features_at(self, at: float) -> AudioFeatures:
        """Return silence."""
        return SILENCE

    def close(self) -> None:
        """Do nothing."""


SILENCE = AudioFeatures()
