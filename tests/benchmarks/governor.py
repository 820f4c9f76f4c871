"""Measure the governor: repeats and new pictures of the default show in a window, with and without it, on busy cores.

Run `python tests/benchmarks/governor.py`; it needs Xvfb. The demo plays full-screen on a virtual screen of 1920x1080
while as many other processes as there are cores keep them busy. Runs with the governor and with `--strict` take turns.
What is counted are the seconds after the last change of the rate, and at least the second half of each run.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from dataclasses import dataclass, replace
from itertools import pairwise

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from tests.benchmarks.loop import burn
from tests.benchmarks.repeats import virtual_screen

from likeness.files.paths import search_dirs
from likeness.options import QUIET
from likeness.parameters.presets import find_preset, read_preset
from likeness.show.first_weights import measure_rate
from likeness.show.show import Show
from likeness.toolkit.priority import raised_thread

# Before anything is counted: what is allocated once.
WARM_UP_S = 3.0


@dataclass(frozen=True)
class Run:
    """What one run showed: the weights, the rate at its end, and of what was counted the share of repeats and so on."""

    weights: str
    alone_per_s: float
    fps: float
    changes: int
    repeats: float
    new_per_s: float
    least_per_s: int
    late: float


def play(weights: str | None, seconds: float, *, strict: bool) -> Run:
    """Play the demo in a window and count."""
    options = replace(QUIET, outputs=["window"], weights=weights, measured=weights is None, strict=strict)
    preset = read_preset(find_preset("demo", search_dirs("presets")))
    # As a show's own thread is while it runs; the render thread is by itself.
    with Show(preset, options) as show, raised_thread():
        alone = measure_rate(show.generator)
        loop, stats = show.loop, show.loop.stats
        drawn, rates = [], []
        # When the frame of each tick began, and of each new picture.
        ticks: list[float] = []
        end = time.monotonic() + seconds + WARM_UP_S
        while time.monotonic() < end:
            repeated = stats.repeated
            loop.frame()
            ticks.append(stats.at)
            rates.append(loop.clock.fps)
            if stats.repeated == repeated:
                drawn.append(stats.at)
        name = show.first_weights.name
    changes = [at for at, before, after in zip(ticks[1:], rates[:-1], rates[1:], strict=True) if before != after]
    first = max([WARM_UP_S + seconds / 2, *(at for at in changes if at < ticks[-1] - 5.0)])
    counted = [at for at in ticks if at >= first]
    new = [at for at in drawn if at >= first]
    gaps = [later - earlier for earlier, later in pairwise(new)]
    whole = range(int(WARM_UP_S), int(ticks[-1]))
    return Run(
        name,
        alone,
        rates[-1],
        len(changes),
        1 - len(new) / len(counted),
        len(new) / (ticks[-1] - first),
        min(sum(second <= at < second + 1 for at in drawn) for second in whole),
        # Of the gaps between two pictures: those that are half as long again as they should be.
        sum(gap > 1.5 / rates[-1] for gap in gaps) / max(len(gaps), 1),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--weights", help="instead of those that the show chooses itself")
    parser.add_argument("--busy", type=int, default=os.cpu_count(), help="processes beside it")
    arguments = parser.parse_args()
    burners = [multiprocessing.get_context("spawn").Process(target=burn, daemon=True) for _ in range(arguments.busy)]
    for burner in burners:
        burner.start()
    runs: dict[bool, list[Run]] = {False: [], True: []}
    with virtual_screen():
        for number in range(arguments.rounds):
            # Which of the two comes first alternates, since a load that grows would fall on the second.
            for strict in (number % 2 == 0, number % 2 == 1):
                runs[strict].append(play(arguments.weights, arguments.seconds, strict=strict))
    for burner in burners:
        burner.terminate()
    print(f"{os.cpu_count()} cores, {arguments.busy} busy processes; load {os.getloadavg()[0]:.1f}; by run")
    print("| | weights | alone | rate | changes | repeats | late | new a second | least in a second |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for strict, name in ((False, "governor"), (True, "--strict")):
        for run in runs[strict]:
            print(
                f"| {name} | {run.weights} | {run.alone_per_s:.0f} | {run.fps:g} | {run.changes} | {run.repeats:.1%} "
                f"| {run.late:.1%} | {run.new_per_s:.1f} | {run.least_per_s} |"
            )
        repeats = statistics.median(run.repeats for run in runs[strict])
        late = statistics.median(run.late for run in runs[strict])
        print(f"| {name}, median | | | | | {repeats:.1%} | {late:.1%} | | {min(r.least_per_s for r in runs[strict])} |")


if __name__ == "__main__":
    main()
