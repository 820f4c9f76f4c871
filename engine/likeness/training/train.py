"""The training loop: steps, checkpoints, previews and the end in time, for whatever recipe."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from likeness.errors import TrainingError, WeightsError
from likeness.training.compute import Compute, seed_step
from likeness.training.loss_log import LossLog
from likeness.training.photos import Photos, open_photos, read_photos
from likeness.training.pictures import Progress, silent
from likeness.training.previews import Previews, Video
from likeness.training.recipe import EXPORT, Recipe, RunProgress
from likeness.training.recipes import recipe_class
from likeness.training.run import RunFolder
from likeness.training.schedule import Schedule
from likeness.training.settings import Settings

# Between two looks at the losses, each of which waits for the device.
LOOK_S = 0.5
# What previews, checkpoints and the videos at the end may take of the time, in parts of the whole.
PREVIEW_SHARE, CHECKPOINT_SHARE, FINALE_SHARE = 0.1, 0.05, 0.1


@dataclass(frozen=True)
class Report:
    """What a run tells while it goes.

    Args:
        step, images: done so far, over all sittings; images over all processes.
        progress: from 0 to 1.
        images_per_s: since the last report.
        left_s: until all is written.
        losses: means since the last report.
        metrics: of the last preview.
    """

    step: int
    images: int
    progress: float
    images_per_s: float
    left_s: float
    losses: Mapping[str, float]
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """How a sitting ended: steps and images of the whole run, its time over all sittings, whether it is complete."""

    step: int
    images: int
    spent_s: float
    complete: bool


@dataclass(frozen=True)
class Watcher:
    """Who wants to know, and what stands above training and is handed in.

    Args:
        told: called about twice a second.
        read: called while the pictures are read.
        video: writes videos; None leaves walks out.
        stop: once it is set the run ends after the step under way, with a checkpoint.
        began: when the sitting began, by `time.monotonic`; None is now.
    """

    told: Callable[[Report], None] = lambda report: None
    read: Progress = silent
    video: Video | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    began: float | None = None


def train(run: RunFolder, device: str = "auto", watcher: Watcher | None = None) -> Summary:
    """Train what `run` was asked for, from its last checkpoint on; write weights, grids, walks and checkpoints into it.

    Under torchrun every process calls it, with the same run folder on a disk that all of them see.

    Raises:
        TrainingError: the run cannot begin or go on; the last good checkpoint is still there.
        LikenessError: there is no such device.
    """
    watcher = watcher or Watcher()
    began = time.monotonic() if watcher.began is None else watcher.began
    engine = Compute(device, run.settings.precision)
    settings = run.settings
    if settings.batch % (engine.world * settings.accumulate):
        raise TrainingError(
            f"batch {settings.batch} does not divide into {engine.world} processes of {settings.accumulate} "
            "micro-batches; choose a multiple"
        )
    kind = recipe_class(settings.recipe)
    if engine.is_main:
        read_photos(run, kind.fewest, watcher.read)
    engine.wait()
    torch.manual_seed(settings.seed)
    recipe = kind(settings, engine)
    summary = _Session(run, engine, recipe, open_photos(run), watcher, began).go()
    engine.shutdown()
    return summary


class _Session:
    """One run of the program on a run."""

    def __init__(
        self, run: RunFolder, engine: Compute, recipe: Recipe, photos: Photos, watcher: Watcher, began: float
    ) -> None:
        self._run, self._engine, self._recipe, self._photos, self._watcher = run, engine, recipe, photos, watcher
        self._settings: Settings = run.settings
        self._rates = {name: [group["lr"] for group in o.param_groups] for name, o in recipe.optimizers().items()}
        self._step = 0
        self._metrics: Mapping[str, float] = {}
        self._ledger = LossLog(self._log, self._way_back)
        spent_s = self._resume()
        self._saved = self._step
        self._schedule = Schedule(self._settings.steps, self._settings.time_s, spent_s, began)
        shown = photos.some(32, engine.device)
        self._previews = Previews(run, recipe, engine.device, shown, watcher.video)
        self._cost_s = {"checkpoint": 0.0, "preview": 0.0}
        self._due_at = {"checkpoint": math.inf, "preview": -math.inf}

    def _resume(self) -> float:
        """Take the newest checkpoint up; return the seconds that the run had taken by then."""
        state = self._run.newest(self._engine.device)
        if state is None:
            if self._engine.is_main:
                self._run.rewind_log(0)
            return 0.0
        try:
            for name, network in self._recipe.networks().items():
                network.load_state_dict(state["networks"][name])
            for name, optimizer in self._recipe.optimizers().items():
                optimizer.load_state_dict(state["optimizers"][name])
            self._recipe.load(state["own"])
            self._engine.load(state["engine"])
            self._step, self._ledger.block = state["step"], state["block"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError(
                f"the checkpoint in {self._run.path} is of another version of the recipe ({error}); begin another run"
            ) from error
        if self._engine.is_main:
            self._run.rewind_log(self._step)
        return float(state["spent_s"])

    def go(self) -> Summary:
        """Train to the end, or until it is told to stop."""
        if self._run.is_complete():
            raise TrainingError(
                f"{self._run.path} is complete after {self._step} steps; give --time or --steps to go on for longer"
            )
        self._due_at["checkpoint"] = time.monotonic() + self._settings.checkpoint_s
        looked_at, looked_step = time.monotonic(), self._step
        while True:
            stop, progress = self._engine.broadcast(float(self._watcher.stop.is_set()), self._progress())
            if stop or progress >= 1.0:
                break
            if self._engine.is_main:
                self._write_what_is_due()
            self._advance(progress)
            now = time.monotonic()
            if now - looked_at >= LOOK_S:
                losses = self._ledger.flush()
                self._tell(progress, (self._step - looked_step) / (now - looked_at), losses)
                looked_at, looked_step = time.monotonic(), self._step
        self._end(complete=not stop)
        return Summary(self._step, self._images, self._schedule.spent_s, complete=not stop)

    @property
    def _images(self) -> int:
        return self._step * self._settings.batch

    def _progress(self) -> float:
        return self._schedule.progress(self._step)

    def _advance(self, progress: float) -> None:
        """Take one step."""
        settings, engine = self._settings, self._engine
        factor = self._recipe.rate(progress)
        for name, optimizer in self._recipe.optimizers().items():
            for group, rate in zip(optimizer.param_groups, self._rates[name], strict=True):
                group["lr"] = rate * factor
        pictures = self._photos.batch(self._step, settings.batch, engine.device, engine.rank, engine.world)
        seed_step(settings.seed, self._step, engine.rank)
        moment = RunProgress(self._step, self._images, progress)
        losses = self._recipe.step(pictures.chunk(settings.accumulate), moment)
        self._step += 1
        self._ledger.add(self._step, losses)

    def _log(self, step: int, losses: Mapping[str, float]) -> None:
        if self._engine.is_main:
            self._run.add_log({"step": step, "images": step * self._settings.batch, "losses": losses})

    def _way_back(self) -> str:
        return f"{self._run.kept()} --learning-rate X, lower than before, or --precision float32"

    def _tell(self, progress: float, steps_per_s: float, losses: Mapping[str, float]) -> None:
        if not self._engine.is_main:
            return
        rate = steps_per_s * self._settings.batch
        left_s = self._schedule.left_s(self._step, steps_per_s)
        self._watcher.told(Report(self._step, self._images, progress, rate, left_s, losses, self._metrics))

    def _write_what_is_due(self) -> None:
        """On the leading process: preview and checkpoint where their time has come, and keep time for the end."""
        settings, now = self._settings, time.monotonic()
        if now >= self._due_at["preview"]:
            self._timed("preview", self._preview, settings.preview_s, PREVIEW_SHARE)
            if not (self._run.path / EXPORT).exists():
                # Something to play from the first minute on.
                self._export()
        if now >= self._due_at["checkpoint"] and self._step > self._saved:
            self._timed("checkpoint", self._save, settings.checkpoint_s, CHECKPOINT_SHARE)

    def _timed(self, name: str, write: Callable[[], None], every_s: float, share: float) -> None:
        began = time.monotonic()
        write()
        now = time.monotonic()
        self._cost_s[name] = now - began
        self._due_at[name] = now + max(every_s, self._cost_s[name] / share)
        shown = self._cost_s["preview"]
        finale_s = self._previews.finale_s(self._finale_most_s())
        # Before the first checkpoint its cost is taken for that of a preview's.
        self._schedule.expect((self._cost_s["checkpoint"] or shown) + shown + finale_s)

    def _finale_most_s(self) -> float:
        return math.inf if self._settings.time_s is None else self._settings.time_s * FINALE_SHARE

    def _preview(self) -> None:
        self._ledger.flush()
        self._previews.write(self._step)
        held_out = self._photos.held_out(self._engine.device)
        if held_out is not None:
            with torch.no_grad():
                self._metrics = dict(self._recipe.measure(held_out))
        if self._metrics:
            self._run.add_log({"step": self._step, "images": self._images, "metrics": self._metrics})

    def _save(self) -> None:
        """Write a checkpoint, once all that it holds is known to be good, and then the weights that play."""
        self._ledger.flush()
        networks = {name: network.state_dict() for name, network in self._recipe.networks().items()}
        for name, tensors in networks.items():
            if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
                raise TrainingError(f"the network {name!r} holds numbers that are none. {self._way_back()}")
        state: dict[str, Any] = {
            "networks": networks,
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self._recipe.optimizers().items()},
            "own": self._recipe.state(),
            "engine": self._engine.state(),
            "block": self._ledger.block,
            "spent_s": self._schedule.spent_s,
        }
        self._run.save(self._step, state)
        self._saved = self._step
        self._export()

    def _export(self) -> None:
        try:
            self._recipe.export(self._run.path)
        except WeightsError as error:
            raise TrainingError(f"{error} {self._run.kept()}") from error

    def _end(self, complete: bool) -> None:
        self._ledger.flush()
        if not self._engine.is_main:
            return
        self._save()
        if complete:
            self._preview()
            self._previews.finale(self._finale_most_s())
            self._run.complete(self._step)
