"""Search for faces that training never saw, from the mean and from the encoder; print how near they come.

    python tests/benchmarks/projection.py FOLDER --count 50

FOLDER holds aligned faces; the first `--count` by name are taken, which should be the ones that training held out.
A row is a search of that many steps, with its own ramp of the learning rate. Perceptual distance is that of
`generators.perceptual` at full size; identity distance is dlib's, below 0.6 is the same person; the face's signal is
its colours against its error, in dB; medians. Faces in whose photo no face is found are left out of the identity
column, and a drawing without a face is measured where the photo had it. `--batch` photos share the cost of a step.
"""

import argparse
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from likeness import open_generator
from likeness.encoders.open_encoder import open_encoder_for
from likeness.errors import LikenessError
from likeness.faces.detect import Detector, Face
from likeness.faces.embed import Embedder, Embedding, identity_distance
from likeness.faces.mattes import face_region
from likeness.faces.photo import Photo, read_photo
from likeness.files.paths import DEFAULT_WEIGHTS, find_weights
from likeness.generator import Generator
from likeness.generators.perceptual import open_features, perceptual_distance
from likeness.picture import to_picture
from likeness.projection.loss import face_mask
from likeness.projection.search import project
from likeness.tools.encode_photos import psnr


class Judge:
    """Measures drawings against photos."""

    def __init__(self, photos: list[Photo]) -> None:
        self._net = open_features()
        self._detector, self._embedder = Detector("hog"), Embedder()
        self._known = [self._seen(photo) for photo in photos]
        self._region = face_region(photos[0].shape[0])

    def _seen(self, photo: Photo) -> tuple[Embedding, Face] | None:
        faces = self._detector.find(photo)
        return (self._embedder.embed(photo, faces[0]), faces[0]) if faces else None

    def measure(self, drawn: list[Photo], photos: list[Photo]) -> tuple[list[float], list[float], list[float]]:
        """Return the perceptual distances, the identity distances where the photo has a face, and the faces' dB."""
        looks, who, signals = [], [], []
        for picture, photo, known in zip(drawn, photos, self._known, strict=True):
            with torch.inference_mode():
                looks.append(float(perceptual_distance(self._net, tensor(picture), tensor(photo))))
            signals.append(psnr(picture.astype(np.float32), photo.astype(np.float32), self._region))
            if known is not None:
                faces = self._detector.find(picture)
                who.append(identity_distance(known[0], self._embedder.embed(picture, (*faces, known[1])[0])))
        return looks, who, signals


def tensor(picture: Photo) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1


def search(generator: Generator, targets: Tensor, starts: Tensor, steps: int, batch: int) -> tuple[Tensor, float]:
    """Return the latents after `steps`, and the processor seconds."""
    eye, mask = open_features(), face_mask(generator.info.resolution)
    found = []
    began = time.process_time()
    for first in range(0, len(targets) if steps else 0, batch):
        part = slice(first, first + batch)
        *_, last = project(generator, targets[part], start=starts[part], steps=steps, mask=mask, feature_net=eye)
        found.append(last.latent)
        print(f"  {steps} steps: {first + len(last.latent)} of {len(targets)}", file=sys.stderr, flush=True)
    return (torch.cat(found) if found else starts), time.process_time() - began


def main() -> None:
    """Read the options, search, and print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="a weights file, or the name of a bundled one")
    parser.add_argument("--count", type=int, default=50, help="how many faces")
    parser.add_argument("--steps", type=int, nargs="+", default=[0, 20, 25, 100, 400])
    parser.add_argument("--batch", type=int, default=5, help="how many faces are searched for in one pass")
    parser.add_argument("--starts", nargs="+", choices=("mean", "encoder"), default=["mean", "encoder"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    generator = open_generator(find_weights(options.weights))
    size = generator.info.resolution
    paths = sorted(options.folder.iterdir())[: options.count] if options.folder.is_dir() else []
    try:
        read = [read_photo(path) for path in paths]
        encoder = open_encoder_for(generator)
    except LikenessError as error:
        sys.exit(f"projection: {error}")
    if not read:
        sys.exit(f"projection: {options.folder} holds no pictures; give a folder of aligned faces")
    photos = [np.asarray(cv2.resize(photo, (size, size), interpolation=cv2.INTER_AREA), np.uint8) for photo in read]
    targets = torch.cat([tensor(photo) for photo in photos])
    judge = Judge(photos)
    starts = {"mean": generator.mean.expand(len(photos), -1, -1), "encoder": encoder.encode(targets)}
    print(f"{len(photos)} faces")
    print("| start | steps | perceptual | identity | face | processor time a face |")
    print("| --- | --- | --- | --- | --- | --- |")
    for steps in options.steps:
        for name in options.starts:
            latents, seconds = search(generator, targets, starts[name], steps, options.batch)
            with torch.inference_mode():
                drawn = [to_picture(generator.synthesize(latent[None])) for latent in latents]
            looks, who, signals = judge.measure(drawn, photos)
            took = f"{seconds / len(photos):.1f} s" if steps else ""
            figures = f"{np.median(looks):.2f} | {np.median(who):.3f} | {np.median(signals):.1f} dB"
            print(f"| {name} | {steps} | {figures} | {took} |", flush=True)


if __name__ == "__main__":
    main()
