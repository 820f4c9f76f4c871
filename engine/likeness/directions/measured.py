"""Samples labelled by what can be measured on their pictures: where the nose points, and from where light comes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from likeness.directions.labelled_latents import FIRST_SAMPLE
from likeness.evaluation.features import Progress, no_progress
from likeness.faces.detect import Detector
from likeness.faces.landmarks import eye_distance
from likeness.faces.mattes import face_region
from likeness.generator import Generator, MirroredGenerator
from likeness.picture import Picture, to_picture

# Of an aligned face: its inner part, where the region's weight is above this.
INNER = 0.5
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# What each asks, in words.
MEASURES = {"turn": "how far the nose is beside the eyes", "light": "how much brighter the right half of the face is"}


def measure_turn(picture: Picture, detector: Detector) -> float:
    """Return how far the nose is beside the middle of the eyes, in eye distances, positive to the picture's right.

    NaN where no face is found.

    Args:
        picture: of one face, `[size, size, 3]` uint8 RGB.
    """
    faces = detector.find(picture)
    if not faces:
        return math.nan
    eyes, nose = faces[0].landmarks[:2], faces[0].landmarks[2]
    along = (eyes[1] - eyes[0]) / eye_distance(faces[0].landmarks)
    return float((nose - eyes.mean(axis=0)) @ along) / eye_distance(faces[0].landmarks)


def measure_light(picture: Picture) -> float:
    """Return how much brighter the right half of the inner face is than the left one, as a share of their mean.

    Args:
        picture: an aligned face, `[size, size, 3]` uint8 RGB.
    """
    luma, middle = picture.astype(np.float32) @ LUMA, len(picture) // 2
    inside = face_region(len(picture)) > INNER
    left, right = (float(luma[:, half][inside[:, half]].mean()) for half in (slice(0, middle), slice(middle, None)))
    return 2 * (right - left) / max(left + right, 1e-6)


@torch.no_grad()
def measure_samples(
    generator: Generator, count: int, progress: Progress = no_progress
) -> tuple[Tensor, dict[str, list[float]]]:
    """Return latents `[count, num_ws, w_dim]` of samples, on the CPU, and by name of `MEASURES` what was measured.

    Each layer group is another sample's, so that a direction is found in those groups that draw the change. Where a
    generator knows mirror images, these are samples too: `2 * count` latents.
    """
    detector, latents = Detector("hog"), list[Tensor]()
    labels: dict[str, list[float]] = {name: [] for name in MEASURES}
    for number in range(count):
        latent = _mix_groups(generator, range(FIRST_SAMPLE + 4 * number, FIRST_SAMPLE + 4 * number + 4))
        picture = to_picture(generator.synthesize(latent))
        labels["turn"].append(measure_turn(picture, detector))
        labels["light"].append(measure_light(picture))
        latents.append(latent.float().cpu())
        progress(number + 1, count)
    found = torch.cat(latents)
    if isinstance(generator, MirroredGenerator):
        # The mirror image is measured without drawing it: light and turn change their sides.
        mirrored = generator.mirrored(found.to(generator.mean.device)).cpu()
        labels = {name: [*values, *(-value for value in values)] for name, values in labels.items()}
        return torch.cat([found, mirrored]), labels
    return found, labels


def _mix_groups(generator: Generator, seeds: Sequence[int]) -> Tensor:
    """Return one latent `[1, num_ws, w_dim]` with each of its layer groups from another seed."""
    samples, mixed = generator.sample(seeds), generator.sample(seeds[:1]).clone()
    for sample, (start, stop) in zip(samples, generator.info.groups.values(), strict=False):
        mixed[0, start:stop] = sample[start:stop]
    return mixed
