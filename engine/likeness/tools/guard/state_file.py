"""State of a guard on disk: what it plays and what has died, so that a report can tell of it once it is gone."""

import json
import logging
import os
import time
from collections import deque
from pathlib import Path
from typing import Any

from likeness.files.atomic_write import atomic_write
from likeness.files.paths import user_dir

log = logging.getLogger(__name__)

# Of the deaths: the newest ones.
MOST_DEATHS = 50


def state_file() -> Path:
    """Return the file of the guard that was started last."""
    return user_dir("autosave") / "guard.json"


class GuardState:
    """Writes the state at each change, whole or not at all. The supervisor's thread.

    Args:
        preset: that is guarded.
        log_file: where the guard's lines go; None is its terminal.
    """

    def __init__(self, preset: str, log_file: Path | None) -> None:
        self._path, self._deaths = state_file(), deque[list[str]](maxlen=MOST_DEATHS)
        self._said = {
            "preset": preset,
            "log": str(log_file.absolute()) if log_file else "",
            "since": _clock(),
            "pid": os.getpid(),
        }

    def note(self, doing: str, rung: str, died: str = "") -> None:
        """Write what happens now, and what has `died`, and why, if anything has."""
        if died:
            self._deaths.append([_clock(), died])
        state = {**self._said, "doing": doing, "plays": rung, "at": _clock(), "deaths": list(self._deaths)}
        try:
            atomic_write(self._path, json.dumps(state).encode(), sync=False)
        # A full disk, or none: the show is more than a report of it.
        except OSError as error:
            log.debug("the guard's state is not written: %s", error)


def read_state() -> dict[str, Any] | None:
    """Return what the last guard wrote; None where there is nothing that can be read."""
    try:
        state = json.loads(state_file().read_bytes())
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def _clock() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
