"""Draw frames with no search, with one on a thread, and with one in a process beside them; print frame times.

    python tests/benchmarks/search_beside_show.py PHOTO

PHOTO is an aligned face. The three take turns within each round, so that a neighbour's load falls on all of them;
a frame's time is drawing and reading back, without the wait for its moment. Thread and process search on one core,
at low priority where the system has one for it.
"""

import argparse
import functools
import os
import threading
import time
from pathlib import Path

import numpy as np
import torch

from likeness import open_generator
from likeness.faces.photo import read_photo
from likeness.files.paths import find_weights
from likeness.generator import Generator
from likeness.picture import Picture, resize_images, to_picture
from likeness.projection.loss import face_mask, open_feature_net
from likeness.projection.search import project
from likeness.projection.worker import ProjectionWorker, SearchRequest
from likeness.toolkit.worker_process import NICENESS

FPS = 30


class ThreadSearch:
    """What `ProjectionWorker` does, on a thread of this process and with the show's own generator."""

    def __init__(self, generator: Generator, picture: Picture) -> None:
        self._generator, self._eye = generator, open_feature_net()
        size = generator.info.resolution
        self._target = resize_images(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1, size)
        self._mask = face_mask(size)
        self.count = 0
        self._stop = threading.Event()

    def begin(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        torch.set_num_threads(1)
        if hasattr(os, "setpriority"):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        for _ in project(self._generator, self._target, steps=100_000, mask=self._mask, feature_net=self._eye):
            self.count += 1
            if self._stop.is_set():
                return


@torch.inference_mode()
def frames(generator: Generator, seconds: float, latents: torch.Tensor) -> list[float]:
    """Return the milliseconds of each frame."""
    spent = []
    due = time.perf_counter()
    for index in range(round(seconds * FPS)):
        due += 1 / FPS
        time.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        to_picture(generator.synthesize(latents[index % len(latents)][None]))
        spent.append((time.perf_counter() - began) * 1e3)
        due = max(due, time.perf_counter())
    return spent


def main() -> None:
    """Read the options, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--weights", default="composite-256", help="a weights file, or the name of a bundled one")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each turn")
    options = parser.parse_args()
    torch.set_num_threads(max(1, (os.cpu_count() or 1) - 1))
    path = find_weights(options.weights)
    generator = open_generator(path)
    latents = generator.sample(range(64))
    picture = read_photo(options.photo)
    thread = ThreadSearch(generator, picture)
    process = ProjectionWorker(functools.partial(open_generator, path))
    process.start_search(SearchRequest(picture, "mean", 1))
    if not process.wait_for_step(1, 300):
        raise SystemExit(f"the searching process does not start: {process.error}")
    frames(generator, 1.0, latents)
    times: dict[str, list[float]] = {"none": [], "thread": [], "process": []}
    steps = dict.fromkeys(times, 0)
    for _ in range(options.rounds):
        times["none"] += frames(generator, options.seconds, latents)
        before = thread.count
        thread.begin()
        times["thread"] += frames(generator, options.seconds, latents)
        thread.end()
        steps["thread"] += thread.count - before
        process.start_search(SearchRequest(picture, "mean", 100_000))
        process.wait_for_step(0, 10)
        process.poll_steps()
        times["process"] += frames(generator, options.seconds, latents)
        steps["process"] += len(process.poll_steps())
        process.cancel()
    process.close()
    alone = {share: float(np.percentile(times["none"], share)) for share in (50, 99)}
    print("| search | p50 | p99 | p99, times alone | steps/s |")
    print("| --- | --- | --- | --- | --- |")
    for name, spent in times.items():
        p50, p99 = (float(np.percentile(spent, share)) for share in (50, 99))
        rate = steps[name] / (options.rounds * options.seconds)
        print(f"| {name} | {p50:.1f} ms | {p99:.1f} ms | {p99 / alone[99]:.2f} | {rate:.1f} |")


if __name__ == "__main__":
    main()
