"""Measure what a flood of OSC costs a live show: frame times with it and without, in turns, within one show.

Run `python tests/benchmarks/flood.py --rate 10000 --seconds 30`. A second process, which gives way to the show, sends
that many messages a second to sixteen parameters for some seconds, is silent for as long, and so on. Late is a frame
that takes more than twice the median of those without the flood; on a machine that is busy with other work there are
some with and without it.
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

ADDRESSES = 16
WARM_UP_S = 3.0
# Parameters whose values cost nothing: the radius of `sharpen` would make the flood look dear.
SIXTEEN = """
from likeness import Float, hookimpl

class Plugin:
    @hookimpl
    def declare_params(self):
        return [Float(f"p{index}", 0.5, glide=0.05) for index in range(16)]

    @hookimpl
    def update(self, latent, params):
        return None
"""
# Reads "RATE SECONDS" lines, and answers each with what it has sent.
SENDER = """
import os, random, socket, sys, time
from pythonosc.osc_message_builder import OscMessageBuilder
os.nice(10)
port, addresses = int(sys.argv[1]), sys.argv[2:]
def message(address, value):
    builder = OscMessageBuilder(address)
    builder.add_arg(value, "f")
    return builder.build().dgram
chance = random.Random(1)
messages = [message(a, chance.random()) for _ in range(64) for a in addresses]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.1", port))
for line in sys.stdin:
    rate, seconds = map(float, line.split())
    begin, sent = time.monotonic(), 0
    while (now := time.monotonic()) < begin + seconds:
        for _ in range(min(int((now - begin) * rate) - sent, 200)):
            sock.send(messages[sent % len(messages)])
            sent += 1
        time.sleep(0.0005)
    print(sent, flush=True)
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=10_000, help="messages a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--fps", type=float, default=60.0)
    arguments = parser.parse_args()
    preset = read_preset(find_preset("demo", search_dirs("presets")))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        plugin = Path(folder) / "sixteen.py"
        plugin.write_text(SIXTEEN)
        size = (arguments.size, arguments.size)
        options = replace(QUIET, size=size, fps=arguments.fps, osc_port=port, plugins=[plugin])
        measure(preset, options, port, arguments)


def measure(preset: Preset, options: Options, port: int, arguments: argparse.Namespace) -> None:
    """Play, with and without the flood."""
    with Show(preset, options) as show:
        addresses = [f"/sixteen/p{index}" for index in range(ADDRESSES)]
        sender = subprocess.Popen(
            [sys.executable, "-c", SENDER, str(port), *addresses],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert sender.stdin
        assert sender.stdout
        play(show, WARM_UP_S)
        turns: dict[bool, list[list[float]]] = {False: [], True: []}
        cpu: dict[bool, list[float]] = {False: [], True: []}
        heard = sent = 0
        for _ in range(arguments.rounds):
            for flooded in (False, True):
                if flooded:
                    before = received(show)
                    sender.stdin.write(f"{arguments.rate} {arguments.seconds}\n")
                    sender.stdin.flush()
                began = time.process_time()
                spent = play(show, arguments.seconds)
                cpu[flooded].append((time.process_time() - began) / len(spent) * 1e3)
                turns[flooded].append(spent)
                if flooded:
                    sent += int(sender.stdout.readline())
                    play(show, 0.5)
                    heard += received(show) - before
        sender.stdin.close()
        sender.wait()
        seen = show.controls.counters()["OSC"]
    print(f"{sent} sent, {heard} heard, of them {seen['refused']} above the sender's allowance")
    middle = statistics.median(ms for turn in turns[False] for ms in turn)
    print("| flood | frames | p50 ms | p99 ms | worst ms | late | process CPU ms a frame |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for flooded, rows in turns.items():
        for spent, cost in zip(rows, cpu[flooded], strict=True):
            ordered = sorted(spent)
            late = sum(ms > 2 * middle for ms in spent)
            p99 = ordered[len(ordered) * 99 // 100]
            print(
                f"| {'yes' if flooded else 'no'} | {len(spent)} | {ordered[len(ordered) // 2]:.1f} | {p99:.1f} "
                f"| {ordered[-1]:.1f} | {late} | {cost:.2f} |"
            )


def received(show: Show) -> int:
    """Return how many messages came in so far."""
    return int(show.controls.counters()["OSC"]["received"])


def play(show: Show, seconds: float) -> list[float]:
    """Return the frame times in ms."""
    spent, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        show.loop.frame()
        spent.append(show.loop.stats.timings[-1].frame_ms)
    return spent


if __name__ == "__main__":
    main()
