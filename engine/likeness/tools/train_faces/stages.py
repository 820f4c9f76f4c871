"""The stages of `likeness train faces`, one by one; each writes its files whole or not at all.

A stage takes the run's folder and its plan, and returns what it has to say in a line.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from likeness import open_generator
from likeness.directions.find import find_directions, principal_directions
from likeness.errors import TrainingError, WeightsError
from likeness.evaluation.labels import parse_attribute, read_labels
from likeness.files.atomic_write import atomic_write
from likeness.files.paths import ENCODER, RUN_WEIGHTS, user_dir
from likeness.gallery.population import build_population
from likeness.gallery.population_file import DRAWN_SIZE, write_population
from likeness.generators.devices import choose_device
from likeness.generators.weights_file import fingerprint, read_weights, write_weights
from likeness.picture import sheet, write_picture
from likeness.projection.batch import project_batch
from likeness.toolkit.latent_file import write_direction, write_directions
from likeness.tools.contact_sheet import draw_seeds
from likeness.tools.train_faces.cut import cut_pictures
from likeness.tools.train_faces.plan import FacesPlan
from likeness.training.composite import train_composite
from likeness.training.encoder import LEAST_SAMPLES, EncoderSamples, train_encoder
from likeness.training.glasses import write_glasses_directions
from likeness.training.pictures import ProgressCallback
from likeness.training.run import CONFIG, RunFolder
from likeness.training.settings import Settings

PICTURES, NAMES, COMPOSITE = "pictures", "names.txt", "composite.safetensors"
SEARCH, REFINE, WEIGHTS = "search", "refine", "weights"
# Of the search for a picture's latent; searched for together and saved together.
STEPS, CHUNK = 20, 24
COMPONENTS = 256  # of pictures' features in the encoder, as in that of faces-256
MOST_DIRECTIONS = 12
# Width of the person's edge in px, which `likeness train refine` gives its results too.
OUTLINE = 0.9
# How strong the streaks of single hairs are where heads are whole, as in the bundled faces-256.
HAIR_TEXTURE = 0.05
CROP, BATCH = 128, 6  # of `likeness train refine`
POPULATION, TRIED = 1000, 16
SHOWN, COLUMNS = 64, 8


def cut(folder: Path, plan: FacesPlan, progress: ProgressCallback) -> str:
    """Cut the pictures, and keep their names for labels.

    Raises:
        TrainingError: there is no such source, it is broken, or the disk refuses.
    """
    report = cut_pictures(Path(plan.source), folder / PICTURES, plan.size, plan.crop, progress)
    atomic_write(folder / NAMES, "\n".join(report.names).encode("utf-8", "surrogateescape"))
    return report.how


def make_composite(folder: Path, plan: FacesPlan, progress: ProgressCallback) -> str:
    """Train the composite on the pictures.

    Raises:
        TrainingError: there are too few.
        WeightsError: the disk refuses.
    """
    report = train_composite(
        folder / PICTURES,
        folder / COMPOSITE,
        size=plan.size,
        components=plan.components,
        hold_out=plan.hold_out,
        licence=plan.terms,
        seed=plan.seed,
        progress=progress,
    )
    return f"{report.pictures} pictures, {report.components} components"


def search_latents(
    folder: Path,
    plan: FacesPlan,
    device: str,
    limit_s: float,
    progress: ProgressCallback,
    on_kept: Callable[[], None],
) -> str:
    """Search for the latents of as many pictures as the time allows, in an order drawn from the seed.

    Args:
        folder, plan: of the run.
        device: to draw on.
        limit_s: seconds, after which no further chunk is begun, once there are enough for an encoder.
        progress: called with the number of pictures done and of all.
        on_kept: called after each chunk, which is on the disk then and not searched for again.

    Raises:
        TrainingError: the disk refuses.
    """
    generator = open_generator(folder / COMPOSITE, str(choose_device(device)))
    files = sorted((folder / PICTURES).glob("*.png"))
    order = np.random.default_rng(plan.seed).permutation(np.arange(plan.hold_out, len(files)))
    begun, done = time.monotonic(), 0
    for first in range(0, len(order), CHUNK):
        part = order[first : first + CHUNK]
        path = folder / SEARCH / f"{first:06d}.safetensors"
        if not path.is_file():
            if done >= LEAST_SAMPLES and time.monotonic() - begun > limit_s:
                break
            seen, latents, mirrored = project_batch(generator, [files[i] for i in part], STEPS)
            pictures = torch.from_numpy(part.astype(np.int64))
            found = {"seen": seen, "latents": latents, "mirrored": mirrored, "pictures": pictures}
            try:
                atomic_write(path, save({name: tensor.contiguous() for name, tensor in found.items()}))
            except (OSError, SafetensorError) as error:
                raise TrainingError(f"{path} could not be written ({error}); free some space") from error
            on_kept()
        done += len(part)
        progress("search", done, len(order))
    return f"latents of {done} of {len(order)} pictures, {STEPS} steps each"


def open_refiner_run(folder: Path, plan: FacesPlan, time_s: float) -> RunFolder:
    """Return the run of the refiner, which ends after `time_s` seconds of its own.

    Raises:
        TrainingError: its folder holds something else, or the disk refuses.
    """
    own = {
        "base": str((folder / COMPOSITE).resolve()),
        "pairs": str((folder / REFINE / "pairs").resolve()),
        "crop": min(CROP, plan.size),
        "outline": OUTLINE,
    }
    settings = Settings(
        "refine",
        str((folder / PICTURES).resolve()),
        size=plan.size,
        batch=BATCH,
        time_s=time_s,
        seed=plan.seed,
        hold_out=plan.hold_out,
        licence=plan.licence,
        paid_use=plan.paid_use,
        own=own,
    )
    return RunFolder.begin(folder / REFINE, settings)


def refined_s(folder: Path) -> float:
    """Return the seconds that the refiner has learnt for by its last checkpoint, 0 where there is none yet."""
    run = folder / REFINE
    return RunFolder.open(run).position()[1] if (run / CONFIG).is_file() else 0.0


def finish_weights(folder: Path, plan: FacesPlan) -> str:
    """Write the weights under their name, with an encoder and directions from the latents that were found.

    Raises:
        WeightsError, TrainingError: the disk refuses, or what came before is gone.
    """
    target = folder / WEIGHTS / f"{plan.name}.safetensors"
    refined = folder / REFINE / RUN_WEIGHTS
    if refined.is_file():
        header, tensors = read_weights(refined)
        said = "refined"
    else:
        header, tensors = read_weights(folder / COMPOSITE)
        header = replace(header, arguments={**header.arguments, "outline": OUTLINE}, licence=plan.terms)
        said = "not refined, for which there was no time"
    if header.arguments.get("whole_heads"):
        # Hairs along an outline that is crisp; along the soft one of a composite alone they are a fringe.
        header = replace(header, arguments={**header.arguments, "hair_texture": HAIR_TEXTURE})
    write_weights(target, header, tensors)
    samples, pictures = _read_found(folder)
    if len(pictures) >= LEAST_SAMPLES:
        report = train_encoder(open_generator(target), samples, target.with_name(plan.name + ENCODER), COMPONENTS)
        said += f"; an encoder of {report.samples} pictures"
    else:
        said += f"; no encoder, for which {LEAST_SAMPLES} latents are wanted: photos are encoded by the linear guess"
    return f"{said}; {_write_directions(folder, plan, target, samples.latents, pictures)}"


def _read_found(folder: Path) -> tuple[EncoderSamples, Tensor]:
    """Return features and latents of the pictures that were searched for, and their numbers."""
    found = [load_file(path) for path in sorted((folder / SEARCH).glob("*.safetensors"))]
    if not found:
        raise TrainingError(f"{folder / SEARCH} holds no latents; begin another run with -o")
    seen, latents, pictures = (torch.cat([each[name] for each in found]) for name in ("seen", "latents", "pictures"))
    # What was searched for by an earlier version lacks them.
    mirrored = torch.cat([each["mirrored"] for each in found]) if all("mirrored" in each for each in found) else None
    return EncoderSamples(seen, latents, mirrored), pictures


def _write_directions(folder: Path, plan: FacesPlan, weights: Path, latents: Tensor, pictures: Tensor) -> str:
    """Write the directions in which the latents differ most, and one for each labelled attribute that is found."""
    place = folder / WEIGHTS / "directions" / plan.name
    about = {"weights": plan.name, "weights_sha256": fingerprint(weights), "licence": plan.licence}
    count = min(MOST_DIRECTIONS, len(latents) - 1)
    bank, _ = principal_directions(latents, count)
    source = {"name": "principal", "method": "principal", "source": f"{len(latents)} latents of pictures"}
    write_directions(place / "principal.safetensors", bank, source | about)
    said = f"{count} principal directions"
    if write_glasses_directions(weights, plan.name, place):
        said += ", those of glasses"
    if not plan.labels:
        return said
    names = (folder / NAMES).read_bytes().decode("utf-8", "surrogateescape").split("\n")
    labels, shown = read_labels(Path(plan.labels)), [names[i] for i in pictures.tolist()]
    known = {each.name: labels.values(each, shown) for each in map(parse_attribute, plan.attributes)}
    found, missed = find_directions(latents, known)
    for each in found:
        fit = {"name": each.name, "method": f"{each.fit.method} by search", each.fit.measure: f"{each.fit.score:.3f}"}
        write_direction(place / f"{each.name}.safetensors", each.tensor, fit | about)
    lost = f", not found: {', '.join(missed)}" if missed else ""
    return f"{said}, and {', '.join(each.name for each in found) or 'none'} of the labels{lost}"


def make_population(folder: Path, plan: FacesPlan, limit_s: float, progress: ProgressCallback) -> str:
    """Read as many of the weights' own faces as the time allows, so that visitors can be matched with them."""
    path = folder / WEIGHTS / f"{plan.name}.safetensors"
    generator = open_generator(path, size=DRAWN_SIZE)
    begun = time.monotonic()
    try:
        build_population(generator, range(TRIED))
    except WeightsError:
        return f"none: no face is found in {TRIED} drawings, so that `lookalike` has nobody to match visitors with"
    each_s = (time.monotonic() - begun) / TRIED
    count = int(min(POPULATION, max(TRIED, limit_s / each_s)))
    found = build_population(generator, range(count), progress=lambda done: progress("population", done, count))
    write_population(folder / WEIGHTS / "populations" / f"{plan.name}.safetensors", found)
    return f"{len(found)} faces of {count} drawings"


def draw_sheet(folder: Path, plan: FacesPlan) -> str:
    """Draw the first seeds on one sheet."""
    path, weights = folder / f"{plan.name}.png", folder / WEIGHTS / f"{plan.name}.safetensors"
    write_picture(path, sheet(draw_seeds(str(weights), "cpu", range(SHOWN), 0.7, None), COLUMNS))
    return f"{SHOWN} seeds on {path}"


def install(folder: Path, plan: FacesPlan) -> str:
    """Copy the weights, and what goes with them, to the user's own, where they play by their name.

    Raises:
        TrainingError: the disk refuses.
    """
    place = user_dir("weights")
    files = sorted((folder / WEIGHTS).rglob("*.safetensors"))
    try:
        for path in files:
            atomic_write(place / path.relative_to(folder / WEIGHTS), path.read_bytes())
    except OSError as error:
        raise TrainingError(f"{place} could not be written ({error}); free some space, and go on") from error
    return f"{len(files)} files in {place}"
