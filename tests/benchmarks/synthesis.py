"""Time a frame's synthesis in every way there is, interleaved with a plain transcription of the paper.

    python tests/benchmarks/synthesis.py --size 256 --threads 1
    python tests/benchmarks/synthesis.py --size 1024 --device cuda --backends eager,graph,compile --rounds 200

Prints one line for each way: family, size, number type, backend, milliseconds a frame (median and least), GFLOP/s,
the share of this machine's own peak in the same number type, and how many times faster than the plain one.
On CUDA a frame counts from its latent to its bytes in pinned memory, and the line tells the 99th percentile too.
Rounds are interleaved, because a machine's speed jumps; on one thread the process's CPU time is taken, which a
neighbour's load does not lengthen as it does wall time.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Large tensors on huge pages: 1024 px pays for a 512th of the page faults. Read by torch at its first allocation.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch
from tests.reference import stylegan2 as plain
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from likeness.generator import Licence
from likeness.generators.backends.choose import has_compiler, is_installed, prepare
from likeness.generators.devices import multiplies_bfloat16
from likeness.generators.families.checkpoint import Source
from likeness.generators.families.stylegan2 import open_source
from likeness.generators.families.stylegan_base import StyleGenerator
from likeness.generators.readback import ReadBack

Way = Callable[[], object]
MATRIX = 2048
CHANNELS = 512


def generator(state: plain.State, device: torch.device) -> StyleGenerator:
    """Return a StyleGAN2 with these weights."""
    source = Source("stylegan2", "benchmark", {"conv_clamp": 256}, state, Licence("none"))
    return open_source(source, device)


def ways(state: plain.State, latent: torch.Tensor, backends: list[str], reference: bool) -> dict[tuple[str, str], Way]:
    """Return what draws one frame, by backend and number type; on CUDA it is read back, too."""
    found: dict[tuple[str, str], Way] = {}
    if reference:
        found["plain", "float32"] = lambda: plain.synthesize(state, latent, clamp=256.0)
    half = "float16" if latent.is_cuda else "bfloat16"
    types = ["float32", half] if latent.is_cuda or multiplies_bfloat16() else ["float32"]
    for backend in backends:
        for precision in types:
            made = generator(state, latent.device)
            print(f"# {prepare(made, backend, precision)}", flush=True)
            found[backend, precision] = lambda made=made: made.synthesize(latent)
    if latent.is_cuda:
        read = ReadBack()
        return {way: lambda draw=draw: read(draw()) for way, draw in found.items()}
    return found


def peak(dtype: torch.dtype, clock: Callable[[], float], device: torch.device) -> float:
    """Return the GFLOP/s of the faster of a square matrix product and a dense 3x3 convolution.

    Both, because the product alone is no ceiling everywhere: on an AMD EPYC of 2024 float32 products (MKL) ran at
    93 GFLOP/s on one thread, and convolutions (oneDNN) at 198.
    """
    a, b = (torch.randn(MATRIX, MATRIX).to(device, dtype) for _ in range(2))
    plane = torch.randn(1, CHANNELS, 32, 32).to(device, dtype).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(CHANNELS, CHANNELS, 3, 3).to(device, dtype).contiguous(memory_format=torch.channels_last)
    rates = []
    for product, work in (
        (lambda: a @ b, 2 * MATRIX**3),
        (lambda: functional.conv2d(plane, weight, padding=1), 2 * 9 * CHANNELS**2 * 32 * 32),
    ):
        began = clock()
        product()
        rates.append(work / (clock() - began) / 1e9)
    return max(rates)


def clock_of(device: torch.device, threads: int) -> Callable[[], float]:
    """Return seconds: of the process on one thread, else of the wall; on CUDA once the card has done its work."""
    if device.type != "cuda":
        return time.process_time if threads == 1 else time.perf_counter

    def done() -> float:
        torch.cuda.synchronize(device)
        return time.perf_counter()

    return done


def main() -> None:
    """Read the options, time, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256, help="height and width in px")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--backends", default="eager,openvino", help="of eager, compile, openvino, graph")
    parser.add_argument("--no-reference", action="store_true", help="leave the plain transcription out")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    clock = clock_of(device, options.threads)
    cuda = device.type == "cuda"
    there = {"eager": True, "graph": cuda, "compile": cuda or has_compiler(), "openvino": is_installed("openvino")}
    backends = [name for name in options.backends.split(",") if there[name] and not (cuda and name == "openvino")]
    # The published configurations: half the channels up to 256 px, 512 at most.
    base = 16384 if options.size <= 256 else 32768
    shape = plain.Shape(options.size, "skip", 512, 512, 0, 8, base, 512)
    state = {name: tensor.to(device) for name, tensor in plain.random_state(shape).items()}
    latent = torch.randn(1, shape.num_ws, 512, generator=torch.Generator().manual_seed(0)).to(device)
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        plain.synthesize(state, latent)
    gflop = counter.get_total_flops() / 1e9
    drawn = ways(state, latent, backends, not options.no_reference)
    seconds: dict[tuple[str, str], list[float]] = {way: [] for way in drawn}
    peaks: dict[str, list[float]] = {precision: [] for _, precision in drawn}
    with torch.inference_mode():
        for _ in range(options.rounds + 1):
            for precision, found in peaks.items():
                found.append(peak(getattr(torch, precision), clock, device))
            for way, draw in drawn.items():
                began = clock()
                draw()
                seconds[way].append(clock() - began)
    kind = "CPU time" if clock is time.process_time else "wall time"
    print(f"{gflop:.1f} GFLOP a frame, {options.threads} thread(s), {kind}, {options.rounds} rounds")
    print("| family | px | numbers | backend | ms median | ms least | ms 99 % | GFLOP/s | of peak | times plain |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    slowest = median(seconds[next(iter(drawn))][1:])
    for (backend, precision), taken in seconds.items():
        middle = median(taken[1:])
        rate = gflop / middle
        late = sorted(taken[1:])[(len(taken) - 1) * 99 // 100 - 1]
        print(
            f"| stylegan2 | {options.size} | {precision} | {backend} | {middle * 1e3:.2f} | {min(taken[1:]) * 1e3:.2f} "
            f"| {late * 1e3:.2f} | {rate:.0f} | {rate / max(peaks[precision]):.0%} | {slowest / middle:.2f} |"
        )


if __name__ == "__main__":
    main()
