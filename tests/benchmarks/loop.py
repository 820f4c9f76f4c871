"""Measure the whole loop: frames a second, the share outside synthesis, and the way from a hand to the picture.

Run `python tests/benchmarks/loop.py`; with `--busy` one other process burns a core beside it. Times on a shared
machine jump: sizes take turns, and the medians of the rounds are printed.
"""

import argparse
import multiprocessing
import os
import random
import statistics
import time
from multiprocessing.connection import Connection

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from pythonosc.udp_client import SimpleUDPClient

from likeness.options import Options
from likeness.picture import Picture
from likeness.places import folders
from likeness.presets import find_preset, read_preset
from likeness.show import Show

SIZES = (256, 512)
FPS = 60.0


class BlackoutWatch:
    """An output that notes when the picture turns black and when it comes back."""

    name = "watch"

    def __init__(self) -> None:
        self.dark = False
        self.turns: list[float] = []

    def show(self, picture: Picture, at: float) -> None:
        dark = not picture.any()
        if dark != self.dark:
            self.dark = dark
            self.turns.append(time.monotonic())

    def close(self) -> None:
        pass


def burn() -> None:
    """Keep one core busy until killed."""
    total = 0
    while True:
        total += 1


def press(port: int, presses: int, pipe: Connection) -> None:
    """Switch the blackout over at random moments and report when each message was sent."""
    client = SimpleUDPClient("127.0.0.1", port)
    chance = random.Random(1)
    sent = []
    for index in range(presses):
        time.sleep(0.05 + chance.random() / FPS)
        sent.append(time.monotonic())
        client.send_message("/master/blackout", 1 - index % 2)
    pipe.send(sent)


def throughput(size: int, frames: int) -> tuple[float, float]:
    """Return frames a second and the share of the frame outside synthesis, on a clock that never waits."""
    options = Options(("null",), seconds=frames / FPS, size=(size, size), fps=FPS, offline=True)
    with Show(read_preset(find_preset("demo", folders("presets"))), options) as show:
        for _ in range(20):
            show.loop.frame()
        show.loop.timings.clear()
        began = time.perf_counter()
        for _ in range(frames):
            show.loop.frame()
        spent = time.perf_counter() - began
        outside = 1 - sum(t.synthesis_ms for t in show.loop.timings) / sum(t.frame_ms for t in show.loop.timings)
    return frames / spent, outside


def latency(size: int, presses: int) -> list[float]:
    """Return seconds from the sending of an OSC message in another process to the first picture that shows it."""
    options = Options(("null",), size=(size, size), fps=FPS, osc_port=free_port(), settings={"master.fade": "0"})
    watch = BlackoutWatch()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with Show(read_preset(find_preset("demo", folders("presets"))), options) as show:
        show.loop.outputs.append(watch)
        for _ in range(20):
            show.loop.frame()
        hand = context.Process(target=press, args=(options.osc_port, presses, theirs))
        hand.start()
        while not ours.poll():
            show.loop.frame()
        for _ in range(10):
            show.loop.frame()
        hand.join()
    sent = ours.recv()
    if len(watch.turns) != len(sent):
        raise SystemExit(f"{len(sent)} presses, {len(watch.turns)} turns seen")
    return [seen - told for seen, told in zip(watch.turns, sent, strict=True)]


def free_port() -> int:
    """Return a UDP port that nobody uses."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--busy", action="store_true", help="burn one core beside it")
    arguments = parser.parse_args()
    neighbour = multiprocessing.get_context("spawn").Process(target=burn, daemon=True)
    if arguments.busy:
        neighbour.start()
    rates: dict[int, list[tuple[float, float]]] = {size: [] for size in SIZES}
    ways: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(arguments.rounds):
        for size in SIZES:
            rates[size].append(throughput(size, arguments.frames))
            ways[size] += latency(size, arguments.presses)
    print(f"{os.cpu_count()} cores, {'one of them burnt by a neighbour' if arguments.busy else 'quiet'}")
    print("| px | frames/s, free running | outside synthesis | hand to picture at 60 fps, p50 | p99 |")
    print("| --- | --- | --- | --- | --- |")
    for size in SIZES:
        fps = statistics.median(rate for rate, _ in rates[size])
        outside = statistics.median(share for _, share in rates[size])
        p50, p99 = np.percentile(ways[size], [50, 99]) * 1e3
        print(f"| {size} | {fps:.0f} | {outside:.1%} | {p50:.1f} ms | {p99:.1f} ms |")
    if arguments.busy:
        neighbour.terminate()


if __name__ == "__main__":
    main()
