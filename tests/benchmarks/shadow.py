"""A leader that is killed again and again, and how soon its shadow's pictures follow its last one.

`python tests/benchmarks/shadow.py [--rounds 5] [--fps 30] [--size 256x256] [--signal kill]`

Two real shows on this machine: one plays, the other one follows it. Both write their pictures as PNG files, the shadow
from the moment at which it plays; the files' times are what is compared. `--signal stop` stops the leader instead of
killing it, as a cable that is pulled would: its connection stays, and the grace is waited for.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "engine")]
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from likeness.files.paths import LIGHT_WEIGHTS  # noqa: E402

PROGRAM = [sys.executable, "-m", "likeness.cli", "play"]
QUIET = ["--midi", "off", "--osc-port", "0", "--no-autosave", "--output", "null"]
DEADLINE_S = 120.0
FOLLOWED_S = 3.0


def find_port() -> int:
    """Return a TCP port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait(condition: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > DEADLINE_S:
            raise RuntimeError(f"not in {DEADLINE_S:g} s: {what}")
        time.sleep(0.05)


def pictures_in(folder: Path) -> list[Path]:
    """Return the whole pictures of a folder, in order."""
    return sorted(path for path in folder.glob("*.png") if path.stat().st_size)


def distance(one: Path, other: Path) -> float:
    """Return the mean difference of two pictures, of 255."""
    a, b = cv2.imread(str(one)), cv2.imread(str(other))
    return float("nan") if a is None or b is None else float(np.abs(a.astype(int) - b.astype(int)).mean())


def to(folder: Path, port: int) -> list[str]:
    """Return the options that write pictures to `folder` and have the desk on `port`."""
    return ["--output", str(folder), "--web-port", str(port)]


def play_round(folder: Path, fps: float, size: str, number: int) -> tuple[float, float, float]:
    """Play, end the leader, and return the gap in frames, the distance across it, and that of the leader's pictures."""
    port, led, own = find_port(), folder / "led", folder / "own"
    for each in (led, own):
        each.mkdir()
    shows = []
    commands = (
        ["installation", "--weights", LIGHT_WEIGHTS, "--size", size, "--fps", str(fps), *to(led, port)],
        ["--shadow", f"127.0.0.1:{port}", *to(own, find_port())],
    )
    try:
        for command in commands:
            log = (folder / f"log-{len(shows)}").open("w")
            shows.append(subprocess.Popen([*PROGRAM, *command, *QUIET], stdout=log, stderr=log, cwd=ROOT))
        followed = folder / "log-1"
        wait(lambda: "following" in followed.read_text(), f"a shadow; {followed.read_text()[-300:]}")
        time.sleep(FOLLOWED_S)
        os.kill(shows[0].pid, number)
        wait(lambda: len(pictures_in(own)) > 1, f"pictures of the shadow; {followed.read_text()[-300:]}")
        last = [path for path in pictures_in(led)[-12:] if cv2.imread(str(path)) is not None]
        first = pictures_in(own)[0]
        gap_s = first.stat().st_mtime - last[-1].stat().st_mtime
        steps = [distance(before, after) for before, after in pairwise(last)]
        return gap_s * fps, distance(last[-1], first), max(steps)
    finally:
        for show in shows:
            show.kill()
            show.wait()


def main() -> None:
    """Print a line for each round, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--size", default="256x256")
    parser.add_argument("--signal", choices=("kill", "stop"), default="kill")
    arguments = parser.parse_args()
    number = signal.SIGKILL if arguments.signal == "kill" else signal.SIGSTOP
    print("frames from the leader's last picture to the shadow's first | distance of the two | largest before, of 255")
    gaps = []
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            gap, across, before = play_round(Path(folder), arguments.fps, arguments.size, number)
        gaps.append(gap)
        print(f"{gap:.1f} | {across:.2f} | {before:.2f} | load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"median {median(gaps):.1f}, largest {max(gaps):.1f} frames at {arguments.fps:g} a second")


if __name__ == "__main__":
    main()
