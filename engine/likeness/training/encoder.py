"""Train an encoder: from pictures whose latents are known to the latents of any picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from likeness.encoders.trained import FAMILY, feature_means
from likeness.errors import TrainingError
from likeness.generator import Generator
from likeness.generators.perceptual import open_features
from likeness.generators.weights_file import WeightsHeader, read_header, write_weights

# A photo is less of a face than an untruncated sample and more than a truncated one.
PSI = (0.5, 1.0)
# Half of the samples have their layers from two faces, or no layer could be told from the next.
MIXED = 0.5
HELD_OUT = 0.1
# Of the mean variance of the components; the best on the samples held out is taken.
RIDGES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
FEWEST = 40
BATCH = 8


@dataclass(frozen=True)
class EncoderReport:
    """How it went.

    Attributes:
        samples: pictures seen.
        explained: part of the latents' variance that is found again in samples held out; 1 is all of it.
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
class Lessons:
    """What an encoder learns from.

    Attributes:
        seen: `[count, features]` of the pictures, as `likeness.encoders.trained.features` gives them.
        latents: `[count, num_ws, w_dim]` that belong to them.
    """

    seen: Tensor
    latents: Tensor


def drawn_lessons(
    generator: Generator,
    samples: int = 3000,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Lessons:
    """Return what the generator draws: its pictures are seen, and its latents are known.

    Args:
        generator: that the encoder is for.
        samples: pictures to draw.
        seed: of the samples.
        progress: told how many pictures of how many are drawn.
    """
    latents = sample_latents(generator, samples, seed)
    return Lessons(_seen(generator, latents, progress), latents)


def train_encoder(generator: Generator, lessons: Lessons, output: Path, components: int = 512) -> EncoderReport:
    """Fit EfficientNet-Lite's features to W+ by ridge regression on their principal components, and write it.

    The same lessons give the same file on one machine.

    Args:
        generator: opened from the weights that the encoder is for.
        lessons: a tenth of them, the first, are held out to choose the ridge by.
        output: the file.
        components: at most, and at most half as many as there are lessons.

    Raises:
        TrainingError: too few lessons.
        WeightsError: the disk refuses.
    """
    seen, latents = lessons.seen, lessons.latents
    samples = len(latents)
    if samples < FEWEST:
        raise TrainingError(f"{samples} pictures are too few for an encoder; take {FEWEST} or more")
    began = time.monotonic()
    origin, centre = latents.mean(0), seen.mean(0)
    asked, given = (latents - origin).flatten(1), seen - centre
    held = max(2, round(HELD_OUT * samples))
    basis, variance = _principal(given[held:], min(components, (samples - held) // 2))
    scores = given @ basis
    cross = scores[held:].T @ asked[held:] / (samples - held)
    unit = float(variance.mean())

    def fitted(ridge: float) -> Tensor:
        return cross / (variance[:, None] + ridge * unit)

    rest = {ridge: float((asked[:held] - scores[:held] @ fitted(ridge)).square().sum()) for ridge in RIDGES}
    ridge = min(rest, key=rest.__getitem__)
    tensors = {"centre": centre, "basis": basis.half(), "map": fitted(ridge).half(), "origin": origin}
    weights = generator.info.weights
    header = read_header(weights) if weights is not None else None
    arguments = {"for": header.sha256 if header else ""}
    write_weights(output, WeightsHeader(FAMILY, arguments, generator.info.licence), tensors)
    explained = 1 - rest[ridge] / float(asked[:held].square().sum())
    took = time.monotonic() - began
    return EncoderReport(samples, explained, basis.shape[1], ridge, took, output.stat().st_size)


def sample_latents(generator: Generator, count: int, seed: int) -> Tensor:
    """Return latents `[count, num_ws, w_dim]` to learn from: drawn, truncated, half of them mixed of two."""
    dice = torch.Generator().manual_seed(seed)
    seeds = torch.randint(2**31, (2, count), generator=dice).tolist()
    one, other = (generator.sample(each) - generator.mean for each in seeds)
    num_ws = generator.info.num_ws
    border = torch.randint(1, max(num_ws, 2), (count, 1), generator=dice)
    border[torch.rand(count, 1, generator=dice) > MIXED] = num_ws
    first = (torch.arange(num_ws)[None] < border)[..., None].to(one.device)
    psi = torch.empty(count, 1, 1).uniform_(*PSI, generator=dice).to(one)
    return generator.mean + psi * torch.where(first, one, other)


@torch.no_grad()
def _seen(generator: Generator, latents: Tensor, progress: Callable[[int, int], None]) -> Tensor:
    """Return the features of all pictures, `[count, features]`."""
    eye, rows = open_features(latents.device), []
    for first in range(0, len(latents), BATCH):
        rows.append(feature_means(eye, generator.synthesize(latents[first : first + BATCH]).float()))
        progress(min(first + BATCH, len(latents)), len(latents))
    return torch.cat(rows)


def _principal(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the strongest directions `[features, count]` of centred rows, and the variance along each."""
    # By the rows' products with each other, for there are fewer rows than features.
    values, vectors = torch.linalg.eigh(rows @ rows.T)
    values, vectors = values.flip(0)[:count].clamp_min(1e-9), vectors.flip(1)[:, :count]
    return rows.T @ (vectors / values.sqrt()), values / len(rows)
