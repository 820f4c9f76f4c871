"""Rigid motion of latents: moves one to a given point so that its motion goes on from there."""

from torch import Tensor, where

# Nearer to opposite than this there is no plane to rotate in, and the motion is a shift alone.
OPPOSITE_COSINE = -1.0 + 1e-4
# A deviation shorter than this has no direction.
SHORTEST = 1e-6


class RigidMotion:
    """The smallest rotation about the origin, per layer, and the shift that together bring `start` to `end`.

    It keeps distances: the output moves exactly as far in each frame as the input. A shift alone would do that too,
    but a walk that has left `start` would be the sum of three independent faces, 1.7 times as far from the mean as any
    of them. Rotated, it stays as far out as it was, and as it leaves `start` behind the rotation wears off by itself,
    since it touches one plane out of hundreds. The shift only makes up for unequal lengths.

    Args:
        start, end: deviations from the mean, `[..., num_ws, w_dim]`.
    """

    def __init__(self, start: Tensor, end: Tensor) -> None:
        length_a = start.norm(dim=-1, keepdim=True)
        length_b = end.norm(dim=-1, keepdim=True)
        a, b = start / length_a.clamp_min(SHORTEST), end / length_b.clamp_min(SHORTEST)
        cosine = (a * b).sum(-1, keepdim=True)
        rotates = (cosine > OPPOSITE_COSINE) & (length_a > SHORTEST) & (length_b > SHORTEST)
        # R x = x - (a + b) ((a + b) . x) / (1 + a . b) + 2 b (a . x): rotates a to b, leaves what is normal to both.
        self._half = where(rotates, (a + b) / (1.0 + cosine).clamp_min(SHORTEST).sqrt(), 0.0)
        self._from = where(rotates, a, 0.0)
        self._to = 2.0 * b
        self._shift = end - self._rotate(start)

    def __call__(self, latent: Tensor) -> Tensor:
        """Return the deviation `latent` moved. On the device, no sync."""
        return self._rotate(latent) + self._shift

    def _rotate(self, x: Tensor) -> Tensor:
        along = (self._half * x).sum(-1, keepdim=True)
        ahead = (self._from * x).sum(-1, keepdim=True)
        rotated: Tensor = x - self._half * along + self._to * ahead
        return rotated
