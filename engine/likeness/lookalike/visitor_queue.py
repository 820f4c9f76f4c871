"""The visitors who are remembered, in the order of their turns."""

from __future__ import annotations

import threading
from collections.abc import Collection

from likeness.events import AudienceTurn
from likeness.faces.embed import Embedding, identity_distance
from likeness.lookalike.visitor import Visitor

# dlib's 0.6 is the border between two people; a camera's pictures of one person lie far below it.
SAME_VISITOR = 0.5
# Beyond this number the visitor whose turn is furthest away is forgotten.
MOST_VISITORS = 12


class VisitorQueue:
    """Holds the visitors; the newest has the next turn. Any thread."""

    def __init__(self) -> None:
        self._visitors: list[Visitor] = []
        self._current: Visitor | None = None
        self._generation = 0
        self._lock = threading.Lock()

    def find(self, embedding: Embedding) -> Visitor | None:
        """Return the visitor whose embedding this is, or None."""
        with self._lock:
            # Whoever sent a photo is that visitor for their turn alone.
            known = [visitor for visitor in self._visitors if visitor.turn is None]
            near = [(identity_distance(visitor.embedding, embedding), visitor) for visitor in known]
        distance, visitor = min(near, key=lambda pair: pair[0], default=(SAME_VISITOR, None))
        return visitor if distance < SAME_VISITOR else None

    @property
    def generation(self) -> int:
        """How often `clear` was called."""
        return self._generation

    def add(self, visitor: Visitor, generation: int) -> list[Visitor]:
        """Put a visitor at the head of the queue; return those who are dropped, to be wiped.

        Args:
            visitor: new.
            generation: in which they were seen; if `clear` was called since, the new visitor is the one dropped.
        """
        with self._lock:
            if generation != self._generation:
                return [visitor]
            self._visitors.insert(0, visitor)
            dropped = [each for each in self._visitors[MOST_VISITORS:] if each is not self._current]
            self._visitors = [each for each in self._visitors if each not in dropped]
        return dropped

    def visitors(self) -> tuple[Visitor, ...]:
        """Return those who are remembered, the next one first."""
        with self._lock:
            return tuple(self._visitors)

    def next_visitor(self, without: Collection[int] = ()) -> Visitor | None:
        """Return the visitor whose turn it is, and put them at the end; None if nobody is ready.

        Whoever sent a photo comes before those at the camera, who would keep them waiting for ever.

        Args:
            without: numbers of visitors who are passed over.
        """
        with self._lock:
            ready = [each for each in self._visitors if each.ready and each.number not in without]
            visitor = next((each for each in ready if each.turn is not None), ready[0] if ready else None)
            if visitor is not None:
                self._visitors.remove(visitor)
                self._visitors.append(visitor)
            self._current = visitor
        return visitor

    def expire(self, now: float, seconds: float) -> list[Visitor]:
        """Drop those who were not seen for `seconds`, apart from the one whose turn it is, and who may not be shown.

        Return them. Whoever sent a photo stays until their turn is over.
        """
        with self._lock:
            gone = [
                each
                for each in self._visitors
                if each.turn is None and now - each.seen_at > seconds and each is not self._current
            ]
            gone += [each for each in self._visitors if each.turn is not None and each.turn.withdrawn]
            self._visitors = [each for each in self._visitors if each not in gone]
        return gone

    def remove(self, turn: AudienceTurn) -> list[Visitor]:
        """Drop the visitor of a turn of the audience; return them, to be wiped."""
        with self._lock:
            gone = [each for each in self._visitors if each.turn is turn]
            self._visitors = [each for each in self._visitors if each not in gone]
            if self._current in gone:
                self._current = None
        return gone

    def clear_current(self) -> None:
        """Clear the current visitor."""
        with self._lock:
            self._current = None

    def clear(self) -> list[Visitor]:
        """Drop all; return them."""
        with self._lock:
            gone, self._visitors, self._current = self._visitors, [], None
            self._generation += 1
        return gone
