"""Link to a leader: finds it, says whether it may be followed, and reads what it sends on a thread of its own."""

import logging
import threading
import time
from collections import OrderedDict
from queue import Empty, SimpleQueue
from urllib.parse import parse_qs, quote, urlsplit

from torch import Tensor
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

from likeness.errors import InputError
from likeness.show.shadow.messages import (
    FOLLOW,
    PRIVATE,
    RECALLED,
    Greeting,
    LedFace,
    LedFrame,
    LedTake,
    Over,
    decode,
)
from likeness.web.addresses import parse_host

log = logging.getLogger(__name__)

DESK_PORT = 9001
CONNECT_S, ANSWER_S = 3.0, 20.0
# A face of 64 heads.
MOST_BYTES = 32 << 20
# Of frames, and of recalls: a second of the ones, what a performer calls up in a minute of the others.
KEPT_SHOWN, KEPT_RECALLED = 120, 64


class NobodyLeads(InputError):  # noqa: N818 - no error: there will be somebody
    """There is no show to follow now, and there may be one later."""


def parse_leader(text: str) -> str:
    """Return the address of a leader's socket, of "stage.local", "10.0.0.5:9001" or the link that its desk prints.

    Raises:
        InputError: it names no machine.
    """
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
        host = parse_host(url.netloc)
    # Of brackets that do not close.
    except ValueError:
        url, host = urlsplit(""), None
    if host is None or url.scheme not in ("http", "https"):
        raise InputError(
            f"--shadow {text!r:.200} is no machine; give its name or address, as stage.local or 10.0.0.5:9001, or the "
            "link that the show there prints"
        )
    codes = parse_qs(url.query).get("code")
    named = f"[{host.name}]" if ":" in str(host.name) else host.name
    return f"ws://{named}:{host.port or DESK_PORT}/take" + (f"?code={quote(codes[-1])}" if codes else "")


def name_leader(address: str) -> str:
    """Return what messages call a leader: without its code."""
    return urlsplit(address).netloc


def greet(address: str) -> tuple[ClientConnection, Greeting]:
    """Return a connection to whoever plays at `address`, and what is said there first.

    Raises:
        NobodyLeads: nobody answers.
        InputError: the one who answers does not let us in, or does not understand us.
    """
    name = name_leader(address)
    try:
        opening = connect(
            address, compression=None, open_timeout=CONNECT_S, max_size=MOST_BYTES, close_timeout=1.0, proxy=None
        )
        # Its `with` would end here; `close` is all that is done at its end.
        connection = opening.__enter__()
    except InvalidStatus as error:
        said = (error.response.body or b"").decode("utf-8", "replace").strip()
        if error.response.status_code == 503:
            raise NobodyLeads(f"{name} takes no more shadows: {said}") from error
        raise InputError(f"{name} does not let this machine follow: {said or error}") from error
    except (OSError, TimeoutError, InvalidHandshake) as error:
        raise NobodyLeads(f"{name} does not answer") from error
    except InvalidURI as error:
        raise InputError(f"{name} is no machine that can be followed") from error
    try:
        greeting = decode(connection.recv(timeout=CONNECT_S))
    except (WebSocketException, TimeoutError, OSError) as error:
        connection.close()
        raise NobodyLeads(f"{name} does not answer") from error
    except InputError:
        connection.close()
        raise
    if not isinstance(greeting, Greeting):
        connection.close()
        raise InputError(f"{name} is no show that can be followed")
    return connection, greeting


