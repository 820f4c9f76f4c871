"""Saves the show every few seconds, so that a crash costs no more than those: the preset of the moment and the face."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.cue_file import read_cue, write_cue
from likeness.errors import CueError, InputError
from likeness.events import Capture
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore
from likeness.paths import user_dir

log = logging.getLogger(__name__)

EVERY_S = 3.0


def autosave_file() -> Path:
    """Return where the show is saved."""
    return user_dir("autosave") / "last.safetensors"


class Autosave:
    """Saves. `between` and `soon` belong to the show's thread, and cost it a copy of the targets when it is time.

    Args:
        store: of the show.
        compose: returns the show of the moment as a preset.
        scribe: writes it, the newest alone, however slow the disk is.
        now: seconds, of no particular start.
    """

    def __init__(
        self,
        store: ParamStore,
        compose: Callable[[], Preset],
        scribe: BackgroundWriter,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._compose, self._scribe, self._now = store, compose, scribe, now
        self._path = autosave_file()
        self._due = now() + EVERY_S

    def request(self) -> None:
        """Save in the next frame, since something was decided."""
        self._due = self._now()

    def advance(self, time: float, beat: float) -> None:
        """Save where it is time."""
        if self._now() < self._due:
            return
        self._due = self._now() + EVERY_S
        preset = self._compose()
        path = self._path

        def take(latent: Tensor) -> None:
            moment = {"preset": preset.model_dump(mode="json", exclude_none=True)}
            self._scribe.submit("the show's state", lambda: write_cue(path, moment, latent))

        self._store.post(Capture(take))


def read_autosave() -> tuple[Preset, Tensor] | None:
    """Return the show that was saved last and its face `[num_ws, w_dim]`, or None where there is none to go on with.

    What is there but broken is logged: a restart in the middle of the night must not end at it.
    """
    path = autosave_file()
    if not path.is_file():
        return None
    try:
        moment, face = read_cue(path)
        return Preset.model_validate(moment["preset"]), face
    except (CueError, InputError, ValidationError, KeyError) as error:
        log.error("the last show cannot be taken up again: %s", error)
        return None
