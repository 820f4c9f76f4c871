"""Measure what cues and history add to a frame: the latent's course, and what is done before each frame.

Run `python tests/benchmarks/cues.py`; add `--layers 18 --width 512` for the latent of a StyleGAN of 1024 px.
"""

import argparse
import os
import statistics
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch

from likeness.cues.cues import Cues
from likeness.cues.latent_commands import Past, Release
from likeness.cues.latent_history import LatentHistory
from likeness.cues.latent_stage import LatentStage
from likeness.events import Recall
from likeness.frame import Frame
from likeness.host.host import Host
from likeness.parameters.store import ParamStore
from likeness.show.load_rack import declare_show_params, load_rack
from likeness.tempo.transport import Moment

DT = 1 / 60


def main() -> None:
    """Print microseconds a frame for each state of the course."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    shape = (arguments.layers, arguments.width)
    faces = torch.randn(3, *shape, generator=torch.Generator().manual_seed(1))
    face = faces[0]

    def prepared(state: str) -> LatentStage:
        course = LatentStage(torch.zeros(shape), LatentHistory(*shape, 60.0))
        course.step(faces[1][None], Frame(0, 0.0, 0.0, 0.0, {}))
        if state != "untouched":
            course.handle(Recall("a", 1e9 if state == "on its way" else 0.0, lambda: face))
        if state == "releasing":
            course.step(faces[1][None], Frame(1, DT, DT, 0.0, {}))
            course.handle(Release(1e9))
        if state == "in the past":
            course.handle(Past(0.0))
        return course

    states = ("untouched", "called up", "on its way", "releasing", "in the past")
    spent: dict[str, list[float]] = {state: [] for state in (*states, "before the frame")}
    latents = [(faces[1] + index * 1e-3)[None] for index in range(8)]
    with torch.inference_mode():
        for _ in range(arguments.rounds):
            for state in states:
                course = prepared(state)
                began = time.perf_counter()
                for index in range(1, arguments.frames + 1):
                    course.step(latents[index % 8], Frame(index, index * DT, DT, index / 30, {}))
                spent[state].append((time.perf_counter() - began) / arguments.frames * 1e6)
            spent["before the frame"].append(_between(arguments.frames))
    print(f"latent {list(shape)}, {torch.get_num_threads()} threads; medians of {arguments.rounds} rounds")
    print("| state | microseconds a frame |")
    print("| --- | --- |")
    for state, times in spent.items():
        print(f"| {state} | {statistics.median(times):.1f} |")


def _between(frames: int) -> float:
    with tempfile.TemporaryDirectory() as home:
        os.environ["LIKENESS_HOME"] = home
        store = ParamStore()
        declare_show_params(store)
        host = Host(store)
        load_rack(host, ("random_walk", "sharpen"), ())
        memory = Cues(store, host, Moment)
        began = time.perf_counter()
        for index in range(frames):
            memory.advance(index * DT, index / 30)
        spent_us = (time.perf_counter() - began) / frames * 1e6
        memory.close()
    return spent_us


if __name__ == "__main__":
    main()
