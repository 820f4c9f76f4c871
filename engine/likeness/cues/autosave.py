"""Autosave: the show's preset and its face, saved every few seconds and read again after a crash."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError
from torch import Tensor

from likeness.cues.background_writer import BackgroundWriter
from likeness.cues.cue_file import read_cue, write_cue
from likeness.cues.latent_commands import Capture
from likeness.errors import CueError, InputError
from likeness.files.paths import user_dir
from likeness.files.text_file import describe_mismatch
from likeness.parameters.presets import Preset
from likeness.parameters.store import ParamStore

log = logging.getLogger(__name__)

EVERY_S = 3.0


def autosave_file() -> Path:
    """Return the file that the show is saved in."""
    return user_dir("autosave") / "last.safetensors"


class Autosave:
    """Saves the show every three seconds and after each cue. The show's thread; a save costs it a copy of the targets.

    The face comes from the render thread, one frame later, and the writer's thread brings both to the disk.

    Args:
        store: of the show.
        current_preset: returns the show as a preset, as it is now.
        writer: writes the newest save alone, however slow the disk is.
        now: seconds, of no particular start.
    """

    def __init__(
        self,
        store: ParamStore,
        current_preset: Callable[[], Preset],
        writer: BackgroundWriter,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._current_preset, self._writer, self._now = store, current_preset, writer, now
        self._path = autosave_file()
        self._due = now() + EVERY_S

    def request(self) -> None:
        """Save in the next frame."""
        self._due = self._now()

    def advance(self, time: float, beat: float) -> None:
        """Save if it is time."""
        if self._now() < self._due:
            return
        self._due = self._now() + EVERY_S
        preset = self._current_preset()
        path = self._path

        def write(latent: Tensor) -> None:
            header = {"preset": preset.model_dump(mode="json", exclude_none=True)}
            self._writer.submit("the show's state", lambda: write_cue(path, header, latent))

        self._store.post(Capture(write))


def read_autosave() -> tuple[Preset, Tensor] | None:
    """Return the show that was saved last and its face `[num_ws, w_dim]`, or None if there is none.

    A broken file is logged and counts as none: a restart in the middle of the night must not end at it.
    """
    path = autosave_file()
    if not path.is_file():
        return None
    try:
        header, face = read_cue(path)
        return Preset.model_validate(header["preset"]), face
    except ValidationError as error:
        log.error("the last show cannot be resumed: at %s: %s", *describe_mismatch(error))
    except KeyError:
        log.error("the last show cannot be resumed: it holds no preset")
    except (CueError, InputError) as error:
        log.error("the last show cannot be resumed: %s", error)
    return None
