"""OSC over UDP: addresses set parameters, ask for them, or call the show's commands."""

import socket
from collections.abc import Callable, Mapping

from likeness.inputs.osc.locked_loop import LockedLoop
from likeness.inputs.osc.rate_limit import MESSAGES_PER_S
from likeness.inputs.osc.reader import Reader
from likeness.inputs.osc.receiver import Receiver
from likeness.inputs.osc.subscriptions import Feedback, target_feedback
from likeness.inputs.osc.udp_socket import bind_socket
from likeness.inputs.stage_lock import StageLock
from likeness.parameters.store import ParamStore

# Sends a message back to whom a command came from: an address and its arguments. Any thread, at any later time.
Reply = Callable[..., None]


class OscInput:
    """Listens on a UDP port, on its own thread, from `start` to `close`.

    `/random_walk/speed 0.3` sets a parameter, `/norm/random_walk/speed 0.5` by fader position, an address alone presses
    a trigger or is answered with the value that the parameter was asked to have. What is refused is answered with
    `/error address text`. A bundle is applied in one frame, at its time tag if that is still to come; bundles that are
    due later hold nothing else up. An address with `*`, `?`, `[]` or `{}` stands for all parameters that it matches.

    `/subscribe port prefix` sends changes to a port of the sender's machine for a minute, `/unsubscribe port` ends
    it. `/lock` ignores all but the sender's address until it sends `/unlock`.

    Datagrams flow one way: socket, `Reader`, `Receiver`, `Dispatcher`, store.

    Args:
        store: where parameters live.
        port: to listen on; 0 takes a free one, see `port` after `start`.
        host: address of the network interface; "0.0.0.0" listens to the whole network.
        commands: addresses that are no parameters; each is called on this thread with the message's arguments.
            A `LikenessError` from it is answered and logged as one line.
        questions: like `commands`, but each is called with a `Reply` before the message's arguments.
        feedback: returns what else subscribers are told, apart from the parameters.
        per_sender: messages a second that each sender may send for long; twice that many may come at once.
        lock: of the stage, where others heed it too.
    """

    def __init__(
        self,
        store: ParamStore,
        port: int,
        *,
        host: str = "127.0.0.1",
        commands: Mapping[str, Callable[..., None]] | None = None,
        questions: Mapping[str, Callable[..., None]] | None = None,
        feedback: Callable[[], Feedback] = dict,
        per_sender: float = MESSAGES_PER_S,
        lock: StageLock | None = None,
    ) -> None:
        self.port, self._host = port, host
        self._store, self._per_sender = store, per_sender
        self._commands, self._questions = dict(commands or {}), dict(questions or {})
        self._feedback, self._lock = feedback, lock or StageLock()
        self._socket: socket.socket | None = None
        self._loop: LockedLoop | None = None
        self._reader: Reader | None = None
        # Kept after `close`, for its counts.
        self._receiver: Receiver | None = None

    @property
    def received(self) -> int:
        """Messages since the start, those of bundles counted one by one; a broken datagram counts as one."""
        return self._receiver.received if self._receiver else 0

    @property
    def refused(self) -> int:
        """How many of the received messages were not taken."""
        return self._receiver.refused if self._receiver else 0

    def start(self) -> None:
        """Bind the port and begin to listen.

        Raises:
            InputError: where the port is taken or the host is not an address of this machine.
        """
        self._socket = bind_socket(self._host, self.port)
        self.port = self._socket.getsockname()[1]
        self._loop = LockedLoop()
        self._receiver = Receiver(
            self._store,
            self._socket,
            self._loop,
            commands=self._commands,
            questions=self._questions,
            feedback=lambda: {**target_feedback(self._store), **self._feedback()},
            per_sender=self._per_sender,
            lock=self._lock,
        )
        self._reader = Reader(self._socket, self._loop, self._receiver)
        self._loop.start()

    def advance(self, time: float, beat: float) -> None:
        """Take what came of a flood since the last frame. The show's thread, before each frame; it waits for nobody."""
        if self._reader is not None:
            self._reader.advance()

    def close(self) -> None:
        """Stop listening; bundles still waiting for their time are dropped. Safe to call twice."""
        if self._loop is None or self._socket is None or self._reader is None:
            return
        self._loop.close()
        self._reader.close()
        self._socket.close()
        self._loop = self._socket = self._reader = None
