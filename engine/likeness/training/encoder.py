"""Encoder training: photos to latents, learnt from pictures whose latents are known."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from likeness.encoders.trained import FAMILY, feature_means
from likeness.errors import TrainingError
from likeness.generator import Generator, MirroredGenerator
from likeness.generators.perceptual import open_features
from likeness.generators.weights_file import WeightsHeader, fingerprint, read_header, write_weights

# A photo is less of a face than an untruncated sample and more than a truncated one.
PSI = (0.5, 1.0)
# Half of the samples have their layers from two faces, or no layer could be told from the next.
MIXED = 0.5
HELD_OUT = 0.1
# Of the mean variance of the components; the best on the samples held out is taken.
RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
LEAST_SAMPLES = 40
BATCH = 8


@dataclass(frozen=True)
class EncoderReport:
    """The result of a training.

    Attributes:
        samples: pictures seen.
        explained: share of the latents' variance that the encoder explains in samples held out.
        components: of the features that are used.
        ridge: that was best.
        seconds: of wall time.
        file_bytes: of the result.
    """

    samples: int
    explained: float
    components: int
    ridge: float
    seconds: float
    file_bytes: int


@dataclass(frozen=True)
class EncoderSamples:
    """Pictures' features with the latents that belong to them.

    Attributes:
        seen: `[count, features]` of the pictures, as `likeness.encoders.trained.features` gives them.
        latents: `[count, num_ws, w_dim]` that belong to them.
        mirrored: features of the pictures' mirror images, `[count, features]`; None where they were not looked at.
    """

    features: Tensor
    latents: Tensor
    mirrored: Tensor | None = None


def draw_samples(
    generator: Generator,
    samples: int = 3000,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> EncoderSamples:
    """Return samples that the generator draws itself, so that their latents are known.

    Args:
        generator: that the encoder is for.
        samples: pictures to draw.
        seed: of the samples.
        progress: called with the number of pictures drawn, and of all.
    """
    latents = sample_latents(generator, samples, seed)
    features, mirrored = _extract_features(generator, latents, progress)
    return EncoderSamples(features, latents, mirrored)


def train_encoder(generator: Generator, samples: EncoderSamples, output: Path, components: int = 512) -> EncoderReport:
    """Fit W+ to EfficientNet-Lite's features by ridge regression on their principal components; write the encoder.

    Of a generator that knows the latents of mirror images it learns from those, too, and treats left and right alike.
    The same samples give the same file on one machine.

    Args:
        generator: opened from the weights that the encoder is for.
        samples: the first tenth is held out to choose the ridge.
        output: the file.
        components: at most, and at most half as many as there are samples.

    Raises:
        TrainingError: too few samples.
        WeightsError: the disk refuses.
    """
    if len(samples.latents) < LEAST_SAMPLES:
        raise TrainingError(f"{len(samples.latents)} pictures are too few for an encoder; take {LEAST_SAMPLES} or more")
    started_at = time.monotonic()
    signs = generator.mirror_signs.cpu() if isinstance(generator, MirroredGenerator) else None
    features, latents = _join_mirrored(samples, signs)
    count = len(latents)
    origin, centre = latents.mean(0), features.mean(0)
    targets, inputs = (latents - origin).flatten(1), features - centre
    held = 2 * max(1, round(HELD_OUT * count / 2))  # a picture and its mirror image are held out together
    basis, variance = _principal_directions(inputs[held:], min(components, (count - held) // 2))
    scores = inputs @ basis
    cross = scores[held:].T @ targets[held:] / (count - held)
    unit = float(variance.mean())

    def fit(ridge: float) -> Tensor:
        return cross / (variance[:, None] + ridge * unit)

    errors = {ridge: float((targets[:held] - scores[:held] @ fit(ridge)).square().sum()) for ridge in RIDGES}
    ridge = min(errors, key=errors.__getitem__)
    tensors = {"centre": centre, "basis": basis.half(), "map": fit(ridge).half(), "origin": origin}
    if signs is not None:
        tensors["mirror_signs"] = signs.to(torch.int8).contiguous()
    weights = generator.info.weights
    header = read_header(weights) if weights is not None else None
    arguments = {"for": fingerprint(weights) if weights is not None and header else ""}
    write_weights(output, WeightsHeader(FAMILY, arguments, generator.info.licence), tensors)
    explained = 1 - errors[ridge] / float(targets[:held].square().sum())
    seconds = time.monotonic() - started_at
    return EncoderReport(len(samples.latents), explained, basis.shape[1], ridge, seconds, output.stat().st_size)


def sample_latents(generator: Generator, count: int, seed: int) -> Tensor:
    """Return latents `[count, num_ws, w_dim]` to learn from: random, truncated, half of them mixed from two."""
    rng = torch.Generator().manual_seed(seed)
    seeds = torch.randint(2**31, (2, count), generator=rng).tolist()
    one, other = (generator.sample(each) - generator.mean for each in seeds)
    num_ws = generator.info.num_ws
    border = torch.randint(1, max(num_ws, 2), (count, 1), generator=rng)
    border[torch.rand(count, 1, generator=rng) > MIXED] = num_ws
    first = (torch.arange(num_ws)[None] < border)[..., None].to(one.device)
    psi = torch.empty(count, 1, 1).uniform_(*PSI, generator=rng).to(one)
    return generator.mean + psi * torch.where(first, one, other)


def _join_mirrored(samples: EncoderSamples, signs: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return features and latents of all pictures, each followed by its mirror image where that is known."""
    if samples.mirrored is None or signs is None:
        return samples.features, samples.latents
    features = torch.stack([samples.features, samples.mirrored], 1)
    latents = torch.stack([samples.latents, samples.latents * signs.to(samples.latents)], 1)
    return features.flatten(0, 1), latents.flatten(0, 1)


@torch.no_grad()
def _extract_features(
    generator: Generator, latents: Tensor, progress: Callable[[int, int], None]
) -> tuple[Tensor, Tensor | None]:
    """Return the features of all pictures, `[count, features]`, and of their mirror images where those are of use."""
    net, mirrors = open_features(latents.device), isinstance(generator, MirroredGenerator)
    rows, mirrored = [], []
    for first in range(0, len(latents), BATCH):
        drawn = generator.synthesize(latents[first : first + BATCH]).float()
        rows.append(feature_means(net, drawn))
        if mirrors:
            mirrored.append(feature_means(net, drawn.flip(3)))
        progress(min(first + BATCH, len(latents)), len(latents))
    return torch.cat(rows), torch.cat(mirrored) if mirrors else None


def _principal_directions(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the strongest directions `[features, count]` of centred rows, and the variance along each."""
    # By the rows' products with each other, since there are fewer rows than features.
    values, vectors = torch.linalg.eigh(rows @ rows.T)
    values, vectors = values.flip(0)[:count].clamp_min(1e-9), vectors.flip(1)[:, :count]
    return rows.T @ (vectors / values.sqrt()), values / len(rows)
