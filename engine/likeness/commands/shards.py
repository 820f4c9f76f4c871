"""Shards of `likeness render FILE.take`: one of them, all of them on several workers, and all of them joined."""

import logging
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from likeness.errors import InputError, OutputError
from likeness.files.free_name import claimed
from likeness.options import Options
from likeness.show.takes.shards import join_shards, shard_path, shard_span

log = logging.getLogger(__name__)

# A shard whose worker dies is rendered so often.
TRIES = 3
POLL_S = 0.5


def render_shards(
    options: Options,
    fps: float,
    counts: tuple[int | None, int | None, int | None],
    render: Callable[[Options], None],
    words: Sequence[str],
) -> None:
    """Render one shard, or all of them by workers, and join them.

    Args:
        options: of the whole render.
        fps: at which it is rendered.
        counts: of shards, which shard of them, of workers; None where it is not given.
        render: renders with options.
        words: of the command line, for the workers.

    Raises:
        InputError: the numbers fit no shard.
        OutputError: a shard or the result cannot be written.
    """
    shards, shard, workers = counts
    total = shards or workers or 1
    output = Path(options.outputs[0])
    if shard is not None:
        if shards is None or not 1 <= shard <= shards:
            raise InputError("--shard is one of --shards, counted from 1: --shards 4 --shard 2")
        begin, end = shard_span(options.begin, options.seconds or 0.0, fps, shard, total)
        # What is there is of a worker that was killed.
        place = str(shard_path(output, shard, total))
        render(replace(options, outputs=[place], begin=begin, seconds=end, silent=True, force=True))
        return
    parts = [shard_path(output, each, total) for each in range(1, total + 1)]
    if workers:
        _run_workers(list(range(1, total + 1)), workers, total, words)
    with claimed([output], force=options.force) as (result,):
        join_shards(parts, result, fps, options.audio, options.begin)
    for part in parts:
        part.unlink()
    print(f"The result is in {result.absolute()}")


def _run_workers(waiting: list[int], workers: int, total: int, words: Sequence[str]) -> None:
    running: dict[int, subprocess.Popen[bytes]] = {}
    tried = dict.fromkeys(waiting, 0)
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                shard = waiting.pop(0)
                tried[shard] += 1
                command = [sys.executable, "-m", "likeness.cli", *words, "--shards", str(total), "--shard", str(shard)]
                running[shard] = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            for shard, worker in list(running.items()):
                try:
                    status = worker.wait(POLL_S / max(len(running), 1))
                except subprocess.TimeoutExpired:
                    continue
                del running[shard]
                if status == 0:
                    log.info("shard %d of %d is there", shard, total)
                elif tried[shard] < TRIES:
                    log.warning("the worker of shard %d ended with %d; that shard is rendered again", shard, status)
                    waiting.append(shard)
                else:
                    raise OutputError(f"shard {shard} of {total} failed {TRIES} times; the lines above say why")
    finally:
        for worker in running.values():
            worker.terminate()
            worker.wait()


def without(words: Sequence[str], flags: Sequence[str]) -> list[str]:
    """Return the words of a command line without these flags and their values."""
    kept: list[str] = []
    skipped = False
    for word in words:
        if skipped or word.partition("=")[0] in flags:
            skipped = not skipped and "=" not in word
            continue
        kept.append(word)
    return kept
