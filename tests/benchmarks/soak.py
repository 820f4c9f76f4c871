"""Measure what a show keeps: memory, handles, threads and frame times of one that plays with everything on.

Run `python tests/benchmarks/soak.py --minutes 20 --plot soak.svg`; it needs Xvfb. The demo plays in a window while
pages of the desk come and go and move faders, OSC arrives, cues are stored and recalled, presets are recalled, weights
are swapped and plugins reloaded, `--pace` times as often as on a busy evening. Twelve times a minute it is looked at
from outside; each minute is a line. At the end the slopes after a warm-up are fitted: the interval is that of 95 %, for
residuals that remember each other. Of memory that is done for all looks, and for the least of each minute: weights that
are opened and faded hold some 100 MB for seconds, twice a minute, which hides what stays.

The warm-up is as long as the past takes to fill up, ten minutes at the rate of `--fps`; a machine that does not hold
that rate needs longer, and a lower one is better then.
"""

import argparse
import asyncio
import csv
import itertools
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from time import monotonic, sleep

import numpy as np
from pythonosc.udp_client import SimpleUDPClient
from tests.benchmarks.repeats import virtual_screen
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from likeness.files.paths import LIGHT_WEIGHTS, find_weights

ROOT = Path(__file__).resolve().parents[2]
EVERY_S, DAY_S = 5.0, 86_400.0
# A machine that others keep busy lets a page in late, and a show end late.
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Look:
    """The show from outside: minutes since its first picture, MB of its own, handles, threads, ms, frames a second."""

    minutes: float
    memory_mb: float
    handles: int
    threads: int
    p99_ms: float
    fps: float


