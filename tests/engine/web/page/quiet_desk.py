"""A desk without a show: its pages are told what a test says, and what they send is kept. It costs next to nothing."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from likeness.parameters.store import ParamStore
from likeness.params import Choice, Float, Trigger
from likeness.show.load_rack import declare_show_params
from likeness.web.access import Access
from likeness.web.codes import Codes
from likeness.web.describe import ParamsDescription, read_moved, read_targets
from likeness.web.desk import Desk
from likeness.web.oscquery import OscQuery
from likeness.web.page_files import PageFiles
from likeness.web.preview import Preview
from likeness.web.server import Services, WebServer
from likeness.web.site import Site, Sources
from likeness.web.stream import MjpegStreams
from likeness.web.topics import Keyed, Topic, Whole

COMMANDS = (
    *("/cue/store", "/cue/recall", "/cue/clear", "/cue/move", "/cue/label", "/cue/bank"),
    *("/history/store", "/history/recall", "/history/live", "/preset/recall", "/generator/load", "/mod/add"),
)
TEMPO = {"bpm": 120.0, "beat": 8.0, "bar": 2.0, "beats_per_bar": 4, "leader": ""}
STATUS = {
    "fps": 59.9,
    "wanted_fps": 60,
    "governed_fps": 60,
    "repeats": 0,
    "latency_ms": 12.0,
    "drawn": True,
    "outputs": [{"name": "window", "dropped": 0}],
    "closed_outputs": [],
    "master": {"level": 1.0},
    "tempo": TEMPO,
}
TOLD = {
    "status": STATUS,
    "cues": {"bank": "main", "banks": ["main"], "cues": {}},
    "past": {"now": 0.0, "from": 0.0, "every": 1.0, "times": []},
    "midi": {"available": True, "why": "", "ports": [], "learning": None, "bindings": {}, "gaps": {}},
    "modulation": [],
    "audio": {"on": False},
    "presets": {"names": [], "current": None, "morph": None},
    "generator": {"weights": "composite-256", "resolution": 256, "loading": None, "error": None},
    "camera": {"on": False},
    "audience": {"on": False},
    "rack": {"plugins": [], "available": [], "watch": True},
    "log": [],
}


class QuietDesk:
    """A web server with a page, whose topics are `told` and whose parameters are those of a show and one plugin.

    Attributes:
        told: what pages are told, by topic; replace a value to tell them another.
        heard: the commands that pages have sent, with their arguments.
        store: the parameters.
        plugins: which of their owners are plugins, in the order of the rack.
    """

    def __init__(self) -> None:
        self.told: dict[str, Any] = dict(TOLD)
        self.heard: list[tuple[object, ...]] = []
        self.plugins: tuple[str, ...] = ("walk",)
        self.store = ParamStore()
        declare_show_params(self.store)
        self.store.declare("walk", [Float("speed", 0.5), Float("reach", 0.5), Choice("way", "on", ["on", "back"])])
        self._preview = Preview(lambda: np.zeros((64, 64, 3), np.uint8))
        self._server = WebServer(self._make_services, 0, load_codes=_no_codes)
        self._preview.start()
        self._server.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/"

    def reset(self) -> None:
        """Become what it was at first."""
        self.told.update(TOLD)
        self.heard.clear()
        for address, param in self.store.params():
            if not isinstance(param, Trigger):
                self.store.set(address, param.default_value)

    def wait_for(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait until `condition` is true."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds:g} s; heard: {self.heard}"
            time.sleep(0.01)

    def close(self) -> None:
        self._server.close()
        self._preview.close()

    def _make_services(self, access: Access) -> Services:
        topics: list[Topic] = [
            Whole("params", ParamsDescription(self.store, lambda: self.plugins).read),
            Keyed("values", self._advance),
            Keyed("shown", lambda: read_moved(self.store, self.store.params)),
            *(Whole(name, partial(self.told.__getitem__, name)) for name in self.told),
        ]
        commands: dict[str, Callable[..., None]] = {name: partial(self._hear, name) for name in COMMANDS}
        desk = Desk(self.store, commands, {}, topics, greeting={"title": "a quiet desk", "page": "1"})
        oscquery, streams = OscQuery(self.store, None), MjpegStreams(self._preview)
        sources = Sources(lambda: "{}", lambda bank, name: None, lambda time: None, lambda: b"", lambda: (True, "{}"))
        return Services(desk, Site(PageFiles(), sources, oscquery, self._preview, streams), oscquery, streams)

    def _advance(self) -> dict[str, Any]:
        """Apply what pages have set, as a frame of a show does."""
        self.store.advance(1.0)
        return read_targets(self.store)

    def _hear(self, name: str, *args: object) -> None:
        self.heard.append((name, *args))


def _no_codes() -> Codes:
    raise AssertionError("this machine alone needs no codes")
