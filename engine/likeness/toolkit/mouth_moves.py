"""Mouth moves: from the shapes that a voice asks for to how a face moves, under a performer's hands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from likeness.audio.voice_network import CHANNELS

__all__ = ["CHANNELS", "MouthMoves", "move_lips"]

# Shapes this small are the noise of a network in silence.
STILL = 0.04
# A network that is unsure keeps near the mean: of a voice held back its jaw moved two thirds as far as was asked for.
# So much is added to each channel.
LOUDER = (1.3, 1.15, 1.0, 1.25, 1.0, 1.4)
# Closure at which lips begin to near each other beyond what the jaw does, and at which they touch.
NEARS, TOUCHES = 0.12, 0.42
# How far the jaw still falls behind lips that are shut.
BEHIND_LIPS = 0.6
# Of a jaw at 1, in px of a face of 256: where the lower teeth and the tongue are.
FALL_PX = 13.5
# More than this tears the face.
MOST_JAW, MOST = 1.9, 1.5


@dataclass(frozen=True)
class MouthMoves:
    """What a mouth does in a frame.

    Args:
        moves: by the names of `mouth_frame.MOVES`, and "lids".
        inside: by the names of `mouth_inside.INSIDE`.
    """

    moves: Mapping[str, float] = field(default_factory=dict)
    inside: Mapping[str, float] = field(default_factory=dict)

    def with_life(self, *, breath: float, lids: float) -> "MouthMoves":
        """Return the same with so much of a breath, and lids shut so far."""
        return replace(self, moves={**self.moves, "breath": breath, "lids": lids})


def move_lips(shapes: Sequence[float], values: Mapping[str, float]) -> MouthMoves:
    """Return the moves of shapes.

    Args:
        shapes: in the order of `CHANNELS`.
        values: "amount" of all, one factor for each of `CHANNELS`, and "rest", how far the mouth is open in silence.
    """
    amount = values["amount"]
    jaw, width, closure, rounding, teeth, tongue = (
        max(0.0, float(shape) - STILL) * louder * values[name]
        for name, shape, louder in zip(CHANNELS, shapes, LOUDER, strict=True)
    )
    shut = min(1.0, max(0.0, (closure - NEARS) / (TOUCHES - NEARS))) if amount else 0.0
    open_ = 1.0 - shut
    jaw = min(MOST_JAW, amount * jaw)
    jaw = jaw + values["rest"] * max(0.0, 1.0 - jaw) * open_
    fallen = jaw * (1.0 - (1.0 - BEHIND_LIPS) * shut)
    strength = min(amount, MOST)
    moves = {
        "jaw": fallen,
        # As much as the jaw has fallen brings the lips together again.
        "close": fallen * shut,
        "width": strength * min(1.2, width) * (1.0 - 0.5 * min(1.0, rounding)),
        "pucker": strength * min(1.2, rounding),
        "funnel": strength * min(1.2, rounding) * open_,
        "bare": strength * min(1.0, teeth) * 0.6 * open_,
        # The lower lip goes below the upper teeth where lips are nearly shut and teeth are asked for: f and v.
        "tuck": strength * min(1.0, 1.6 * closure * teeth) * 0.7,
        "press": strength * max(0.0, shut - 0.6) * 1.5,
    }
    seen = min(1.0, values["teeth"])
    return MouthMoves(moves, {"fall": fallen * FALL_PX, "teeth": seen, "tongue": min(1.2, tongue)})
