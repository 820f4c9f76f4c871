"""Measure what cues and history add to a frame: the latent's course, what is done before each frame, and pictures.

Run `python tests/benchmarks/cues.py`; add `--layers 18 --width 512` for the latent of a StyleGAN of 1024 px.
"""

import argparse
import os
import statistics
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from likeness.cues.cues import Cues
from likeness.cues.latent_commands import Past, Release
from likeness.cues.latent_history import LatentHistory
from likeness.cues.latent_stage import LatentStage
from likeness.cues.thumbnail import encode_thumbnail
from likeness.events import Recall
from likeness.frame import Frame
from likeness.host.host import Host
from likeness.parameters.store import ParamStore
from likeness.picture import Drawn
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
    before = ("before the frame", "before the frame, no pictures kept")
    spent: dict[str, list[float]] = {state: [] for state in (*states, *before)}
    latents = [(faces[1] + index * 1e-3)[None] for index in range(8)]
    with torch.inference_mode():
        for _ in range(arguments.rounds):
            for state in states:
                course = prepared(state)
                began = time.perf_counter()
                for index in range(1, arguments.frames + 1):
                    course.step(latents[index % 8], Frame(index, index * DT, DT, index / 30, {}))
                spent[state].append((time.perf_counter() - began) / arguments.frames * 1e6)
            for state, kept in zip(before, (True, False), strict=True):
                spent[state].append(_between(arguments.frames, kept=kept))
    print(f"latent {list(shape)}, {torch.get_num_threads()} threads; medians of {arguments.rounds} rounds")
    print("| state | microseconds a frame |")
    print("| --- | --- |")
    for state, times in spent.items():
        print(f"| {state} | {statistics.median(times):.1f} |")
    print()
    for side in (256, 512, 1024):
        cost_ms = _encode_ms(side)
        # Once a second, on a thread of its own: the most that it could take from 60 frames, if all had to wait for it.
        print(f"a thumbnail of {side} px: {cost_ms:.2f} ms, at most {cost_ms / 10:.2f} % of a second's frames")


def _encode_ms(side: int) -> float:
    """Return the milliseconds of a thumbnail of a picture that is neither smooth nor noise, scaled from 16 px."""
    rough = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    smooth = torch.nn.functional.interpolate(rough, (side, side), mode="bicubic").clamp(0.0, 1.0)
    picture = np.ascontiguousarray((smooth[0] * 255).to(torch.uint8).permute(1, 2, 0).numpy())
    times = []
    for _ in range(50):
        began = time.perf_counter()
        encode_thumbnail(picture)
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def _between(frames: int, *, kept: bool) -> float:
    """Return the microseconds before a frame; `kept`: a picture falls due each second, as in a show."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["LIKENESS_HOME"] = home
        store = ParamStore()
        declare_show_params(store)
        host = Host(store)
        load_rack(host, ("random_walk", "sharpen"), ())
        pictures = [Drawn(np.zeros((256, 256, 3), np.uint8), index * DT, False) for index in range(frames)]
        newest = iter(pictures)
        memory = Cues(store, host, Moment, newest=(lambda: next(newest)) if kept else lambda: None)
        began = time.perf_counter()
        for index in range(frames):
            memory.advance(index * DT, index / 30)
        spent_us = (time.perf_counter() - began) / frames * 1e6
        memory.close()
    return spent_us


if __name__ == "__main__":
    main()
