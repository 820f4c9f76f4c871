"""A leader and its shadow on fixed clocks in one process, with a real connection between them."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.engine.show.takes.takes_rig import make_preset, plugin_files

from likeness.options import QUIET
from likeness.outputs.output import MemoryOutput
from likeness.parameters.store import ParamStore
from likeness.picture import Picture
from likeness.show.shadow.following import Following
from likeness.show.shadow.link import LeaderLink, open_link
from likeness.show.shadow.messages import FOLLOW
from likeness.show.show import Show
from likeness.show.takes.material import with_material
from likeness.web.codes import Codes
from likeness.web.desk import Desk
from likeness.web.preview import Preview
from likeness.web.server import Services, WebServer
from likeness.web.stream import MjpegStreams
from likeness.web.take_socket import Led, TakeSocket

DEADLINE_S = 20.0
Script = Mapping[int, Callable[[Show], None]]


def serve(led: Led, load_codes: Callable[[], Codes] | None = None, host: str = "127.0.0.1") -> WebServer:
    """Return a server that has a show to follow and nothing else."""
    streams = MjpegStreams(Preview(lambda: None))  # type: ignore[arg-type, return-value]  # none is asked for
    desk = Desk(ParamStore(), {}, {}, [])
    services = Services(desk, None, None, streams, TakeSocket(led))  # type: ignore[arg-type]  # nor anything else
    server = WebServer(lambda access: services, 0, host=host, load_codes=load_codes or _no_codes)
    server.start()
    return server


def _no_codes() -> Any:
    raise AssertionError("this machine alone needs no codes")


class Pair:
    """A leader that plays a script, and a shadow that follows it from `join` on.

    Args:
        folder: for plugins and weights.
        script: what is done to the leader, by frame.
    """

    def __init__(self, folder: Path, script: Script) -> None:
        self._opened, self._script, self.frame = ExitStack(), script, 0
        options = replace(QUIET, plugins=plugin_files(folder), device="cpu", offline=True)
        self.leader = self._opened.enter_context(Show(make_preset(folder), options))
        assert self.leader.shadow.sender is not None
        self.server = serve(self.leader.shadow.sender)
        self._opened.callback(self.server.close)
        self.led = MemoryOutput()
        self.leader.loop.outputs.add(self.led)

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/take"

    def lead(self, frames: int = 1) -> None:
        """Play the leader."""
        for _ in range(frames):
            if self.frame in self._script:
                self._script[self.frame](self.leader)
            self.leader.loop.frame()
            self.frame += 1

    def join(self, **options: Any) -> None:
        """Let the shadow join; the leader plays as many frames as that takes."""
        self.following = Following(self.ask(FOLLOW), 0.25)
        self._opened.callback(self.following.close)
        wanted = with_material(self.following.take, replace(QUIET, device="cpu", offline=True, **options))
        self.shadow = self._opened.enter_context(Show(self.following.take.preset, wanted, take=self.following))
        self.seen = MemoryOutput()
        self.shadow.loop.outputs.add(self.seen)
        self.shadow.loop.frame()

    def ask(self, word: str) -> LeaderLink:
        """Return a link to the leader, which plays a frame meanwhile."""
        with ThreadPoolExecutor(1) as pool:
            link = pool.submit(open_link, self.address, word)
            # The leader is asked in an edit, which its next frame runs.
            while not (self.leader.store._inbox or link.done()):
                wait([link], 0.01)
            self.lead()
            return link.result(DEADLINE_S)

    def play(self, frames: int) -> list[tuple[Picture, Picture]]:
        """Play both; return what the leader showed and what the shadow would have."""
        pairs = []
        for _ in range(frames):
            self.lead()
            self.shadow.loop.frame()
            pairs.append((self.leader.loop.shown, self.shadow.loop.shown))
        return pairs

    def cut(self) -> None:
        """Cut the connection, as a kill or a power cut does."""
        self.server.close()

    def close(self) -> None:
        self._opened.close()
