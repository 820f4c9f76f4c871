"""Shards of a render: a film cut into parts, rendered by several processes or machines, and joined."""

import hashlib
import json
import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from likeness import __version__
from likeness.audio.open_audio import OFF, open_audio
from likeness.easing import ROUNDING
from likeness.errors import InputError, LikenessError, OutputError
from likeness.files.free_name import claimed
from likeness.options import Options
from likeness.outputs.join import join_films
from likeness.outputs.pacing import exact_rate
from likeness.outputs.profiles import FILMS
from likeness.outputs.video import section_frames

log = logging.getLogger(__name__)

# A part whose process was killed so often is given up: it may be the part that kills it.
MOST_TRIES = 3
# Of the hash of everything that the pictures depend on: enough that parts of two films are not taken for each other's.
KEY_DIGITS = 6
# Options that the pictures depend on, but for files.
_PICTURE = (
    *("heads", "size", "fps", "seed", "settings", "backend", "precision", "threads", "weights"),
    *("fit", "profile", "alpha", "unmodulated"),
)


@dataclass(frozen=True)
class Film:
    """A film that is rendered in parts.

    Args:
        take: what is rendered.
        options: of the whole: where it begins and ends, and what the take says.
        fps: frames a second.
        wanted: how many parts; None for one for each worker.
        workers: how many parts are rendered at a time.
        material: a hash of the files that the pictures and the sound come from.
    """

    take: Path
    options: Options
    fps: float
    wanted: int | None
    workers: int
    material: str = ""

    @property
    def shards(self) -> int:
        """Return how many parts there are."""
        return self.wanted or min(self.workers, self._sections)

    @property
    def path(self) -> Path:
        """Return the wanted name of the film."""
        return Path(self.options.outputs[0])

    def check(self, shard: int | None) -> None:
        """Refuse what cannot be cut, and a `shard` that there is not.

        Raises:
            InputError, OutputError: in a line.
        """
        if shard is not None and (self.wanted is None or shard > self.wanted):
            raise InputError("--shard is one of --shards, counted from 1: --shards 4 --shard 2")
        if self.path.suffix.lower() not in FILMS:
            raise OutputError(
                f"{self.path}: only films are rendered in parts; name one that ends in {', '.join(FILMS)}"
            )
        if self.shards > self._sections:
            raise OutputError(
                f"{self.path} has {self._sections} section(s) of {self._section / self.fps:g} s, which are not cut; "
                f"give --shards {self._sections} or less"
            )

    def span(self, shard: int) -> tuple[int, int]:
        """Return the first frame of a shard, which counts from 1, and the frame after its last."""
        bounds = [self._first + self._sections * each // self.shards * self._section for each in (shard - 1, shard)]
        return bounds[0], min(bounds[1], self._end)

    @property
    def _first(self) -> int:
        """Return the number of the film's first frame, as a render without parts would begin."""
        return math.ceil((self.options.begin - ROUNDING) * self.fps)

    @property
    def _end(self) -> int:
        return max(1, round((self.options.seconds or 0.0) * self.fps))

    def part(self, shard: int) -> Path:
        """Return the file of a shard: `night.2-of-4-3fa9c1.mp4`."""
        whole = self.path
        return whole.with_name(f"{whole.stem}.{shard}-of-{self.shards}-{self._key}{whole.suffix}")

    def unfinished(self, shard: int, process: int) -> Path:
        """Return the file of a shard while the process of that number writes it."""
        part = self.part(shard)
        return part.with_name(f"{part.stem}.unfinished-{process}{part.suffix}")

    @property
    def _section(self) -> int:
        return section_frames(exact_rate(self.fps))

    @property
    def _sections(self) -> int:
        return -(-(self._end - self._first) // self._section)

    @property
    def _key(self) -> str:
        options = {name: getattr(self.options, name) for name in _PICTURE}
        # Weights by what is in them: they may lie elsewhere on another machine.
        options["weights"] = self.material
        said = json.dumps([__version__, options, self.fps, self._first, self._end], default=str)
        return hashlib.sha256(self.take.read_bytes() + said.encode()).hexdigest()[:KEY_DIGITS]


Render = Callable[[Path, Options], bool]
"""Renders a take, with these options, to its output; returns whether it came to its end."""

RunParts = Callable[[list[int]], None]
"""Renders the parts of these numbers, each to its file."""


def render_film(film: Film, shard: int | None, render: Render, run: RunParts | None = None) -> None:
    """Render one part, or all that are missing, by workers here or by `run`, and join them.

    Raises like `render_in_parts`.
    """
    film.check(shard)
    if shard is not None:
        path = render_shard(film, shard, render)
    else:
        path = render_in_parts(film, run or _Workers(film, render).run)
    print(f"The result is in {path.absolute()}")


def render_shard(film: Film, shard: int, render: Render) -> Path:
    """Render one part, unless it is there, and return its file.

    Raises:
        LikenessError: it cannot be rendered.
    """
    part = film.part(shard)
    if part.exists():
        log.info("%s is there already", part)
        return part
    first, end = film.span(shard)
    file = film.unfinished(shard, os.getpid())
    options = replace(
        film.options,
        outputs=[str(file)],
        begin=first / film.fps,
        seconds=end / film.fps,
        fps=film.fps,
        silent=True,
        force=True,
    )
    try:
        if not render(film.take, options):
            raise OutputError(f"{part} was stopped before its end, and is left out")
        os.replace(file, part)
    finally:
        file.unlink(missing_ok=True)
    return part


def render_in_parts(film: Film, run: RunParts) -> Path:
    """Have `run` render the parts that are missing, by their numbers, join all of them and return the film.

    Raises:
        LikenessError: a part cannot be rendered, or the film cannot be written.
    """
    shards = range(1, film.shards + 1)
    missing = [shard for shard in shards if not film.part(shard).exists()]
    run(missing)
    options, parts = film.options, [film.part(shard) for shard in shards]
    with claimed([film.path], force=options.force) as (path,):
        sound = None if options.audio == OFF else open_audio(options.audio, offline=True).open_sound()
        join_films(parts, path, exact_rate(film.fps), sound, options.begin)
    for part in parts:
        part.unlink(missing_ok=True)
    return path


class _Workers:
    """Renders parts in processes of their own; one that is killed costs its part alone.

    Args:
        film, render: of the parts.
    """

    def __init__(self, film: Film, render: Render) -> None:
        self._film, self._render = film, render
        # Not forked: threads and a graphics card do not come through a fork.
        self._context = get_context("spawn")
        self._running: dict[int, BaseProcess] = {}
        self._tries: dict[int, int] = {}

    def run(self, missing: list[int]) -> None:
        waiting = list(missing)
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._film.workers:
                    self._start(waiting.pop(0))
                connection.wait([process.sentinel for process in self._running.values()])
                ended = [shard for shard, process in self._running.items() if not process.is_alive()]
                waiting += [shard for shard in ended if not self._finish(shard)]
        finally:
            for process in self._running.values():
                process.terminate()
            for shard, process in self._running.items():
                process.join()
                self._film.unfinished(shard, process.pid or 0).unlink(missing_ok=True)

    def _start(self, shard: int) -> None:
        self._tries[shard] = self._tries.get(shard, 0) + 1
        process = self._context.Process(target=_work, args=(self._film, shard, self._render), name=f"part {shard}")
        process.start()
        self._running[shard] = process

    def _finish(self, shard: int) -> bool:
        """Take a process that has ended; return whether its part is there.

        Raises:
            OutputError: where trying again would be no use.
        """
        process = self._running.pop(shard)
        process.join()
        if self._film.part(shard).exists():
            print(f"Part {shard} of {self._film.shards} is rendered.", flush=True)
            return True
        self._film.unfinished(shard, process.pid or 0).unlink(missing_ok=True)
        code = process.exitcode or 0
        if code >= 0 or self._tries[shard] >= MOST_TRIES:
            raise OutputError(f"part {shard} of {self._film.path} could not be rendered; the lines above say why")
        log.warning("part %d was ended by signal %d; it is rendered again", shard, -code)
        return False


def _work(film: Film, shard: int, render: Render) -> None:
    """Render a part in a process of its own."""
    logging.basicConfig(format=f"%(levelname)s: part {shard}: %(message)s")
    try:
        render_shard(film, shard, render)
    except LikenessError as error:
        log.error("%s", error)
        raise SystemExit(2) from error
