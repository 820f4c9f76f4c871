"""The desk: all pages that are connected, what they are told and what they send."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from websockets.asyncio.server import ServerConnection

from likeness.errors import LikenessError
from likeness.errors.fault_log import Faults
from likeness.inputs.osc.apply import Applier, Command
from likeness.inputs.osc.dispatch import Dispatcher
from likeness.inputs.osc.packet import Message
from likeness.inputs.stage_lock import StageLock
from likeness.parameters.store import ParamStore
from likeness.web.client import Client
from likeness.web.codes import Role
from likeness.web.topics import Topic, Topics, Whole

log = logging.getLogger(__name__)

# As fast as a tablet draws, and half the frames of a show at 60 fps.
UPDATE_S = 1 / 30
# Pages that nobody has touched for a while share this many updates a second, so that two hundred cost the show little.
IDLE_UPDATES_PER_S = 300.0
MOST_CLIENTS = 256

# Returns the next preview picture: its number and a JPEG, given a width, the number that the page has, and a rate.
NextPicture = Callable[[int, int, float], Awaitable[tuple[int, bytes]]]


async def _never(width: int, after: int, rate: float) -> tuple[int, bytes]:
    await asyncio.Event().wait()
    raise AssertionError


class Desk:
    """Connects pages with the show. The web server's thread, where nothing is said of others.

    While nobody is connected it does nothing at all. Otherwise it reads the topics 30 times a second and wakes the
    pages, each of which sends what its page has not got. What fails in a topic or a command is logged and counted.

    Args:
        store: where parameters live.
        commands, questions: of the show, by path, as OSC has them.
        topics: what pages are told, apart from who holds which control.
        greeting: what each page is told first.
        link: how other machines reach the desk, for pages that may play.
        lock: of the stage.
        next_picture: makes the preview's pictures.
    """

    def __init__(
        self,
        store: ParamStore,
        commands: Mapping[str, Command],
        questions: Mapping[str, Command],
        topics: Sequence[Topic],
        *,
        greeting: Mapping[str, Any] | None = None,
        link: Mapping[str, str] | None = None,
        lock: StageLock | None = None,
        next_picture: NextPicture = _never,
    ) -> None:
        self.store, self.lock = store, lock or StageLock()
        self._next_picture = next_picture
        self._greeting, self._link = dict(greeting or {}), link
        self._applier = Applier(store, commands, questions, Dispatcher(store))
        self._clients: list[Client] = []
        self._numbers = itertools.count(1)
        self._faults = Faults(log)
        self._ticks: asyncio.Task[None] | None = None
        ours = (Whole("lock", lambda: self.lock.holder), Whole("clients", self._count_clients))
        self.topics = Topics((*topics, *ours))

    @property
    def full(self) -> bool:
        """Return whether no more pages are taken."""
        return len(self._clients) >= MOST_CLIENTS

    async def serve_client(self, connection: ServerConnection, role: Role) -> None:
        """Talk to one page until it is gone."""
        client = Client(connection, self, role, next(self._numbers))
        if not self._clients:
            # What has changed while nobody looked.
            self._refresh()
        self._clients.append(client)
        if self._ticks is None:
            self._ticks = asyncio.ensure_future(self._tick())
        try:
            await client.serve()
        finally:
            self._clients.remove(client)
            self.wake_all()

    def apply(self, messages: Sequence[Message], client: Client) -> None:
        """Carry out what a page sent."""
        self._applier.apply(messages, client)

    def add_near_names(self, error: LikenessError, path: str) -> LikenessError:
        """Return the error for an unknown path with the addresses that are nearest to it."""
        return self._applier.add_near_names(error, path)

    def tell_fault(self, what: str, error: Exception) -> None:
        """Log an error of our own, once in full."""
        self._faults.tell(what, error)

    def greeting(self, client: Client) -> dict[str, Any]:
        """Return what `client` is told first."""
        hello = {"hello": {**self._greeting, "role": client.role, "client": client.name}}
        return {**hello, "link": self._link} if client.role == "desk" else hello

    def held_by_others(self, client: Client) -> dict[str, str]:
        """Return who else's finger is on which control."""
        return {address: other.name for other in self._clients if other is not client for address in other.held}

    def take_from_others(self, address: str, client: Client) -> None:
        """Make all pages but `client` lose hold of a control: it belongs to the finger that came last."""
        for other in self._clients:
            if other is not client:
                other.held.discard(address)

    async def next_picture(self, width: int, after: int, rate: float) -> tuple[int, bytes]:
        """Return the next preview picture: its number and a JPEG."""
        return await self._next_picture(width, after, rate)

    def wake_all(self) -> None:
        """Have all pages look whether there is something to send."""
        for client in self._clients:
            client.wake()

    async def _tick(self) -> None:
        """Read the topics and wake the pages, while there are any."""
        turn = 0
        while self._clients:
            await asyncio.sleep(UPDATE_S)
            self._refresh()
            idle = sum(not client.playing for client in self._clients)
            every = max(round(idle / IDLE_UPDATES_PER_S / UPDATE_S), 1)
            turn += 1
            for client in self._clients:
                if client.playing or (turn + client.number) % every == 0:
                    client.wake()
        self._ticks = None

    def _refresh(self) -> None:
        try:
            self.topics.refresh()
        # A topic reads parts of a running show; what one of them raises must not end the desk.
        except Exception as error:  # noqa: BLE001
            self._faults.tell("the desk", error)

    def _count_clients(self) -> dict[str, int]:
        roles = [client.role for client in self._clients]
        return {"desk": roles.count("desk"), "view": roles.count("view")}
