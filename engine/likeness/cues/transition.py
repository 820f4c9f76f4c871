"""Leads the picture from what the plugins draw to a face that was called up, and lets them go on from there."""

import torch
from torch import Tensor

from likeness.cues.rigid_motion import RigidMotion
from likeness.easing import smooth
from likeness.latent import COLLINEAR_COSINE

# From this cosine on, about 150 degrees, the arc gives way to the chord: the nearer the ends are to opposite, the more
# a small move of one of them would throw the arc about.
WIDE_COSINE = -0.87
# A face at the mean has no direction.
NO_LENGTH = 1e-12
# Ten steps of 0.02 s add up to less than 0.2 s: a way so near to its end is there.
ROUNDING = 1e-9


class FaceTransition:
    """Holds the way under way and what came of the last one. The render thread alone calls it.

    Every way begins at the face that was shown last. While it lasts, the plugins' motion goes on in what it leaves; at
    its end the very face that was called up is shown; from then on the plugins move that face. A plugin that jumps in
    the frame in which a way begins, since the same cue turned its switches, is not seen to jump.

    Args:
        mean: of the generator, `[num_ws, w_dim]`; arcs turn about it.
    """

    def __init__(self, mean: Tensor) -> None:
        self._mean = mean
        self._carry: RigidMotion | None = None
        self._goal: Tensor | None = None
        self._under_way = self._leaving = False
        self._seconds = self._elapsed = 0.0
        self._shown: Tensor | None = None

    def start(self, goal: Tensor | None, seconds: float) -> None:
        """Begin a way in the next frame, from wherever the picture stands.

        Args:
            goal: latent `[num_ws, w_dim]`, or one for each head; None for what the plugins draw.
            seconds: of the show's time; 0 cuts.
        """
        if goal is None and self._carry is None and not self._under_way:
            return
        self._goal, self._seconds, self._elapsed = goal, seconds, 0.0
        self._under_way = self._leaving = True

    def hold(self) -> None:
        """End the way under way where the picture stands; from there the plugins go on."""
        if self._under_way and self._shown is not None:
            self.start(self._shown, 0.0)

    def step(self, latent: Tensor, dt: float) -> Tensor:
        """Return the latent to show: `latent` itself while nothing was called up.

        Args:
            latent: what the plugins draw, `[batch, num_ws, w_dim]`.
            dt: seconds since the frame before.
        """
        if self._under_way:
            self._shown = self._travel(latent, dt)
        elif self._carry:
            self._shown = self._carry(latent - self._mean) + self._mean
        else:
            self._shown = latent
        return self._shown

    def _travel(self, latent: Tensor, dt: float) -> Tensor:
        drawn = latent - self._mean
        if self._leaving and self._shown is not None:
            self._carry = RigidMotion(drawn, self._shown - self._mean)
        self._leaving = False
        # As the store's ramps count, so that parameters and face arrive in one frame.
        self._elapsed += dt
        along = self._elapsed / self._seconds if self._seconds > 0 else 1.0
        if along > 1.0 - ROUNDING:
            return self._arrive(latent, drawn)
        goal = drawn if self._goal is None else self._goal - self._mean
        start = self._carry(drawn) if self._carry else drawn
        return arc(start, goal, smooth(along)) + self._mean

    def _arrive(self, latent: Tensor, drawn: Tensor) -> Tensor:
        self._under_way = False
        if self._goal is None:
            self._carry = None
            return latent
        goal, self._goal = self._goal.expand_as(latent), None
        self._carry = RigidMotion(drawn, goal - self._mean)
        return goal


def arc(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return the point at `t` on the way from `a` to `b`: `slerp`, which gives way to `lerp` where they are opposite.

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
