"""OSC over UDP: addresses set parameters, ask for them, or call the show's commands."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby

from likeness.errors import InputError, LikenessError, ParamError, nearest
from likeness.fault_log import Faults
from likeness.inputs.osc.dispatch import UnknownAddressError, classify, interpret
from likeness.inputs.osc.packet import Message, decode, encode, is_number
from likeness.inputs.osc.rate_limit import MESSAGES_PER_S, Allowance, Sender, SenderGate
from likeness.inputs.osc.reader import Reader, Traffic
from likeness.inputs.osc.subscriptions import LASTING_S, TURN_S, Said, Subscriptions, targets
from likeness.inputs.osc.udp_socket import bound_socket
from likeness.parameters.store import Edit, ParamStore

log = logging.getLogger(__name__)

# Bundles that wait for their time; beyond it new ones are refused, so that a broken sender cannot fill the memory.
MOST_PENDING = 1024
# A bundle due later than this is more often a clock set wrong than a plan, and it looks like a dead controller.
FAR_S = 60.0
# Looking for near names takes about a millisecond: more answers a second would keep good messages waiting.
ANSWERS_PER_S = 20
# Addresses whose meaning is remembered.
MOST_KNOWN = 4096
# Values come back in messages; a text of many kilobytes does not belong in a log or in a reply.
LONGEST_TEXT = 400

# Sends a message back to whom a command came from: an address and its arguments. Any thread, at any later time.
Reply = Callable[..., None]


class OscInput:
    """Listens on a UDP port, on its own thread, from `start` to `close`.

    `/random_walk/speed 0.3` sets a parameter, `/norm/random_walk/speed 0.5` by fader position, an address alone presses
    a trigger or is answered with the value that the parameter was asked to have. What is refused is answered with
    `/error address text`. A bundle is applied in one frame, at its time tag if that is still to come; bundles that are
    due later hold nothing else up. An address with `*`, `?`, `[]` or `{}` stands for all parameters that it matches.

    `/subscribe port prefix` has changes told to a port of the sender's machine for a minute, `/unsubscribe port` ends
    it. `/lock` ignores all but the sender's address until it sends `/unlock`.

    Args:
        store: where parameters live.
        port: to listen on; 0 takes a free one, see `port` after `start`.
        host: address of the network interface; "0.0.0.0" listens to the whole network.
        commands: addresses that are no parameters; each is called on this thread with the message's arguments.
            A `LikenessError` from it is answered and logged as one line.
        questions: like `commands`, but each is called with a `Reply` before the message's arguments.
        feedback: returns what else subscribers are told, apart from the parameters.
        per_sender: messages a second that each sender may send for long; twice that many may come at once.

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
        feedback: Callable[[], Said] = dict,
        per_sender: float = MESSAGES_PER_S,
    ) -> None:
        self.received = self.refused = 0
        self.port, self._host = port, host
        self._store = store
        self._commands, self._questions = dict(commands or {}), dict(questions or {})
        self._faults = Faults(log)
        self._answers = Allowance(ANSWERS_PER_S, ANSWERS_PER_S)
        self._gate = SenderGate(per_sender)
        self._subscriptions = Subscriptions(self._tell, lambda: {**targets(store), **feedback()})
        self._own: Mapping[str, Callable[..., None]] = {
            "/subscribe": self._subscribe,
            "/unsubscribe": self._subscriptions.drop,
            "/lock": self._lock,
            "/unlock": self._unlock,
        }
        self._pending = 0
        # What addresses are for, by their bytes.
        self._known: dict[bytes, Traffic] = {}
        self._reader: Reader | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Bind the port and begin to listen.

        Raises:
            InputError: where the port is taken or the host is not an address of this machine.
        """
        self._socket = bound_socket(self._host, self.port)
        self.port = self._socket.getsockname()[1]
        # Windows' default loop cannot watch a plain socket.
        self._loop = asyncio.SelectorEventLoop()
        self._reader = Reader(self._socket, self._loop, self._take, self._meant)
        self._thread = threading.Thread(target=self._loop.run_forever, name="osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; bundles still waiting for their time are dropped. Safe to call twice."""
        if self._loop is None or self._socket is None or self._thread is None or self._reader is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._reader.close()
        self._loop.close()
        self._socket.close()
        self._loop = self._socket = self._thread = self._reader = None

    def advance(self, time: float, beat: float) -> None:
        """Take what came of a flood since the last frame. The show's thread, before each frame; it waits for nobody."""
        if self._reader is not None:
            self._reader.advance()

    # All below runs with the reader's lock held: on the input's own thread, or in a flood on the show's.

    def _meant(self, datagram: bytes) -> Traffic:
        address = datagram[: datagram.find(b"\0")]
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[address] = classify(self._store, address)
        return Traffic.PARAMETER if known is Traffic.VALUE and not is_number(datagram) else known

    def _take(self, datagram: bytes, sender: Sender, superseded: int = 0) -> None:
        self.received += superseded
        # A flood is turned away before it is read, which is what it would cost.
        messages: list[Message] = []
        try:
            self._gate.admit(sender)
            messages = decode(datagram)
            if len(messages) > 1:
                self._gate.admit(sender, len(messages) - 1)
        except InputError as error:
            self.received += len(messages) or 1
            self.refused += len(messages) or 1
            # One place for all senders: addresses that are made up would fill the log, and the memory of faults.
            self._faults.tell("an OSC datagram", InputError(f"from {sender[0]}: {error}"), trace=False)
            return
        self.received += len(messages)
        if len(messages) == 1 and not messages[0].due:
            self._apply(messages, sender)
            return
        now = time.time()
        # A stable sort: what is due at one time keeps the order of the datagram, and all that is overdue is one group.
        ordered = sorted(messages, key=lambda message: message.due)
        for wait_s, group in groupby(ordered, lambda message: max(message.due - now, 0.0)):
            if wait_s > 0:
                self._apply_later(list(group), sender, wait_s)
            else:
                self._apply(list(group), sender)

    def _apply_later(self, messages: list[Message], sender: Sender, wait_s: float) -> None:
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

        self._later(wait_s, apply)

    def _later(self, wait_s: float, job: Callable[[], None]) -> None:
        """Have `job` done on the input's own thread. Called there: bundles and subscriptions are no plain messages."""
        loop, reader = self._loop, self._reader
        if loop is None or reader is None:
            return

        def locked() -> None:
            with reader.lock:
                job()

        loop.call_later(wait_s, locked)

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
        own = self._own.get(address)
        if own is not None:
            return partial(own, sender)
        question = self._questions.get(address)
        if question is not None:
            return partial(question, partial(self._reply, sender))
        return self._commands.get(address)

    def _subscribe(self, sender: Sender, port: object = 0, prefix: object = "/") -> None:
        idle = not len(self._subscriptions)
        to = self._subscriptions.add(sender, port, prefix, time.monotonic())
        self._reply(to, "/subscribed", str(prefix), LASTING_S)
        if idle:
            self._turn()

    def _turn(self) -> None:
        """Tell subscribers what changed, and go on while there are any."""
        self._subscriptions.send_changes(time.monotonic())
        if len(self._subscriptions):
            self._later(TURN_S, self._turn)

    def _lock(self, sender: Sender) -> None:
        self._gate.lock(sender)
        log.warning("OSC: the stage is locked by %s; nobody else is heard", sender[0])
        self._reply(sender, "/locked", str(sender[0]))

    def _unlock(self, sender: Sender) -> None:
        self._gate.unlock()
        log.warning("OSC: the stage is unlocked by %s", sender[0])
        self._reply(sender, "/locked", "")

    def _put(self, edits: list[Edit]) -> None:
        if len(edits) == 1:
            self._store.run(edits[0])
        elif edits:
            self._store.run(lambda: _all(edits))

    def _edits(self, message: Message, sender: Sender) -> Sequence[Edit]:
        """Return what the message changes, and answer what it asks."""
        found = interpret(self._store, message)
        for address, value in found.answers:
            self._reply(sender, address, value)
        for address, value in found.asked:
            self._subscriptions.note_writer(sender, address, value, time.monotonic())
        return found.edits

    def _refuse(self, message: Message, sender: Sender, error: LikenessError, cause: Exception | None = None) -> None:
        """Count it, say it in the log now and then, and answer the sender while the allowance lasts."""
        self.refused += 1
        # Two shows that answer each other's errors would never stop.
        answered = message.address != "/error" and self._answers.spend()
        if answered and isinstance(error, UnknownAddressError):
            known = ["/" + address.replace(".", "/") for address, _ in self._store.params()]
            error = ParamError(
                f"{error}; {nearest(message.address, [*known, *self._commands, *self._questions, *self._own])}"
            )
        text = str(error)[:LONGEST_TEXT]
        if answered:
            self._reply(sender, "/error", message.address, text)
        if cause is not None:
            self._faults.tell(f"OSC command {message.address}", cause)
        else:
            line = InputError(f"{message.address[:LONGEST_TEXT]!r} from {sender[0]}: {text}")
            self._faults.tell("an OSC message", line, trace=False)

    def _reply(self, sender: Sender, address: str, *args: float | int | bool | str) -> None:
        self._tell(encode(address, *args), sender)

    def _tell(self, datagram: bytes, to: Sender) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(datagram, to)
        except OSError as error:
            # Whoever asked has gone, or the network is down: nobody is there to be told.
            log.debug("OSC: no answer to %s: %s", to, error)


def _all(edits: list[Edit]) -> None:
    for edit in edits:
        edit()
