"""Play random faulty plugins against a live show, and measure how long no new picture comes.

Run `python tests/benchmarks/random_plugins.py --plugins 500 --seed 0`. Each plugin is added beside a good one, gets
events, is reloaded, and is removed, all by the rack editor. The status is 1 where the show lost its pictures for longer
than it promises, or where the rack could not be edited.
"""

import argparse
import ctypes
import gc
import logging
import os
import random
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks.faulty_plugins import HOOKS, Faulty, draw_faulty, write_source

from likeness.events import Key
from likeness.files.lasting_stream import open_lasting
from likeness.host import open_generator
from likeness.options import QUIET
from likeness.parameters.presets import Preset
from likeness.show import generator_swap
from likeness.show.show import Show

NAME, GOOD = "faulty", "good"
# A plugin that starts for longer is removed; a stop is waited for 10 s by the show.
PATIENCE_S, DEADLINE_S = 2.0, 30.0
FRAMES = 8
WEIGHTS, LOAD_S = "composite-256", 5.0


@dataclass
class Played:
    """What came of a run: the longest time without a new picture and its plugin, and the racks that hung."""

    longest_s: float = 0.0
    culprit: str = ""
    stuck: list[str] = field(default_factory=list)
    memory_mb: dict[int, float] = field(default_factory=dict)
    threads: dict[int, int] = field(default_factory=dict)


class Player:
    """A live show into which faulty plugins are put one after the other."""

    def __init__(self, folder: Path, hang_s: float, fps: float = 60.0) -> None:
        self.file, good = folder / f"{NAME}.py", folder / f"{GOOD}.py"
        good.write_text(write_source("none", ""))
        self.file.write_text(good.read_text())
        options = replace(QUIET, size=(64, 64), fps=fps, weights=WEIGHTS, plugins=[good, self.file])
        self.show = Show(Preset(), options)
        self.show.store.set("show.hang", hang_s)
        self.played = Played()
        self._drawn, self._drawn_at, self._fault = self.show.loop.drawn, time.perf_counter(), ""
        self._until(lambda: self.show.loop.stats.frames > 30)
        self.played.longest_s = 0.0
        self._edit(lambda: self.show.rack_editor.remove(NAME), lambda: NAME not in self.names())

    def names(self) -> tuple[str, ...]:
        return self.show.rack_editor.names()

    def play(self, faulty: Faulty) -> None:
        """Add the plugin, play, reload, and remove it."""
        self._fault = f"{faulty.hook}: {faulty.fault}"
        self.file.write_text(faulty.source)
        editor = self.show.rack_editor
        editor.errors = {}
        began = time.perf_counter()

        def added() -> bool:
            late = time.perf_counter() - began > PATIENCE_S
            if late and NAME not in self.names():
                editor.remove(NAME)
            return late or NAME in self.names() or NAME in editor.errors

        self._edit(lambda: editor.add(NAME), added)
        if NAME in self.names():
            self.show.store.post(Key("a"))
            self._play_frames()
            editor.reload(NAME)
            self._play_frames()
            if faulty.hook == "load_generator":
                self._load()
            self._edit(lambda: editor.remove(NAME), lambda: NAME not in self.names())
        # Whatever came before, the rack can be edited.
        done = threading.Event()
        self._edit(lambda: editor.submit("nothing", done.set), done.is_set)

    def note(self, count: int) -> None:
        """Note memory that is in use and threads after so many plugins."""
        gc.collect()
        with suppress(OSError, AttributeError):  # glibc alone
            # What is free in the heaps of many threads would count as kept.
            ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.played.memory_mb[count] = pages * resource.getpagesize() / 1e6
        self.played.threads[count] = threading.active_count()

    def _play_frames(self) -> None:
        end = self.show.loop.stats.frames + FRAMES
        self._until(lambda: self.show.loop.stats.frames >= end)

    def _load(self) -> None:
        """Ask for weights, and play on until they are taken or refused."""
        swap = self.show.generator_swap
        swap.load(WEIGHTS, 0.0)
        self._edit(lambda: None, lambda: swap.loading is not None or bool(swap.error))
        self._edit(lambda: None, lambda: swap.loading is None)

    def _edit(self, ask: Callable[[], None], wanted: Callable[[], bool]) -> None:
        ask()
        if not self._until(wanted):
            self.played.stuck.append(self._fault)

    def _until(self, wanted: Callable[[], bool]) -> bool:
        """Play frames until that; return whether it came."""
        deadline = time.perf_counter() + DEADLINE_S
        while not wanted():
            self.show.loop.frame()
            now, drawn = time.perf_counter(), self.show.loop.drawn
            if now - self._drawn_at > self.played.longest_s:
                self.played.longest_s, self.played.culprit = now - self._drawn_at, self._fault
            if drawn is not self._drawn:
                self._drawn, self._drawn_at = drawn, now
            if now > deadline:
                return False
        return True


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plugins", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hang", type=float, default=0.8, help="show.hang in seconds")
    parser.add_argument("--verbose", action="store_true", help="keep the log, and name each plugin")
    arguments = parser.parse_args()
    sys.stdout, sys.stderr = open_lasting(sys.stdout), open_lasting(sys.stderr)  # type: ignore[arg-type]
    if not arguments.verbose:
        logging.getLogger("likeness").addHandler(logging.NullHandler())
        logging.getLogger("likeness").propagate = False
    dice = random.Random(arguments.seed)
    hooks = dict.fromkeys(HOOKS, 0)
    # Nobody waits five minutes for each plugin that never opens its weights.
    open_generator.OPEN_S, generator_swap.OPENED_S = LOAD_S, 2 * LOAD_S
    with tempfile.TemporaryDirectory() as folder:
        player = Player(Path(folder), arguments.hang)
        player.note(0)
        for count in range(1, arguments.plugins + 1):
            faulty = draw_faulty(dice)
            hooks[faulty.hook] += 1
            if arguments.verbose:
                print(f"{count}: {faulty.hook}: {faulty.fault}; {player.played.longest_s:.2f} s so far", flush=True)
            player.play(faulty)
            if count % 100 == 0 or count == arguments.plugins:
                player.note(count)
        played = player.played
        print(f"{arguments.plugins} plugins: {', '.join(f'{n} in {hook}' for hook, n in hooks.items())}")
        print(f"longest without a new picture: {played.longest_s:.2f} s ({played.culprit})")
        print(f"racks that could not be edited: {len(played.stuck)} {played.stuck}")
        print("memory: " + ", ".join(f"{mb:.0f} MB after {count}" for count, mb in played.memory_mb.items()))
        print("threads: " + ", ".join(f"{each} after {count}" for count, each in played.threads.items()), flush=True)
    # Threads that plugins hold for ever keep Python from ending.
    os._exit(1 if played.stuck or played.longest_s > 1.0 else 0)


if __name__ == "__main__":
    main()
