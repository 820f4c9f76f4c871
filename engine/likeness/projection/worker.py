"""Searches in a process of their own beside a running show, polled without waiting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from likeness.encoders.open_encoder import Encoder, open_encoder_for
from likeness.errors import LikenessError, WeightsError, find_renamed
from likeness.generator import Generator
from likeness.picture import Picture, resize_images, to_tensor
from likeness.projection.loss import FeatureNet, face_mask, open_feature_net
from likeness.projection.search import Step, project
from likeness.toolkit.priority import be_idle
from likeness.toolkit.worker_process import WorkerProcess, ignore_interrupts, lower_priority

log = logging.getLogger(__name__)

# How the error of a search begins whose encoder is absent, broken, or of other weights.
NO_ENCODER = "no encoder to begin at"

Start = Literal["encoder", "mean"]
Latent = NDArray[np.float32]
Opener = Callable[[], Generator]
_RENAMED = {"warm": "start_process", "begin": "start_search", "fresh": "poll_steps", "wait": "wait_for_step"}


@dataclass(frozen=True)
class SearchRequest:
    """A picture to search for.

    Args:
        picture: `[H, H, 3]` uint8 RGB, aligned as the generator draws.
        start: "encoder", "mean", or a latent `[num_ws, w_dim]` float32.
        steps: at most.
        patience: steps without a better loss after which it ends; 0 never.
        rate: of learning; None takes `default_rate` of the steps.
    """

    picture: Picture
    start: Start | Latent = "encoder"
    steps: int = 100
    patience: int = 0
    rate: float | None = None


@dataclass(frozen=True)
class _Step:
    """A step of the search of that generation, as it goes through the pipe."""

    generation: int
    number: int
    loss: float
    latent: Latent


@dataclass(frozen=True)
class _End:
    """The end of the search of that generation, with its error if there was one."""

    generation: int
    error: str = ""


class ProjectionWorker:
    """Searches for one picture at a time in a process of its own, which is started once and kept.

    Measured against a thread of the show's own process, a process won: see `docs/faces.md`. Both compute on one core;
    but a search is some hundred small operations a step, each of which takes Python's lock from the render thread, and
    its gradients fill the same allocator. A process can be given a lower priority on every system, terminated at any
    moment, and may crash.

    Nothing is written to disk: pictures and latents go through a pipe. One thread calls the methods; all return at once
    but `close` and `wait_for_step`. A listener thread receives the steps. If the process dies, the search ends with an
    error, and the next `start_search` starts a new process.

    Args:
        open_generator: called in the process; it must survive pickling, as
            `functools.partial(likeness.open_generator, path, size=256)` does.
        threads: that one search computes on.
    """

    def __init__(self, open_generator: Opener, threads: int = 1) -> None:
        self._opener, self._threads = open_generator, threads
        self._process: WorkerProcess | None = None
        # Guards all below.
        self._news = threading.Condition()
        # Counts the requests: steps that are on their way when another request is sent are dropped.
        self._generation = 0
        self._steps: list[Step] = []
        self._polled = 0
        self._ended = True
        self._error: LikenessError | None = None

    def start_process(self) -> None:
        """Start the process, unless it runs, and let it open what it needs, so that the first search begins at once."""
        if self._process is not None and self._process.alive:
            return
        self._process = WorkerProcess("likeness search", _serve, self._opener, self._threads)
        threading.Thread(target=self._listen, args=(self._process,), name="search listener", daemon=True).start()

    def start_search(self, request: SearchRequest) -> None:
        """Search as `request` says; the search before is cancelled and forgotten."""
        self.start_process()
        self._send(request)

    def cancel(self) -> None:
        """Cancel and forget the current search with its steps; the process stays warm."""
        self._send(None)

    def poll_steps(self) -> list[Step]:
        """Return the steps since the last call, oldest first; latents `[1, num_ws, w_dim]` on the CPU. Never waits."""
        with self._news:
            new = self._steps[self._polled :]
            self._polled = len(self._steps)
        return new

    @property
    def ended(self) -> bool:
        """Return whether no search is running."""
        with self._news:
            return self._ended

    @property
    def error(self) -> LikenessError | None:
        """Return why the last search ended early, if it did."""
        with self._news:
            return self._error

    def wait_for_step(self, number: int, timeout_s: float) -> bool:
        """Wait until step `number` is there, or the search has ended; return whether that came in time."""
        with self._news:
            return self._news.wait_for(lambda: len(self._steps) > number or self._ended, timeout_s)

    def close(self) -> None:
        """Terminate the process."""
        process, self._process = self._process, None
        with self._news:
            self._generation += 1
            self._clear(ended=True)
        if process is not None:
            process.close()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., object]:
            """Return a method under its name of version 0.1.0, with a warning; see the end of this file."""
            return find_renamed(type(self).__name__, name, {old: getattr(self, new) for old, new in _RENAMED.items()})

    def _send(self, request: SearchRequest | None) -> None:
        with self._news:
            self._generation += 1
            self._clear(ended=request is None)
        if self._process is not None:
            # The listener reports a process that has died.
            self._process.send((self._generation, request))

    def _clear(self, *, ended: bool) -> None:
        self._steps, self._polled = [], 0
        self._ended, self._error = ended, None
        self._news.notify_all()

    def _listen(self, process: WorkerProcess) -> None:
        """Receive steps, on a thread of its own: a pipe may hold half a message."""
        while True:
            try:
                reply: _Step | _End = process.pipe.recv()
            # A pipe that is closed while it is read raises a TypeError.
            except (EOFError, OSError, TypeError):
                break
            with self._news:
                if reply.generation == self._generation:
                    self._add(reply)
                    self._news.notify_all()
        with self._news:
            if process is self._process and not self._ended:
                self._ended = True
                self._error = LikenessError("the searching process has died; begin again, with less if memory is short")
                self._news.notify_all()

    def _add(self, reply: _Step | _End) -> None:
        if isinstance(reply, _End):
            self._ended = True
            self._error = LikenessError(reply.error) if reply.error else None
            return
        losses = torch.tensor([reply.loss])
        self._steps.append(Step(reply.number, reply.loss, torch.from_numpy(reply.latent)[None], losses))


# Inside the process.


def _serve(pipe: Connection, opener: Opener, threads: int) -> None:
    """Run the process: one search after the other, until the pipe is closed."""
    ignore_interrupts()
    torch.set_num_threads(threads)
    be_idle(0)
    context = _open_context(opener)
    lower_priority()
    with suppress(EOFError, OSError):
        while True:
            generation, request = _receive_newest(pipe)
            if request is not None:
                _run_search(pipe, generation, request, context)


def _open_context(opener: Opener) -> _SearchContext | str:
    """Open what searches need, or return why that failed."""
    try:
        return _SearchContext(opener())
    except Exception as error:  # noqa: BLE001 - a family may raise anything while it opens a file
        return _describe_error(error)


def _run_search(pipe: Connection, generation: int, request: SearchRequest, context: _SearchContext | str) -> None:
    """Search to the end, or until another request comes."""
    if isinstance(context, str):
        pipe.send(_End(generation, context))
        return
    try:
        for step in context.search(request):
            pipe.send(_Step(generation, step.number, step.loss, step.latent[0].cpu().numpy()))
            if pipe.poll():
                return
        pipe.send(_End(generation))
    except (EOFError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - a generator may raise anything; the show logs it and goes on
        pipe.send(_End(generation, _describe_error(error)))


def _describe_error(error: Exception) -> str:
    return str(error) if isinstance(error, LikenessError) else f"the search failed: {error!r}"


def _receive_newest(pipe: Connection) -> tuple[int, SearchRequest | None]:
    """Wait for a request and return the last one that came, with its generation."""
    newest: tuple[int, SearchRequest | None] = pipe.recv()
    while pipe.poll():
        newest = pipe.recv()
    return newest


class _SearchContext:
    """Generator, feature net and encoder, opened once for all searches."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._feature_net: FeatureNet = open_feature_net(device=generator.mean.device)
        self._encoder: Encoder | None = None
        # A family without an encoder can still be searched from the mean; a request for the encoder gets the reason.
        with suppress(WeightsError):
            self._encoder = open_encoder_for(generator)

    def search(self, request: SearchRequest) -> Iterator[Step]:
        """Yield the steps of a search."""
        generator = self._generator
        device, size = generator.mean.device, generator.info.resolution
        target = resize_images(to_tensor(request.picture).to(device), size)
        start = None
        if isinstance(request.start, np.ndarray):
            start = torch.from_numpy(request.start)[None]
        elif request.start == "encoder":
            try:
                self._encoder = self._encoder or open_encoder_for(generator)
            except WeightsError as error:
                raise LikenessError(f"{NO_ENCODER}: {error}") from error
            start = self._encoder.encode(target)
        yield from project(
            generator,
            target,
            start=start,
            steps=request.steps,
            mask=face_mask(size, device),
            feature_net=self._feature_net,
            patience=request.patience,
            rate=request.rate,
        )


def __getattr__(name: str) -> type:
    """Return a class under its name of version 0.1.0, with a warning; these names go with the next version."""
    return find_renamed(__name__, name, {"Order": SearchRequest, "Searcher": ProjectionWorker})
