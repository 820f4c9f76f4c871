"""Search beside a running show: in a process of its own, polled without waiting."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from likeness.encoders.open_encoder import Encoder, open_encoder_for
from likeness.errors import LikenessError, WeightsError
from likeness.generator import Generator
from likeness.picture import Picture, to_tensor
from likeness.projection.loss import Eye, face_mask, open_feature_net, resized
from likeness.projection.search import Step, project
from likeness.toolkit.worker_process import WorkerProcess, ignore_interrupts, lower_priority

log = logging.getLogger(__name__)

# Begins the error of a search that was to start at an encoder which is absent, broken, or of other weights.
NO_ENCODER = "no encoder to begin at"

Start = Literal["encoder", "mean"]
Latent = NDArray[np.float32]
Opener = Callable[[], Generator]


@dataclass(frozen=True)
class SearchRequest:
    """A picture to search for.

    Args:
        picture: `[H, H, 3]` uint8 RGB, aligned as the generator draws.
        start: "encoder", "mean", or a latent `[num_ws, w_dim]` float32.
        steps: how many at most.
        patience: steps without a better loss after which it ends; 0 never.
        rate: of learning; None takes what is usual for so many steps.
    """

    picture: Picture
    start: Start | Latent = "encoder"
    steps: int = 100
    patience: int = 0
    rate: float | None = None


@dataclass(frozen=True)
class _Word:
    """What the searching process says: a step, an error, or that a search has ended."""

    ticket: int
    number: int = -1
    loss: float = 0.0
    latent: Latent | None = None
    error: str = ""


class ProjectionWorker:
    """Searches for one picture at a time in a process of its own, which is made once and kept.

    Against a thread of the show's own process, a process won: see `docs/faces.md` for the figures. Both compute on
    one core; but a search is some hundred small operations a step, each taking Python's lock from the render thread,
    and its gradients fill the same allocator. A process can be given a lower priority on every system, ended at any
    moment, and may crash.

    Nothing is written to disk: pictures and latents go through a pipe. All methods return at once, but for `close`
    and `wait`; one thread calls them.

    Args:
        open_generator: called in the process; it must survive pickling, as
            `functools.partial(likeness.open_generator, path, size=256)` does.
        threads: that one search computes on.
    """

    def __init__(self, open_generator: Opener, threads: int = 1) -> None:
        self._opener, self._threads = open_generator, threads
        self._beside: WorkerProcess | None = None
        self._news = threading.Condition()
        self._ticket = 0
        self._steps: list[Step] = []
        self._handed_out = 0
        self._ended = True
        self._error: LikenessError | None = None

    def warm(self) -> None:
        """Start the process and let it open what it needs, so that the first search begins at once."""
        if self._beside is not None and self._beside.alive:
            return
        self._beside = WorkerProcess("likeness search", _serve, self._opener, self._threads)
        threading.Thread(target=self._listen, args=(self._beside,), name="search news", daemon=True).start()

    def begin(self, order: SearchRequest) -> None:
        """Search for `order`; what was searched before is given up and forgotten."""
        self.warm()
        self._say(order)

    def cancel(self) -> None:
        """Give up and forget the search under way, its steps included; the process stays warm."""
        self._say(None)

    def fresh(self) -> list[Step]:
        """Return the steps since the last call, oldest first; latents `[1, num_ws, w_dim]` on the CPU. Never waits."""
        with self._news:
            new = self._steps[self._handed_out :]
            self._handed_out = len(self._steps)
        return new

    @property
    def latest(self) -> Step | None:
        """Return the newest step of the search, or None before the first. Never waits."""
        with self._news:
            return self._steps[-1] if self._steps else None

    @property
    def ended(self) -> bool:
        """Return whether no search is under way."""
        with self._news:
            return self._ended

    @property
    def error(self) -> LikenessError | None:
        """Return why the last search ended early, if it did."""
        with self._news:
            return self._error

    def wait(self, number: int, timeout_s: float) -> bool:
        """Wait until step `number` is there, or the search has ended; return whether that came in time."""
        with self._news:
            return self._news.wait_for(lambda: len(self._steps) > number or self._ended, timeout_s)

    def close(self) -> None:
        """End the process."""
        beside, self._beside = self._beside, None
        with self._news:
            self._ticket += 1
            self._forget(ended=True)
        if beside is not None:
            beside.close()

    def _say(self, order: SearchRequest | None) -> None:
        with self._news:
            self._ticket += 1
            self._forget(ended=order is None)
        if self._beside is not None:
            # A process that has died is told of by the listener.
            self._beside.send((self._ticket, order))

    def _forget(self, *, ended: bool) -> None:
        self._steps, self._handed_out = [], 0
        self._ended, self._error = ended, None
        self._news.notify_all()

    def _listen(self, beside: WorkerProcess) -> None:
        """Take in what the process says, on a thread of its own: a pipe may hold half a message."""
        while True:
            try:
                word: _Word = beside.pipe.recv()
            except (EOFError, OSError):
                break
            with self._news:
                if word.ticket == self._ticket:
                    self._take(word)
                    self._news.notify_all()
        with self._news:
            if beside is self._beside and not self._ended:
                self._ended = True
                self._error = LikenessError("the searching process has died; begin again, with less if memory is short")
                self._news.notify_all()

    def _take(self, word: _Word) -> None:
        if word.latent is None:
            self._ended = True
            self._error = LikenessError(word.error) if word.error else None
            return
        losses = torch.tensor([word.loss])
        self._steps.append(Step(word.number, word.loss, torch.from_numpy(word.latent)[None], losses))


def _serve(pipe: Connection, opener: Opener, threads: int) -> None:
    """What runs in the process: one order after the other, until the pipe is closed."""
    ignore_interrupts()
    torch.set_num_threads(threads)
    if hasattr(os, "SCHED_IDLE"):
        # Linux lets whoever wakes take the core from such a process at once, which being nice does not promise.
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    bench = _opened(opener)
    lower_priority()
    with suppress(EOFError, OSError):
        while True:
            ticket, order = _newest(pipe)
            if order is not None:
                _run(pipe, ticket, order, bench)


def _opened(opener: Opener) -> _Bench | str:
    """Return what searches need, or why they cannot have it."""
    try:
        return _Bench(opener())
    except Exception as error:  # noqa: BLE001 - a family may raise anything while it opens a file
        return _told(error)


def _run(pipe: Connection, ticket: int, order: SearchRequest, bench: _Bench | str) -> None:
    """Search until the end, or until something else is ordered."""
    if isinstance(bench, str):
        pipe.send(_Word(ticket, error=bench))
        return
    try:
        for step in bench.search(order):
            pipe.send(_Word(ticket, step.number, step.loss, step.latent[0].cpu().numpy()))
            if pipe.poll():
                return
        pipe.send(_Word(ticket))
    except (EOFError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - a generator may raise anything; the show is told and goes on
        pipe.send(_Word(ticket, error=_told(error)))


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, LikenessError) else f"the search failed: {error!r}"


def _newest(pipe: Connection) -> tuple[int, SearchRequest | None]:
    """Wait for an order and return the last one that came."""
    said: tuple[int, SearchRequest | None] = pipe.recv()
    while pipe.poll():
        said = pipe.recv()
    return said


class _Bench:
    """What searches need, opened once."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._eye: Eye = open_feature_net(device=generator.mean.device)
        self._encoder: Encoder | None = None
        # A family without an encoder may still search from the mean; who asks for the encoder is told why not.
        with suppress(WeightsError):
            self._encoder = open_encoder_for(generator)

    def search(self, order: SearchRequest) -> Iterator[Step]:
        generator = self._generator
        device, size = generator.mean.device, generator.info.resolution
        target = resized(to_tensor(order.picture).to(device), size)
        start = None
        if isinstance(order.start, np.ndarray):
            start = torch.from_numpy(order.start)[None]
        elif order.start == "encoder":
            try:
                self._encoder = self._encoder or open_encoder_for(generator)
            except WeightsError as error:
                raise LikenessError(f"{NO_ENCODER}: {error}") from error
            start = self._encoder.encode(target)
        yield from project(
            generator,
            target,
            start=start,
            steps=order.steps,
            mask=face_mask(size, device),
            eye=self._eye,
            patience=order.patience,
            rate=order.rate,
        )
