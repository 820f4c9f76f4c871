"""The folder of a training run: its settings, checkpoints and log."""

from __future__ import annotations

import errno
import io
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from likeness.errors import LikenessError, TrainingError
from likeness.files.atomic_write import PARTIAL, atomic_write
from likeness.files.text_file import read_text
from likeness.training.settings import Settings, first_difference, read_settings, write_settings

log = logging.getLogger(__name__)

FORMAT = 1
CONFIG, CHECKPOINTS, LOG = "config.toml", "checkpoints", "log.jsonl"
# The one before the last is kept for disks that lose what they reported as written.
KEPT_CHECKPOINTS = 2


class RunFolder:
    """A run on the disk. Every file in it is always whole: written beside the old one, synced and renamed.

    Attributes:
        path: of the folder.
        settings: of the run.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path, self.settings = path, settings

    @classmethod
    def begin(cls, path: Path, settings: Settings) -> RunFolder:
        """Make the folder of a new run, or return the run that was begun there with the same settings.

        Raises:
            TrainingError: it holds another run or other files, or cannot be written.
        """
        settings.check()
        if (path / CONFIG).is_file():
            there = cls.open(path)
            name = first_difference(there.settings, settings)
            if name:
                before, now = getattr(there.settings, name), getattr(settings, name)
                raise TrainingError(
                    f"{path} holds a run with {name} {before!r}, {now!r} came; name another folder with -o, or go on "
                    f"with that run: likeness train resume {path}"
                )
            return there.with_settings(steps=settings.steps, time_s=settings.time_s)
        # Partial files do not count: a process died while writing them, or another begins the same run right now.
        if path.exists() and (not path.is_dir() or any(not each.name.endswith(PARTIAL) for each in path.iterdir())):
            raise TrainingError(f"{path} is there and holds no run; name another folder with -o")
        run = cls(path, settings)
        run.write(CONFIG, write_settings(settings).encode())
        return run

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Return the run in `path`.

        Raises:
            TrainingError: there is none, or its config.toml cannot be read.
        """
        config = path / CONFIG
        if not config.is_file():
            raise TrainingError(f"there is no training run in {path} (no {CONFIG}); give the folder of one")
        try:
            text = read_text(config)
        except LikenessError as error:
            raise TrainingError(f"{config} cannot be read ({error}); mend it or begin another run") from error
        return cls(path, read_settings(text, config))

    def with_settings(self, **settings_wanted: Any) -> RunFolder:
        """Return the run with other settings, a later end for example; they are written to its config.toml."""
        settings = replace(self.settings, **settings_wanted)
        settings.check()
        if settings != self.settings:
            self.write(CONFIG, write_settings(settings).encode())
        return RunFolder(self.path, settings)

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the run; the old one stays until the new one is on the disk.

        Raises:
            TrainingError: the disk refuses; the old file is still there.
        """
        path = self.path / name
        try:
            atomic_write(path, content)
        except OSError as error:
            raise TrainingError(
                f"{path} could not be written: {explain_os_error(error)}. {self.recovery_hint()}"
            ) from error

    def save(self, step: int, state: Mapping[str, Any]) -> Path:
        """Write a checkpoint of `state` (numbers, texts and tensors), and delete all but the newest two.

        Raises:
            TrainingError: the disk refuses; the checkpoint before stays.
        """
        buffer = io.BytesIO()
        torch.save({"format": FORMAT, "step": step, **state}, buffer)
        name = f"{CHECKPOINTS}/{step:09d}.pt"
        self.write(name, buffer.getvalue())
        for old in self.checkpoints()[:-KEPT_CHECKPOINTS]:
            with suppress(OSError):
                old.unlink()
        return self.path / name

    def checkpoints(self) -> list[Path]:
        """Return the checkpoints, oldest first."""
        return sorted((self.path / CHECKPOINTS).glob("*.pt"))

    def load_newest(self, device: torch.device) -> dict[str, Any] | None:
        """Return the newest checkpoint that can be read, None where there is none yet.

        Raises:
            TrainingError: there are some, and none can be read.
        """
        found = self.checkpoints()
        for path in reversed(found):
            try:
                state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
                if state["format"] != FORMAT:
                    raise TrainingError(f"{path} is of format {state['format']}, this version reads {FORMAT}")
            # With a torn file torch's reader may raise anything.
            except Exception as error:  # noqa: BLE001
                log.warning("%s cannot be read (%s); trying the one before", path, error)
                continue
            return state
        if found:
            raise TrainingError(f"none of the checkpoints in {found[0].parent} can be read; begin another run")
        return None

    def position(self) -> tuple[int, float]:
        """Return steps and seconds of the newest checkpoint, both 0 where there is none."""
        state = self.load_newest(torch.device("cpu"))
        return (int(state["step"]), float(state["spent_s"])) if state else (0, 0.0)

    def add_log(self, entry: Mapping[str, Any]) -> None:
        """Add a line to the log of the run.

        Raises:
            TrainingError: the disk refuses.
        """
        try:
            with (self.path / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        except OSError as error:
            raise TrainingError(
                f"{self.path / LOG} could not be written: {explain_os_error(error)}. {self.recovery_hint()}"
            ) from error

    def read_log(self) -> list[dict[str, Any]]:
        """Return the lines of the log; an incomplete line is left out."""
        entries = []
        path = self.path / LOG
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []:
            with suppress(ValueError):
                entries.append(json.loads(line))
        return entries

    def rewind_log(self, step: int) -> None:
        """Remove the log's entries of steps after `step`, which will be done again."""
        kept = [entry for entry in self.read_log() if entry.get("step", 0) <= step]
        self.write(LOG, "".join(json.dumps(entry) + "\n" for entry in kept).encode())

    def mark_complete(self, step: int) -> None:
        """Note in the log that everything asked for is written; a run that was killed before that is not complete."""
        self.add_log({"step": step, "complete": self._asked_for()})

    def is_complete(self) -> bool:
        """Return whether nothing is left to do of the time or steps asked for."""
        return any(entry.get("complete") == self._asked_for() for entry in self.read_log())

    def _asked_for(self) -> str:
        return f"{self.settings.steps} steps, {self.settings.time_s} s"

    def recovery_hint(self) -> str:
        """Return a sentence for the end of an error: the last good checkpoint, and the command that resumes there."""
        found = self.checkpoints()
        if not found:
            return "There is no checkpoint yet"
        return f"The last checkpoint is whole: {found[-1]}; go on with: likeness train resume {self.path}"


def explain_os_error(error: OSError) -> str:
    """Return what a disk error means, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full; free some space"
    return f"{error.strerror or error}; choose another folder or mend its permissions"
