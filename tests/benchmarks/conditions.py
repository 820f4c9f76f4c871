"""Encode faces that training never saw as visitors would bring them, and print how near they come, by condition.

    python tests/benchmarks/conditions.py FOLDER [--labels labels.csv] [--sheet conditions.png]

FOLDER holds aligned faces; the first `--count` by name are taken, which should be the ones that training held out.
Each is put before six saturated walls, lit from the side, balanced wrongly, taken by a phone, and compressed hard; all
of it is drawn from `--seed`. Compared are the encoder's guess, its rounds, and a search of `--steps` steps, each with
the photo as it was given to the encoder:

- identity: dlib's distance, below 0.6 the same person;
- hair: the distance of the mean colours of hair in CIE Lab, where both photo and drawing have hair;
- skin: the same for the inner face.

Medians, and for hair the ninth decile too. Faces whose hair was not cut out clearly are left out of `hair`.
Young are those whose label says 16 years or less; dark is the darker half of the inner faces.
"""

import argparse
import csv
import os
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from tests.benchmarks.photo_conditions import Sitter, cut_sitter, make_conditions
from torch import Tensor

from likeness import open_generator
from likeness.encoders.composite import CompositeEncoder, open_composite_encoder
from likeness.errors import LikenessError
from likeness.faces.detect import Detector, Face
from likeness.faces.embed import Embedder, Embedding, identity_distance
from likeness.faces.mattes import Mattes, edge_contrast, face_region
from likeness.faces.photo import Photo, read_photo
from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
from likeness.generator import Generator
from likeness.generators.perceptual import open_features
from likeness.picture import sheet, to_picture, to_tensor, write_picture
from likeness.projection.loss import face_mask
from likeness.projection.search import project

CLEAR = 1.4  # of `edge_contrast`: hair that stands out from the wall it was cut from
LEAST_HAIR = 0.01  # of the picture, for a mean colour
YOUNG = 16
STAGES = ("guess", "rounds", "search")


@dataclass(frozen=True)
class Figures:
    """How far a drawing is from its photo; NaN where it cannot be told."""

    identity: float
    hair: float
    skin: float


class Meter:
    """Measures drawings of one generator against photos."""

    def __init__(self, generator: Generator, encoder: CompositeEncoder) -> None:
        self._generator, self._network = generator, encoder.network
        self._detector, self._embedder = Detector("hog"), Embedder()
        self._face = face_region(generator.info.resolution) > 0.9

    @torch.inference_mode()
    def draw(self, latent: Tensor) -> Photo:
        """Return the drawing of a latent `[1, num_ws, w_dim]`."""
        return to_picture(self._generator.synthesize(latent))

    @torch.inference_mode()
    def find_mattes(self, latent: Tensor) -> Mattes:
        """Return where a drawing has skin and person, `[size, size]` in [0, 1]."""
        skin, person = self._network.draw_regions(self._network.layers(latent))[0].numpy()
        return Mattes(skin, np.maximum(skin, person))

    @torch.inference_mode()
    def measure(
        self, sitter: Sitter, photo: Photo, known: tuple[Embedding, Face] | None, latent: Tensor, *, clear: bool
    ) -> Figures:
        """Return the figures of a latent for a photo of the sitter, in which `known` was recognised."""
        drawn, size = self.draw(latent), photo.shape[0]
        own = self.find_mattes(latent)
        above = np.arange(size)[:, None] < 0.55 * size
        hair = (sitter.mattes.person - sitter.mattes.skin > 0.9) & above
        both = hair & (cv2.resize(own.person - own.skin, (size, size)) > 0.9)
        if both.mean() < LEAST_HAIR:  # it has lost the hair: what it shows in its place is compared
            both = hair
        by_hair = _colour_distance(photo, drawn, both) if clear and hair.mean() > LEAST_HAIR else float("nan")
        return Figures(self._identity(known, drawn), by_hair, _colour_distance(photo, drawn, self._face))

    def recognise(self, photo: Photo) -> tuple[Embedding, Face] | None:
        """Return who is in a photo and where, None where no face is found."""
        faces = self._detector.find(photo)
        return (self._embedder.embed(photo, faces[0]), faces[0]) if faces else None

    def _identity(self, known: tuple[Embedding, Face] | None, drawn: Photo) -> float:
        if known is None:
            return float("nan")
        seen = (*self._detector.find(drawn), known[1])[0]
        return identity_distance(known[0], self._embedder.embed(drawn, seen))


def find_latents(generator: Generator, encoder: CompositeEncoder, given: Photo, steps: int) -> dict[str, Tensor]:
    """Return the latents `[1, num_ws, w_dim]` of a photo by stage: guess, rounds, and a search of some steps."""
    encoding = encoder.encode(given)
    latents = {"guess": encoding.guess.clone(), "rounds": encoding.latent.clone()}
    if steps:
        mask, net, start = face_mask(given.shape[0]), open_features(), latents["rounds"]
        *_, last = project(generator, to_tensor(given), start=start, steps=steps, mask=mask, feature_net=net)
        latents["search"] = last.latent
    return latents


