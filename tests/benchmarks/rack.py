"""Measure what changes of the rack cost a live show: frames missed with them and without, in turns.

Run `python tests/benchmarks/rack.py`. Each round plays the same preset for some seconds twice: once left alone, once
with plugins added, moved, removed, reloaded, and reloaded from a broken file all the time. A frame is missed where the
picture before is shown again, late where it takes more than twice the median.
"""

import argparse
import logging
import os
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from likeness.files.paths import search_dirs
from likeness.options import QUIET
from likeness.parameters.presets import find_preset, read_preset
from likeness.show.show import Show

GOOD = (
    "from likeness import Float, hookimpl\n\n\nclass Plugin:\n    @hookimpl\n    def declare_params(self):\n"
    "        return [Float('by', 0.1)]\n\n    @hookimpl\n    def update(self, latent, params):\n"
    "        return latent + params['by']\n"
)
BROKEN = "def broken(:\n"
WARM_UP = 60
EVERY = 20


def play(folder: Path, seconds: float, size: int, fps: float, changing: bool) -> tuple[int, int, int, float, float]:
    """Return changes, missed and late frames, the median and the worst frame time in ms."""
    file = folder / "mine.py"
    file.write_text(GOOD)
    options = replace(QUIET, size=(size, size), fps=fps, plugins=[file])
    with Show(read_preset(find_preset("demo", search_dirs("presets"))), options) as show:
        bench = show.rack_editor
        turns = (
            lambda: bench.add("style_mixing"),
            lambda: bench.move("style_mixing", 0),
            lambda: (file.write_text(BROKEN), bench.reload("mine")),
            lambda: (file.write_text(GOOD), bench.reload("mine")),
            lambda: bench.remove("style_mixing"),
        )
        for _ in range(WARM_UP):
            show.loop.frame()
        repeated, changes, spent = show.loop.stats.repeated, 0, []
        for index in range(round(seconds * fps)):
            if changing and index % EVERY == 0:
                turns[changes % len(turns)]()
                changes += 1
            show.loop.frame()
            spent.append(show.loop.stats.timings[-1].frame_ms)
        middle = statistics.median(spent)
        late = sum(each > 2 * middle for each in spent)
        return changes, show.loop.stats.repeated - repeated, late, middle, max(spent)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--fps", type=float, default=30.0)
    arguments = parser.parse_args()
    # The broken file's traceback, many times over.
    logging.disable(logging.CRITICAL)
    print("| round | changes | missed | late | median | worst |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for index in range(arguments.rounds):
            for changing in (False, True):
                changes, missed, late, middle, worst = play(
                    Path(folder), arguments.seconds, arguments.size, arguments.fps, changing
                )
                print(f"| {index} | {changes} | {missed} | {late} | {middle:.1f} ms | {worst:.1f} ms |", flush=True)


if __name__ == "__main__":
    main()
