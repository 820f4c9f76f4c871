"""Description of the presets for surfaces: which there are, which plays, between which two the fader morphs."""

import time
from collections.abc import Callable
from typing import Any

from likeness.files.paths import search_dirs
from likeness.parameters.presets import list_presets
from likeness.show.preset_commands import PresetCommands
from likeness.show.preset_morph import PresetMorph

# A preset that was saved or copied into the folder is seen within this time.
SCAN_S = 1.0


class PresetsDescription:
    """Describes the presets whenever it is asked, on one thread beside the show's; it opens no file.

    What it reads of the show are two attributes that are replaced as a whole.

    Args:
        presets, morph: of the show.
        now: seconds.
    """

    def __init__(self, presets: PresetCommands, morph: PresetMorph, now: Callable[[], float] = time.monotonic) -> None:
        self._presets, self._morph, self._now = presets, morph, now
        self._names: list[str] = []
        self._scanned = float("-inf")

    def describe(self) -> dict[str, Any]:
        """Return them ready for `json.dumps`."""
        if self._now() - self._scanned >= SCAN_S:
            self._scanned, self._names = self._now(), sorted(list_presets(search_dirs("presets")))
        pair = self._morph.names
        return {
            "names": self._names,
            "current": self._presets.current or None,
            "morph": {"a": pair[0], "b": pair[1]} if pair else None,
        }