def _colour_distance(one: Photo, other: Photo, where: NDArray[np.bool_]) -> float:
    """Return the distance of the mean colours in CIE Lab."""
    means = [_to_lab(picture)[where].mean(0) for picture in (one, other)]
    return float(np.linalg.norm(means[0] - means[1]))


def _to_lab(picture: Photo) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def main() -> None:
    """Read the options, encode, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="composite weights: a file, or a bundled name")
    parser.add_argument("--count", type=int, default=100, help="how many faces")
    parser.add_argument("--steps", type=int, default=0, help="of the search after the encoder; 0 leaves it out")
    parser.add_argument("--labels", type=Path, help="a CSV file with the columns file and age_years")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--sheet", type=Path, help="a PNG of drawings: a row for each face, a column for each condition"
    )
    parser.add_argument("--only", nargs="+", help="names of files, instead of the first ones")
    parser.add_argument("--conditions", nargs="+", help="the names of some conditions; all where it is left out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        weights = find_weights(options.weights)
        generator, encoder = open_generator(weights), open_composite_encoder(weights)
        files = sorted(options.folder.iterdir()) if options.folder.is_dir() else []
        files = [path for path in files if path.name in options.only] if options.only else files[: options.count]
        photos = [read_photo(path) for path in files]
    except LikenessError as error:
        sys.exit(f"conditions: {error}")
    if not photos:
        sys.exit(f"conditions: {options.folder} holds no pictures; give a folder of aligned faces")
    size = generator.info.resolution
    photos = [np.asarray(cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA), np.uint8) for photo in photos]
    ages = _read_ages(options.labels) if options.labels else {}
    meter = Meter(generator, encoder)
    tones = [float(_to_lab(photo)[face_region(size) > 0.9][:, 0].mean()) for photo in photos]
    found: dict[tuple[str, str, str], list[Figures]] = defaultdict(list)
    shown: list[Photo] = []
    for number, (path, photo) in enumerate(zip(files, photos, strict=True)):
        sitter = cut_sitter(photo, meter.find_mattes(encoder.encode(photo).latent))
        hard = Mattes(*(np.float32(each > 0.5) for each in (sitter.mattes.skin, sitter.mattes.person)))
        clear = edge_contrast(np.ascontiguousarray(photo[..., ::-1]), hard) > CLEAR
        groups = ["all", "dark" if tones[number] < np.median(tones) else "light"]
        if path.name in ages:
            groups.append("young" if ages[path.name] <= YOUNG else "grown")
        made = make_conditions(sitter, options.seed + number)
        for name, given in made.items():
            if options.conditions and name not in options.conditions:
                continue
            known, latents = meter.recognise(given), find_latents(generator, encoder, given, options.steps)
            for stage, latent in latents.items():
                figures = meter.measure(sitter, given, known, latent, clear=clear)
                for group in groups:
                    found[group, name, stage].append(figures)
            shown.append(meter.draw(latents["rounds"]))
        print(f"  {number + 1} of {len(photos)}", file=sys.stderr, flush=True)
    _print_tables(found)
    if options.sheet:
        write_picture(options.sheet, sheet(shown, len(shown) // len(photos)))


def _read_ages(path: Path) -> dict[str, float]:
    with path.open(newline="", encoding="utf-8") as file:
        return {row["file"]: float(row["age_years"]) for row in csv.DictReader(file) if row["age_years"]}


def _print_tables(found: dict[tuple[str, str, str], list[Figures]]) -> None:
    names = list(dict.fromkeys(name for _, name, _ in found))
    for group in ("all", "dark", "light", "young", "grown"):
        stages = [stage for stage in STAGES if (group, names[0], stage) in found]
        if not stages:
            continue
        print(f"\n{group}, {len(found[group, names[0], stages[0]])} faces: identity / hair (ninth decile) / skin")
        print(f"| condition | {' | '.join(stages)} |")
        print(f"| --- |{' --- |' * len(stages)}")
        for name in names:
            print(f"| {name} | {' | '.join(_summarise(found[group, name, stage]) for stage in stages)} |", flush=True)


def _summarise(figures: list[Figures]) -> str:
    identity, hair, skin = (
        np.array([getattr(each, name) for each in figures]) for name in ("identity", "hair", "skin")
    )
    return (
        f"{_quantile(identity, 0.5):.3f} / {_quantile(hair, 0.5):.1f} ({_quantile(hair, 0.9):.1f}) / "
        f"{_quantile(skin, 0.5):.1f}"
    )


def _quantile(values: NDArray[np.float64], share: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.quantile(known, share)) if len(known) else float("nan")


if __name__ == "__main__":
    main()
