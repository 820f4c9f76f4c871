"""Measure what eight bits save: one thread's processor time for a frame of faces, in turns with floats.

Run `python tests/benchmarks/eight_bits.py`, and with `--weights faces-512 --sizes 512` for those.
`ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2` before it keeps a larger processor to what a smaller one has.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from likeness.files.paths import DEFAULT_WEIGHTS, LIGHT_WEIGHTS, find_weights
from likeness.generators.families.composite import CompositeGenerator, open_composite


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    # As the render thread draws.
    torch.set_flush_denormal(True)
    for size in arguments.sizes:
        measure(arguments.weights, size, arguments.frames)


@torch.inference_mode()
def measure(weights: str, size: int, frames: int) -> None:
    def opened(name: str) -> CompositeGenerator:
        return open_composite(Path(find_weights(name)), torch.device("cpu"), size)

    ways = {
        "floats": opened(weights),
        "eight bits": opened(weights),
        LIGHT_WEIGHTS: opened(LIGHT_WEIGHTS),
    }
    near = ways["eight bits"].use_int8()
    spent: dict[str, list[float]] = {name: [] for name in ways}
    latents = ways["floats"].sample(range(frames))
    for latent in latents:
        for name, generator in ways.items():
            began = time.thread_time()
            generator.synthesize(latent[None])
            spent[name].append((time.thread_time() - began) * 1e3)
    ratio = statistics.median(few / many for few, many in zip(spent["eight bits"], spent["floats"], strict=True))
    print(f"{size} px: eight bits are {near:.0f} dB from floats and take {ratio:.2f} times as long")
    for name, each in spent.items():
        print(f"  {name}: median {statistics.median(each):.1f} ms, least {min(each):.1f} ms")


if __name__ == "__main__":
    main()
