"""The result of an evaluation: values for a table, a JSON file, and a sheet of nearest pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from likeness.evaluation.features import read_square
from likeness.evaluation.seen_faces import SeenFaces
from likeness.evaluation.walk import WalkSteps
from likeness.picture import Picture, resize_images, sheet, to_pictures, to_tensor

PAIRS_A_ROW = 8
SIDE = 128


@dataclass(frozen=True)
class Distances:
    """From samples to a set of pictures, on features of EfficientNet-Lite0: neither FID nor KID.

    Attributes:
        pictures: in the set.
        kernel, kernel_error: squared discrepancy, times 1,000, and its standard error over subsets.
        frechet: None for sets that are too small to have a covariance.
        precision, recall: in [0, 1], of equally many samples as pictures.
    """

    pictures: int
    kernel: float
    kernel_error: float
    frechet: float | None = None
    precision: float | None = None
    recall: float | None = None


@dataclass(frozen=True)
class Memorised:
    """How near the fixed seeds come to training pictures, in Euclidean distance of pooled features.

    Attributes:
        closest, median: from a seed's picture to the training picture nearest to it.
        training_closest, training_median: from a training picture to the nearest other; the closest is the
            hundredth part's border, because sets hold doubles.
        closer: how many seeds are nearer to a training picture than that border.
    """

    closest: float
    median: float
    training_closest: float
    training_median: float
    closer: int


@dataclass(frozen=True)
class PathLengths:
    """Perceptual path lengths on features of EfficientNet-Lite0: not to be compared with those of VGG16."""

    z_full: float
    z_ends: float
    w_full: float
    w_ends: float


@dataclass(frozen=True)
class Separability:
    """How well planes in the latent space part attributes.

    Attributes:
        score: exp of the sum of the entropies; 1 is the best.
        entropies: in nats, by attribute; 0 is the best, 0.69 nothing.
        judges: balanced accuracy, held out, of the classifiers that labelled the samples.
    """

    score: float
    entropies: dict[str, float]
    judges: dict[str, float]


@dataclass(frozen=True)
class Report:
    """What was measured; None where it was not asked for.

    Attributes:
        samples: how many were drawn.
        training, held_out: distances to the two parts of the data.
        floor: kernel distance, times 1,000, of the training pictures to the held-out ones: as good as it gets.
        against: kernel distance, times 1,000, of a second generator to the pictures that this one is judged by.
    """

    weights: str
    samples: int
    psi: float
    seeds_psi: float
    training: Distances
    held_out: Distances | None
    floor: float | None
    memorised: Memorised
    path: PathLengths | None
    faces: SeenFaces | None
    separable: Separability | None = None
    walk: WalkSteps | None = None
    against: float | None = None
    pictures: list[tuple[Picture, Path]] = field(default_factory=list, repr=False)


def table_rows(report: Report) -> list[tuple[str, str, str]]:
    """Return a table of the numbers: what, how much, and what to compare it with."""
    training, near = report.training, report.memorised
    table = [
        ("Frechet distance", f"{training.frechet:.1f}", f"{report.samples} samples, {training.pictures} pictures"),
        ("kernel distance x 1000", _kernel(training), "to the training pictures"),
        ("precision, recall", f"{training.precision:.2f}, {training.recall:.2f}", "of the training pictures"),
    ]
    if report.held_out:
        floor = f"to the held-out pictures; the training ones: {report.floor:.1f}"
        table.append(("kernel distance x 1000", _kernel(report.held_out), floor))
    if report.against is not None:
        table.append(("", f"{report.against:.1f}", "of the other weights"))
    if report.path:
        path = report.path
        table.append(("path length in z", f"{path.z_full:.1f}, {path.z_ends:.1f}", "full, ends"))
        table.append(("path length in w", f"{path.w_full:.1f}, {path.w_ends:.1f}", "full, ends"))
    if report.separable:
        for name, entropy in report.separable.entropies.items():
            accuracy = f"nats unknown; the classifier is right in {report.separable.judges[name]:.0%}"
            table.append((f"separability of {name}", f"{entropy:.2f}", accuracy))
        table.append(("linear separability", f"{report.separable.score:.2f}", "1 is the best"))
    own = f"training pictures to each other: {near.training_closest:.2f}, {near.training_median:.2f}"
    table.append(("nearest training picture", f"{near.closest:.2f}, {near.median:.2f}", f"closest, median; {own}"))
    if report.faces:
        seen = report.faces
        table.append(("faces seen", f"{seen.found} of {seen.pictures}", f"by mmod; by HOG {seen.hog_found}"))
        same = f"closest, median; {seen.same_person:.0%} of pairs pass for one person"
        table.append(("identity distance", f"{seen.closest:.2f}, {seen.median:.2f}", same))
    if report.walk:
        walk = report.walk
        table.append(("walk: step", f"{walk.median:.4f}", f"median of {walk.frames} frames; spread {walk.spread:.2f}"))
        table.append(("walk: longest, closure", f"{walk.longest:.2f}, {walk.closure:.2f}", "in median steps"))
    return table


def _kernel(distances: Distances) -> str:
    return f"{distances.kernel:.1f} ± {distances.kernel_error:.1f}"


def draw_nearest_sheet(pairs: Sequence[tuple[Picture, Path]], side: int = SIDE) -> Picture:
    """Return a sheet that shows memorising, eight pairs a row: a seed's picture, and right of it the nearest file."""
    tiles = []
    for picture, path in pairs:
        tiles += to_pictures(resize_images(to_tensor(picture), side)) + to_pictures(read_square(path, side))
    return sheet(tiles, 2 * PAIRS_A_ROW)
