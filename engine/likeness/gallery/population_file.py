"""A population saved beside its weights: seeds and embeddings, so that its faces need not be embedded again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from likeness.errors import WeightsError
from likeness.files.paths import population_files
from likeness.gallery.face_types import Embedding
from likeness.generator import Licence
from likeness.generators.weights_file import (
    WeightsHeader,
    fingerprint,
    read_header,
    read_weights,
    shared_latents,
    write_weights,
)

log = logging.getLogger(__name__)

FAMILY = "population"
EMBEDDER = "dlib"
DIM = 128
# Embeddings are kept as whole numbers of one step, the largest as this one: a distance is off by 0.00002 at most, and
# of 1,000 faces none had another nearest or farthest one than before. float16, as large, changed three.
MOST = 32767
# Height in px at which they are drawn where the family can choose: as large as an embedding needs.
DRAWN_SIZE = 256


@dataclass(frozen=True, eq=False)
class Population:
    """Faces that a generator draws from seeds, without their pictures and latents, which it draws again.

    Args:
        weights: name of the weights.
        weights_sha256: their `likeness.generators.weights_file.fingerprint`.
        psi: truncation at which they were drawn.
        seeds: `[n]` int64, each once.
        embeddings: `[n, 128]` float32; on the disk int16.
        licence: of the weights.
    """

    weights: str
    weights_sha256: str
    psi: float
    seeds: NDArray[np.int64]
    embeddings: NDArray[np.float32]
    licence: Licence

    def __len__(self) -> int:
        return len(self.seeds)

    def embedding(self, seed: int) -> Embedding | None:
        """Return who the face of `seed` is, `[128]`, or None where it is not among them."""
        at = self._places.get(seed)
        return None if at is None else self.embeddings[at]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {seed: at for at, seed in enumerate(self.seeds.tolist())}


def write_population(path: Path, population: Population) -> None:
    """Write a population; an old file stays until the new one is whole. 264 bytes a face.

    Raises:
        WeightsError: where the disk refuses.
    """
    step = max(float(np.abs(population.embeddings).max()), 1e-9) / MOST
    about = {
        "weights": population.weights,
        "weights_sha256": population.weights_sha256,
        "psi": population.psi,
        "embedder": EMBEDDER,
        "step": step,
    }
    tensors = {
        "seeds": torch.from_numpy(population.seeds.astype(np.int64)),
        "embeddings": torch.from_numpy(np.rint(population.embeddings / step).astype(np.int16)),
    }
    write_weights(path, WeightsHeader(FAMILY, about, population.licence), tensors)


def read_population(path: Path) -> Population:
    """Return the population in a file.

    Raises:
        WeightsError: where it is absent, broken, changed since it was written, or something else.
    """
    header = read_header(path)
    if header is None or header.family != FAMILY:
        raise WeightsError(f"{path} is no population; make one with: likeness gallery population")
    header, tensors = read_weights(path)
    try:
        about = header.arguments
        if about["embedder"] != EMBEDDER:
            raise ValueError(f"embeddings of {about['embedder']}, not of {EMBEDDER}")
        seeds, rows = tensors["seeds"].numpy(), tensors["embeddings"].numpy() * np.float32(about["step"])
        if seeds.dtype != np.int64 or seeds.ndim != 1 or len(np.unique(seeds)) != len(seeds):
            raise ValueError("seeds that are no list of different whole numbers")
        if not len(seeds) or rows.shape != (len(seeds), DIM) or not np.isfinite(rows).all():
            raise ValueError(f"embeddings {list(rows.shape)} of {len(seeds)} seeds")
        name, sha256, psi = str(about["weights"]), str(about["weights_sha256"]), float(about["psi"])
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{path} holds no population that can be read ({error}); make it again with: likeness gallery population"
        ) from error
    return Population(name, sha256, psi, seeds, rows, header.licence)


def find_population(weights: Path) -> Population | None:
    """Return the population of the weights file `weights`, or None where there is none of exactly these.

    Weights that play the latents of others draw the same people: where they have none of their own, the others' is it.

    Reads files; not for the render thread. One that cannot be used is told of in the log, not raised.

    Raises:
        WeightsError: where the weights cannot be read.
    """
    own = [path for path in population_files(weights) if path.is_file()]
    wanted = [(path, fingerprint(weights)) for path in own]
    shared = shared_latents(read_header(weights))
    if shared is not None:
        others = population_files(weights.with_name(f"{shared.weights}.safetensors"))
        wanted += [(path, shared.sha256) for path in others if path.is_file()]
    for path, sha256 in wanted:
        try:
            population = read_population(path)
        except WeightsError as error:
            log.warning("%s", error)
            continue
        if population.weights_sha256 == sha256:
            return population
        log.info("%s is of other weights called %s; it is left alone", path, weights.stem)
    return None
