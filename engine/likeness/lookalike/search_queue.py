"""The order of searches: whose latent the projection worker looks for next, and where its result goes."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from likeness.lookalike.visitor import Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.projection.search import default_rate
from likeness.projection.worker import NO_ENCODER, ProjectionWorker, SearchRequest, Start

log = logging.getLogger(__name__)

# Without an encoder a search from the mean shows the person after this number of steps.
MEAN_STEPS = 40
WARM_SIZE = 64


class SearchQueue:
    """Serves first the visitors without a latent, then matches without one, then refines. The tracker's thread.

    Args:
        worker: searches, in a process of its own.
        visitors: who is served.
    """

    def __init__(self, worker: ProjectionWorker, visitors: VisitorQueue) -> None:
        self._worker, self._visitors = worker, visitors
        self._visitor: Visitor | None = None
        self._for_match = False
        self._steps_before = 0
        # Numbers of visitors for whom no search is left.
        self._done: set[int] = set()
        self._start: Start = "encoder"
        self._warmed = False

    def warm(self) -> None:
        """Start the process with a search of one step: the first one takes 5 s of a core longer than any later.

        Where it cannot be started now, the log says so, and the first visitor's search tries again.
        """
        grey = np.full((WARM_SIZE, WARM_SIZE, 3), 128, np.uint8)
        try:
            self._worker.start_search(SearchRequest(grey, "encoder", 1))
        # Whatever the system says of a new process: no memory, too many of them.
        except Exception as error:  # noqa: BLE001
            log.warning("the search for faces cannot be started: %s", error)

    @property
    def warmed(self) -> bool:
        """Whether the first search is over, however it ended: the next one begins at once."""
        self._warmed = self._warmed or self._visitor is not None or self._worker.ended
        return self._warmed

    def step(self, steps: int) -> None:
        """Take over what was found, and begin the next search. Never waits.

        Args:
            steps: of a search in all; 0 leaves the encoder's guess.
        """
        self._collect()
        visitor = self._visitor
        if visitor is not None and (visitor.forgotten or self._must_give_way(visitor)):
            self._cancel()
        if self._visitor is None:
            self._begin_next(steps)

    def forget(self) -> None:
        """Cancel the search and drop all of it."""
        self._cancel()
        self._done.clear()

    def close(self) -> None:
        """End the process."""
        self._visitor = None
        self._worker.close()

    def _collect(self) -> None:
        visitor, fresh = self._visitor, self._worker.poll_steps()
        if visitor is None or visitor.forgotten:
            return
        if fresh:
            newest = fresh[-1]
            if self._for_match:
                if visitor.match is not None:
                    visitor.match = replace(visitor.match, latent=newest.latent[0].clone())
            else:
                too_early = self._start == "mean" and newest.number < MEAN_STEPS and visitor.latent is None
                if not too_early:
                    visitor.latent = newest.latent[0].clone()
                visitor.steps = self._steps_before + newest.number
            if visitor.forgotten:
                # Wiped by another thread while this was written.
                visitor.wipe()
        if self._worker.ended:
            self._finish(visitor)

    def _finish(self, visitor: Visitor) -> None:
        error = self._worker.error
        if error is not None and str(error).startswith(NO_ENCODER) and self._start == "encoder":
            log.warning("%s; the search begins at the mean face, and visitors appear later", error)
            self._start = "mean"
        elif error is not None:
            log.error("%s", error)
            self._done.add(visitor.number)
        elif not self._for_match:
            self._done.add(visitor.number)
        self._visitor = None

    def _must_give_way(self, visitor: Visitor) -> bool:
        """Return whether somebody has no latent yet while another one's is being refined."""
        if visitor.latent is None:
            return False
        return any(other.latent is None for other in self._visitors.visitors())

    def _cancel(self) -> None:
        self._worker.cancel()
        self._visitor = None

    def _begin_next(self, steps: int) -> None:
        visitors = self._visitors.visitors()
        for visitor in visitors:
            if visitor.latent is None and visitor.number not in self._done:
                least = max(steps, MEAN_STEPS) if self._start == "mean" else steps
                return self._begin(visitor, SearchRequest(visitor.portrait.copy(), self._start, least))
        for visitor in visitors:
            if visitor.match is not None and visitor.match.latent is None:
                picture = np.ascontiguousarray(visitor.match.picture)
                least = 0 if self._start == "encoder" else MEAN_STEPS
                return self._begin(visitor, SearchRequest(picture, self._start, least), for_match=True)
        for visitor in visitors:
            if visitor.latent is not None and visitor.number not in self._done and steps > visitor.steps:
                latent = np.ascontiguousarray(visitor.latent.numpy())
                # Longer steps, as a short search takes them, would jolt a face that is nearly found.
                rest = SearchRequest(visitor.portrait.copy(), latent, steps - visitor.steps, rate=default_rate(steps))
                return self._begin(visitor, rest)
        return None

    def _begin(self, visitor: Visitor, request: SearchRequest, *, for_match: bool = False) -> None:
        self._visitor, self._for_match, self._steps_before = visitor, for_match, visitor.steps
        self._worker.start_search(request)
