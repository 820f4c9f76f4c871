"""What a search beside the show costs its frames: `python tests/benchmarks/lookalike.py [PAIRS] [FPS]`.

The preset `lookalike` plays on a fixed size with a drawn visitor before a video camera, so that the vision process is
at work all the time. Blocks of 4 s with a search and without one take turns; only ratios of such pairs say anything
on a machine that others use too.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import av
import numpy as np

from likeness import open_generator
from likeness.files.paths import find_weights, search_dirs
from likeness.options import QUIET
from likeness.parameters.presets import find_preset, read_preset
from likeness.picture import to_picture
from likeness.projection.worker import ProjectionWorker, SearchRequest
from likeness.show.show import Show

BLOCK_S = 4.0
SETTLED_S = 180.0


def write_visit(path: Path, face: np.ndarray) -> None:
    """Somebody stands before a wall for ten seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(150):
            wall = np.full((360, 640, 3), (90, 130, 70), np.uint8)
            left = 180 + round(20 * np.sin(index / 9))
            wall[52:308, left : left + 256] = face
            container.mux(stream.encode(av.VideoFrame.from_ndarray(wall, format="rgb24")))
        container.mux(stream.encode())


def p99(spent_ms: list[float]) -> float:
    """The 99th of a hundred."""
    return sorted(spent_ms)[min(len(spent_ms) * 99 // 100, len(spent_ms) - 1)]


def block(show: Show) -> list[float]:
    """Play for some seconds; return what each frame took."""
    first, spent, due = time.monotonic(), [], time.monotonic()
    while time.monotonic() - first < BLOCK_S:
        show.loop.frame()
        spent.append(show.loop.stats.timings[-1].frame_ms)
        # The loop waits for each frame, however long it takes, so that all of it is measured; the pace is kept here.
        due += 1 / show.fps
        time.sleep(max(0.0, due - time.monotonic()))
    return spent


def main(pairs: int, fps: float) -> None:
    """Print the pairs and what they come to."""
    weights = find_weights("composite-256")
    generator = open_generator(weights)
    face = np.asarray(to_picture(generator.synthesize(0.7 * generator.sample([5]))))
    searcher = ProjectionWorker(partial(open_generator, str(weights), size=256))
    with tempfile.TemporaryDirectory() as folder:
        visit = Path(folder) / "visit.mp4"
        write_visit(visit, face)
        preset = read_preset(find_preset("lookalike", search_dirs("presets")))
        settings = {"lookalike.steps": "0", "lookalike.rest": "0"}
        options = replace(QUIET, fps=fps, offline=True, camera=str(visit), settings=settings)
        try:
            with Show(preset, options) as show:
                plugin = next(slot.plugin for slot in show.host.rack if slot.name == "lookalike")
                searcher.start_search(SearchRequest(face, "encoder", 2))
                began = time.monotonic()
                while not (searcher.ended and plugin._visitor) and time.monotonic() - began < SETTLED_S:
                    show.loop.frame()
                print(f"after {time.monotonic() - began:.0f} s: visitor {plugin._visitor is not None}", flush=True)
                compare(show, searcher, face, pairs)
        finally:
            searcher.close()


def compare(show: Show, searcher: ProjectionWorker, face: np.ndarray, pairs: int) -> None:
    """Print one line a pair, and the middle of the ratios."""
    alone, beside, ratios = [], [], []
    for pair in range(pairs):
        searcher.cancel()
        without = block(show)
        searcher.start_search(SearchRequest(face, "encoder", 100_000))
        searcher.wait_for_step(0, 30.0)
        while searcher.poll_steps():
            pass
        within = block(show)
        steps = len(searcher.poll_steps())
        ratios.append(p99(within) / p99(without))
        alone += without
        beside += within
        print(
            f"{pair}: p99 {p99(without):.1f} ms alone, {p99(within):.1f} ms with {steps} steps, {ratios[-1]:.2f}",
            flush=True,
        )
    print(f"median {statistics.median(alone):.1f} and {statistics.median(beside):.1f} ms")
    print(f"p99 of all {p99(alone):.1f} and {p99(beside):.1f} ms, {p99(beside) / p99(alone):.2f} times")
    print(f"median ratio of p99 within a pair: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8, float(sys.argv[2]) if len(sys.argv) > 2 else 10.0)
