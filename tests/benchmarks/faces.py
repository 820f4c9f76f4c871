"""Time a frame of faces on one thread, in floats and in eight bits by turns, beside this machine's own peaks.

    python tests/benchmarks/faces.py
    python tests/benchmarks/faces.py --weights faces-512 composite-256 --sizes 512
    python tests/benchmarks/faces.py --avx2 --before ../old

`--avx2` keeps a larger processor to what a smaller one has: it starts itself again so, and eight bits are seven there,
since that processor adds their products in sixteen. `--before` draws each frame with the code of another checkout too,
by turns. Prints one line for each way: processor time of a frame (median, least), how near it comes to floats, its
arithmetic and that as a share of what a dense convolution of these numbers reaches in the same run; and for what is
drawn before a network, how long the tables that it reads would take at the machine's own rate of reading.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

# oneDNN, torch, FBGEMM (which sums the tables), MKL and OpenCV choose their instructions each for itself.
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "FBGEMM_ENABLE_INSTRUCTIONS": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENCV_CPU_DISABLE": "AVX512-SKX",
    "OPENCV_IPP": "avx2",
}
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
HERE = Path(__file__).resolve()
HEAT = 3  # frames that are not counted
MATRIX, CHANNELS, SIDE, READ = 1024, 256, 32, 2**26
LEAST_GFLOP = 0.1  # what is drawn before a network is no arithmetic


@dataclass
class Way:
    """One way to draw a frame, in a process of its own.

    Attributes:
        name: of the code, the weights and the numbers.
        psnr: dB from floats, infinite for floats.
        gflop: multiplied and added in a frame's convolutions.
        megabytes: read of a composite's tables for a frame.
        ms: each frame's processor time.
    """

    process: subprocess.Popen[str]
    name: tuple[str, str, str]
    psnr: float
    gflop: float
    megabytes: float
    ms: list[float] = field(default_factory=list)

    def draw(self, frame: int) -> None:
        """Draw a frame, and note how long it took if it counts."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{frame}\n")
        self.process.stdin.flush()
        spent = float(self.process.stdout.readline())
        if frame >= HEAT:
            self.ms.append(spent)


