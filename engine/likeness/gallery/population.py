"""A generator's own population: faces drawn from seeds, read with the same models as visitors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from likeness.errors import PhotoError, WeightsError
from likeness.gallery.face_types import NewFace, to_jpeg
from likeness.gallery.gallery import Gallery
from likeness.gallery.photo_encoder import PhotoReader
from likeness.gallery.population_file import Population
from likeness.generator import Generator
from likeness.generators.weights_file import fingerprint
from likeness.latent import truncate
from likeness.picture import Picture, to_picture

BATCH = 16
# Cleaner faces than at 1 and no farther away: of 300, the nearest to 40 strangers were at 0.549 in the mean, not 0.547.
PSI = 0.8

Progress = Callable[[int], None]


def add_population(
    gallery: Gallery,
    generator: Generator,
    seeds: Sequence[int],
    *,
    psi: float = PSI,
    known: Population | None = None,
    progress: Progress = lambda done: None,
) -> tuple[int, int]:
    """Draw the faces of `seeds` and keep them; skip those that are there already.

    Nobody's consent is needed: nobody is shown. A tenth of a second of one core a face.

    Args:
        gallery: to add to.
        generator: that draws them; its weights' name and fingerprint are kept beside the latents.
        seeds: of the faces.
        psi: truncation; the latent that is kept is the truncated one.
        known: the population of these weights; if its psi is the same, its faces are drawn but not read again.
        progress: told how many seeds are done.

    Returns:
        How many are new, and how many drawings showed no face.
    """
    weights, sha256 = _describe_weights(generator)
    there = {record.seed for record in gallery.records() if record.weights == weights}
    missing = [seed for seed in seeds if seed not in there]
    if known is not None and known.psi != psi:
        known = None
    reader, added, faceless = PhotoReader(), 0, 0
    for start in range(0, len(missing), BATCH):
        part = missing[start : start + BATCH]
        faces = []
        for seed, latent, picture in _draw_faces(generator, part, psi):
            embedding = None if known is None else known.embedding(seed)
            try:
                embedding = reader.read(picture, f"seed {seed}").embedding if embedding is None else embedding
            except PhotoError:
                faceless += 1
                continue
            # The drawing itself, which is aligned as it is, and what the latent draws again.
            jpeg = to_jpeg(picture)
            faces.append(NewFace(f"seed {seed}", embedding, jpeg, latent, weights, seed, weights_sha256=sha256))
        added += len(gallery.add(faces))
        progress(len(seeds) - len(missing) + start + len(part))
    return added, faceless


def build_population(
    generator: Generator, seeds: Sequence[int], *, psi: float = PSI, progress: Progress = lambda done: None
) -> Population:
    """Draw the faces of `seeds` and return their embeddings; skip seeds whose drawing shows no face.

    Args:
        generator: opened from a file.
        seeds: no two the same.
        psi: truncation.
        progress: told how many seeds are done.

    Raises:
        WeightsError: no drawing shows a face.
    """
    weights, sha256 = _describe_weights(generator)
    reader, found = PhotoReader(), dict[int, np.ndarray]()
    for done, (seed, _, picture) in enumerate(_draw_faces(generator, seeds, psi), 1):
        try:
            found[seed] = reader.read(picture, f"seed {seed}").embedding
        except PhotoError:
            continue
        finally:
            progress(done)
    if not found:
        raise WeightsError(f"none of {len(seeds)} drawings of {weights} shows a face that is found; train it longer")
    numbers, rows = np.array(list(found), np.int64), np.stack(list(found.values()))
    return Population(weights, sha256, psi, numbers, rows, generator.info.licence)


def draw_face(generator: Generator, seed: int, psi: float) -> tuple[Tensor, Picture]:
    """Return the truncated latent `[num_ws, w_dim]` of a seed, and its picture `[H, W, 3]` uint8 RGB.

    One at a time: a batch of a large network needs memory, and telling who it is takes longer than drawing anyway.
    """
    with torch.inference_mode():
        latent = truncate(generator.sample([seed]), generator.mean, psi)
        return latent[0], to_picture(generator.synthesize(latent))


def _draw_faces(generator: Generator, seeds: Sequence[int], psi: float) -> Iterator[tuple[int, Tensor, Picture]]:
    for seed in seeds:
        yield seed, *draw_face(generator, seed, psi)


def _describe_weights(generator: Generator) -> tuple[str, str]:
    """Return name and fingerprint of the weights; without a file, the family's name."""
    weights = generator.info.weights
    return (generator.info.family, "") if weights is None else (weights.stem, fingerprint(weights))
