"""OSC over UDP: addresses set parameters, ask for them, or call the show's commands."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby

from likeness.errors import InputError, LikenessError, ParamError, nearest
from likeness.faults import Faults
from likeness.inputs.osc_packet import Message, decode, encode
from likeness.params import Trigger, to_number
from likeness.store import Edit, ParamStore

log = logging.getLogger(__name__)

# 4 MB hold about 5,000 small datagrams, a second of a flood; the system may grant less.
RECEIVE_BUFFER_BYTES = 4 << 20
# The largest payload of a UDP datagram over IPv4 is 65,507 bytes.
DATAGRAM_BYTES = 65_536
# Datagrams read in one go before timers get their turn.
BURST = 256
# Bundles that wait for their time; beyond it new ones are refused, so that a broken sender cannot fill the memory.
MOST_PENDING = 1024
# A bundle due later than this is more often a clock set wrong than a plan, and it looks like a dead controller.
FAR_S = 60.0
# Looking for near names takes about a millisecond: more answers a second would keep good messages waiting.
ANSWERS_PER_S = 20
# Values come back in messages; a text of many kilobytes does not belong in a log or in a reply.
LONGEST_TEXT = 400

Sender = tuple[object, ...]
# Sends a message back to whom a command came from: an address and its arguments. Any thread, at any later time.
Reply = Callable[..., None]


class OscInput:
    """Listens on a UDP port, on its own thread, from `start` to `close`.

    `/random_walk/speed 0.3` sets a parameter, `/norm/random_walk/speed 0.5` by fader position, an address alone presses
    a trigger or is answered with the value that the parameter was asked to have. What is refused is answered with
    `/error address text`. A bundle is applied in one frame, at its time tag if that is still to come; bundles that are
    due later hold nothing else up.

    Args:
        store: where parameters live.
        port: to listen on; 0 takes a free one, see `port` after `start`.
        host: address of the network interface; "0.0.0.0" listens to the whole network.
        commands: addresses that are no parameters; each is called on this thread with the message's arguments.
            A `LikenessError` from it is answered and logged as one line.
        questions: like `commands`, but each is called with a `Reply` before the message's arguments.

    Attributes:
        received: messages since the start, those of bundles counted one by one; a broken datagram counts as one.
        refused: how many of them were not taken.
    """

    def __init__(
        self,
        store: ParamStore,
        port: int,
        *,
        host: str = "127.0.0.1",
        commands: Mapping[str, Callable[..., None]] | None = None,
        questions: Mapping[str, Callable[..., None]] | None = None,
    ) -> None:
        self.received = self.refused = 0
        self.port, self._host = port, host
        self._store = store
        self._commands, self._questions = dict(commands or {}), dict(questions or {})
        self._faults = Faults(log)
        self._answers = _Allowance(ANSWERS_PER_S)
        self._pending = 0
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Bind the port and begin to listen.

        Raises:
            InputError: where the port is taken or the host is not an address of this machine.
        """
        self._socket = _bound(self._host, self.port)
        self.port = self._socket.getsockname()[1]
        # Windows' default loop cannot watch a plain socket.
        self._loop = asyncio.SelectorEventLoop()
        self._loop.add_reader(self._socket, self._drain, self._socket, self._loop)
        self._thread = threading.Thread(target=self._loop.run_forever, name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; bundles still waiting for their time are dropped. Safe to call twice."""
        if self._loop is None or self._socket is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.remove_reader(self._socket)
        self._loop.close()
        self._socket.close()
        self._loop = self._socket = self._thread = None

    # All below runs on the input's own thread.

    def _drain(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        # asyncio's own datagram transport reads one per turn of its loop: 38 microseconds a message instead of 11.
        for _ in range(BURST):
            try:
                datagram, sender = sock.recvfrom(DATAGRAM_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # Windows reports here that somebody we answered has gone.
                continue
            self._take(datagram, sender, loop)

    def _take(self, datagram: bytes, sender: Sender, loop: asyncio.AbstractEventLoop) -> None:
        try:
            messages = decode(datagram)
        except InputError as error:
            self.received += 1
            self.refused += 1
            self._faults.tell("an OSC datagram", error, trace=False)
            return
        self.received += len(messages)
        now = time.time()
        # A stable sort: what is due at one time keeps the order of the datagram, and all that is overdue is one group.
        ordered = sorted(messages, key=lambda message: message.due)
        for wait_s, group in groupby(ordered, lambda message: max(message.due - now, 0.0)):
            if wait_s > 0:
                self._apply_later(list(group), sender, wait_s, loop)
            else:
                self._apply(list(group), sender)

    def _apply_later(
        self, messages: list[Message], sender: Sender, wait_s: float, loop: asyncio.AbstractEventLoop
    ) -> None:
        if self._pending >= MOST_PENDING:
            self.refused += len(messages)
            full = InputError(f"{MOST_PENDING} bundles wait for their time already; send them later")
            self._faults.tell("an OSC bundle", full, trace=False)
            return
        if wait_s > FAR_S:
            far = InputError(f"it is due in {wait_s:.0f} s and waits; if that is not meant, set the sender's clock")
            self._faults.tell("an OSC bundle's time", far, trace=False)
        self._pending += 1

        def apply() -> None:
            self._pending -= 1
            self._apply(messages, sender)

        loop.call_later(wait_s, apply)

    def _apply(self, messages: list[Message], sender: Sender) -> None:
        """Do what the messages say; parameters between two commands change in one frame."""
        edits: list[Edit] = []
        for message in messages:
            command = self._command(message.address, sender)
            try:
                if command is None:
                    edits += self._edits(message, sender)
                    continue
                self._put(edits)
                edits = []
                command(*message.args)
            except LikenessError as error:
                self._refuse(message, sender, error)
            # A command is the show's own; a sender with one argument too many must not end the input.
            except Exception as error:  # noqa: BLE001
                self._refuse(message, sender, InputError(f"{message.address} {message.args}: {error}"), error)
        self._put(edits)

    def _command(self, address: str, sender: Sender) -> Callable[..., None] | None:
        question = self._questions.get(address)
        if question is not None:
            return partial(question, partial(self._reply, sender))
        return self._commands.get(address)

    def _put(self, edits: list[Edit]) -> None:
        if len(edits) == 1:
            self._store.call(edits[0])
        elif edits:
            self._store.call(lambda: _all(edits))

    def _edits(self, message: Message, sender: Sender) -> list[Edit]:
        """Return what the message changes; a question is answered and changes nothing.

        Raises:
            ParamError: where the address is unknown or the value is refused.
        """
        address, by_unit = self._parameter(message)
        if message.args in ((), (None,)):
            if not isinstance(self._store.param(address), Trigger):
                self._reply(sender, message.address, self._value(address, by_unit))
                return []
            return [self._store.change(address, 1)]
        if len(message.args) > 1:
            raise ParamError(f"{address}: takes one value, not {len(message.args)}; send one message for each")
        (value,) = message.args
        if not by_unit:
            return [self._store.change(address, value)]
        u = to_number(value)
        if u is None:
            raise ParamError(f"{address}: {value!r} is not a position from 0 to 1")
        return [self._store.change_unit(address, u)]

    def _parameter(self, message: Message) -> tuple[str, bool]:
        """Return the parameter's address in the store, and whether it is meant by fader position."""
        name = message.address[1:].replace("/", ".")
        if message.address.count("/") == 2 and name in self._store:
            return name, False
        if name.startswith("norm.") and message.address.count("/") == 3 and name[5:] in self._store:
            return name[5:], True
        raise _UnknownAddressError("no parameter or command has this address")

    def _value(self, address: str, by_unit: bool) -> float | int | bool | str:
        value = self._store.target(address)
        return self._store.param(address).to_unit(value) if by_unit else value

    def _refuse(self, message: Message, sender: Sender, error: LikenessError, cause: Exception | None = None) -> None:
        """Count it, say it in the log now and then, and answer the sender while the allowance lasts."""
        self.refused += 1
        # Two shows that answer each other's errors would never stop.
        answered = message.address != "/error" and self._answers.take()
        if answered and isinstance(error, _UnknownAddressError):
            known = ["/" + address.replace(".", "/") for address, _ in self._store.params()]
            error = ParamError(f"{error}; {nearest(message.address, [*known, *self._commands, *self._questions])}")
        text = str(error)[:LONGEST_TEXT]
        if answered:
            self._reply(sender, "/error", message.address, text)
        if cause is not None:
            self._faults.tell(f"OSC command {message.address}", cause)
        else:
            line = InputError(f"{message.address[:LONGEST_TEXT]!r} from {sender[0]}: {text}")
            self._faults.tell("an OSC message", line, trace=False)

    def _reply(self, sender: Sender, address: str, *args: float | int | bool | str) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(encode(address, *args), sender)
        except OSError as error:
            # Whoever asked has gone, or the network is down: nobody is there to be told.
            log.debug("OSC: no answer to %s: %s", sender, error)


class _UnknownAddressError(ParamError):
    """Near names are looked for only where the answer is sent."""


class _Allowance:
    """So many a second, and as many at once."""

    def __init__(self, per_s: float) -> None:
        self._per_s = self._left = per_s
        self._at = time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(self._left + (now - self._at) * self._per_s, self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _all(edits: list[Edit]) -> None:
    for edit in edits:
        edit()


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        sock = socket.socket(family, kind, proto)
    except (OSError, OverflowError) as error:
        raise InputError(f"OSC: {host!r} is not an address to listen on ({error}); try --osc-host 127.0.0.1") from error
    try:
        sock.bind(address)
    except (OSError, OverflowError) as error:
        sock.close()
        raise InputError(
            f"OSC: port {port} on {host} cannot be opened ({error}); close the program that has it, "
            f"or choose another with --osc-port {port + 1 if port < 65_535 else 9000}"
        ) from error
    sock.setblocking(False)
    _widen(sock)
    return sock


def _widen(sock: socket.socket) -> None:
    """Ask for a large receive buffer: Linux grants what it can, macOS refuses what is too much."""
    size = RECEIVE_BUFFER_BYTES
    while size > DATAGRAM_BYTES:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        except OSError:
            size //= 2
        else:
            return
