"""Dense optical flow from one face to another: smoothing, composition and inversion.

Fields are backward maps in pixels, `[height, width, 2]` float32, x first: a field `f` draws
`warped(x) = image(x + f(x))`. Two images meet under flow [Kroeger et al. 2016, dense inverse
search], and faces in a common frame through it [Jones & Poggio 1998, sec. 3].
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
Image = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@lru_cache(maxsize=16)
def pixel_grid(height: int, width: int) -> Field:
    """Return the coordinates of every pixel, `[height, width, 2]`; shared and read-only."""
    y, x = np.mgrid[0:height, 0:width]
    grid = np.stack([x, y], axis=2).astype(np.float32)
    grid.flags.writeable = False
    return grid


def warp(image: npt.NDArray[np.generic], field: Field) -> npt.NDArray[np.generic]:
    """Draw `image(x + field(x))`, bilinear, the border repeated; dtype and channels are kept."""
    places = pixel_grid(*field.shape[:2]) + field
    drawn = cv2.remap(
        image,  # type: ignore[call-overload]  # cv2's stubs do not accept a generic array
        places,
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(drawn)


def compose(step: Field, running: Field) -> Field:
    """Return the field that samples through `running` first and is then moved by `step`.

    `warp(image, compose(step, running))` equals `warp(warp(image, running), step)` but for
    the second interpolation: `step(x) + running(x + step(x))`.
    """
    return step + np.asarray(warp(running, step), np.float32)


def invert(field: Field, rounds: int = 8) -> Field:
    """Return the field that undoes `field`: `v(y) = -field(y + v(y))`, by fixed-point rounds.

    Converges where the field's slope stays below one; every round divides the error by it.
    """
    inverse = -field
    for _ in range(rounds):
        inverse = -np.asarray(warp(field, inverse), np.float32)
    return inverse


def resize_field(field: Field, size: int) -> Field:
    """Return the field for the same picture at `size` px; its lengths scale with it."""
    old = field.shape[0]
    resized = cv2.resize(field, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32) * np.float32(size / old)


def even_contrast(image: Bytes) -> Bytes:
    """Return the grey of `image` with local mean and contrast evened, so that light matters less.

    Without it flow follows the lighting: a shadow's edge is taken for a cheek's.

    Args:
        image: `[height, width, 3]` uint8.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    sigma = image.shape[0] / 10
    local = cv2.GaussianBlur(grey, (0, 0), sigma)
    spread = np.sqrt(np.maximum(cv2.GaussianBlur((grey - local) ** 2, (0, 0), sigma), 0))
    # Half the contrast stays: evened fully, flat skin would turn to noise.
    even = 128 + 48 * (grey - local) / (0.5 * spread + 12)
    return np.clip(even, 0, 255).astype(np.uint8)


class FlowFinder:
    """Dense flow between two grey images; holds OpenCV's work space, one per thread."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._flow.setFinestScale(0)
        self._flow.setVariationalRefinementAlpha(40.0)

    def find(self, target: Bytes, moving: Bytes) -> tuple[Field, Image]:
        """Return the field that draws `moving` like `target`, and how far to trust it.

        Args:
            target: `[height, width]` uint8.
            moving: of the same shape.

        Returns:
            The field in pixels, and a trust in (0, 1], low where the way there and the way
            back disagree (occlusion, glasses, strands of hair).
        """
        # cv2's stubs want a first flow; None is the documented way to have none.
        there = np.asarray(self._flow.calc(target, moving, None), np.float32)  # type: ignore[call-overload]
        back = np.asarray(self._flow.calc(moving, target, None), np.float32)  # type: ignore[call-overload]
        gap = there + np.asarray(warp(back, there), np.float32)
        scale = max(target.shape[0] / 128, 0.5)
        trust = np.exp(-np.sum(gap**2, axis=2) / (2 * scale**2))
        return there, np.asarray(trust, np.float32)

    def find_alike(self, target: Bytes, moving: Bytes) -> tuple[Field, Image]:
        """Return as `find` does, but the same field in a mirror: the mean of that found as it is and in the mirror.

        The search goes over its patches from the upper left, and finds other fields in mirror images.
        """
        there, trust = self.find(target, moving)
        mirrored, also = self.find(*(np.ascontiguousarray(image[:, ::-1]) for image in (target, moving)))
        half = np.float32(0.5)
        return half * (there + mirror_field(mirrored)), half * (trust + also[:, ::-1])


def mirror_field(field: Field) -> Field:
    """Return the field that draws the mirror image of what `field` draws, of the mirror image."""
    return np.asarray(field[:, ::-1] * np.asarray([-1, 1], np.float32), np.float32)


def smooth_field(field: Field, trust: Image, sigma: float, floor: float = 1e-3) -> Field:
    """Blur the field, each pixel counting by its trust [Knutsson & Westin 1993].

    Untrusted places take what their surroundings say, so a field found on the face fades
    smoothly into the hair.

    Args:
        field: `[height, width, 2]` in pixels.
        trust: `[height, width]` in [0, 1].
        sigma: of the Gaussian, in pixels.
        floor: trust of a zero move everywhere; it lets the field die away far from the face.
    """
    weighed = cv2.GaussianBlur(field * trust[..., None], (0, 0), sigma)
    weight = cv2.GaussianBlur(trust, (0, 0), sigma) + floor
    return np.asarray(weighed / weight[..., None], np.float32)


def limit_length(field: Field, limit: float) -> Field:
    """Shorten long moves softly so that none exceeds `limit` pixels; short ones stay."""
    squared = np.sum(field**2, axis=2, keepdims=True)
    return np.asarray(field / np.sqrt(1 + squared / limit**2), np.float32)