def look(pid: int, port: int, began: float) -> Look:
    """Return what Linux and the show's status say of it now."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=20) as answer:
        numbers = json.load(answer)
    # Without the pages of files, which the system takes back when it needs them.
    memory_mb = int(said["RssAnon"].split()[0]) / 1024
    handles = len(os.listdir(f"/proc/{pid}/fd"))
    p99_ms, fps = numbers["frame_ms"]["p99"], numbers["fps"]
    return Look((monotonic() - began) / 60, memory_mb, handles, int(said["Threads"]), p99_ms, fps)


async def move_faders(port: int) -> None:
    """Be a page that moves two faders 30 times a second and reads all that it is told."""
    async with connect(f"ws://127.0.0.1:{port}/socket", max_size=None, open_timeout=PATIENCE_S) as page:
        reading = asyncio.ensure_future(read(page))
        for turn in itertools.count():
            value = 0.8 + 0.1 * math.sin(turn / 20)
            await page.send(json.dumps([["/show/psi", value], ["/random_walk/speed", value / 4]]))
            await asyncio.sleep(1 / 30)
        await reading


async def read(page: ClientConnection) -> None:
    """Read to the end."""
    with suppress(WebSocketException):
        async for _ in page:
            pass


async def come_and_go(port: int, pace: float) -> None:
    """Be a page that is opened, looks for some seconds and is closed."""
    while True:
        async with connect(f"ws://127.0.0.1:{port}/socket", max_size=None, open_timeout=PATIENCE_S) as page:
            with suppress(TimeoutError):
                await asyncio.wait_for(read(page), 7 / pace)


async def ask(port: int, pace: float) -> None:
    """Ask for pictures, health and parameters by HTTP, as other programs do."""
    for path in itertools.cycle(("frame.jpg", "health", "?HOST_INFO", "desk", "")):
        with suppress(OSError):
            await asyncio.to_thread(fetch, f"http://127.0.0.1:{port}/{path}")
        await asyncio.sleep(1.3 / pace)


def fetch(address: str) -> None:
    """Read all of an answer."""
    with urllib.request.urlopen(address, timeout=20) as answer:
        answer.read()


async def play(osc: SimpleUDPClient, weights: Sequence[str], pace: float) -> None:
    """Play by OSC: values ten times a second; cues, presets, weights and plugins in turn; all of it `pace` times."""
    for turn in itertools.count():
        second, tenth = divmod(turn, 10)
        osc.send_message("/random_walk/reach", 0.5 + 0.3 * math.sin(turn / 30))
        if tenth == 0:
            if second % 5 == 0:
                command = "/cue/store" if second // 5 % 2 == 0 else "/cue/recall"
                osc.send_message(command, 1 + second // 10 % 8)
            if second % 20 == 7:
                osc.send_message("/preset/recall", ["demo" if second // 20 % 2 else "hands-on", 2.0])
            if second % 30 == 13:
                osc.send_message("/generator/load", [weights[second // 30 % 2], 1.0])
            if second % 15 == 4:
                osc.send_message("/rack/reload", "random_walk")
            if second % 40 in (9, 29):
                osc.send_message("/rack/add" if second % 40 == 9 else "/rack/remove", "style_mixing")
            if second % 60 == 42:
                osc.send_message("/master/press", 1)
                osc.send_message("/master/press", 1)
        await asyncio.sleep(0.1 / pace)


async def keep_busy(
    port: int, osc_port: int, weights: Sequence[str], looks: list[Look], pid: int, end: float, pace: float
) -> None:
    """Play and look until `end`."""
    began = monotonic()
    jobs = [
        asyncio.ensure_future(job)
        for job in (
            move_faders(port),
            come_and_go(port, pace),
            ask(port, pace),
            play(SimpleUDPClient("127.0.0.1", osc_port), weights, pace),
        )
    ]
    print("minute  memory MB  handles  threads  p99 ms   fps  load")
    try:
        while monotonic() - began < end:
            await asyncio.sleep(EVERY_S)
            looks.append(await asyncio.to_thread(look, pid, port, began))
            failed = [job for job in jobs if job.done()]
            if failed:
                raise RuntimeError(f"a part of the soak ended: {failed[0].exception()!r}")
            if len(looks) % round(60 / EVERY_S) == 0:
                now = looks[-1]
                print(
                    f"{now.minutes:6.1f}  {now.memory_mb:9.1f}  {now.handles:7}  {now.threads:7}  {now.p99_ms:6.1f}  "
                    f"{now.fps:4.1f}  {os.getloadavg()[0]:4.1f}",
                    flush=True,
                )
    finally:
        for job in jobs:
            job.cancel()


def fit(minutes: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return the slope for a day and half the width of its 95 % interval.

    Neighbouring residuals resemble each other, so that they count as fewer: n (1 - r) / (1 + r) of n.
    """
    x, y = np.asarray(minutes), np.asarray(values)
    slope, intercept = np.polyfit(x, y, 1)
    residuals = y - (intercept + slope * x)
    spread = float((residuals**2).sum())
    r = float((residuals[1:] * residuals[:-1]).sum()) / spread if spread > 0 else 0.0
    count = max(3.0, len(x) * (1 - max(r, 0.0)) / (1 + max(r, 0.0)))
    free = max(count - 2, 1.0)
    error = math.sqrt(spread / free / float(((x - x.mean()) ** 2).sum()))
    per_day = DAY_S / 60
    return float(slope) * per_day, error * student(free) * per_day


def least_of_each_minute(looks: Sequence[Look]) -> tuple[list[float], list[float]]:
    """Return when and how much the least memory was in each minute."""
    least = [
        min(group, key=lambda each: each.memory_mb)
        for _, group in itertools.groupby(looks, key=lambda each: math.floor(each.minutes))
    ]
    return [each.minutes for each in least], [each.memory_mb for each in least]


def student(free: float, z: float = 1.959964) -> float:
    """Return the 97.5 % point of Student's t [Abramowitz and Stegun 1964, 26.7.5]."""
    return z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)


