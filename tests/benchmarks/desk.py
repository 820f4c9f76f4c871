"""Measure the desk: the way from a page to the picture beside OSC's, and what busy pages cost a live show.

Run `python tests/benchmarks/desk.py`. First presses come by OSC and from a page, in turns. Then, within one show, 60
faders move 30 times a second on one page while 20 others are connected, five of which stop reading; and nobody is
connected; in turns. With `--looking 200` so many pages more only look. The pages are processes of their own.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from likeness.files.paths import search_dirs
from likeness.options import QUIET, Options
from likeness.parameters.presets import Preset, find_preset, read_preset
from likeness.show.show import Show
from likeness.tools.latency.measure import LatencyResult, measure_osc, measure_page

WARM_UP_S = 3.0
FADERS = """
from likeness import Float, hookimpl

class Plugin:
    @hookimpl
    def declare_params(self):
        return [Float(f"p{index}", 0.5, glide=0.05) for index in range(60)]

    @hookimpl
    def update(self, latent, params):
        return None
"""
# Connects pages at "on" and closes them at "off", and answers each.
PAGES = """
import asyncio, json, math, os, sys, time
from websockets.asyncio.client import connect
os.nice(10)
port, faders, others, asleep, looking = map(int, sys.argv[1:])

async def play(socket):
    turn = 0
    while True:
        turn += 1
        await socket.send(json.dumps([[f"/faders/p{i}", 0.5 + 0.5 * math.sin(turn / 20 + i)] for i in range(faders)]))
        await asyncio.sleep(1 / 30)

async def read(socket):
    async for _ in socket:
        pass

async def main():
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() != "on":
            continue
        count = 1 + others + looking
        sockets = [await connect(f"ws://127.0.0.1:{port}/socket", max_queue=4) for _ in range(count)]
        tasks = [asyncio.ensure_future(read(each)) for each in sockets[: count - asleep]]
        tasks.append(asyncio.ensure_future(play(sockets[0])))
        print("connected", flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        for task in tasks:
            task.cancel()
        for each in sockets:
            each.transport.abort()
        print("closed", flush=True)

asyncio.run(main())
"""


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each turn")
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--weights", default="composite-256")
    parser.add_argument("--looking", type=int, default=0, help="pages more that only look")
    arguments = parser.parse_args()
    size = (arguments.size, arguments.size)
    preset = read_preset(find_preset("demo", search_dirs("presets")))
    options = replace(QUIET, size=size, fps=arguments.fps, weights=arguments.weights)
    measure_ways(preset, options, arguments)
    measure_load(preset, options, arguments)


def measure_ways(preset: Preset, options: Options, arguments: argparse.Namespace) -> None:
    """Print the way from a hand to the picture, by OSC and from a page."""
    seen: dict[str, list[LatencyResult]] = {"OSC": [], "page": []}
    for _ in range(arguments.rounds):
        seen["OSC"].append(measure_osc(preset, options, arguments.presses))
        seen["page"].append(measure_page(preset, options, arguments.presses))
    print("| hand to picture | p50 | p99 | worst | lost |\n| --- | --- | --- | --- | --- |")
    for name, results in seen.items():
        every = LatencyResult(
            tuple(way for each in results for way in each.seconds), sum(each.lost for each in results), 0.0
        )
        worst = max(every.seconds) * 1e3
        print(
            f"| {name} | {every.percentile(0.5):.1f} ms | {every.percentile(0.99):.1f} ms | {worst:.1f} ms "
            f"| {every.lost} of {len(every.seconds) + every.lost} |"
        )


def measure_load(preset: Preset, options: Options, arguments: argparse.Namespace) -> None:
    """Print frame times with the pages and without."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as probe:
        plugin = Path(folder) / "faders.py"
        plugin.write_text(FADERS)
        port = int(probe.getsockname()[1])
        probe.close()
        with Show(preset, replace(options, web_port=port, plugins=[plugin])) as show:
            assert show.web is not None
            counts = [str(each) for each in (show.web.port, 60, 20, 5, arguments.looking)]
            pages = subprocess.Popen(
                [sys.executable, "-c", PAGES, *counts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert pages.stdin
            assert pages.stdout
            os.set_blocking(pages.stdout.fileno(), False)
            play(show, WARM_UP_S)
            turns: dict[bool, list[list[float]]] = {False: [], True: []}
            for _ in range(arguments.rounds):
                for connected in (False, True):
                    if connected:
                        tell(show, pages, "on", "connected")
                    play(show, 1.0)
                    turns[connected].append(play(show, arguments.seconds))
                    if connected:
                        tell(show, pages, "off", "closed")
            pages.stdin.close()
            pages.wait()
    print("| pages | frames | p50 | p99 | worst |\n| --- | --- | --- | --- | --- |")
    for connected, each in turns.items():
        frames = sorted(ms for turn in each for ms in turn)
        name = f"{21 + arguments.looking}" if connected else "none"
        at99 = frames[int(len(frames) * 0.99)]
        print(f"| {name} | {len(frames)} | {statistics.median(frames):.1f} ms | {at99:.1f} ms | {frames[-1]:.1f} ms |")
    ratios = [p99(b) / p99(a) for a, b in zip(turns[False], turns[True], strict=True)]
    print(f"p99 with the pages over p99 without, by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")


def play(show: Show, seconds: float) -> list[float]:
    """Play so long; return what each frame took, in ms, without the wait for its turn."""
    spent: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        show.loop.frame()
        spent.append(show.loop.stats.timings[-1].frame_ms)
    return spent


def tell(show: Show, pages: "subprocess.Popen[str]", word: str, answer: str) -> None:
    """Say a word to the pages and play until they answer."""
    assert pages.stdin
    assert pages.stdout
    pages.stdin.write(word + "\n")
    pages.stdin.flush()
    heard = ""
    while answer not in heard:
        show.loop.frame()
        heard += pages.stdout.readline() or ""


def p99(frames: list[float]) -> float:
    """Return the time below which 99 % of the frames are."""
    return sorted(frames)[int(len(frames) * 0.99)]


if __name__ == "__main__":
    main()
