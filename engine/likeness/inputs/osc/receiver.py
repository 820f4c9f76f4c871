"""Applies OSC datagrams to a show: rate limits, time tags, parameters, commands, refusals and replies."""

import logging
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby

from likeness.errors import InputError, LikenessError
from likeness.errors.fault_log import Faults
from likeness.inputs.osc.apply import Applier, Command
from likeness.inputs.osc.dispatch import Dispatcher
from likeness.inputs.osc.locked_loop import LockedLoop
from likeness.inputs.osc.packet import Message, RefusedMessageError, decode, decode_address, encode, is_number
from likeness.inputs.osc.rate_limit import Sender, SenderGate, TokenBucket
from likeness.inputs.osc.reader import FloodRule
from likeness.inputs.osc.subscriptions import SUBSCRIPTION_S, UPDATE_S, Feedback, Subscriptions
from likeness.inputs.osc.udp_socket import send
from likeness.inputs.stage_lock import StageLock
from likeness.parameters.store import ParamStore
from likeness.params import Trigger, Value

log = logging.getLogger(__name__)

# Bundles that wait for their time; beyond it new ones are refused, so that a broken sender cannot fill the memory.
MOST_PENDING = 1024
# Senders that schedule do so by some tenths of a second. A bundle due later than this is more often a clock that is
# ahead, and the controller looks dead.
AHEAD_S = 1.0
# A sender with such a clock is told this often.
CLOCK_NOTICE_S = 10.0
MOST_NOTICES = 256
# Looking for near names takes about a millisecond: more replies a second would keep good messages waiting.
ERRORS_PER_S = 20
# Values come back in messages; a text of many kilobytes does not belong in a log or in a reply.
LONGEST_TEXT = 400


