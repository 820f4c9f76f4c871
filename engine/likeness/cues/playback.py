"""What becomes of the latent between the plugins and the generator: faces that are called up, and the past."""

import logging
import math

from torch import Tensor

from likeness.cues.latent_history import LatentHistory
from likeness.cues.transition import FaceTransition
from likeness.easing import glide_share
from likeness.events import Capture, Event, Forget, Panic, Past, Recall, Release
from likeness.frame import Frame
from likeness.latent import lerp
from likeness.toolkit.crossfade import Crossfade

log = logging.getLogger(__name__)

# In so long the picture has made 95 % of its way to where the hand has put it in the past.
SCRUB_S = 0.25


class Playback:
    """Leads, scrubs, remembers. Of several heads the first is remembered, and all wear the face that is called up.

    The render thread alone calls it, but for `shown` and `ring`, which any may read.

    Args:
        mean: of the generator, `[num_ws, w_dim]`.
        ring: where the faces are kept that were shown.

    Attributes:
        shown: the newest latent `[heads, num_ws, w_dim]` that was shown, before truncation; never changed in place.
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
        # The newest one that showed nobody who has not agreed to be kept, and whether the ways hold such a one.
        self._public: Tensor = mean[None]
        self._private = False

    def handle(self, event: Event) -> bool:
        """Do what the event asks; return whether it was meant for the picture's course alone."""
        if isinstance(event, Recall):
            self._start_transition(event)
            return False
        if isinstance(event, Release):
            self._transition.start(None, event.seconds)
            self._return_to_present(event.seconds)
        elif isinstance(event, Capture):
            past = None if event.time is None else self.history.latent_at(event.time)
            # A copy: whoever takes it may keep it, and copies it to the CPU in his own time.
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
            return False
        else:
            return False
        return True

    def step(self, latent: Tensor, frame: Frame, *, private: bool = False) -> Tensor:
        """Return the latent to show for what the plugins draw; `latent` itself while nothing was asked.

        Args:
            latent: `[heads, num_ws, w_dim]`, finite, made anew in this frame.
            frame: the one under way.
            private: whether the latent is in part a visitor's: it is shown, and neither kept nor handed out.
        """
        shown = self._transition.step(latent, frame.dt)
        if self._scrub_time is not None:
            shown = self._scrub(self._scrub_time, shown, frame.dt)
        shown = self._return_fade.step(shown, frame.dt, self._return_fade_s)
        # A frozen picture is no new memory.
        if frame.time > self._recorded_at and not private:
            self.history.add(shown, frame.time)
            self._recorded_at = frame.time
        self.shown = shown
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
        """Drop the ways that may lead from a visitor's face, and the face itself: what is public is cut to."""
        if self._private:
            self._transition, self._return_fade = FaceTransition(self._mean), Crossfade()
            self.shown, self._private = self._public, False

    def _stop(self) -> None:
        """Stop what is under way where the picture stands. The hand that is in the past stays there."""
        if self._return_fade.active:
            self._return_fade = Crossfade()
            self._transition.start(self.shown, 0.0)
        else:
            self._transition.hold()

    def _scrub(self, time: float, present: Tensor, dt: float) -> Tensor:
        """Follow the hand through the past as a fader with a glide does: from what is shown, never with a jump."""
        face = self.history.latent_at(time)
        if face is None:
            return present
        goal = face.to(self._device, non_blocking=True)[None]
        return lerp(self.shown, goal, glide_share(dt, SCRUB_S))
