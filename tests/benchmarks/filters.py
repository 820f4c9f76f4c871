"""What a filter costs on one thread: alone, with a mask, across a crossfade, in both number types.

    python tests/benchmarks/filters.py --size 512

Prints milliseconds of processor time a frame, the medians and the least of interleaved frames: other programs on the
machine count less in them than on a clock. With `ONEDNN_MAX_CPU_ISA=AVX2` a newer processor multiplies as an older one.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

import torch

from likeness import open_generator
from likeness.files.paths import find_filter, find_weights
from likeness.generators.filter_file import Filter, open_filter
from likeness.toolkit.filters import REGION_PARTS, region_mask

CPU = torch.device("cpu")


def main() -> None:
    """Measure, and print one line for each way to play."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--filter", default="prints")
    parser.add_argument("--second", default="chalk")
    options = parser.parse_args()
    torch.set_num_threads(1)
    generator = open_generator(find_weights("composite-256"), size=options.size)
    with torch.inference_mode():
        latent = generator.sample([1])
        image = generator.synthesize(latent)
        ways = list_ways(options.filter, options.second, image, generator)  # type: ignore[arg-type]  # a composite
        ways["synthesis, composite-256"] = lambda: generator.synthesize(latent)
        print(f"load {os.getloadavg()[0]:.1f}, {options.size} px, milliseconds of one thread: median (least)")
        for name, times in measure(ways, options.frames).items():
            print(f"{name:28} {statistics.median(times):6.1f} ({min(times):.1f})")


def list_ways(first: str, second: str, image: torch.Tensor, generator: object) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    one, other = (open_filter(find_filter(name), CPU) for name in (first, second))
    plain = Filter(open_filter(find_filter(first), CPU).network.float(), one.info)
    rows = {used: used.row(used.shares_at(0.0)) for used in (one, other, plain)}

    def mask() -> torch.Tensor:
        regions = generator.draw_regions()  # type: ignore[attr-defined]  # of a composite
        faded = region_mask(regions, REGION_PARTS["face"], (image.shape[2], image.shape[3]))
        return torch.lerp(image, one.draw(image, rows[one]), faded)

    def crossfade() -> torch.Tensor:
        return torch.lerp(one.draw(image, rows[one]), other.draw(image, rows[other]), 0.5)

    return {
        f"filter, {str(one.network.enter.weight.dtype).removeprefix('torch.')}": lambda: one.draw(image, rows[one]),
        "filter, float32": lambda: plain.draw(image, rows[plain]),
        "filter on the face alone": mask,
        "crossfade of two files": crossfade,
    }


def measure(ways: dict[str, Callable[[], object]], frames: int) -> dict[str, list[float]]:
    """Return milliseconds of processor time of each way, frame by frame, in turn."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for frame in range(frames + 3):
        for name, draw in ways.items():
            began = time.thread_time()
            draw()
            if frame >= 3:
                times[name].append((time.thread_time() - began) * 1e3)
    return times


if __name__ == "__main__":
    main()
