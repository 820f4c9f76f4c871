"""Measure what a repeated picture costs the outputs: the same array again, against the same pixels in a new array.

Run `python tests/benchmarks/repeats.py`; it opens a window on a virtual screen of 1920x1080 where Xvfb is installed. A
new array is what every frame was before repeats were known by their array. The two take turns; medians are printed.
"""

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from likeness.inputs.camera.live_mark import LiveMark
from likeness.master import Master
from likeness.outputs.fitting import FittedOutput
from likeness.outputs.output import NullOutput
from likeness.picture import Picture

VALUES = {"blackout": False, "freeze": False, "brightness": 0.8, "fade": 0.5}


@contextmanager
def virtual_screen() -> Iterator[None]:
    """Run an X server of 1920x1080 and make it the display."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-screen", "0", "1920x1080x24", "-displayfd", str(writing), "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        os.environ["DISPLAY"] = f":{pipe.readline().strip()}"
    os.environ.pop("SDL_VIDEODRIVER", None)
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def time_both(show: Callable[[Picture], object], picture: Picture, rounds: int) -> tuple[float, float]:
    """Return the median ms of a new array and of the same one, of both threads of SDL and the server together."""
    anew, again = [], []
    show(picture)
    for _ in range(rounds):
        for spent, shown in ((anew, picture[:]), (again, None)):
            if shown is not None:
                kept = shown
            began = time.perf_counter()
            show(kept)
            spent.append((time.perf_counter() - began) * 1e3)
    return statistics.median(anew), statistics.median(again)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--size", type=int, default=512)
    arguments = parser.parse_args()
    picture = np.random.default_rng(0).integers(0, 256, (arguments.size, arguments.size, 3), np.uint8)
    master, mark, fitted = Master(), LiveMark(), FittedOutput(NullOutput(), 1920, 1080)
    print(f"| {arguments.size} px | new array | the same array |\n| --- | --- | --- |")
    with virtual_screen():
        from likeness.outputs.window import WindowOutput

        window = WindowOutput(
            size=None, display=0, windowed=False, fps=60, title="repeats", on_key=len, on_close=lambda: None
        )
        ways: dict[str, Callable[[Picture], object]] = {
            "window, full-screen at 1920x1080": lambda shown: window.show(shown, 0.0),
            "file of 1920x1080, before its encoder": lambda shown: fitted.show(shown, 0.0),
            "master at brightness 0.8": lambda shown: master.apply(shown, VALUES, 0.0),
            "camera mark": mark,
        }
        for name, show in ways.items():
            anew, again = time_both(show, picture, arguments.rounds)
            print(f"| {name} | {anew:.3f} ms | {again:.3f} ms |")
        window.close()


if __name__ == "__main__":
    main()
