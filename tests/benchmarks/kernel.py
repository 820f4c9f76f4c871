"""How far drawn faces are from photographs, and how even a walk is: `python tests/benchmarks/kernel.py FOLDER`.

FOLDER holds the pictures of training, of which the first `--hold-out` by name were held out of it. Each of the weights
is drawn at one size, so that their figures may be compared. The nearest training picture of the fixed seeds stands
beside how near training pictures are to each other, in the same features. `likeness evaluate` measures more, each of
the weights at its own size.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor

from likeness.commands.evaluate import measure_walk
from likeness.evaluation.evaluation import FIRST_SAMPLE
from likeness.evaluation.features import picture_features, picture_files, sample_features
from likeness.evaluation.kernel import kernel_distance
from likeness.evaluation.neighbours import find_nearest, neighbour_distance
from likeness.files.paths import find_weights
from likeness.generators.families.registry import open_family
from likeness.generators.networks.efficientnet_lite import EfficientNetLite
from likeness.generators.perceptual import open_features

DEVICE = torch.device("cpu")
SEEDS, SEEDS_PSI, WALK_S = range(64), 0.7, 20.0


def describe(name: str, network: EfficientNetLite, held: Tensor, training: Tensor, samples: int, size: int) -> str:
    """Return a row of the table for the weights `name`.

    Args:
        held, training: features of pictures, `[n, d]` and `[m, d]`.
        samples: how many faces are drawn for the kernel distance, at psi 1.
        size: height and width in px.
    """
    generator = open_family(find_weights(name), DEVICE, size)
    _, drawn = sample_features(network, generator, range(FIRST_SAMPLE, FIRST_SAMPLE + samples))
    _, fixed = sample_features(network, generator, SEEDS, SEEDS_PSI)
    kernel, near = kernel_distance(held, drawn), find_nearest(fixed, training).distance
    walk = measure_walk(name, str(DEVICE), 0, SEEDS_PSI, WALK_S)
    cells = (
        f"{1e3 * kernel.value:.1f} ± {1e3 * kernel.error:.1f}",
        f"{near.min():.2f}, {near.median():.2f}",
        f"{walk.longest:.1f} of {walk.median:.4f}",
    )
    return " | ".join((name, *cells))


def main() -> None:
    """Read the options, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", nargs="+", default=["composite-256", "faces-256", "faces-512"])
    parser.add_argument("--hold-out", type=int, default=100, help="how many pictures training has not seen")
    parser.add_argument("--samples", type=int, default=400, help="how many faces are drawn")
    parser.add_argument("--size", type=int, default=256, help="px")
    options = parser.parse_args()
    torch.set_num_threads(1)
    network, files = open_features(DEVICE), picture_files(options.folder)
    kept, real = picture_features(network, files, options.size, DEVICE)
    count = sum(path in set(files[: options.hold_out]) for path in kept)
    held, training = real[:count], real[count:]
    own = neighbour_distance(training, 1)
    print(f"Training pictures are {own.min():.2f} from their nearest, in the median {own.median():.2f}.")
    print("weights | kernel distance x 1000 | nearest training picture: least, median | longest step in medians")
    for name in options.weights:
        print(describe(name, network, held, training, options.samples, options.size), flush=True)


if __name__ == "__main__":
    main()
