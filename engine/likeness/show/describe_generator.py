"""Description of the generator for surfaces: what plays, what is being loaded, what could be, and its directions."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from likeness.files.paths import list_directions, list_weights
from likeness.generator import GeneratorInfo
from likeness.show.generator_swap import GeneratorSwap

# Weights that were copied into the folder are seen within this time.
SCAN_S = 1.0


class GeneratorDescription:
    """Describes the generator whenever it is asked, on one thread beside the show's; it opens no file.

    What it reads of the swap are attributes that are replaced as a whole. Weights that were given as a file are told
    by the file's name alone.

    Args:
        swap: of the show.
        info: returns that of the generator that plays.
        now: seconds.
    """

    def __init__(
        self, swap: GeneratorSwap, info: Callable[[], GeneratorInfo], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._swap, self._info, self._now = swap, info, now
        self._scanned = float("-inf")
        self._available: list[str] = []
        self._directions: list[str] = []
        self._directions_of: tuple[str, ...] | None = None

    def describe(self) -> dict[str, Any]:
        """Return it ready for `json.dumps`."""
        info, loading = self._info(), self._swap.loading
        # The file's own name, which the folder of a training run does not have.
        weights = Path(self._swap.name).stem if info.weights is None else info.weights.stem
        self._scan((weights, info.latents) if info.latents else (weights,))
        return {
            "weights": weights,
            "resolution": info.resolution,
            "loading": {"weights": loading[0], "step": loading[1]} if loading else None,
            "error": self._swap.error or None,
            "available": self._available,
            "directions": self._directions,
        }

    def _scan(self, weights: tuple[str, ...]) -> None:
        now = self._now()
        if now - self._scanned < SCAN_S and weights == self._directions_of:
            return
        self._scanned, self._directions_of = now, weights
        self._available, self._directions = sorted(list_weights()), sorted(list_directions(*weights))
