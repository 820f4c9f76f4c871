"""Search a gallery of a million faces, and print how long a query takes.

    python tests/benchmarks/gallery.py
    python tests/benchmarks/gallery.py --records
    python tests/benchmarks/gallery.py --photos FOLDER

Searching is timed on made-up embeddings that are spread as dlib's are. `--records` makes a whole gallery of them on the
disk first, with records and pictures, which takes minutes, and times `Gallery.search`; without it the matrix alone is
searched, as the gallery does it. Runs of different kinds take turns; medians, and the processor's time beside the
wall's, which a neighbour's load lengthens. `--photos` asks another question: of the first 50 photos of a folder, each
kept once, how many people are found by another photo of theirs (mirrored, darker, smaller, and saved once more)?
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness.errors import PhotoError
from likeness.faces.photo import read_photo
from likeness.gallery import Gallery, NewFace
from likeness.gallery.add_photos import add_photos, encode_locally
from likeness.gallery.face_types import to_jpeg
from likeness.gallery.matrix import Matrix
from likeness.gallery.nearest import find_nearest, squared_lengths
from likeness.gallery.photo_encoder import PhotoEncoder, PhotoReader

DIM = 128
# Lengths about 1.4 and distances about 0.8, as between strangers of dlib's network.
CENTRE, SPREAD = 0.11, 0.05
BATCH = 20_000


def made_up(count: int) -> NDArray[np.float32]:
    """Return embeddings `[count, 128]`."""
    dice = np.random.default_rng(1)
    centre = dice.normal(0, CENTRE, DIM).astype(np.float32)
    return np.concatenate(
        [
            dice.standard_normal((min(BATCH, count - start), DIM), np.float32) * np.float32(SPREAD) + centre
            for start in range(0, count, BATCH)
        ]
    )


def time_in_turn(kinds: dict[str, Callable[[int], object]], rounds: int) -> None:
    """Print a table of what one call of each kind takes."""
    spent: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for turn in range(rounds):
        for kind, call in kinds.items():
            began, worked = time.perf_counter(), time.process_time()
            call(turn)
            spent[kind].append((time.perf_counter() - began, time.process_time() - worked))
    print("| one query | ms | ms of processor time |")
    print("| --- | --- | --- |")
    for kind, times in spent.items():
        wall, cpu = (statistics.median(column) * 1e3 for column in zip(*times, strict=True))
        print(f"| {kind} | {wall:.1f} | {cpu:.1f} |")


def main() -> None:
    """Read the options, search, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--records", action="store_true", help="with records and pictures, on the disk")
    parser.add_argument("--photos", type=Path, help="a folder of people, one photo of each")
    options = parser.parse_args()
    if options.photos is not None:
        find_again(sorted(options.photos.glob("*.jpg"))[:50])
        return
    rows = made_up(options.count)
    queries = rows[:: max(1, options.count // options.rounds)] + np.float32(0.01)
    with tempfile.TemporaryDirectory() as folder:
        if options.records:
            gallery = filled(Path(folder), rows)
            began = time.perf_counter()
            gallery.search(queries[0])
            print(f"{len(gallery)} faces; the first search, which reads the files: {time.perf_counter() - began:.1f} s")
            time_in_turn(
                {
                    "nearest": lambda turn: gallery.search(queries[turn]),
                    "nearest 10": lambda turn: gallery.search(queries[turn], k=10),
                    "farthest 10": lambda turn: gallery.search(queries[turn], k=10, farthest=True),
                },
                options.rounds,
            )
            gallery.close()
            return
        matrix = Matrix(Path(folder) / "embeddings.f32", DIM)
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            matrix.write(np.arange(start, start + len(part)), part)
        mapped = matrix.read(len(rows))
        lengths = squared_lengths(mapped)
        wide = [query.astype(np.float64) for query in queries]
        time_in_turn(
            {
                "nearest, of a mapped file": lambda turn: find_nearest(mapped, lengths, queries[turn], 1),
                "nearest, in memory": lambda turn: find_nearest(rows, lengths, queries[turn], 1),
                "nearest 10": lambda turn: find_nearest(mapped, lengths, queries[turn], 10),
                "farthest 10": lambda turn: find_nearest(mapped, lengths, queries[turn], 10, farthest=True),
            },
            options.rounds,
        )
        # What the table is worth: the answers are those of comparing everything in float64.
        for turn in range(3):
            plainly = np.concatenate(
                [
                    ((mapped[start : start + BATCH].astype(np.float64) - wide[turn]) ** 2).sum(axis=1)
                    for start in range(0, len(mapped), BATCH)
                ]
            )
            found, _ = find_nearest(mapped, lengths, queries[turn], 10)
            assert found.tolist() == np.lexsort((np.arange(len(plainly)), plainly))[:10].tolist()
        print("The answers are those of comparing all of them in float64.")


def find_again(photos: list[Path]) -> None:
    """Print how many people are found by another photo of theirs, and how far it is to them and to the next."""
    looker, eye = PhotoEncoder(None, "", "for a measurement"), PhotoReader()
    with tempfile.TemporaryDirectory() as folder, Gallery.open(Path(folder), create=True) as gallery:
        tally = add_photos(gallery, photos, encode_locally(looker.encode), consent="for a measurement")
        firsts, own, others = 0, [], []
        for path in photos:
            try:
                found = gallery.search(eye.read(_another(path), path.name).embedding, k=len(photos))
            except PhotoError:
                continue
            firsts += found[0].name == path.stem
            own += [match.distance for match in found if match.name == path.stem]
            others.append(next(match.distance for match in found if match.name != path.stem))
    print(f"{tally.added} of {len(photos)} photos show a face; {len(others)} other photos do")
    print(f"{firsts} people are found first by their other photo")
    print(f"to themselves {statistics.median(own):.3f}, at most {max(own):.3f}")
    print(f"to the next {statistics.median(others):.3f}")


def _another(path: Path) -> NDArray[np.uint8]:
    photo = cv2.resize(read_photo(path)[:, ::-1], (200, 200), interpolation=cv2.INTER_AREA)
    _, coded = cv2.imencode(".jpg", np.asarray(photo * 0.8, np.uint8)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), np.uint8)


def filled(folder: Path, rows: NDArray[np.float32]) -> Gallery:
    """Return a gallery with a record and a small picture for each of `rows`."""
    gallery = Gallery.open(folder, create=True)
    jpeg = to_jpeg(np.full((256, 256, 3), 128, np.uint8))
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        gallery.add(
            NewFace(f"face {start + at}", row, jpeg, seed=start + at, weights="made up") for at, row in enumerate(part)
        )
    print(f"{len(rows)} faces were added in {time.perf_counter() - began:.0f} s")
    return gallery


if __name__ == "__main__":
    main()
