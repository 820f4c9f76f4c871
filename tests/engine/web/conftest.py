"""What the web server's tests share: a store, a show's worth of services, a server on a free port, and pages."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from tests.engine.inputs.conftest import store, until
from websockets.sync.client import ClientConnection, connect

from likeness.inputs.osc.apply import Command
from likeness.parameters.store import ParamStore
from likeness.web.access import Access
from likeness.web.desk import Desk
from likeness.web.oscquery import OscQuery
from likeness.web.page_files import PageFiles
from likeness.web.preview import Preview
from likeness.web.server import Services, WebServer
from likeness.web.site import Site, Sources
from likeness.web.stream import MjpegStreams
from likeness.web.topics import Topic

__all__ = ["store", "until"]

DEADLINE_S = 20.0


class Page:
    """A page that is connected to a desk, and all that it has been told."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.told: dict[str, Any] = {}
        self.pictures: list[bytes] = []

    def send(self, *messages: Sequence[object]) -> None:
        """Send messages, each an address and its arguments, in one frame."""
        self.connection.send(json.dumps(messages))

    def hear(self, topic: str, condition: Callable[[Any], bool] = lambda value: True) -> Any:
        """Return what is told of `topic` once it fulfils the condition."""
        while True:
            if topic in self.told and condition(self.told[topic]):
                return self.told.pop(topic)
            message = self.connection.recv(timeout=DEADLINE_S)
            if isinstance(message, bytes):
                self.pictures.append(message)
            else:
                self.told.update(json.loads(message))


class Rig:
    """A web server on a free port, before a store without a show."""

    def __init__(self, store: ParamStore) -> None:
        self.store = store
        self.picture = np.zeros((64, 96, 3), np.uint8)
        self.topics: list[Topic] = []
        self.commands: dict[str, Command] = {}
        self.questions: dict[str, Command] = {}
        self.well = True
        self.pictures = {("main", "5"): b"\xff\xd8cue"}
        self.preview = Preview(lambda: self.picture)
        self.server = WebServer(self._make_services, 0, load_codes=self._no_codes)
        self.desk: Desk | None = None
        self.oscquery = OscQuery(store, ("127.0.0.1", 9000))

    def start(self) -> None:
        self.preview.start()
        self.server.start()

    def close(self) -> None:
        self.server.close()
        self.server.close()
        self.preview.close()

    @contextmanager
    def page(self, path: str = "/socket", **options: Any) -> Iterator[Page]:
        """Connect a page."""
        with connect(f"ws://127.0.0.1:{self.server.port}{path}", open_timeout=DEADLINE_S, **options) as connection:
            yield Page(connection)

    def _make_services(self, access: Access) -> Services:
        streams = MjpegStreams(self.preview)
        self.desk = Desk(
            self.store,
            self.commands,
            self.questions,
            self.topics,
            greeting={"title": "a test"},
            next_picture=self.preview.next_picture,
        )
        sources = Sources(
            lambda: '{"fps": 60}',
            lambda bank, name: self.pictures.get((bank, name)),
            lambda time: b"\xff\xd8past" if time == 2.0 else None,
            lambda: b"PK report",
            lambda: (self.well, '{"state": "ok"}'),
        )
        site = Site(PageFiles(), sources, self.oscquery, self.preview, streams)
        return Services(self.desk, site, self.oscquery, streams)

    @staticmethod
    def _no_codes() -> Any:
        raise AssertionError("this machine alone needs no codes")


@pytest.fixture
def rig(store: ParamStore) -> Iterator[Rig]:
    """Return a rig that is not started yet."""
    rig = Rig(store)
    yield rig
    rig.close()


@pytest.fixture
def server(rig: Rig) -> WebServer:
    """Return a server that serves."""
    rig.start()
    return rig.server
