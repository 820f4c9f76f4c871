"""The inside of a mouth: two rows of teeth and a tongue in the dark, drawn by formulas; nobody's teeth."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from likeness.toolkit.mouth_frame import LIPS_HALF_PX, LIPS_RISE_PX

Floats = NDArray[np.float32]

# What a caller sets of the inside: px by which the jaw has fallen, how white the teeth are seen, the tip of the tongue.
INSIDE = ("fall", "teeth", "tongue")
# Of the texture: half its width and height in px of the mean face, and its px for one of those.
HALF_WIDTH, HALF_HEIGHT, FINE = 30.0, 14.0, 4
# Where teeth meet, in px from the middle: a face of 256 px has about a millimetre a px, and a front tooth 8.5 mm.
SEAMS = (0.0, 8.2, 14.4, 20.6, 25.2, 30.0)
# Levels in [-1, 1] of teeth, tongue and what lies behind, in the light of a face whose skin has the level `SKIN`.
TEETH, TONGUE, DARK = (0.66, 0.60, 0.48), (0.10, -0.42, -0.42), (-0.72, -0.90, -0.90)
SKIN = 0.05
# Upper teeth end so far below the lips' line, lower ones so far above it.
UPPER_EDGE, LOWER_EDGE = 2.6, 0.2
# How far below the upper lip its shadow reaches, and how dark it is.
SHADOW_PX, SHADOW = 6.0, 0.55
# How far the tip of the tongue goes up, and how far below the lips' line it lies, with the jaw.
TONGUE_UP, TONGUE_DOWN = 7.0, -2.5


class MouthInside:
    """Draws what is seen between open lips. The render thread.

    Args:
        device: of the pictures.
    """

    def __init__(self, device: torch.device) -> None:
        parts = (_draw_tongue(), _draw_teeth(-1.0, -LOWER_EDGE), _draw_teeth(1.0, UPPER_EDGE))
        self._textures = torch.from_numpy(np.stack(parts)).to(device)
        self._dark = torch.tensor(DARK, device=device).reshape(1, 3, 1, 1)
        self._scale = torch.tensor((1 / HALF_WIDTH, 1 / HALF_HEIGHT), device=device).reshape(1, 2, 1, 1)

    def draw(self, mean: Tensor, under: Tensor, light: Tensor, inside: Mapping[str, float]) -> Tensor:
        """Return the inside, `[batch, 3, rows, columns]` in [-1, 1].

        Args:
            mean: where each px lies on the mean face, from the middle of the lips' line, `[batch, 2, rows, columns]`.
            under: how far below the upper lip's edge it lies, `[batch, 1, rows, columns]` px.
            light: level of the skin around, `[batch, 1, 1, 1]`.
            inside: by the names of `INSIDE`.
        """
        fall, teeth, tongue = (float(inside.get(name, 0.0)) for name in INSIDE)
        batch = len(mean)
        place = (mean * self._scale).permute(0, 2, 3, 1).repeat(len(self._textures), 1, 1, 1)
        for index, down in enumerate((fall + TONGUE_DOWN - TONGUE_UP * tongue, fall)):
            place[index * batch : (index + 1) * batch, ..., 1].sub_(down / HALF_HEIGHT)
        textures = self._textures.repeat_interleave(batch, 0) if batch > 1 else self._textures
        layers = functional.grid_sample(textures, place, align_corners=False).chunk(len(self._textures))
        drawn = self._dark
        for layer, amount in zip(layers, (1.0, teeth, teeth), strict=True):
            drawn = torch.lerp(drawn, layer[:, :3], layer[:, 3:].mul_(amount))
        shade = (under * (SHADOW / SHADOW_PX)).clamp_(0, SHADOW).add_(1 - SHADOW)
        shade = shade * ((light + 1) / (SKIN + 1)).clamp_(0.25, 1.2)
        return torch.addcmul(shade, drawn, shade).sub_(1)


def _axes() -> tuple[Floats, Floats]:
    x = (np.arange(2 * HALF_WIDTH * FINE) + 0.5) / FINE - HALF_WIDTH
    y = (np.arange(2 * HALF_HEIGHT * FINE) + 0.5) / FINE - HALF_HEIGHT
    across, down = np.meshgrid(x, y)
    # The row of teeth bends as the lips do.
    return across.astype(np.float32), (down + LIPS_RISE_PX * (across / LIPS_HALF_PX) ** 2).astype(np.float32)


def _draw_teeth(side: float, edge: float) -> Floats:
    """Return a row of teeth `[4, h, w]`, the last its opacity; upper ones where `side` is 1, else lower ones."""
    x, y = _axes()
    far = np.abs(x)
    # Lower teeth are narrower.
    seams = np.asarray(SEAMS) * (1.0 if side > 0 else 0.72)
    number = np.clip(np.searchsorted(seams, far, side="right") - 1, 0, len(seams) - 2)
    along = (far - seams[number]) / (seams[number + 1] - seams[number])
    corner = np.abs(2 * along - 1)
    # Distance inside the edge: rounded at each tooth's corners, and shorter to the sides.
    inner = side * (edge - y) - 0.7 * corner**6 - 0.004 * far**2 - np.where(number == 1, 0.5, 0.0)
    opacity = np.clip(inner + 0.5, 0, 1) * np.clip((seams[-1] - far) / 3, 0, 1)
    shade = (
        (1 - 0.62 * (far / seams[-1]) ** 2) * (1 - 0.22 * corner**10) * (1 - 0.12 * np.exp(-np.maximum(inner, 0) / 1.2))
    )
    colour = (np.asarray(TEETH)[:, None, None] + 1) * shade * (1.0 if side > 0 else 0.85) - 1
    return np.concatenate((colour, opacity[None])).astype(np.float32)


def _draw_tongue() -> Floats:
    """Return a tongue `[4, h, w]` whose tip is at the lips' line."""
    x, y = _axes()
    inner = y + 1.5 - 0.02 * x**2 + 0.6 * np.exp(-((x / 1.5) ** 2)) * -1.0
    opacity = np.clip(inner / 1.5, 0, 1) * np.clip((19 - np.abs(x)) / 5, 0, 1)
    shade = np.clip(0.62 + 0.10 * inner, 0.5, 1.0) * (1 - 0.25 * np.exp(-((x / 1.2) ** 2)))
    colour = (np.asarray(TONGUE)[:, None, None] + 1) * shade - 1
    return np.concatenate((colour, opacity[None])).astype(np.float32)