def main() -> None:
    """Read the options, and print the table or draw for another process."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", nargs="+", default=["faces-256", "composite-256"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256])
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--avx2", action="store_true", help="keep to what a processor without AVX-512 and VNNI has")
    parser.add_argument("--before", type=Path, help="another checkout, drawn with by turns")
    parser.add_argument("--serve", nargs=3, metavar=("WEIGHTS", "SIZE", "NUMBERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.avx2 and any(os.environ.get(name) != value for name, value in AVX2.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | AVX2)
    if options.serve:
        weights, size, numbers = options.serve
        serve(weights, int(size), numbers, options.avx2)
        return
    import torch

    warnings.simplefilter("ignore")  # torch warns once that it means to drop its eight bits
    print(f"{torch.backends.cpu.get_cpu_capability()}, {options.frames} frames, one thread")
    print("| code | weights | px | numbers | ms median | least | dB from floats | GFLOP | of peak | tables |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for size in options.sizes:
        measure(options, size)


def measure(options: argparse.Namespace, size: int) -> None:
    """Print the lines of one size."""
    trees = {"now": HERE.parents[2]} | ({"before": options.before.resolve()} if options.before else {})
    with ExitStack() as opened:
        ways = [
            opened.enter_context(start(code, tree, weights, size, numbers, options.avx2))
            for weights in options.weights
            for numbers in (["floats"] if weights.startswith("composite") else ["floats", "eight bits"])
            for code, tree in trees.items()
        ]
        peaks: dict[str, list[float]] = {"floats": [], "eight bits": [], "reading": []}
        for frame in range(options.frames + HEAT):
            for way in ways:
                way.draw(frame)
            for numbers, found in peaks.items():
                found.append(peak(numbers))
    rates = {numbers: max(found) for numbers, found in peaks.items()}
    for way in ways:
        code, weights, numbers = way.name
        middle = statistics.median(way.ms)
        share = f"{way.gflop / (middle * 1e-3) / rates[numbers]:.0%}" if way.gflop > LEAST_GFLOP else "-"
        tables = f"{way.megabytes:.1f} MB, {way.megabytes / rates['reading']:.1f} ms"
        print(
            f"| {code} | {weights} | {size} | {numbers} | {middle:.1f} | {min(way.ms):.1f} | {way.psnr:.0f} "
            f"| {way.gflop:.2f} | {share} | {tables} |"
        )
    print(
        f"peaks at {size} px: floats {rates['floats']:.0f} GFLOP/s, eight bits {rates['eight bits']:.0f}, "
        f"reading {rates['reading']:.0f} GB/s",
        flush=True,
    )


@contextmanager
def start(code: str, tree: Path, weights: str, size: int, numbers: str, avx2: bool) -> Iterator[Way]:
    """Start a process that draws with the code of a checkout, and end it."""
    from likeness.files.paths import find_weights

    command = [sys.executable, str(HERE), "--serve", str(find_weights(weights)), str(size), numbers]
    environment = os.environ | {"PYTHONPATH": str(tree / "engine"), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command + ["--avx2"] * avx2, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        psnr, gflop, megabytes = map(float, process.stdout.readline().split())
        yield Way(process, (code, weights, numbers), psnr, gflop, megabytes)
        process.stdin.close()


def serve(weights: str, size: int, numbers: str, avx2: bool) -> None:
    """Say what a frame is, then draw one for each line that comes, and say how long it took."""
    import cv2
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from likeness.generators.families.composite import open_composite
    from likeness.generators.networks.byte_rows import ROW_NUMBERS, RUN, ByteRows

    if avx2:
        # Torch asks the processor itself, whatever oneDNN was told.
        torch.cpu._is_vnni_supported = lambda: False
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.set_flush_denormal(True)  # as the render thread draws
    rows, summed = 0, ByteRows.sum

    def count(table: ByteRows, index: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        nonlocal rows
        rows += index.numel()
        return summed(table, index, weight)

    with torch.inference_mode():
        generator = open_composite(Path(weights), torch.device("cpu"), size)
        latents = generator.sample(range(64))
        ByteRows.sum = count  # type: ignore[method-assign, assignment]  # how often is told by nothing else
        with FlopCounterMode(display=False) as counter:
            generator.synthesize(latents[:1])
        ByteRows.sum = summed  # type: ignore[method-assign]  # as it was
        psnr = generator.use_int8() if numbers == "eight bits" else float("inf")
        print(psnr, counter.get_total_flops() / 1e9, rows * (RUN + ROW_NUMBERS) / 1e6, flush=True)
        for line in sys.stdin:
            latent = latents[int(line) % len(latents)][None]
            began = time.process_time()
            generator.synthesize(latent)
            print((time.process_time() - began) * 1e3, flush=True)


def peak(numbers: str) -> float:
    """Return GFLOP/s of a dense 3 x 3 convolution of these numbers, or GB/s of reading, on one thread."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(1)
    if numbers == "reading":
        memory = torch.ones(READ // 4)
        began = time.process_time()
        memory.sum()
        return READ / (time.process_time() - began) / 1e9
    from likeness.generators.devices import choose_dtype

    work = 2 * 9 * CHANNELS**2 * SIDE**2
    plane, weight = torch.rand(1, CHANNELS, SIDE, SIDE), torch.rand(CHANNELS, CHANNELS, 3, 3)
    last = torch.channels_last
    if numbers == "eight bits":
        torch.backends.quantized.engine = "onednn"
        whole = torch.quantize_per_tensor(plane.contiguous(memory_format=last), 0.01, 0, torch.quint8)
        packed = torch.ops.quantized.conv2d_prepack(
            torch.quantize_per_tensor(weight, 0.01, 0, torch.qint8), torch.zeros(CHANNELS), [1, 1], [1, 1], [1, 1], 1
        )
        ways = [lambda: torch.ops.quantized.conv2d(whole, packed, 1.0, 0)]
    else:
        dtype = choose_dtype(torch.device("cpu"))
        a, b = (torch.rand(MATRIX, MATRIX, dtype=dtype) for _ in range(2))
        plane, weight = (each.to(dtype, memory_format=last) for each in (plane, weight))
        ways = [lambda: functional.conv2d(plane, weight, padding=1), lambda: a @ b]
    rates = []
    for way, gflop in zip(ways, (work, 2 * MATRIX**3), strict=False):
        way()
        began = time.process_time()
        way()
        rates.append(gflop / (time.process_time() - began) / 1e9)
    return max(rates)


if __name__ == "__main__":
    main()
