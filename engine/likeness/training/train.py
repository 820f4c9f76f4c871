"""The training loop of every recipe: steps, checkpoints, previews, and an end in time."""

from __future__ import annotations

import math
import shlex
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from likeness.errors import TrainingError, WeightsError
from likeness.training.compute import Compute, seed_step
from likeness.training.dataset import Dataset, is_read, open_dataset, read_dataset
from likeness.training.loss_log import LossLog
from likeness.training.pictures import ProgressCallback, no_progress
from likeness.training.previews import Previews, VideoWriter
from likeness.training.recipe import EXPORT, Recipe, RunProgress, recipe_class
from likeness.training.run import RunFolder
from likeness.training.schedule import Schedule
from likeness.training.settings import Settings

# Between two reports of the losses, each of which waits for the device.
REPORT_PERIOD_S = 0.5
# Shares of the time that previews, checkpoints and the videos at the end may take.
PREVIEW_SHARE, CHECKPOINT_SHARE, FINALE_SHARE = 0.1, 0.05, 0.1


@dataclass(frozen=True)
class TrainingReport:
    """Progress of a run, about twice a second.

    Args:
        step, images: done since the run began, over all sittings; images over all processes.
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
class TrainingSummary:
    """The end of a sitting.

    Args:
        step, images: of the whole run.
        spent_s: seconds, over all sittings.
        complete: whether nothing is left to do.
        played_by: the command that plays the result.
        conclusion: what the recipe has to say; "" for nothing.
    """

    step: int
    images: int
    spent_s: float
    complete: bool
    played_by: str = ""
    conclusion: str = ""


@dataclass(frozen=True)
class TrainingCallbacks:
    """Functions and a stop flag that the caller of `train` hands in; all are called on its thread.

    Args:
        on_report: called about twice a second.
        on_read: called while the pictures are read.
        write_video: writes videos; None leaves walks out. Outputs stand above training, so it is handed in.
        stop: once it is set the run ends after the current step, with a checkpoint.
        started_at: when the sitting began, by `time.monotonic`; None is now.
    """

    on_report: Callable[[TrainingReport], None] = lambda report: None
    on_read: ProgressCallback = no_progress
    write_video: VideoWriter | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    started_at: float | None = None


def train(run: RunFolder, device: str = "auto", callbacks: TrainingCallbacks | None = None) -> TrainingSummary:
    """Train `run` from its last checkpoint to its end; write weights, grids, walks and checkpoints into its folder.

    Under torchrun every process calls it, with the same run folder on a disk that all of them see.

    Raises:
        TrainingError: the run cannot begin or go on; the last good checkpoint is still there.
        LikenessError: there is no such device.
    """
    callbacks = callbacks or TrainingCallbacks()
    started_at = time.monotonic() if callbacks.started_at is None else callbacks.started_at
    compute = Compute(device, run.settings.precision)
    settings = run.settings
    if settings.batch % (compute.world * settings.accumulate):
        raise TrainingError(
            f"batch {settings.batch} does not divide into {compute.world} processes of {settings.accumulate} "
            "micro-batches; choose a multiple"
        )
    recipe_type = recipe_class(settings.recipe)
    if compute.is_main:
        if not is_read(run):
            recipe_type.prepare(settings, callbacks.on_read)
        read_dataset(run, recipe_type.min_pictures, callbacks.on_read)
    compute.barrier()
    torch.manual_seed(settings.seed)
    recipe = recipe_type(settings, compute)
    summary = _TrainingLoop(run, compute, recipe, open_dataset(run), callbacks, started_at).train()
    compute.shutdown()
    return summary


class _TrainingLoop:
    """One sitting of a run: from its last checkpoint to its end, or until it is stopped.

    `train` makes one and calls `train()`; everything runs on that thread.
    It owns step, losses and schedule. Networks and optimisers are the recipe's, files the run folder's.
    Under torchrun each process has one. All take the same steps, and only the main process writes files.
    Whatever fails is raised as it is; the last checkpoint on the disk stays whole, and the next run resumes there.
    """

    def __init__(
        self,
        run: RunFolder,
        compute: Compute,
        recipe: Recipe,
        dataset: Dataset,
        callbacks: TrainingCallbacks,
        started_at: float,
    ) -> None:
        self._run, self._compute, self._recipe, self._dataset, self._callbacks = (
            run,
            compute,
            recipe,
            dataset,
            callbacks,
        )
        self._settings: Settings = run.settings
        self._rates = {name: [group["lr"] for group in o.param_groups] for name, o in recipe.optimizers().items()}
        self._step = 0
        self._metrics: Mapping[str, float] = {}
        self._loss_log = LossLog(self._log_losses, self._recovery_hint)
        spent_s = self._resume()
        self._saved_step = self._step
        self._schedule = Schedule(self._settings.steps, self._settings.time_s, spent_s, started_at)
        photos = dataset.first(32, compute.device)
        self._previews = Previews(run, recipe, compute.device, photos, callbacks.write_video)
        self._cost_s = {"checkpoint": 0.0, "preview": 0.0}
        self._due_at = {"checkpoint": math.inf, "preview": -math.inf}

    def _resume(self) -> float:
        """Load the newest checkpoint; return the seconds that the run had taken by then."""
        state = self._run.load_newest(self._compute.device)
        if state is None:
            if self._compute.is_main:
                self._run.rewind_log(0)
            return 0.0
        try:
            for name, network in self._recipe.networks().items():
                network.load_state_dict(state["networks"][name])
            for name, optimizer in self._recipe.optimizers().items():
                optimizer.load_state_dict(state["optimizers"][name])
            self._recipe.load(state["own"])
            self._compute.load(state["engine"])
            self._step, self._loss_log.block = state["step"], state["block"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError(
                f"the checkpoint in {self._run.path} is of another version of the recipe ({error}); begin another run"
            ) from error
        if self._compute.is_main:
            self._run.rewind_log(self._step)
        return float(state["spent_s"])

    def train(self) -> TrainingSummary:
        """Train to the end, or until `stop` is set."""
        if self._run.is_complete():
            raise TrainingError(
                f"{self._run.path} is complete after {self._step} steps; give --time or --steps to go on for longer"
            )
        self._due_at["checkpoint"] = time.monotonic() + self._settings.checkpoint_s
        reported_at, reported_step = time.monotonic(), self._step
        while True:
            stop, progress = self._compute.broadcast(float(self._callbacks.stop.is_set()), self._progress())
            if stop or progress >= 1.0:
                break
            if self._compute.is_main:
                self._write_due()
            self._train_step(progress)
            now = time.monotonic()
            if now - reported_at >= REPORT_PERIOD_S:
                losses = self._loss_log.flush()
                self._report(progress, (self._step - reported_step) / (now - reported_at), losses)
                reported_at, reported_step = time.monotonic(), self._step
        self._finish(complete=not stop)
        played_by = self._recipe.played_by.format(run=shlex.quote(str(self._run.path)))
        conclusion = self._recipe.conclude() if self._compute.is_main else ""
        return TrainingSummary(self._step, self._images, self._schedule.spent_s, not stop, played_by, conclusion)

    @property
    def _images(self) -> int:
        return self._step * self._settings.batch

    def _progress(self) -> float:
        return self._schedule.progress(self._step)

    def _train_step(self, progress: float) -> None:
        """Take one step."""
        settings, compute = self._settings, self._compute
        factor = self._recipe.rate(progress)
        for name, optimizer in self._recipe.optimizers().items():
            for group, rate in zip(optimizer.param_groups, self._rates[name], strict=True):
                group["lr"] = rate * factor
        choose = self._dataset.pairs if self._recipe.paired else self._dataset.batch
        pictures = choose(self._step, settings.batch, compute.device, compute.rank, compute.world)
        seed_step(settings.seed, self._step, compute.rank)
        at = RunProgress(self._step, self._images, progress)
        losses = self._recipe.step(pictures.chunk(settings.accumulate), at)
        self._step += 1
        self._loss_log.add(self._step, losses)

    def _log_losses(self, step: int, losses: Mapping[str, float]) -> None:
        if self._compute.is_main:
            self._run.add_log({"step": step, "images": step * self._settings.batch, "losses": losses})

    def _recovery_hint(self) -> str:
        return f"{self._run.recovery_hint()} --learning-rate X, lower than before, or --precision float32"

    def _report(self, progress: float, steps_per_s: float, losses: Mapping[str, float]) -> None:
        if not self._compute.is_main:
            return
        rate = steps_per_s * self._settings.batch
        left_s = self._schedule.left_s(self._step, steps_per_s)
        self._callbacks.on_report(
            TrainingReport(self._step, self._images, progress, rate, left_s, losses, self._metrics)
        )

    def _write_due(self) -> None:
        """Write the preview and the checkpoint that are due, on the main process; reserve time for the end."""
        settings, now = self._settings, time.monotonic()
        if now >= self._due_at["preview"]:
            self._write_and_schedule("preview", self._preview, settings.preview_s, PREVIEW_SHARE)
            if not (self._run.path / EXPORT).exists():
                # So that there is something to play from the first minute on.
                self._export()
        if now >= self._due_at["checkpoint"] and self._step > self._saved_step:
            self._write_and_schedule("checkpoint", self._save, settings.checkpoint_s, CHECKPOINT_SHARE)

    def _write_and_schedule(self, name: str, write: Callable[[], None], every_s: float, share: float) -> None:
        started_at = time.monotonic()
        write()
        now = time.monotonic()
        self._cost_s[name] = now - started_at
        self._due_at[name] = now + max(every_s, self._cost_s[name] / share)
        preview_s = self._cost_s["preview"]
        finale_s = self._previews.estimate_finale_s(self._finale_limit_s())
        # The first checkpoint is expected to cost what a preview does.
        self._schedule.reserve((self._cost_s["checkpoint"] or preview_s) + preview_s + finale_s)

    def _finale_limit_s(self) -> float:
        return math.inf if self._settings.time_s is None else self._settings.time_s * FINALE_SHARE

    def _preview(self) -> None:
        self._loss_log.flush()
        self._previews.write(self._step)
        held_out = self._dataset.held_out(self._compute.device)
        if held_out is not None:
            with torch.no_grad():
                self._metrics = dict(self._recipe.measure(held_out))
        if self._metrics:
            self._run.add_log({"step": self._step, "images": self._images, "metrics": self._metrics})

    def _save(self) -> None:
        """Check that losses and networks are finite, then write a checkpoint and the weights that play."""
        self._loss_log.flush()
        networks = {name: network.state_dict() for name, network in self._recipe.networks().items()}
        for name, tensors in networks.items():
            if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
                raise TrainingError(f"the network {name!r} holds numbers that are not finite. {self._recovery_hint()}")
        state: dict[str, Any] = {
            "networks": networks,
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self._recipe.optimizers().items()},
            "own": self._recipe.state(),
            "engine": self._compute.state(),
            "block": self._loss_log.block,
            "spent_s": self._schedule.spent_s,
        }
        self._run.save(self._step, state)
        self._saved_step = self._step
        self._export()

    def _export(self) -> None:
        try:
            self._recipe.export(self._run.path)
        except WeightsError as error:
            raise TrainingError(f"{error} {self._run.recovery_hint()}") from error

    def _finish(self, complete: bool) -> None:
        self._loss_log.flush()
        if not self._compute.is_main:
            return
        self._save()
        if complete:
            self._preview()
            self._previews.write_finale(self._finale_limit_s())
            self._run.mark_complete(self._step)
