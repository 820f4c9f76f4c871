"""Measure what the desk's preview costs a show: frame times of one show with somebody looking on, and with nobody.

Run `python tests/benchmarks/preview.py`. Stretches with and without a viewer take turns within one show, so that a
neighbour's load falls on both; it prints the medians of the ratios of neighbouring stretches, and the time of a core
that one picture takes. The show's clock never waits, so a frame's time is all of it, and the preview has no idle core
that a show at its usual rate would leave it: this is the worst case.
"""

import argparse
import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from likeness.files.paths import search_dirs
from likeness.options import QUIET
from likeness.parameters.presets import find_preset, read_preset
from likeness.show.show import Show
from likeness.web.preview import Preview

WARM_UP_FRAMES = 30


class Viewer:
    """Somebody who looks on, on a thread of its own, while `watching`."""

    def __init__(self, preview: Preview, width: int, rate: float) -> None:
        self._preview, self._width, self._rate = preview, width, rate
        self.pictures = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._watch())
        thread = threading.Thread(target=_run, args=(loop, task))
        thread.start()
        yield
        loop.call_soon_threadsafe(task.cancel)
        thread.join()

    async def _watch(self) -> None:
        number = -1
        while True:
            number, _ = await self._preview.next_picture(self._width, number, self._rate)
            self.pictures += 1


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()


def stretch(show: Show, frames: int) -> list[float]:
    """Return the times of `frames` frames in ms."""
    spent = []
    for _ in range(frames):
        show.loop.frame()
        spent.append(show.loop.stats.timings[-1].frame_ms)
    return spent


def _thread_id(name: str) -> int:
    return next(thread.ident or 0 for thread in threading.enumerate() if thread.name == name)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of `values` lie."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--frames", type=int, default=30, help="of each stretch")
    parser.add_argument("--size", type=int, default=512, help="of the show's picture in px")
    parser.add_argument("--width", type=int, default=512, help="of the preview in px")
    parser.add_argument("--rate", type=float, default=15.0, help="pictures a second of the preview")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--weights", default="composite-256", help="the bundled ones that play 60 fps at 512 px")
    arguments = parser.parse_args()
    options = replace(QUIET, size=(arguments.size, arguments.size), offline=True, weights=arguments.weights)
    with Show(read_preset(find_preset(arguments.preset, search_dirs("presets"))), options) as show:
        preview = Preview(lambda: show.loop.shown)
        preview.start()
        viewer = Viewer(preview, arguments.width, arguments.rate)
        stretch(show, WARM_UP_FRAMES)
        alone: list[list[float]] = []
        watched: list[list[float]] = []
        looked_s = 0.0
        for number in range(arguments.rounds):
            # Which of the two comes first alternates, since a load that grows would fall on the second.
            for watches in (number % 2 == 0, number % 2 == 1):
                if not watches:
                    alone.append(stretch(show, arguments.frames))
                    continue
                with viewer.watching():
                    began = time.perf_counter()
                    watched.append(stretch(show, arguments.frames))
                    looked_s += time.perf_counter() - began
        core_s = time.clock_gettime(time.pthread_getcpuclockid(_thread_id("preview")))
        preview.close()
    rate, core_ms = viewer.pictures / looked_s, 1e3 * core_s / max(viewer.pictures, 1)
    print(f"show of {arguments.size} px, preview of {arguments.width} px: {rate:.1f} pictures/s, {core_ms:.2f} ms each")
    plain_ms = statistics.median(statistics.median(each) for each in alone)
    ratios = [statistics.median(b) / statistics.median(a) for a, b in zip(alone, watched, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"median frame: {plain_ms:.2f} ms alone, with the preview x {middle:.3f} (quartiles {low:.3f} to {high:.3f})")
    slowest = [percentile([ms for each in stretches for ms in each], 0.99) for stretches in (alone, watched)]
    print(f"p99: {slowest[0]:.2f} ms alone, with the preview x {slowest[1] / slowest[0]:.3f}")


if __name__ == "__main__":
    main()
