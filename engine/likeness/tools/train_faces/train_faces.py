"""The stages of `likeness train faces` in turn, within one time, from where they stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from likeness.errors import TrainingError
from likeness.files.paths import list_weights
from likeness.tools.train_faces import stages
from likeness.tools.train_faces.plan import STATE, FacesPlan, FacesState, begin_or_resume
from likeness.training.pictures import ProgressCallback, no_progress
from likeness.training.run import RunFolder
from likeness.training.train import TrainingSummary, train

# In order. What follows the refiner is done again where that went on for longer.
STAGES = ("pictures", "composite", "search", "refine", "weights", "population", "sheet", "install")
# Of the time that is left after the composite, the search's part; of the whole time, what is kept for the end.
SEARCHED, KEPT = 0.3, 0.1
# A refiner that learns for a shorter time than this changes nothing that is seen.
LEAST_REFINED_S = 120.0


class StoppedError(Exception):
    """The stage was asked to stop; not a fault."""


@dataclass(frozen=True)
class FacesCallbacks:
    """Functions and a stop flag that the caller hands in; all are called on its thread.

    Args:
        on_stage: called with a stage's name and what it has to say once it is done; "" when it begins.
        on_progress: called with what is done and how much of it.
        run_training: trains the refiner's run, as `likeness.training.train.train` does, and shows how far it is.
        stop: once it is set, the run ends soon; what a stage has not kept by then is done again.
    """

    on_stage: Callable[[str, str], None] = lambda stage, said: None
    on_progress: ProgressCallback = no_progress
    run_training: Callable[[RunFolder], TrainingSummary] = train
    stop: threading.Event = field(default_factory=threading.Event)


def train_faces(folder: Path, plan: FacesPlan, device: str = "auto", callbacks: FacesCallbacks | None = None) -> bool:
    """Do what is left of the run in `folder`; return whether all of it is done, or it was stopped.

    A run that was killed goes on from the last stage that was done; of the search and the refiner, from what they last
    kept. A longer time than before goes to the refiner.

    Raises:
        LikenessError: the run cannot begin or go on, or the name is taken; what is done stays.
    """
    callbacks = callbacks or FacesCallbacks()
    if not (folder / STATE).is_file() and plan.name in list_weights():
        raise TrainingError(f"there are weights called {plan.name!r} already; give these another name: --name NAME")
    run = _Run(folder, begin_or_resume(folder, plan), device, callbacks)
    try:
        for name in STAGES:
            run.do(name)
    except StoppedError:
        return False
    return True


class _Run:
    """One sitting of a run. `train_faces` makes it and calls `do` for each stage, on its thread."""

    def __init__(self, folder: Path, state: FacesState, device: str, callbacks: FacesCallbacks) -> None:
        self._folder, self._state, self._device, self._callbacks = folder, state, device, callbacks
        self._at = time.monotonic()

    def do(self, name: str) -> None:
        """Do a stage unless it is done.

        Raises:
            StoppedError: it was asked to stop.
            TrainingError: the disk refuses.
        """
        if name in self._state.done:
            return
        self._look_for_stop()
        self._callbacks.on_stage(name, "")
        try:
            said = self._begin(name)
        except OSError as error:
            raise TrainingError(f"{self._folder} cannot be read or written ({error}); mend that, and go on") from error
        self._keep(done={**self._state.done, name: said})
        self._callbacks.on_stage(name, said)

    def _begin(self, name: str) -> str:
        folder, plan = self._folder, self._state.plan
        match name:
            case "pictures":
                return stages.cut(folder, plan, self._progress)
            case "composite":
                return stages.make_composite(folder, plan, self._progress)
            case "search":
                limit = SEARCHED * self._left_s()
                return stages.search_latents(folder, plan, self._device, limit, self._progress, self._keep)
            case "refine":
                return self._refine()
            case "weights":
                return stages.finish_weights(folder, plan)
            case "population":
                return stages.make_population(folder, plan, KEPT * plan.time_s / 2, self._progress)
            case "sheet":
                return stages.draw_sheet(folder, plan)
            case _:
                return stages.install(folder, plan)

    def _refine(self) -> str:
        plan = self._state.plan
        if not self._state.refining:
            more = self._left_s() - KEPT * plan.time_s
            if more < LEAST_REFINED_S:
                return "left out: no time is left for it; give a longer --time, and go on"
            self._keep(refine_s=stages.refined_s(self._folder) + more, refining=True)
        run = stages.open_refiner_run(self._folder, plan, self._state.refine_s)
        if not run.is_complete():
            summary = self._callbacks.run_training(run)
            self._look_for_stop()
            if not summary.complete:
                raise StoppedError
        self._keep(refining=False)
        return f"{run.position()[0]} steps"

    def _left_s(self) -> float:
        spent_s = self._state.spent_s + time.monotonic() - self._at
        return max(self._state.plan.time_s - spent_s, 0.0)

    def _keep(self, **changes: object) -> None:
        """Write how far the run has come."""
        now = time.monotonic()
        spent_s = self._state.spent_s + now - self._at
        self._state, self._at = replace(self._state, spent_s=spent_s, **changes), now  # type: ignore[arg-type]  # of its fields
        self._state.write(self._folder)

    def _progress(self, stage: str, done: int, total: int) -> None:
        self._callbacks.on_progress(stage, done, total)
        self._look_for_stop()

    def _look_for_stop(self) -> None:
        if self._callbacks.stop.is_set():
            raise StoppedError