def plot(looks: Sequence[Look], warm_up: float) -> str:
    """Return the looks as SVG, a panel for each number; what is before the warm-up's end is pale."""
    panels = {"memory_mb": "memory of its own, MB", "handles": "handles", "threads": "threads"}
    panels["p99_ms"] = "frame, 99 %, ms"
    width, height, left, gap = 640, 110, 60, 44
    box = f"0 0 {width + left + 20} {len(panels) * (height + gap) + 24}"
    last = max(each.minutes for each in looks)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" '
        'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
    ]
    for row, (name, title) in enumerate(panels.items()):
        values = [float(getattr(each, name)) for each in looks]
        # A line that stands still is drawn as one: the axis is not stretched to noise.
        low, high = min(values), max(values)
        middle, half = (low + high) / 2, max((high - low) * 0.6, abs(high) * 0.02, 1.0)
        top = row * (height + gap) + 30
        parts.append(f'<text x="{left}" y="{top - 8}">{title}</text>')
        parts.append(f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#bbb"/>')
        for value in (middle - half, middle, middle + half):
            y = top + height * (1 - (value - middle + half) / (2 * half))
            parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{value:.4g}</text>')
        points = [
            (left + width * each.minutes / last, top + height * (1 - (value - middle + half) / (2 * half)))
            for each, value in zip(looks, values, strict=True)
        ]
        for pale, chosen in ((True, "#9bbbd4"), (False, "#1f6f9f")):
            kept = [
                point
                for each, point in zip(looks, points, strict=True)
                if (each.minutes <= warm_up + EVERY_S / 60 if pale else each.minutes >= warm_up)
            ]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in kept)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{chosen}" stroke-width="1.5"/>')
    bottom = len(panels) * (height + gap) + 8
    parts += [
        f'<text x="{left + width * minute / last:.1f}" y="{bottom}" text-anchor="middle">{minute}</text>'
        for minute in range(0, math.floor(last) + 1, max(1, round(last / 10)))
    ]
    parts.append(f'<text x="{left + width}" y="{bottom + 14}" text-anchor="end">minutes</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Play, print the minutes and the slopes, and write the plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--warm-up", type=float, default=12.0, help="minutes that are not fitted")
    parser.add_argument("--fps", type=float, default=20.0)
    parser.add_argument("--pace", type=float, default=1.0, help="how many times as much is done in a minute")
    parser.add_argument("--web-port", type=int, default=9301)
    parser.add_argument("--osc-port", type=int, default=9300)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--csv", type=Path, help="all looks")
    arguments = parser.parse_args()
    looks: list[Look] = []
    with tempfile.TemporaryDirectory() as folder, virtual_screen():
        other = Path(folder) / "other.safetensors"
        shutil.copy(find_weights(LIGHT_WEIGHTS), other)
        ports = ("--osc-port", str(arguments.osc_port), "--web-port", str(arguments.web_port), "--midi", "off")
        show = ("--weights", LIGHT_WEIGHTS, "--windowed", "--size", "512x512", "--fps", f"{arguments.fps:g}", *ports)
        environment = {**os.environ, "LIKENESS_HOME": folder, "OMP_WAIT_POLICY": "PASSIVE"}
        command = [sys.executable, "-m", "likeness.cli", "play", "demo", *show]
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            deadline = monotonic() + 180
            while True:
                with suppress(OSError):
                    fetch(f"http://127.0.0.1:{arguments.web_port}/health")
                    break
                if monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError((Path(folder) / "log").read_text())
                sleep(0.5)
            seconds = arguments.minutes * 60
            weights = (str(other), LIGHT_WEIGHTS)
            ports_of = (arguments.web_port, arguments.osc_port)
            asyncio.run(keep_busy(*ports_of, weights, looks, process.pid, seconds, arguments.pace))
        except KeyboardInterrupt:
            pass
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
            lines = (Path(folder) / "log").read_text().splitlines()
            print(f"\nthe show ended with status {process.returncode}; the last of {len(lines)} lines of its log:")
            print("\n".join(lines[-5:]))
    if arguments.plot:
        arguments.plot.write_text(plot(looks, arguments.warm_up))
    if arguments.csv:
        with arguments.csv.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(field.name for field in fields(Look))
            rows.writerows(astuple(each) for each in looks)
    fitted = [each for each in looks if each.minutes >= arguments.warm_up]
    if len({math.floor(each.minutes) for each in fitted}) < 4:
        print("\ntoo short for a slope: some minutes have to come after the warm-up")
        return
    print(f"\nslopes of {len(fitted)} looks after {arguments.warm_up:g} minutes; load {os.getloadavg()[0]:.1f}")
    series = {"memory_mb, least of each minute": least_of_each_minute(fitted)}
    for name in ("memory_mb", "handles", "threads", "p99_ms"):
        series[name] = [each.minutes for each in fitted], [float(getattr(each, name)) for each in fitted]
    for name, (minutes, values) in series.items():
        slope, half = fit(minutes, values)
        print(f"{name}: {slope:+.1f} a day, 95 %: {slope - half:+.1f} to {slope + half:+.1f}")


if __name__ == "__main__":
    main()
