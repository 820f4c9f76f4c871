"""Watch a face being found: the search for a photo's latent, step by step, as the show."""

import functools
import logging
import math
from pathlib import Path

import torch
from torch import Tensor

from likeness import Bool, Choice, Float, Frame, Int, LikenessError, Param, Stage, Text, Trigger, Values, hookimpl
from likeness import open_generator as open_weights
from likeness.faces.detect import Detector
from likeness.faces.photo import read_photo
from likeness.faces.portrait import find_portrait
from likeness.latent import lerp, undo_truncation
from likeness.picture import Picture
from likeness.projection.worker import ProjectionWorker, SearchRequest
from likeness.toolkit.background_loader import BackgroundLoader
from likeness.toolkit.crossfade import Crossfade

log = logging.getLogger(__name__)

# A render goes on without a step after this long; a slow generator on a busy machine takes seconds for one.
LONGEST_STEP_S = 600.0


class Plugin:
    """Shows a search that runs ahead in a process of its own.

    What is shown follows the show's time alone: `speed` steps a second. Live, a search that is slower is followed as
    far as it has come, and no frame waits. A render waits for the step that it needs, and so is the same each time.
    The way is kept: from the second time on it costs nothing.
    """

    def __init__(self) -> None:
        self._worker: ProjectionWorker | None = None

    @hookimpl
    def declare_params(self) -> list[Param]:
        return [
            Text("photo", help="A photo's file, whose face is searched for; empty leaves the face that comes in."),
            Choice("begin", "mean", ["mean", "encoder"], help="The average face, or the encoder's guess: a short way."),
            Int("steps", 100, min=2, max=1000, help="Of the search; after 100 little changes."),
            Float("speed", 12.0, min=0.5, max=240.0, unit="steps/s", warp="exp", help="How fast the search is shown."),
            Float("hold", 4.0, max=600.0, unit="s", help="How long the found face stays before it all begins again."),
            Bool("again", True, help="Begin again after the hold; off, the found face stays."),
            Trigger("restart", help="Begin again now."),
            Float("fade", 1.0, max=30.0, unit="s", help="Each way back to a beginning; 0 cuts."),
            Float("amount", 1.0, glide=0.2, help="How much of the search is shown: 0 is the face that comes in."),
        ]

    @hookimpl
    def start(self, stage: Stage) -> None:
        self._close()
        self._stage, self._mean = stage, stage.generator.mean
        self._loader: BackgroundLoader[str, list[Picture]] = BackgroundLoader(
            self._cut_face, log, offline=stage.offline
        )
        self._portrait: Picture | None = None
        self._search_settings: tuple[str, int] | None = None
        self._steps: list[Tensor] = []
        self._next_steps: list[Tensor] = []
        self._position = self._held = self._age = 0.0
        self._fade = Crossfade()

    @hookimpl
    def stop(self) -> None:
        self._close()

    @hookimpl
    def update(self, latent: Tensor, params: Values, frame: Frame) -> Tensor | None:
        self._update_search(params, frame.time)
        self._advance(params, frame.dt)
        amount = float(params["amount"])
        goal = latent
        if self._steps or self._fade.active:
            # The fade that leaves a photo shows it still.
            self._stage.privacy.mark()
        if self._steps:
            # What the search has found is shown as it is: the truncation that comes after the plugins is undone.
            psi = float(frame.values["show"]["psi"])
            goal = undo_truncation(self._current_latent(), self._mean, psi).expand_as(latent)
        shown = self._fade.step(goal, frame.dt, float(params["fade"]))
        return None if shown is latent or amount <= 0.0 else lerp(latent, shown, amount)

    # Which photo.

    def _update_search(self, params: Values, time: float) -> None:
        """Start a search for a newly named photo, or with changed settings."""
        portraits = self._loader.poll(str(params["photo"]).strip(), time)
        if portraits is not None:
            self._portrait = portraits[0] if portraits else None
            self._search_settings = None
            if self._portrait is None and self._steps:
                self._steps = []
                self._fade.start()
        settings = (str(params["begin"]), int(params["steps"]))
        if self._portrait is not None and settings != self._search_settings:
            self._search_settings, self._next_steps = settings, []
            if self._worker is None:
                info = self._stage.generator.info
                assert info.weights is not None  # or there were no portrait
                self._worker = ProjectionWorker(functools.partial(open_weights, info.weights, size=info.resolution))
            self._worker.start_search(
                SearchRequest(self._portrait, "encoder" if settings[0] == "encoder" else "mean", settings[1])
            )
            self._error_logged = False

    def _cut_face(self, photo: str) -> list[Picture]:
        """Read a photo and cut its face out; none for no name. Not on the render thread."""
        info = self._stage.generator.info
        if not photo:
            return []
        if info.weights is None:
            raise LikenessError(
                "projection_live searches with weights that were opened from a file, and these were not"
            )
        return [find_portrait(read_photo(Path(photo).expanduser()), Detector(), info.resolution, photo).picture]

    # How far.

    def _advance(self, params: Values, dt: float) -> None:
        """Move on along the way, as far as it is known."""
        self._age += dt
        searching = self._collect_steps(math.ceil(self._position + self._stride(params, dt)) + 1)
        if not self._steps:
            return
        # Asked anew, for a search that has just begun stands at its start.
        position, last = self._position + self._stride(params, dt), len(self._steps) - 1
        self._held = self._held + dt if position >= last and not searching else 0.0
        self._position = min(position, float(last))
        if params["restart"] or (params["again"] and self._held > float(params["hold"])):
            self._restart()

    def _stride(self, params: Values, dt: float) -> float:
        """Return the steps of this frame: none while a beginning fades in, which would be seen by nobody."""
        return dt * float(params["speed"]) if self._age > float(params["fade"]) else 0.0

    def _restart(self) -> None:
        self._position = self._held = self._age = 0.0
        self._fade.start()

    def _collect_steps(self, number: int) -> bool:
        """Take what the search has found, in a render up to step `number` at least; return whether more will come."""
        worker = self._worker
        if worker is None or self._search_settings is None:
            return False
        if self._stage.offline:
            worker.wait_for_step(min(number, self._search_settings[1]), LONGEST_STEP_S)
        fresh = [step.latent[0].to(self._mean, non_blocking=True) for step in worker.poll_steps()]
        self._next_steps += fresh
        if fresh and self._steps is not self._next_steps:
            # A new search: the old one's face stays until the first step of this one is there.
            self._steps = self._next_steps
            self._restart()
        if worker.error is not None and not self._error_logged:
            self._error_logged = True
            if self._stage.offline:
                raise worker.error
            log.error("%s; what was there before goes on", worker.error)
        # By the count, for the word that it has ended may come a frame later.
        return len(self._next_steps) <= self._search_settings[1] and not worker.ended

    def _current_latent(self) -> Tensor:
        """Return the latent `[num_ws, w_dim]` at the current position."""
        index = min(int(self._position), len(self._steps) - 1)
        after = min(index + 1, len(self._steps) - 1)
        return torch.lerp(self._steps[index], self._steps[after], self._position - index)

    def _close(self) -> None:
        if self._worker is not None:
            self._worker.close()
        self._worker = None
