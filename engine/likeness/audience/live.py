"""The news for open pages: one look at the database for all of them, and a line to those whose state has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

from anyio import to_thread
from sqlalchemy import select

from likeness.audience.closing import Closing, ServerClosingError
from likeness.audience.evening import Evening
from likeness.audience.pairs import find_shown_pairs
from likeness.audience.presence import Presence, find_presence
from likeness.audience.states import State
from likeness.audience.tables import Visitor
from likeness.audience.transitions import films_are_open
from likeness.errors import AudienceError

LOOK_S = 0.5
# Proxies and phones close what says nothing for long.
ALIVE_S = 15.0
# Beyond it pages ask by themselves, every few seconds.
MOST_PAGES = 1000
# What a page shows of a visitor; where it changes, the page is told.
Shown = tuple[State, str, int, bool, str, bool, Presence, tuple[bool, ...]]


class Live:
    """Follows all visitors while anybody listens. One event loop; the database is read on a thread.

    A look that fails, as while the database is gone, is followed by the next one: pages keep what they show.

    Args:
        evening: of the server.
        closing: of the server, at which every page is let go.
        look_s: seconds between two looks.
    """

    def __init__(self, evening: Evening, closing: Closing, look_s: float = LOOK_S) -> None:
        self._evening, self._closing, self._look_s = evening, closing, look_s
        self._shown: dict[int, Shown] = {}
        self._listeners: dict[asyncio.Event, int] = {}
        self._watch: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        """Whether no other page may listen."""
        return len(self._listeners) >= MOST_PAGES

    async def follow(self, number: int) -> AsyncIterator[bytes]:
        """Yield server-sent events: `changed` at once and whenever the visitor's page is another, `gone` at the end."""
        changed = asyncio.Event()
        try:
            # Who has just come is in no look so far.
            if number not in self._shown or self._watch is None or self._watch.done():
                self._tell(await to_thread.run_sync(self._look))
            self._listeners[changed] = number
            if self._watch is None or self._watch.done():
                self._watch = asyncio.create_task(self._look_again())
            while number in self._shown:
                yield b"event: changed\ndata:\n\n"
                changed.clear()
                while not changed.is_set():
                    try:
                        await self._closing.before(asyncio.wait_for(changed.wait(), ALIVE_S))
                    except TimeoutError:
                        yield b":\n\n"
                    except ServerClosingError:
                        # Pages ask again by themselves, until the next server is there.
                        return
            yield b"event: gone\ndata:\n\n"
        finally:
            self._listeners.pop(changed, None)

    async def _look_again(self) -> None:
        while self._listeners:
            await asyncio.sleep(self._look_s)
            try:
                self._tell(await to_thread.run_sync(self._look))
            except AudienceError:
                continue

    def _tell(self, found: dict[int, Shown]) -> None:
        before, self._shown = self._shown, found
        for changed, number in self._listeners.items():
            if before.get(number) != found.get(number):
                changed.set()

    def _look(self) -> dict[int, Shown]:
        now = self._evening.now()
        columns = (Visitor.number, Visitor.state, Visitor.reason, Visitor.films_at, Visitor.mail)
        with self._evening.database.reading() as session:
            rows = session.execute(
                select(*columns).where(Visitor.state != State.DELETED).order_by(Visitor.number)
            ).all()
            open_films = bool(session.scalar(select(films_are_open(now))))
            presence = find_presence(session, now)
            pairs = find_shown_pairs(session)
        shown: dict[int, Shown] = {}
        before: Counter[State] = Counter()
        for number, state, reason, films_at, mail in rows:
            own = (state, reason, before[state], films_at is not None, mail)
            shown[number] = (*own, open_films, presence, pairs.get(number, ()))
            before[state] += 1
        return shown
