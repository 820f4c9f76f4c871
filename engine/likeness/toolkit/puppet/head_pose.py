"""The head of an aligned picture, turned, tilted and moved on the finished picture; what is behind it stays."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# Of a head in a picture of 256 that is aligned by eyes and mouth: its middle, half its width and height with the hair,
# how far its front is before its middle; and of the nose, how far its tip is before the face. Tried by eye on faces.
MIDDLE_PX, HALF_PX, DEPTH_PX = (128.0, 140.0), (92.0, 132.0), 62.0
NOSE_PX, NOSE_HALF_PX, NOSE_DEPTH_PX = (128.0, 160.0), (17.0, 30.0), 12.0
# Around which point a head tilts: where the neck begins.
NECK_PX = (128.0, 226.0)
# Shifts are found on a grid of this many places a side, enough for a surface as smooth as this.
GRID = 64
SIDE = 256.0
# Beyond these the picture has nothing to show: radians, and shares of its width.
MOST_TURN, MOST_TILT, MOST_SHIFT, MOST_SIZE, LEAST_SIZE = 0.45, 0.35, 0.1, 0.15, -0.05
LEAST = 1e-3


@dataclass(frozen=True)
class HeadPose:
    """How a head is held.

    Args:
        yaw, pitch, roll: radians: turned to the picture's right, lifted, tilted clockwise as it is seen.
        x, y: moved by so much of the picture's width, to the right and down.
        size: larger by so much; -0.1 is a tenth smaller.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    size: float = 0.0


class Head:
    """Moves the head of pictures. The render thread.

    A head is a rounded surface with a nose: what is in front goes farther than what lies at the sides. Around it the
    shift fades, so that the picture's sides and what stands behind stay. Hair that is cut by the upper edge is mirrored
    there: held to the edge it was drawn out into a chimney.
    """

    def __init__(self) -> None:
        self._grids: dict[torch.device, tuple[Tensor, Tensor, Tensor]] = {}

    def draw(self, picture: Tensor, pose: HeadPose) -> Tensor:
        """Return the picture with its head so held; the same one where that is straight ahead.

        Args:
            picture: `[batch, channels, side, side]`, of an aligned face, or maps of one.
            pose: is held within what a picture can show.
        """
        shown = _limit(pose)
        if max(map(abs, (shown.yaw, shown.pitch, shown.roll, shown.x, shown.y, shown.size))) < LEAST:
            return picture
        place, depth, held = self._grid(picture.device)
        shift = _find_shift(place, depth, held, shown) * (2 / SIDE)
        side = picture.shape[-1]
        fine = functional.interpolate(shift, size=(side, side), mode="bilinear", align_corners=False)
        at = (torch.arange(side, device=picture.device) + 0.5) * (2 / side) - 1
        grid = torch.stack(torch.meshgrid(at, at, indexing="xy"), -1)[None] + fine.permute(0, 2, 3, 1)
        grid = grid.expand(len(picture), -1, -1, -1)
        return functional.grid_sample(picture, grid, padding_mode="reflection", align_corners=False)

    def _grid(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        known = self._grids.get(device)
        if known is None:
            at = (torch.arange(GRID, device=device) + 0.5) * (SIDE / GRID)
            place = torch.stack(torch.meshgrid(at, at, indexing="xy"))[None]
            head = _off(place, MIDDLE_PX, HALF_PX)
            nose = torch.exp(-_off(place, NOSE_PX, NOSE_HALF_PX))
            depth = (1 - head).clamp_min(0) * DEPTH_PX + nose * NOSE_DEPTH_PX
            # The whole head tilts and moves as one, and what is around it less and less, up to the picture's sides.
            held = _fade(head.sqrt(), 0.75, 1.35) * _fade((place[:, :1] - 128).abs(), 104, 127)
            known = self._grids[device] = (place, depth, held)
        return known


def _find_shift(place: Tensor, depth: Tensor, held: Tensor, pose: HeadPose) -> Tensor:
    """Return from how far away each place of the grid takes its colour, `[1, 2, GRID, GRID]` px of 256."""
    cos, sin = math.cos(pose.roll), math.sin(pose.roll)
    neck, middle = (place.new_tensor(point).reshape(1, 2, 1, 1) for point in (NECK_PX, MIDDLE_PX))
    moved = place - place.new_tensor((pose.x * SIDE, pose.y * SIDE)).reshape(1, 2, 1, 1) * held
    about = moved - neck
    tilted = torch.cat((cos * about[:, :1] + sin * about[:, 1:], cos * about[:, 1:] - sin * about[:, :1]), dim=1)
    source = moved + (tilted - about) * held
    source = source + (source - middle) * (1 / (1 + pose.size) - 1) * held
    turn = place.new_tensor((math.sin(pose.yaw), -math.sin(pose.pitch))).reshape(1, 2, 1, 1)
    # The depth is that of the place from which the colour comes, so it is looked up where that was found to be.
    for _ in range(2):
        grid = ((source - turn * depth) * (2 / SIDE) - 1).permute(0, 2, 3, 1)
        there = functional.grid_sample(depth, grid, padding_mode="border", align_corners=False)
        result = source - turn * there
    return result - place


def _limit(pose: HeadPose) -> HeadPose:
    def held(value: float, most: float) -> float:
        return max(-most, min(most, value))

    return HeadPose(
        held(pose.yaw, MOST_TURN),
        held(pose.pitch, MOST_TURN),
        held(pose.roll, MOST_TILT),
        held(pose.x, MOST_SHIFT),
        held(pose.y, MOST_SHIFT),
        max(LEAST_SIZE, held(pose.size, MOST_SIZE)),
    )


def _off(place: Tensor, middle: tuple[float, float], half: tuple[float, float]) -> Tensor:
    """Return how far outside an ellipse each place is, squared: 1 on its edge, `[1, 1, GRID, GRID]`."""
    x, y = place[:, :1], place[:, 1:]
    return ((x - middle[0]) / half[0]).square() + ((y - middle[1]) / half[1]).square()


def _fade(value: Tensor, whole: float, gone: float) -> Tensor:
    part = ((gone - value) / (gone - whole)).clamp(0, 1)
    return part * part * (3 - 2 * part)
