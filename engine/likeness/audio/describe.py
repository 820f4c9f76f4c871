"""Description of what is heard, for surfaces."""

from collections.abc import Callable
from typing import Any

from likeness.audio.features import AudioFeatures


class AudioDescription:
    """Describes what is heard whenever it is asked, on one thread beside the show's.

    The features are a frozen value, which the show's thread replaces in every frame.

    Args:
        heard: returns the newest features.
        on: whether anything listens.
    """

    def __init__(self, heard: Callable[[], AudioFeatures], *, on: bool) -> None:
        self._heard, self._on = heard, on
        self._onsets = 0

    def describe(self) -> dict[str, Any]:
        """Return level, bands, and whether there was an onset since it was last asked, ready for `json.dumps`."""
        if not self._on:
            return {"on": False}
        heard = self._heard()
        before, self._onsets = self._onsets, heard.onsets[0]
        return {
            "on": True,
            # Finer than a meter of a few centimetres shows.
            "level": round(heard.level, 2),
            "bands": [round(band, 2) for band in heard.bands],
            "onset": heard.onsets[0] != before,
        }