class Receiver:
    """The state of an OSC input between its socket and the store.

    `Reader` calls it, and so do timers of the loop; both hold the loop's lock. In a flood that is the show's thread,
    for plain parameter messages only; whatever may take long or set a timer comes on the input's own thread.

    What is refused is counted, logged now and then, and answered with `/error`; nothing raises out of here.

    Args:
        store: where parameters live.
        sock: replies go out by it.
        loop: runs what is due later.
        commands: by path; each is called with the message's arguments.
        questions: by path; each is called with a function that replies to the sender, then the arguments.
        feedback: returns what subscribers are told.
        per_sender: messages a second that each sender may send for long.
        lock: of the stage.

    Attributes:
        received: messages so far, those of bundles counted one by one; a broken datagram counts as one.
        refused: how many of them were not taken.
    """

    def __init__(
        self,
        store: ParamStore,
        sock: socket.socket,
        loop: LockedLoop,
        *,
        commands: Mapping[str, Command],
        questions: Mapping[str, Command],
        feedback: Callable[[], Feedback],
        per_sender: float,
        lock: StageLock,
    ) -> None:
        self.received = self.refused = 0
        self._store, self._socket, self._loop = store, sock, loop
        self._faults = Faults(log)
        self._errors = TokenBucket(ERRORS_PER_S, ERRORS_PER_S)
        self._stage_lock = lock
        self._gate = SenderGate(per_sender, lock=lock)
        self._dispatcher = Dispatcher(store)
        self._applier = Applier(store, commands, questions, self._dispatcher)
        self._subscriptions = Subscriptions(partial(send, sock), feedback)
        self._sender_commands: Mapping[str, Command] = {
            "/subscribe": self._subscribe,
            "/unsubscribe": self._subscriptions.drop,
            "/lock": self._lock,
            "/unlock": self._unlock,
        }
        self._pending = 0
        # When senders were told last that their clock may be ahead.
        self._clock_notices: dict[Sender, float] = {}

    def flood_rule(self, datagram: bytes) -> FloodRule:
        """Return how the datagram is treated in a flood."""
        end = datagram.find(b"\0")
        try:
            address = self._dispatcher.find(decode_address(datagram[:end]))
        except InputError:
            return FloodRule.DEFER
        if address is None:
            return FloodRule.DEFER
        # Each press of a trigger counts.
        if isinstance(address.param, Trigger) or not is_number(datagram, end):
            return FloodRule.TAKE_EACH
        return FloodRule.KEEP_NEWEST

    def receive(self, datagram: bytes, sender: Sender, superseded: int = 0) -> None:
        """Apply a datagram that takes the place of `superseded` earlier ones: now, or at its time tag."""
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
            if isinstance(error, RefusedMessageError):
                self._reply_error(sender, error.address, error)
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
        if wait_s > AHEAD_S:
            self._notice_clock(messages[0], sender, wait_s)
        self._pending += 1

        def apply() -> None:
            self._pending -= 1
            self._apply(messages, sender)

        self._loop.call_later(wait_s, apply)

    def _apply(self, messages: list[Message], sender: Sender) -> None:
        """Carry out the messages; parameters between two commands change in one frame."""
        self._applier.apply(messages, _OscSender(self, sender))

    def find_command(self, sender: Sender, path: str) -> Command | None:
        """Return the command at `path` of those that need to know their sender."""
        command = self._sender_commands.get(path)
        return partial(command, sender) if command else None

    def _notice_clock(self, message: Message, sender: Sender, wait_s: float) -> None:
        """Tell a sender, now and then, that what it sends waits for its time."""
        now = time.monotonic()
        if now - self._clock_notices.get(sender, -CLOCK_NOTICE_S) < CLOCK_NOTICE_S:
            return
        if len(self._clock_notices) >= MOST_NOTICES:
            self._clock_notices.clear()
        self._clock_notices[sender] = now
        notice = InputError(f"it is due in {wait_s:.1f} s and waits; if that is not meant, set the sender's clock")
        self._reply_error(sender, message.address, notice)
        line = InputError(f"{message.address[:LONGEST_TEXT]!r} from {sender[0]}: {notice}")
        self._faults.tell("an OSC bundle's time", line, trace=False)

    def _subscribe(self, sender: Sender, port: object = 0, prefix: object = "/") -> None:
        first = not len(self._subscriptions)
        to = self._subscriptions.add(sender, port, prefix, time.monotonic())
        self.reply(to, "/subscribed", str(prefix), SUBSCRIPTION_S)
        if first:
            self._update_subscribers()

    def _update_subscribers(self) -> None:
        """Tell subscribers what changed, and schedule the next time while there are any."""
        self._subscriptions.send_changes(time.monotonic())
        if len(self._subscriptions):
            self._loop.call_later(UPDATE_S, self._update_subscribers)

    def _lock(self, sender: Sender) -> None:
        self._stage_lock.holder = str(sender[0])
        log.warning("OSC: the stage is locked by %s; nobody else is heard", sender[0])
        self.reply(sender, "/locked", str(sender[0]))

    def _unlock(self, sender: Sender) -> None:
        self._stage_lock.holder = None
        log.warning("OSC: the stage is unlocked by %s", sender[0])
        self.reply(sender, "/locked", "")

    def refuse(self, message: Message, sender: Sender, error: LikenessError, cause: Exception | None) -> None:
        """Count a message as refused, log it now and then, and tell its sender."""
        self.refused += 1
        text = self._reply_error(sender, message.address, error)
        if cause is not None:
            self._faults.tell(f"OSC command {message.address}", cause)
        else:
            line = InputError(f"{message.address[:LONGEST_TEXT]!r} from {sender[0]}: {text}")
            self._faults.tell("an OSC message", line, trace=False)

    def note_written(self, sender: Sender, path: str, value: Value) -> None:
        """Do not send a value back to the sender that wrote it."""
        self._subscriptions.note_writer(sender, path, value, time.monotonic())

    def _reply_error(self, sender: Sender, path: str, error: LikenessError) -> str:
        """Reply with `/error`, as often as is allowed; return what was wrong."""
        # Two shows that answer each other's errors would never stop.
        reply = path != "/error" and self._errors.spend()
        if reply:
            error = self._applier.add_near_names(error, path, self._sender_commands)
        text = str(error)[:LONGEST_TEXT]
        if reply:
            self.reply(sender, "/error", path[:LONGEST_TEXT], text)
        return text

    def reply(self, sender: Sender, path: str, *args: float | int | bool | str) -> None:
        """Send a message back. Any thread, at any later time: commands keep it."""
        send(self._socket, encode(path, *args), sender)


class _OscSender:
    """One OSC sender, as the applier sees it."""

    def __init__(self, receiver: Receiver, sender: Sender) -> None:
        self._receiver, self._sender = receiver, sender

    def find_command(self, path: str) -> Command | None:
        return self._receiver.find_command(self._sender, path)

    def reply(self, path: str, *args: Value) -> None:
        self._receiver.reply(self._sender, path, *args)

    def refuse(self, message: Message, error: LikenessError, cause: Exception | None) -> None:
        self._receiver.refuse(message, self._sender, error, cause)

    def note_written(self, path: str, value: Value) -> None:
        self._receiver.note_written(self._sender, path, value)