class LeaderLink:
    """Follows one leader from `open_link` to `close`. The show's thread reads frames, the render thread faces.

    Args:
        connection: that has been greeted.
        name: what messages call the leader.
        word: `LOOK` where only `take` is wanted.

    Attributes:
        take: what it plays.
        received_at: when the newest frame came, in seconds of `time.perf_counter`; None before the first.
        over: whether its show has ended. Valid once `next_frame` has returned None.
    """

    def __init__(self, connection: ClientConnection, name: str, word: str = FOLLOW) -> None:
        self._connection, self.name = connection, name
        self.take = self._read_take(word)
        self.received_at: float | None = None
        self.over = False
        self._frames: SimpleQueue[LedFrame | None] = SimpleQueue()
        self._changed = threading.Condition()
        self._newest_index, self._ended = -1, False
        self._newest_face: Tensor | None = None
        self._shown: OrderedDict[int, Tensor | None] = OrderedDict()
        self._recalled: OrderedDict[int, Tensor | None] = OrderedDict()
        self._thread = threading.Thread(target=self._run, name="leader link", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the connection is there no more."""
        return self._ended

    @property
    def waiting(self) -> int:
        """Return how many frames have come that were not read."""
        return self._frames.qsize()

    def next_frame(self, timeout_s: float) -> LedFrame | None:
        """Return the next frame; None where the link has ended.

        Raises:
            TimeoutError: none came in time.
        """
        try:
            return self._frames.get(timeout=timeout_s) if timeout_s > 0 else self._frames.get_nowait()
        except Empty:
            raise TimeoutError from None

    def find_shown(self, index: int, timeout_s: float) -> Tensor | None:
        """Return the face of the frame `index`, of one that was not drawn there the newest; None for a private one."""
        with self._changed:
            self._changed.wait_for(
                lambda: index in self._shown or self._newest_index > index or self._ended, timeout=timeout_s
            )
            return self._shown.get(index, self._newest_face)

    def find_recalled(self, number: int, timeout_s: float) -> Tensor | None:
        """Return the face of the recall `number`; None where it does not come in time."""
        with self._changed:
            self._changed.wait_for(lambda: number in self._recalled or self._ended, timeout=timeout_s)
            return self._recalled.get(number)

    def close(self) -> None:
        """Let go of the leader. Safe to call twice."""
        self._connection.close()
        self._thread.join(2.0)

    def _read_take(self, word: str) -> LedTake:
        try:
            self._connection.send(word)
            take = decode(self._connection.recv(timeout=ANSWER_S))
        except (WebSocketException, TimeoutError, OSError) as error:
            self._connection.close()
            raise NobodyLeads(f"{self.name} does not say what it plays") from error
        except InputError:
            self._connection.close()
            raise
        if not isinstance(take, LedTake):
            self._connection.close()
            raise InputError(f"{self.name} does not say what it plays")
        return take

    # All below runs on the link's thread.

    def _run(self) -> None:
        try:
            for message in self._connection:
                self._take_in(message)
        except (WebSocketException, OSError) as error:
            log.debug("the link to %s has ended: %s", self.name, error)
        except InputError as error:
            log.error("%s: %s", self.name, error)
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._frames.put(None)

    def _take_in(self, message: str | bytes) -> None:
        said = decode(message)
        if isinstance(said, Over):
            self.over = True
        elif isinstance(said, LedFrame):
            self.received_at = time.perf_counter()
            self._frames.put(said)
            with self._changed:
                self._newest_index = said.tick.index
                self._changed.notify_all()
        elif isinstance(said, LedFace):
            with self._changed:
                self._keep(said)
                self._changed.notify_all()

    def _keep(self, said: LedFace) -> None:
        kept, most = (self._recalled, KEPT_RECALLED) if said.kind == RECALLED else (self._shown, KEPT_SHOWN)
        kept[said.number] = said.face
        while len(kept) > most:
            kept.popitem(last=False)
        if said.kind != RECALLED:
            self._newest_face = None if said.kind == PRIVATE else said.face


def open_link(address: str, word: str = FOLLOW) -> LeaderLink:
    """Return a link to the show that plays at `address`; with `LOOK` to its first message alone.

    Raises:
        NobodyLeads: nobody plays there whom one can follow.
        InputError: the show there cannot be followed from here, ever.
    """
    connection, greeting = greet(address)
    name = name_leader(address)
    if greeting.leads_s is None:
        connection.close()
        raise NobodyLeads(f"{name} itself follows another machine")
    return LeaderLink(connection, name, word)
