"""The latent stage between plugins and generator: cue transitions, playback of the past, recording of the history."""

import logging
import math

import torch
from torch import Tensor

from likeness.cues.latent_commands import Capture, Past, Release
from likeness.cues.latent_history import LatentHistory
from likeness.cues.transition import FaceTransition
from likeness.easing import glide_share
from likeness.events import Event, Forget, LatentCommand, Panic, Recall
from likeness.frame import Frame
from likeness.latent import lerp
from likeness.toolkit.crossfade import Crossfade

log = logging.getLogger(__name__)

# The picture makes 95 % of its way to where the scrub fader stands in this time.
SCRUB_S = 0.25


class LatentStage:
    """Decides the latent of each frame from what the plugins draw, a recalled face, and the past.

    The render thread calls `handle` with each event and then `step`, once a frame. A recall starts a transition; a
    scrub follows the recorded faces instead; coming back from the past is a crossfade to the transition's output. Then
    the frame is recorded, unless it shows a visitor who has not agreed to be kept. With several heads, all go to the
    recalled face and the first one is recorded.

    Any thread may read `shown` and `history`.

    Args:
        mean: of the generator, `[num_ws, w_dim]`.
        history: records the faces that are shown.

    Attributes:
        shown: the newest latent `[heads, num_ws, w_dim]` that was shown, before truncation; never changed in place.
        history: as given.
        instead: what is shown in the next frame in the place of all this, of the same shape as what the plugins draw;
            None shows that. After the last one the picture goes on from there.
        shows_private: whether `shown` is in part a visitor's: of a private frame, or of a fade that began at one.
    """

    def __init__(self, mean: Tensor, history: LatentHistory) -> None:
        self.history = history
        self.shown: Tensor = mean[None]
        self._mean, self._device = mean, mean.device
        self._transition = FaceTransition(mean)
        self._scrub_time: float | None = None
        self._return_fade = Crossfade()
        self._return_fade_s = 0.0
        self._recorded_at = -math.inf
        # The newest latent that is in no part a visitor's, and whether the fades may hold one that is.
        self._public: Tensor = mean[None]
        self._private = self.shows_private = False
        self.instead: Tensor | None = None
        # Whether the newest latent came from elsewhere and is not the one that was made here.
        self._led_astray = False

    def handle(self, event: Event | LatentCommand) -> None:
        """Act on an event that concerns this stage; leave all others alone."""
        if isinstance(event, Recall):
            self._start_transition(event)
        elif isinstance(event, Release):
            self._transition.start(None, event.seconds)
            self._return_to_present(event.seconds)
        elif isinstance(event, Capture):
            past = None if event.time is None else self.history.latent_at(event.time)
            # A copy: its receiver may keep it, and moves it to the CPU later.
            event.take(self._public[0].clone() if past is None else past)
        elif isinstance(event, Past):
            if event.time is None:
                self._return_to_present(event.seconds)
            else:
                self._scrub_time = event.time
                self._return_fade = Crossfade()
        elif isinstance(event, Panic):
            self._stop()
        elif isinstance(event, Forget):
            self._forget_private()

    def step(self, latent: Tensor, frame: Frame, *, private: bool = False) -> Tensor:
        """Return the latent to show: `latent` itself while nothing is recalled and nobody scrubs.

        Args:
            latent: what the plugins draw, `[heads, num_ws, w_dim]`, finite, a new tensor in each frame.
            frame: the current one.
            private: whether the latent is in part a visitor's: it is shown, but neither recorded nor captured.
        """
        if self.instead is None and self._led_astray:
            self._transition.start(self.shown, 0.0)
            self._led_astray = False
        shown = self._transition.step(latent, frame.dt)
        if self._scrub_time is not None:
            shown = self._scrub(self._scrub_time, shown, frame.dt)
        shown = self._return_fade.step(shown, frame.dt, self._return_fade_s)
        if self.instead is not None:
            self._led_astray, shown = not torch.equal(self.instead, shown), self.instead
        # A frozen picture is recorded once.
        if frame.time > self._recorded_at and not private:
            self.history.add(shown, frame.time)
            self._recorded_at = frame.time
        self.shown = shown
        fading = self._transition.active or self._return_fade.active or self._scrub_time is not None
        self.shows_private = private or (self.shows_private and fading)
        if private:
            self._private = True
        else:
            self._public = shown
        return shown

    def _start_transition(self, recall: Recall) -> None:
        face = recall.face()
        if face is None:
            return
        if face.shape != self._mean.shape:
            shapes = list(face.shape), list(self._mean.shape)
            log.warning("%s: its face is of another generator, %s and not %s; only values come", recall.name, *shapes)
        else:
            self._transition.start(face.to(self._device, non_blocking=True), recall.seconds)
            self._return_to_present(recall.seconds)

    def _return_to_present(self, seconds: float) -> None:
        if self._scrub_time is not None:
            self._scrub_time, self._return_fade_s = None, seconds
            self._return_fade.start()

    def _forget_private(self) -> None:
        """Drop all fades if one may start at a visitor's face, and cut to the newest public face."""
        if self._private:
            self._transition, self._return_fade = FaceTransition(self._mean), Crossfade()
            self.shown, self._private, self.shows_private = self._public, False, False

    def _stop(self) -> None:
        """Stop all fades where the picture stands. A scrub stays where it is."""
        if self._return_fade.active:
            self._return_fade = Crossfade()
            self._transition.start(self.shown, 0.0)
        else:
            self._transition.hold()

    def _scrub(self, time: float, present: Tensor, dt: float) -> Tensor:
        """Glide from the shown face toward the one at `time`, as a fader with a glide does."""
        face = self.history.latent_at(time)
        if face is None:
            return present
        goal = face.to(self._device, non_blocking=True)[None]
        return lerp(self.shown, goal, glide_share(dt, SCRUB_S))
