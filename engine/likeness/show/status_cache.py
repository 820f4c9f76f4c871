"""Tells the show's numbers of the moment to whoever asks, as JSON."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

# Gathering them takes a third of a millisecond of the interpreter, so that a thousand questions a second would be felt.
FRESH_S = 0.1


class StatusCache:
    """Keeps the answer for a tenth of a second. Any thread.

    Args:
        gather: returns plain numbers, ready for `json.dumps`.
        now: seconds.
    """

    def __init__(self, gather: Callable[[], Mapping[str, Any]], now: Callable[[], float] = time.monotonic) -> None:
        self._gather, self._now = gather, now
        self._turn = threading.Lock()
        self._until = 0.0
        self._text = ""

    def text(self) -> str:
        """Return the numbers as JSON, at most a tenth of a second old."""
        with self._turn:
            if not self._text or self._now() >= self._until:
                self._text, self._until = json.dumps(self._gather(), allow_nan=False), self._now() + FRESH_S
            return self._text

    def tell(self, reply: Callable[..., None]) -> None:
        """Answer `/status` with one text."""
        reply("/status", self.text())
