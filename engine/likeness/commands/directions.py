"""`likeness directions list`, `find`, `measure`, `principal` and `closed-form`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from likeness.commands.direction_files import bank_file, open_named, own_folder, write_bank, write_found, write_strips
from likeness.commands.direction_list import list_directions
from likeness.errors import LikenessError, say_count
from likeness.options import Device, Force, Weights, ranged
from likeness.ranges import Range

if TYPE_CHECKING:
    from likeness.directions.find import Direction
    from likeness.directions.fit import Fit
    from likeness.directions.labelled_pictures import LabelledPictures

app = App(name="directions", help="Find directions in the latent space: smile, age, colour of hair.")
app.command(list_directions, name="list")
Count = Annotated[int, ranged(Range(1, 4096), "How many directions.")]
OutFolder = Annotated[
    Path,
    Parameter(name=("--output", "-o"), help="A folder; without it, the folder of directions of these weights."),
]
Strips = Annotated[
    Path,
    Parameter(help="Write a PNG of what each direction does to two faces, from -3 to 3 standard deviations."),
]


@app.command
def find(
    weights: Weights,
    *,
    data: Path | None = None,
    labels: Path | None = None,
    attribute: list[str] | None = None,
    folders: Path | None = None,
    neutral: str = "neutral",
    find_faces: bool = False,
    by: Literal["encoding", "projection", "samples"] = "encoding",
    method: Literal["svm", "means", "regression"] | None = None,
    keep: list[str] | None = None,
    balance: list[str] | None = None,
    drop: list[str] | None = None,
    samples: Annotated[int, ranged(Range(2, 1_000_000), "How many faces are drawn for --by samples.")] = 2000,
    steps: Annotated[int, ranged(Range(1, 1_000_000), "Steps of each search for --by projection.")] = 100,
    output: OutFolder | None = None,
    strips: Strips | None = None,
    device: Device = "auto",
    force: Force = False,
) -> None:
    """Find directions from labelled pictures; each changes its own attribute and leaves the others.

    `direction_sweep` plays them by their names: `--set direction_sweep.file=smile`. Give --data, --labels and
    --attribute, or --folders.

    Parameters
    ----------
    data
        A folder of pictures, cropped like those of the generator.
    labels
        A CSV file with a column "file" and one row for each picture; an empty cell means unknown.
    attribute
        NAME=COLUMN of numbers, or NAME=COLUMN:LOW,LOW/HIGH,HIGH with * for any value and ? for an empty cell, such as
        smile=expression:sad,angry/smiling; repeat it for more.
    folders
        A folder with one folder of pictures for each class, such as happy, sad and neutral: a direction for each.
    neutral
        Of --folders, the one that all others are told from. Where it is not there, each is told from the rest.
    find_faces
        The pictures are photos: find the face of each and cut it out first.
    by
        encoding turns the labelled pictures into latents, for which the generator needs an encoder; projection
        searches for each, from there or from the mean, some seconds a picture. samples trains a classifier on the
        pictures and lets it label drawn faces.
    method
        svm separates two sides by a plane, means goes from one side's mean to the other's, regression follows numbers.
        By default, what fits the labels.
    keep
        An attribute that the others leave as it is; repeat it for more. By default, all that are found.
    balance
        A direction to mix with the others until, in the pictures, it changes its own attribute alone; repeat it for
        more. Look at the strips of both: what it gains in purity it may lose in strength.
    drop
        An attribute to measure but not to write; repeat it for more.
    """
    from tempfile import TemporaryDirectory

    from likeness.commands.progress_bars import Bars
    from likeness.directions.effects import measure_effects
    from likeness.directions.find import balance_directions, find_directions
    from likeness.directions.labelled_latents import classify_samples, encode_pictures
    from likeness.directions.labelled_pictures import cut_faces
    from likeness.encoders.open_encoder import Encoder, open_encoder_for
    from likeness.evaluation.attribute_classifier import AttributeClassifier
    from likeness.evaluation.features import picture_features
    from likeness.files.free_name import refuse_existing
    from likeness.generators.devices import choose_device
    from likeness.generators.perceptual import open_features
    from likeness.projection.search_encoder import SearchEncoder

    pictures, on = _read_pictures(data, labels, attribute, folders, neutral), choose_device(device)
    generator = open_named(weights, on)
    folder = output or own_folder(generator)
    written = [name for name in pictures.questions if name not in (drop or [])]
    refuse_existing([folder / f"{name}.safetensors" for name in written], force=force)
    encoder: Encoder | None = None
    if by != "samples":
        encoder = open_encoder_for(generator) if by == "encoding" else SearchEncoder(generator, steps)
    network = open_features(on)
    resolution = generator.info.resolution
    with Bars() as bars, TemporaryDirectory() as cuts:
        if find_faces:
            pictures = cut_faces(pictures, Path(cuts), resolution, bars.stage("faces"))
        kept, features = picture_features(network, pictures.files, resolution, on, bars.stage("pictures"))
        known = pictures.known(kept)
        judges = {name: AttributeClassifier(features, values, name) for name, values in known.items()}
        if encoder is not None:
            latents, _ = encode_pictures(encoder, kept, resolution, on, bars.stage("encoding"))
        else:
            latents, known = classify_samples(generator, network, judges, samples, bars.stage("samples"))
        found, missed = find_directions(latents, known, method, keep, against_rest=pictures.against_rest)
        changed = measure_effects(generator, network, {each.name: each.tensor for each in found}, judges)
        if balance:
            found = balance_directions(found, changed, balance, latents)
            # Measured on other faces than those that they were balanced with.
            tensors = {each.name: each.tensor for each in found}
            changed = measure_effects(generator, network, tensors, judges, range(100, 132))
    _print_table(found, missed, changed)
    found = [each for each in found if each.name not in (drop or [])]
    for each in found:
        mixed = ", balanced" if each.name in (balance or []) else ""
        write_found(folder / f"{each.name}.safetensors", each, pictures.questions[each.name], by + mixed, generator)
    _say_where(len(found), folder)
    if strips and found:
        write_strips(strips, generator, [each.tensor for each in found], force=force)


def _read_pictures(
    data: Path | None, labels: Path | None, attribute: list[str] | None, folders: Path | None, neutral: str
) -> "LabelledPictures":
    """Return the labelled pictures that the options name, in one of both ways."""
    from likeness.directions.labelled_pictures import read_labelled_folders, read_labelled_table

    if folders is not None and not (data or labels or attribute):
        return read_labelled_folders(folders, neutral)
    if folders is None and data and labels and attribute:
        return read_labelled_table(data, labels, attribute)
    raise LikenessError("give --data, --labels and --attribute, or --folders alone")


@app.command
def measure(
    weights: Weights,
    *,
    samples: Annotated[int, ranged(Range(50, 1_000_000), "How many faces are drawn and measured.")] = 1500,
    output: OutFolder | None = None,
    strips: Strips | None = None,
    device: Device = "auto",
    force: Force = False,
) -> None:
    """Find the directions `turn` and `light` without a picture: faces are drawn and measured.

    `turn` is where the nose points, `light` from which side light comes; both are positive to the picture's right. The
    drawings must be aligned faces, as in FFHQ.
    """
    from likeness.commands.progress_bars import Bars
    from likeness.directions.find import find_directions
    from likeness.directions.measured import MEASURES, measure_samples
    from likeness.files.free_name import refuse_existing
    from likeness.generators.devices import choose_device

    generator = open_named(weights, choose_device(device))
    folder = output or own_folder(generator)
    refuse_existing([folder / f"{name}.safetensors" for name in MEASURES], force=force)
    with Bars() as bars:
        latents, labels = measure_samples(generator, samples, bars.stage("samples"))
    found, missed = find_directions(latents, labels)
    for each in found:
        score = f"{each.fit.measure} {each.fit.score:.2f} of {each.fit.labelled}"
        print(f"{each.name}: {score} held out")
        write_found(folder / f"{each.name}.safetensors", each, MEASURES[each.name], "samples", generator)
    for name, fit in missed.items():
        print(f"{name}: not found, {fit.measure} {fit.score:.2f} of {fit.labelled} held out")
    _say_where(len(found), folder)
    if strips and found:
        write_strips(strips, generator, [each.tensor for each in found], force=force)


@app.command
def principal(
    weights: Weights,
    *,
    count: Count = 12,
    data: Path | None = None,
    output: OutFolder | None = None,
    strips: Strips | None = None,
    device: Device = "auto",
    force: Force = False,
) -> None:
    """Find the directions in which faces differ most; you play them by number.

    `--set direction_sweep.file=principal --set direction_sweep.direction=3`

    Parameters
    ----------
    data
        A folder of pictures to encode and compare. Without it, the family's own directions: the components of a
        composite, or those of w of a StyleGAN.
    """
    from likeness.commands.progress_bars import Bars
    from likeness.directions.find import principal_directions
    from likeness.directions.labelled_latents import encode_pictures
    from likeness.encoders.open_encoder import open_encoder_for
    from likeness.evaluation.features import picture_files
    from likeness.generators.devices import choose_device

    on = choose_device(device)
    generator = open_named(weights, on)
    path = bank_file("principal", output, generator, force=force)
    if data is None:
        bank, about = generator.directions[:count].cpu(), {"source": "the family's own"}
    else:
        encoder = open_encoder_for(generator)
        with Bars() as bars:
            stage = bars.stage("encoding")
            latents, _ = encode_pictures(encoder, picture_files(data), generator.info.resolution, on, stage)
        bank, shares = principal_directions(latents, count)
        listed = " ".join(f"{share:.4f}" for share in shares.tolist())
        about = {"source": f"{len(latents)} encoded pictures", "shares": listed}
        print(f"Shares of the variance: {listed}")
    write_bank(path, bank, {"method": "principal"} | about, generator, strips, force=force)


@app.command
def closed_form(
    weights: Weights,
    *,
    count: Count = 12,
    output: OutFolder | None = None,
    strips: Strips | None = None,
    device: Device = "auto",
    force: Force = False,
) -> None:
    """Find directions from a StyleGAN2's weights alone, without a picture; you play them by number.

    `--set direction_sweep.file=closed-form --set direction_sweep.direction=3`
    """
    from likeness.directions.closed_form import closed_form_directions
    from likeness.generators.devices import choose_device

    generator = open_named(weights, choose_device(device))
    path = bank_file("closed-form", output, generator, force=force)
    bank = closed_form_directions(generator, count)
    write_bank(path, bank, {"method": "closed form"}, generator, strips, force=force)


def _say_where(count: int, folder: Path) -> None:
    if count:
        print(f"{say_count(count, 'direction is', 'directions are')} in {folder.resolve()}")
    else:
        print("No direction was found that could be trusted; more pictures or --samples may show one")


def _print_table(found: "list[Direction]", missed: "dict[str, Fit]", changed: dict[str, dict[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("direction", "held out", "labelled", "changes itself", "and most besides", box=None)
    for each in found:
        row = changed[each.name]
        others = {name: value for name, value in row.items() if name != each.name}
        most = max(others, key=lambda name: abs(others[name]), default=None)
        besides = "" if most is None else f"{most} {others[most]:+.0%}"
        score = f"{each.fit.measure} {each.fit.score:.2f}"
        table.add_row(each.name, score, str(each.fit.labelled), f"{row[each.name]:+.0%}", besides)
    for name, fit in missed.items():
        table.add_row(name, f"{fit.measure} {fit.score:.2f}", str(fit.labelled), "not found", "")
    Console().print(table)
