"""Measure what bending costs a live show: frames missed and late with it and without, in turns of one show.

    python tests/benchmarks/bending.py                                            # a composite, in its own terms
    python tests/benchmarks/bending.py --weights network.safetensors --layer b16.conv1 --backend eager

A frame is missed where the picture before is shown again, late where it takes longer than a frame lasts.
"""

import argparse
import logging
import os
import statistics
from dataclasses import dataclass, field, replace

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from likeness.options import QUIET
from likeness.parameters.presets import Preset, ShowTable
from likeness.show.show import Show

COMPOSITE = {"bend_composite.hair": 0.7, "bend_composite.warp": 1.5, "bend_composite.outline": 0.2, "bend.gain": 1.5}
NETWORK = {"bend.rotate": 40.0, "bend.zoom": 1.3, "bend.noise": 0.4, "bend.dilate": 0.4}
WARM_UP = 60


@dataclass
class Counts:
    """What happened in one of both states."""

    missed: int = 0
    frames_ms: list[float] = field(default_factory=list)


def play(show: Show, values: dict[str, float], seconds: float, turn_s: float) -> dict[str, Counts]:
    """Return the counts bent and at rest, each for so many seconds, in turns."""
    counts = {"at rest": Counts(), "bent": Counts()}
    params, stats = show.rack_editor.stage.params, show.loop.stats
    rest = {address: show.store.param(address).default_value for address in values}
    for _ in range(WARM_UP):
        show.loop.frame()
    for _ in range(round(seconds / turn_s)):
        for name, each in counts.items():
            for address, value in (values if name == "bent" else rest).items():
                params.set(address, value)
            missed = stats.repeated
            for _ in range(round(turn_s * show.fps)):
                show.loop.frame()
                each.frames_ms.append(stats.timings[-1].frame_ms)
            each.missed += stats.repeated - missed
    return counts


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", default="faces-256")
    parser.add_argument("--layer", default="", help="of a network; without one a composite is bent in its own terms")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--fps", type=float, default=15.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--turn", type=float, default=5.0)
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)
    table = ShowTable(plugins=("random_walk", "bend_composite", "bend"), seed=3)
    options = replace(
        QUIET,
        size=(wanted.size, wanted.size),
        fps=wanted.fps,
        weights=wanted.weights,
        backend=wanted.backend,
        strict=True,
    )
    values = NETWORK if wanted.layer else COMPOSITE
    with Show(Preset(show=table, values={"bend": {"layer": wanted.layer or "strands"}}), options) as show:
        counts = play(show, values, wanted.seconds, wanted.turn)
    print("| | frames | missed | late | median | 99 % |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, each in counts.items():
        spent = sorted(each.frames_ms)
        late = sum(ms > 1e3 / wanted.fps for ms in spent)
        middle, tail = statistics.median(spent), spent[len(spent) * 99 // 100]
        print(f"| {name} | {len(spent)} | {each.missed} | {late} | {middle:.1f} ms | {tail:.1f} ms |")


if __name__ == "__main__":
    main()
