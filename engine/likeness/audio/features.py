"""Audio features: eight bands, a level, onsets and a tempo, and the sources that give them."""

from dataclasses import dataclass
from typing import Literal, Protocol

from likeness.audio.sound import SoundReader

BANDS = 8
# Named parts of the spectrum, as [first, last) of the eight bands: up to 180 Hz, 1.7 kHz, and above.
PARTS: dict[str, tuple[int, int]] = {"low": (0, 2), "mid": (2, 5), "high": (5, BANDS)}
Band = Literal["level", "low", "mid", "high", "0", "1", "2", "3", "4", "5", "6", "7"]


@dataclass(frozen=True)
class AudioFeatures:
    """The music at one moment.

    Args:
        bands: how loud each band is, in [0, 1], relative to its own recent peak.
        level: the same of the whole.
        onsets: the count since the start: of the whole, and of "low", "mid" and "high".
        tempo: in BPM; 0 if there is no steady one.
    """

    bands: tuple[float, ...] = (0.0,) * BANDS
    level: float = 0.0
    onsets: tuple[int, int, int, int] = (0, 0, 0, 0)
    tempo: float = 0.0

    def loudness(self, band: Band) -> float:
        """Return how loud `band` is, in [0, 1]; the loudest one, if it is made of several."""
        if band == "level":
            return self.level
        first, last = find_part(band)
        return max(self.bands[first:last])

    def onset_count(self, band: Band) -> int:
        """Return the onsets of `band` since the start; a band by number has those of its part."""
        if band == "level":
            return self.onsets[0]
        for index, (name, (first, last)) in enumerate(PARTS.items(), start=1):
            if band == name or (band not in PARTS and first <= int(band) < last):
                return self.onsets[index]
        return 0


def find_part(band: Band) -> tuple[int, int]:
    """Return which of the eight bands a part or a band by number is, as [first, last); not for the level."""
    return PARTS.get(band) or (int(band), int(band) + 1)


class AudioSource(Protocol):
    """A source of audio features: a device, a file.

    Attributes:
        noted: whether a take notes what modulators hear of it, since nobody can hear it again.
    """

    noted: bool

    def features_at(self, at: float) -> AudioFeatures:
        """Return the features `at` seconds after the show's start. The show's thread, once a frame; never waits."""
        ...

    def open_sound(self) -> SoundReader | None:
        """Return its sound for one recording, which closes it; None where there is none."""
        ...

    def close(self) -> None:
        """Close it. Safe to call twice."""
        ...


class NoAudio:
    """No audio: silence."""

    noted = False

    def features_at(self, at: float) -> AudioFeatures:
        """Return silence."""
        return SILENCE

    def open_sound(self) -> SoundReader | None:
        """Return None."""
        return None

    def close(self) -> None:
        """Do nothing."""


SILENCE = AudioFeatures()
