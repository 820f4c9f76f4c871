"""One page's socket: what it sends is applied to the show, what changed is sent to it, newest first."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from likeness.errors import InputError, LikenessError
from likeness.inputs.osc.apply import Command
from likeness.inputs.osc.packet import Message
from likeness.inputs.osc.rate_limit import TokenBucket
from likeness.inputs.stage_lock import StageLock
from likeness.parameters.store import ParamStore
from likeness.params import Value, is_press, to_number
from likeness.web.codes import Role
from likeness.web.topics import Topics

log = logging.getLogger(__name__)

# Sixty faders at 60 messages a second.
MESSAGES_PER_S = 4000.0
BURST_S = 2.0
# A page that answers each refusal with the same message would never stop.
ERRORS_PER_S = 20.0
# Answers and refusals that wait for a page that does not read.
MOST_WAITING = 64
LONGEST_TEXT = 400
PREVIEW_WIDTHS = (64, 1024)
PREVIEW_RATES = (1.0, 30.0)
# A picture that is not acknowledged within this time was lost on its way, or the page slept.
LOST_S = 5.0
# Whoever has sent something within this time has a hand on the controls, and is told of changes at once.
PLAYING_S = 10.0


class ClientDesk(Protocol):
    """The desk as one client needs it. The web server's thread."""

    store: ParamStore
    lock: StageLock
    topics: Topics

    def apply(self, messages: Sequence[Message], client: "Client") -> None:
        """Carry out what the client sent."""
        ...

    def add_near_names(self, error: LikenessError, path: str) -> LikenessError:
        """Return the error for an unknown path with the addresses that are nearest to it."""
        ...

    def tell_fault(self, what: str, error: Exception) -> None:
        """Log an error of our own."""
        ...

    def greeting(self, client: "Client") -> dict[str, Any]:
        """Return what the client is told first."""
        ...

    def held_by_others(self, client: "Client") -> dict[str, str]:
        """Return who else's finger is on which control."""
        ...

    def take_from_others(self, address: str, client: "Client") -> None:
        """Make all but `client` lose hold of a control."""
        ...

    def wake_all(self) -> None:
        """Have all clients look whether there is something to send."""
        ...

    async def next_picture(self, width: int, after: int, rate: float) -> tuple[int, bytes]:
        """Return the next preview picture."""
        ...


