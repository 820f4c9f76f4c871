"""Measure the whole loop: frames a second, the share outside synthesis, and the way from a hand to the picture.

Run `python tests/benchmarks/loop.py`; with `--busy` one other process burns a core beside it, and
`--weights faces-512 --sizes 512` plays those. Times on a shared machine jump: sizes take turns, and the medians of the
rounds are printed. `tests/benchmarks/faces.py` says how a larger processor is kept to what a smaller one has.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from dataclasses import replace

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from likeness.files.paths import search_dirs
from likeness.options import QUIET
from likeness.parameters.presets import find_preset, read_preset
from likeness.show.show import Show
from likeness.tools.latency.measure import LatencyResult, measure_osc

FPS = 60.0


def burn() -> None:
    """Keep one core busy until killed."""
    total = 0
    while True:
        total += 1


def throughput(weights: str | None, size: int, frames: int) -> tuple[float, float, float]:
    """Return frames a second, the share of the frame outside synthesis, and the plugins'; the clock never waits."""
    options = replace(QUIET, seconds=frames / FPS, weights=weights, size=(size, size), fps=FPS, offline=True)
    with Show(read_preset(find_preset("demo", search_dirs("presets"))), options) as show:
        for _ in range(20):
            show.loop.frame()
        show.loop.stats.timings.clear()
        began = time.perf_counter()
        for _ in range(frames):
            show.loop.frame()
        spent = time.perf_counter() - began
        whole_ms = sum(timing.frame_ms for timing in show.loop.stats.timings)
        outside = 1 - sum(timing.synthesis_ms for timing in show.loop.stats.timings) / whole_ms
        plugins = sum(slot.cost_ms for slot in show.host.rack) * len(show.loop.stats.timings) / whole_ms
    return frames / spent, outside, plugins


def ways(weights: str | None, size: int, presses: int) -> LatencyResult:
    """Return the ways of OSC messages from another process to the first picture that shows each."""
    options = replace(QUIET, weights=weights, size=(size, size), fps=FPS)
    return measure_osc(read_preset(find_preset("demo", search_dirs("presets"))), options, presses)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", help="those of the preset when left out")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--busy", action="store_true", help="burn one core beside it")
    arguments = parser.parse_args()
    neighbour = multiprocessing.get_context("spawn").Process(target=burn, daemon=True)
    if arguments.busy:
        neighbour.start()
    rates: dict[int, list[tuple[float, float, float]]] = {size: [] for size in arguments.sizes}
    seen: dict[int, list[LatencyResult]] = {size: [] for size in arguments.sizes}
    for _ in range(arguments.rounds):
        for size in arguments.sizes:
            rates[size].append(throughput(arguments.weights, size, arguments.frames))
            seen[size].append(ways(arguments.weights, size, arguments.presses))
    print(f"{os.cpu_count()} cores, {'one of them burnt by a neighbour' if arguments.busy else 'quiet'}")
    print(
        "| px | frames/s, free running | outside synthesis | of it plugins | hand to picture p50 | p99 | worst | lost |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for size in arguments.sizes:
        fps = statistics.median(rate for rate, _, _ in rates[size])
        outside = statistics.median(share for _, share, _ in rates[size])
        plugins = statistics.median(share for _, _, share in rates[size])
        every = LatencyResult(
            tuple(way for each in seen[size] for way in each.seconds), sum(each.lost for each in seen[size]), 0.0
        )
        hand = f"{every.percentile(0.5):.1f} ms | {every.percentile(0.99):.1f} ms | {max(every.seconds) * 1e3:.1f} ms"
        print(f"| {size} | {fps:.0f} | {outside:.1%} | {plugins:.1%} | {hand} | {every.lost} |")
    if arguments.busy:
        neighbour.terminate()


if __name__ == "__main__":
    main()
