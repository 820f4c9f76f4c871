"""The visitors that are remembered, in the order of their turns."""

from __future__ import annotations

import threading
from collections.abc import Collection

from likeness.faces.embed import Embedding, identity_distance
from likeness.lookalike.visitor import Visitor

# dlib's 0.6 is the border between two people; a camera's pictures of one person lie far below it.
SAME_GUEST = 0.5
# More people than that are not waited for: who came first is forgotten.
MOST_GUESTS = 12


class VisitorQueue:
    """Keeps guests. Any thread."""

    def __init__(self) -> None:
        self._guests: list[Visitor] = []
        self._shown: Visitor | None = None
        self._era = 0
        self._lock = threading.Lock()

    def find(self, embedding: Embedding) -> Visitor | None:
        """Return the guest whose embedding this is, or None."""
        with self._lock:
            near = [(identity_distance(guest.embedding, embedding), guest) for guest in self._guests]
        distance, guest = min(near, key=lambda pair: pair[0], default=(SAME_GUEST, None))
        return guest if distance < SAME_GUEST else None

    @property
    def era(self) -> int:
        """Return how often all were let go."""
        return self._era

    def add(self, guest: Visitor, era: int) -> list[Visitor]:
        """Put a guest at the head of those who wait; return those who are left out for it.

        Args:
            guest: new.
            era: in which they were seen; after a `clear` since then it is the guest who is left out.
        """
        with self._lock:
            if era != self._era:
                return [guest]
            self._guests.insert(0, guest)
            left = [each for each in self._guests[MOST_GUESTS:] if each is not self._shown]
            self._guests = [each for each in self._guests if each not in left]
        return left

    def visitors(self) -> tuple[Visitor, ...]:
        """Return those who are remembered, the next one first."""
        with self._lock:
            return tuple(self._guests)

    def next_visitor(self, without: Collection[int] = ()) -> Visitor | None:
        """Return the guest whose turn it is, and put them at the end; None where nobody is ready.

        Args:
            without: numbers of guests who are passed over.
        """
        with self._lock:
            guest = next((each for each in self._guests if each.ready and each.number not in without), None)
            if guest is not None:
                self._guests.remove(guest)
                self._guests.append(guest)
            self._shown = guest
        return guest

    def expire(self, now: float, seconds: float) -> list[Visitor]:
        """Let go of those who were not seen for `seconds`, and whose turn it is not; return them."""
        with self._lock:
            gone = [each for each in self._guests if now - each.seen_at > seconds and each is not self._shown]
            self._guests = [each for each in self._guests if each not in gone]
        return gone

    def clear_current(self) -> None:
        """Say that nobody's turn is under way."""
        with self._lock:
            self._shown = None

    def clear(self) -> list[Visitor]:
        """Let go of all; return them."""
        with self._lock:
            gone, self._guests, self._shown = self._guests, [], None
            self._era += 1
        return gone