class Client:
    """A connected page. The web server's thread, but for `reply`, which any thread may call.

    It is told what changed after the version that it has; while it does not read, nothing is queued for it but a few
    answers, and then it gets the newest state. A preview picture is sent when the one before it was acknowledged.

    Args:
        connection: to the page.
        desk: of the show.
        role: "view" may look and set nothing.
        number: counts the clients of the show.

    Attributes:
        held: the address of the control that a finger is on, of each.
    """

    def __init__(self, connection: ServerConnection, desk: ClientDesk, role: Role, number: int) -> None:
        self.role, self.number = role, number
        self.host = str((connection.remote_address or ("unknown",))[0])
        self.held: set[str] = set()
        self._connection, self._desk = connection, desk
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._version = 0
        self._others_held: dict[str, str] = {}
        self._waiting: list[str] = []
        self._tokens = TokenBucket(MESSAGES_PER_S, MESSAGES_PER_S * BURST_S)
        self._errors = TokenBucket(ERRORS_PER_S, ERRORS_PER_S)
        self._heard_at = time.monotonic()
        self._width, self._rate = 0, 15.0
        self._preview_wanted, self._acknowledged = asyncio.Event(), asyncio.Event()
        self._own: dict[str, Command] = {
            "/desk/preview": self._want_preview,
            "/desk/shown": self._acknowledge,
            "/desk/hold": self._hold,
            "/desk/ping": self._answer_ping,
        }

    @property
    def name(self) -> str:
        """Return what other pages call it."""
        return f"desk {self.number}"

    @property
    def playing(self) -> bool:
        """Return whether it has sent something within the last seconds."""
        return time.monotonic() - self._heard_at < PLAYING_S

    async def serve(self) -> None:
        """Talk to the page until it is gone."""
        tasks = [asyncio.ensure_future(each) for each in (self._send_changes(), self._send_preview())]
        try:
            async for text in self._connection:
                self._receive(text)
        except ConnectionClosed:
            pass
        finally:
            for task in tasks:
                task.cancel()

    def wake(self) -> None:
        """Look whether there is something to send."""
        self._wake.set()

    # As the applier sees it: `likeness.inputs.osc.apply.Sender`.

    def find_command(self, path: str) -> Command | None:
        """Return the command of pages alone that has the path."""
        return self._own.get(path)

    def reply(self, path: str, *args: Value) -> None:
        """Send an answer. Any thread, at any later time."""
        text = json.dumps({"answer": [path, *args]})
        try:
            self._loop.call_soon_threadsafe(self._queue, text)
        # The show has closed the server, and the page with it.
        except RuntimeError:
            log.debug("an answer to a page that is gone: %s", path)

    def refuse(self, message: Message, error: LikenessError, cause: Exception | None) -> None:
        """Tell the page what was wrong, in words."""
        if cause is not None:
            self._desk.tell_fault(f"desk command {message.address}", cause)
        if self._errors.spend():
            told = self._desk.add_near_names(error, message.address)
            self._queue(json.dumps({"error": [message.address[:LONGEST_TEXT], str(told)[:LONGEST_TEXT]]}))

    def note_written(self, path: str, value: Value) -> None:
        """Do nothing: the page itself knows under which finger a control is."""

    # Receiving.

    def _receive(self, text: str | bytes) -> None:
        self._heard_at = time.monotonic()
        try:
            messages = parse_messages(text)
        except InputError as error:
            self.refuse(Message("/desk", (), 0.0), error, None)
            return
        shown = [message for message in messages if message.address not in self._own]
        try:
            if shown:
                self._check(len(shown))
        except InputError as error:
            self.refuse(Message("/desk", (), 0.0), error, None)
            # What concerns this page alone counts all the same: its preview goes on while another has the stage.
            messages = [message for message in messages if message.address in self._own]
        self._desk.apply(messages, self)

    def _check(self, count: int) -> None:
        """Refuse what this page may not send now."""
        if self.role == "view":
            raise InputError("this page may look and not play; open the link for a desk, which the window shows by H")
        self._desk.lock.check(self.host)
        if not self._tokens.spend(count):
            raise InputError(f"more than {MESSAGES_PER_S:.0f} messages a second; what is above that is dropped")

    def _want_preview(self, width: object, rate: object = 15.0) -> None:
        wide, often = to_number(width), to_number(rate)
        if wide is None or often is None:
            raise InputError(f"/desk/preview {width!r} {rate!r}: give a width in px and pictures a second")
        self._width = 0 if wide < 1 else int(min(max(wide, PREVIEW_WIDTHS[0]), PREVIEW_WIDTHS[1]))
        self._rate = min(max(often, PREVIEW_RATES[0]), PREVIEW_RATES[1])
        if self._width:
            self._preview_wanted.set()
        else:
            self._preview_wanted.clear()

    def _acknowledge(self, number: object = 0) -> None:
        self._acknowledged.set()

    def _hold(self, address: object, on: object = 1) -> None:
        if self.role == "view":
            return
        if is_press(on) and str(address) in self._desk.store:
            self._desk.lock.check(self.host)
            self._desk.take_from_others(str(address), self)
            self.held.add(str(address))
        else:
            self.held.discard(str(address))
        self._desk.wake_all()

    def _answer_ping(self, at: object = 0.0) -> None:
        self._queue(json.dumps({"pong": to_number(at)}))

    # Sending.

    def _queue(self, text: str) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(text)
        self._wake.set()

    async def _send_changes(self) -> None:
        await self._send_all(json.dumps(self._desk.greeting(self)))
        while True:
            waiting, self._waiting = self._waiting, []
            for text in waiting:
                await self._send_all(text)
            held = self._desk.held_by_others(self)
            if held != self._others_held:
                gone = dict.fromkeys(self._others_held.keys() - held.keys())
                changed = {key: who for key, who in held.items() if self._others_held.get(key) != who}
                self._others_held = held
                await self._send_all(json.dumps({"held": {**gone, **changed}}))
            text = self._desk.topics.text_since(self._version)
            self._version = self._desk.topics.version
            if text:
                await self._send_all(text)
            await self._wake.wait()
            self._wake.clear()

    async def _send_preview(self) -> None:
        number = 0
        while True:
            await self._preview_wanted.wait()
            number, jpeg = await self._desk.next_picture(self._width, number, self._rate)
            if not self._preview_wanted.is_set():
                continue
            self._acknowledged.clear()
            await self._send_all((number & 0xFFFFFFFF).to_bytes(4, "big") + jpeg)
            await _at_most(self._acknowledged.wait(), LOST_S)

    async def _send_all(self, message: str | bytes) -> None:
        """Send; a page that is gone ends its tasks with the connection."""
        try:
            await self._connection.send(message)
        except ConnectionClosed:
            await asyncio.Event().wait()


async def _at_most(wait: Awaitable[Any], seconds: float) -> None:
    try:
        await asyncio.wait_for(wait, seconds)
    except TimeoutError:
        return


def parse_messages(text: str | bytes, most: int = 512) -> list[Message]:
    """Return the messages `[[address, ...args], ...]` of a page.

    Raises:
        InputError: where it is anything else.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"a page sends JSON, not {text[:40]!r}") from error
    if not isinstance(content, list) or len(content) > most:
        raise InputError(f"a page sends a list of at most {most} messages, each [address, value, ...]")
    messages = []
    for each in content:
        if not isinstance(each, list) or not each or not isinstance(each[0], str) or not each[0].startswith("/"):
            raise InputError(f"{str(each)[:80]} is no message; send [address, value, ...]")
        if not all(isinstance(arg, bool | int | float | str | None) for arg in each[1:]):
            raise InputError(f"{each[0][:80]}: values are numbers, texts, true and false")
        messages.append(Message(each[0], tuple(each[1:]), 0.0))
    return messages
