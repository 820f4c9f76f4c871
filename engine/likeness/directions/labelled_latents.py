"""Latents with labels: of labelled pictures that are encoded, or of samples that classifiers label."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from likeness.encoders.open_encoder import Encoder
from likeness.errors import LikenessError, PhotoError
from likeness.evaluation.attribute_classifier import AttributeClassifier
from likeness.evaluation.features import Features, Progress, no_progress, read_square, sample_features
from likeness.generator import Generator

log = logging.getLogger(__name__)

# Samples are drawn from seeds that performers hardly play.
FIRST_SAMPLE = 2_000_000


@torch.no_grad()
def encode_pictures(
    encoder: Encoder, files: Sequence[Path], resolution: int, device: torch.device, progress: Progress = no_progress
) -> tuple[Tensor, list[bool]]:
    """Return latents `[n, num_ws, w_dim]` of the files that are pictures, on the CPU, and which files those are.

    Args:
        resolution: to which the middle squares are brought; of the generator.

    Raises:
        LikenessError: where none is a picture.
    """
    found, good = [], []
    for done, path in enumerate(files):
        try:
            found.append(encoder.encode(read_square(path, resolution).to(device)).float().cpu())
            good.append(True)
        except PhotoError as error:
            log.warning("%s", error)
            good.append(False)
        progress(done + 1, len(files))
    if not found:
        raise LikenessError(f"none of {len(files)} files is a picture; give a folder of pictures")
    return torch.cat(found), good


def classify_samples(
    generator: Generator,
    network: Features,
    classifiers: Mapping[str, AttributeClassifier],
    count: int,
    progress: Progress = no_progress,
) -> tuple[Tensor, dict[str, list[float]]]:
    """Return latents `[count, num_ws, w_dim]` of samples and, by attribute, how sure a classifier is that they have it.

    [Shen et al. 2020, sec. 3.1], but with the classifiers' degrees instead of their most certain samples: all count.
    """
    seeds = range(FIRST_SAMPLE, FIRST_SAMPLE + count)
    latents, drawn = sample_features(network, generator, seeds, 1.0, progress)
    return latents, {name: classifier.margin(drawn).tolist() for name, classifier in classifiers.items()}
