"""Carries a latent that moves from where it is to a given place, so that its motion goes on from there."""

from torch import Tensor, where

# Nearer to opposite than this there is no plane to turn in, and the way is a shift alone.
OPPOSITE_COSINE = -1.0 + 1e-4
# A deviation shorter than this has no direction to speak of.
SHORTEST = 1e-6


class RigidMotion:
    """The least turn about the origin, per layer, and the shift that together bring `start` to `goal`.

    It keeps distances: what is carried moves exactly as far in each frame as what comes in. The shift alone would do
    that too, but a walk that has left `start` would be the sum of three independent faces, 1.7 times as far from the
    mean as any of them; turned it stays as far out as it was, and as it leaves `start` behind the turn wears off by
    itself, since it touches one plane out of hundreds. Here the shift only makes up for unequal lengths.

    Args:
        start, goal: deviations from the mean, `[..., num_ws, w_dim]`.
    """

    def __init__(self, start: Tensor, end: Tensor) -> None:
        length_a = start.norm(dim=-1, keepdim=True)
        length_b = end.norm(dim=-1, keepdim=True)
        a, b = start / length_a.clamp_min(SHORTEST), end / length_b.clamp_min(SHORTEST)
        cosine = (a * b).sum(-1, keepdim=True)
        turns = (cosine > OPPOSITE_COSINE) & (length_a > SHORTEST) & (length_b > SHORTEST)
        # R x = x - (a + b) ((a + b) . x) / (1 + a . b) + 2 b (a . x): turns a to b, leaves what is normal to both.
        self._half = where(turns, (a + b) / (1.0 + cosine).clamp_min(SHORTEST).sqrt(), 0.0)
        self._from = where(turns, a, 0.0)
        self._to = 2.0 * b
        self._shift = end - self._rotate(start)

    def __call__(self, latent: Tensor) -> Tensor:
        """Return the deviation `latent` carried along. On the device, no sync."""
        return self._rotate(latent) + self._shift

    def _rotate(self, x: Tensor) -> Tensor:
        along = (self._half * x).sum(-1, keepdim=True)
        ahead = (self._from * x).sum(-1, keepdim=True)
        turned: Tensor = x - self._half * along + self._to * ahead
        return turned
