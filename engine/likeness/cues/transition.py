"""Face transition: from the current latent to a recalled face, from which the plugins' motion goes on."""

import torch
from torch import Tensor

from likeness.cues.rigid_motion import RigidMotion
from likeness.easing import progress, smooth
from likeness.latent import COLLINEAR_COSINE

# From this cosine on, about 150 degrees, the arc gives way to the chord: the nearer the ends are to opposite, the more
# a small move of one of them would swing the arc.
WIDE_COSINE = -0.87
# A face at the mean has no direction.
NO_LENGTH = 1e-12


class FaceTransition:
    """The current transition, or the rigid motion that the last one left. The render thread alone calls it.

    A transition starts at the face that was shown last, with the plugins' motion going on in it. At its end the
    recalled face itself is shown; from then on the plugins move that face. A plugin that jumps in the frame in which a
    transition starts, since the same cue turned its switches, is not seen to jump.

    Args:
        mean: of the generator, `[num_ws, w_dim]`; arcs turn about it.
    """

    def __init__(self, mean: Tensor) -> None:
        self._mean = mean
        self._motion: RigidMotion | None = None
        self._end_face: Tensor | None = None
        self._active = self._starting = False
        self._seconds = self._elapsed = 0.0
        self._shown: Tensor | None = None

    @property
    def active(self) -> bool:
        """Whether a transition is on its way."""
        return self._active

    def start(self, face: Tensor | None, seconds: float) -> None:
        """Start a transition in the next frame, from wherever the picture stands.

        Args:
            face: latent `[num_ws, w_dim]`, or one for each head; None goes back to what the plugins draw.
            seconds: of the show's time; 0 cuts.
        """
        if face is None and self._motion is None and not self._active:
            return
        self._end_face, self._seconds, self._elapsed = face, seconds, 0.0
        self._active = self._starting = True

    def hold(self) -> None:
        """End the transition where the picture stands; the plugins go on from there."""
        if self._active and self._shown is not None:
            self.start(self._shown, 0.0)

    def step(self, latent: Tensor, dt: float) -> Tensor:
        """Return the latent to show: `latent` itself while no face is recalled.

        Args:
            latent: what the plugins draw, `[batch, num_ws, w_dim]`.
            dt: seconds since the frame before.
        """
        if self._active:
            self._shown = self._interpolate(latent, dt)
        elif self._motion:
            self._shown = self._motion(latent - self._mean) + self._mean
        else:
            self._shown = latent
        return self._shown

    def _interpolate(self, latent: Tensor, dt: float) -> Tensor:
        drawn = latent - self._mean
        if self._starting and self._shown is not None:
            self._motion = RigidMotion(drawn, self._shown - self._mean)
        self._starting = False
        # As the store's ramps count, so that parameters and face arrive in one frame.
        self._elapsed += dt
        done = progress(self._elapsed, self._seconds)
        if done >= 1.0:
            return self._finish(latent, drawn)
        goal = drawn if self._end_face is None else self._end_face - self._mean
        start = self._motion(drawn) if self._motion else drawn
        return arc(start, goal, smooth(done)) + self._mean

    def _finish(self, latent: Tensor, drawn: Tensor) -> Tensor:
        self._active = False
        if self._end_face is None:
            self._motion = None
            return latent
        goal, self._end_face = self._end_face.expand_as(latent), None
        self._motion = RigidMotion(drawn, goal - self._mean)
        return goal


def arc(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return the point at `t` from `a` to `b`: `slerp`, which gives way to `lerp` where they are opposite.

    Unlike `slerp` it has no seam: ends that move a little move the point a little, wherever they are. It works on one
    weight per layer for each end, in a third of the time of blending the two functions.
    """
    length_a, length_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    lengths = (length_a * length_b).clamp_min(NO_LENGTH)
    cosine = ((a * b).sum(-1, keepdim=True) / lengths).clamp(-1.0, 1.0)
    omega = cosine.acos()
    # Shoemake's weights on the unit vectors, times the length at `t`, which goes evenly from one to the other.
    length = torch.lerp(length_a, length_b, t) / (omega.sin() * lengths)
    chord = ((WIDE_COSINE - cosine) * (1.0 / (1.0 + WIDE_COSINE))).clamp_(0.0, 1.0)
    straight = (cosine.abs() > COLLINEAR_COSINE) | (lengths == NO_LENGTH)
    weights = []
    for share, other in ((1.0 - t, length_b), (t, length_a)):
        weight = (omega * share).sin() * other * length
        weights.append(torch.where(straight, share, weight + (share - weight) * chord))
    return torch.addcmul(a * weights[0], b, weights[1])
