"""Decides for whom the search beside the show works next, and gives what it finds to the guests."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from likeness.lookalike.visitor import Visitor
from likeness.lookalike.visitor_queue import VisitorQueue
from likeness.projection.search import usual_rate
from likeness.projection.worker import NO_ENCODER, ProjectionWorker, SearchRequest, Start

log = logging.getLogger(__name__)

# Without an encoder a search from the mean shows the person after so many steps.
MEAN_STEPS = 40
WARM_SIZE = 64


class SearchQueue:
    """First the guess of whoever has none, then that of a match, then what refines a guess. One thread.

    Args:
        searcher: does the work, in a process of its own.
        roster: whose guests are served.
    """

    def __init__(self, searcher: ProjectionWorker, roster: VisitorQueue) -> None:
        self._searcher, self._roster = searcher, roster
        self._guest: Visitor | None = None
        self._of_match = False
        self._before = 0
        self._refined: set[int] = set()
        self._start: Start = "encoder"

    def warm(self) -> None:
        """Have the process opened, and all that it does done once: the first time takes 5 s of one core more."""
        grey = np.full((WARM_SIZE, WARM_SIZE, 3), 128, np.uint8)
        self._searcher.begin(SearchRequest(grey, "encoder", 1))

    def serve(self, steps: int) -> None:
        """Take what was found, and begin what is next."""
        self._take()
        guest = self._guest
        if guest is not None and (guest.forgotten or self._waiting(guest)):
            self._end()
        if self._guest is None:
            self._begin(steps)

    def forget(self) -> None:
        """Give the search up and let go of all of it."""
        self._searcher.cancel()
        self._guest = None
        self._refined.clear()

    def close(self) -> None:
        """End the process."""
        self._guest = None
        self._searcher.close()

    def _take(self) -> None:
        guest, fresh = self._guest, self._searcher.fresh()
        if guest is None or guest.forgotten:
            return
        if fresh:
            newest = fresh[-1]
            if self._of_match:
                if guest.likeness is not None:
                    guest.likeness = replace(guest.likeness, latent=newest.latent[0].clone())
            else:
                shown_late = self._start == "mean" and newest.number < MEAN_STEPS and guest.latent is None
                if not shown_late:
                    guest.latent = newest.latent[0].clone()
                guest.steps = self._before + newest.number
            if guest.forgotten:
                # It was wiped while this was put in.
                guest.wipe()
        if self._searcher.ended:
            self._ended(guest)

    def _ended(self, guest: Visitor) -> None:
        error = self._searcher.error
        if error is not None and str(error).startswith(NO_ENCODER) and self._start == "encoder":
            log.warning("%s; the search begins at the mean face, and visitors appear later", error)
            self._start = "mean"
        elif error is not None:
            log.error("%s", error)
            self._refined.add(guest.number)
        elif not self._of_match:
            self._refined.add(guest.number)
        self._guest = None

    def _waiting(self, busy_with: Visitor) -> bool:
        """Whether somebody has no guess yet while another one's is being refined."""
        if busy_with.latent is None:
            return False
        return any(guest.latent is None for guest in self._roster.visitors())

    def _end(self) -> None:
        self._searcher.cancel()
        self._guest = None

    def _begin(self, steps: int) -> None:
        guests = self._roster.visitors()
        for guest in guests:
            if guest.latent is None and guest.number not in self._refined:
                least = max(steps, MEAN_STEPS) if self._start == "mean" else steps
                return self._order(guest, SearchRequest(guest.portrait.copy(), self._start, least))
        for guest in guests:
            if guest.likeness is not None and guest.likeness.latent is None:
                picture = np.ascontiguousarray(guest.likeness.picture)
                return self._order(
                    guest, SearchRequest(picture, self._start, 0 if self._start == "encoder" else MEAN_STEPS), True
                )
        for guest in guests:
            if guest.latent is not None and guest.number not in self._refined and steps > guest.steps:
                latent = np.ascontiguousarray(guest.latent.numpy())
                # Longer steps, as a short search takes them, would jolt a face that is nearly found.
                rest = SearchRequest(guest.portrait.copy(), latent, steps - guest.steps, rate=usual_rate(steps))
                return self._order(guest, rest)
        return None

    def _order(self, guest: Visitor, order: SearchRequest, of_match: bool = False) -> None:
        self._guest, self._of_match, self._before = guest, of_match, guest.steps
        self._searcher.begin(order)
