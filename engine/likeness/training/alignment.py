"""Alignment of faces to the mean face: flow from each face's low-rank portrait, round by round.

[Jones & Poggio 1998, sec. 5, "bootstrapping"]: a face drawn from few components has the common shape, so the flow from
that drawing to the face is the difference of its shape. Aligned by it the components sharpen, and the next round finds
finer differences.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from likeness.faces.flow import (
    Bytes,
    Field,
    FlowFinder,
    Image,
    compose,
    even_contrast,
    limit_length,
    smooth_field,
    warp,
)
from likeness.faces.mattes import face_region
from likeness.training.pca import Matrix, join_mirror, principal_components, split_mirror
from likeness.training.pictures import ProgressCallback, no_progress

# Components and smoothing (pixels of 128) of each round: wide smoothing finds the places of features, narrow smoothing
# their shapes. A smooth field matters more than further rounds.
ROUNDS = ((16, 14.0), (24, 10.0), (32, 8.0), (40, 7.0), (48, 6.0), (60, 5.5), (70, 5.0), (80, 4.5))


@dataclass(frozen=True)
class Alignment:
    """Faces in correspondence.

    Attributes:
        fields: `[n, size, size, 2]`, pixels at working size: `warp(picture, field)` is the
            face in the mean frame.
        weights: `[n]` in (0, 1], low for faces unlike the rest (turned away, covered).
    """

    fields: Field
    weights: Matrix


class Workers:
    """A few threads, which OpenCV lets run side by side; each has its own flow finder."""

    def __init__(self, count: int = 2) -> None:
        self._pool = ThreadPoolExecutor(count)
        self._own = threading.local()

    def flow(self) -> FlowFinder:
        """Return the calling thread's flow finder."""
        if not hasattr(self._own, "flow"):
            self._own.flow = FlowFinder()
        return self._own.flow  # type: ignore[no-any-return]

    def map(self, work: Callable[[int], None], count: int, stage: str, progress: ProgressCallback) -> None:
        """Call `work(0)` to `work(count - 1)`; the first error is raised here."""
        for done, _ in enumerate(self._pool.map(work, range(count))):
            if done % 50 == 49 or done == count - 1:
                progress(stage, done + 1, count)

    def close(self) -> None:
        """Wait for the threads and end them."""
        self._pool.shutdown()


def draw_low_rank(faces: Matrix, region: Image, components: int, weights: Matrix) -> Matrix:
    """Return portraits `[n, size, size, 3]` of the faces from a few mirror-symmetric components."""
    root = np.sqrt(region * 0.95 + 0.05)[None, :, :, None]
    even, odd = split_mirror(faces * root)
    of_even = principal_components(even, (2 * components + 2) // 3, weights=weights)
    of_odd = principal_components(odd, components // 3, weights=weights, centred=True)
    drawn = join_mirror(of_even.draw(of_even.project(even)), of_odd.draw(of_odd.project(odd)), faces.shape[1:])
    return np.asarray(drawn / root, np.float32)


def robust_weights(error: Matrix) -> Matrix:
    """Return the weight of each face from its distance to its portrait; one half at 1.3 medians."""
    return np.asarray(1 / (1 + (error / (1.3 * np.median(error) + 1e-6)) ** 4), np.float32)


def align(
    pictures: Bytes,
    *,
    rounds: int = len(ROUNDS),
    workers: Workers | None = None,
    progress: ProgressCallback = no_progress,
) -> Alignment:
    """Return every face's field and weight.

    Args:
        pictures: `[n, size, size, 3]` uint8 at working size (128 px is enough for 256).
        rounds: how many of `PLAN`, from its start.
    """
    workers = workers or Workers()
    count, size = pictures.shape[:2]
    unit = size / 128
    region = face_region(size)
    fields = np.zeros((count, size, size, 2), np.float32)
    weights = np.ones(count, np.float32)
    faces = np.empty(pictures.shape, np.float32)
    for number, (components, sigma) in enumerate(ROUNDS[:rounds], 1):
        stage = f"align {number}/{min(rounds, len(ROUNDS))}"

        def warp_face(i: int) -> None:
            faces[i] = warp(pictures[i], fields[i])

        workers.map(warp_face, count, stage, no_progress)
        portraits = draw_low_rank(faces, region, components, weights)
        error = np.sqrt(((portraits - faces) ** 2 * region[None, :, :, None]).mean((1, 2, 3)))
        weights = robust_weights(error)

        def step(i: int, portraits: Matrix = portraits, sigma: float = sigma) -> None:
            target = even_contrast(np.clip(portraits[i], 0, 255).astype(np.uint8))
            moving = even_contrast(faces[i].astype(np.uint8))
            found, trust = workers.flow().find(target, moving)
            smooth = smooth_field(limit_length(found, 6 * unit), trust * region, sigma * unit, floor=0.02)
            fields[i] = limit_length(compose(smooth, fields[i]), 16 * unit)

        workers.map(step, count, stage, progress)
        mean = np.tensordot(weights / weights.sum(), fields, 1)
        np.subtract(fields, (mean + mean[:, ::-1] * np.array([-1, 1], np.float32)) / 2, out=fields)
    return Alignment(fields, weights)
