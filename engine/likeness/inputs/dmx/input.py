"""DMX from lighting desks: levels of channels play parameters."""

import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from likeness.errors import InputError, LikenessError
from likeness.errors.fault_log import Faults, log_refusal
from likeness.inputs.dmx.packets import OP_POLL, Levels, decode_artnet, decode_sacn, operation_of
from likeness.inputs.dmx.poll import encode_poll_replies
from likeness.inputs.dmx.sockets import ANY, bind_dmx, join_universes
from likeness.inputs.dmx.universe import Universe
from likeness.inputs.fader import Fader
from likeness.inputs.stage_lock import StageLock
from likeness.parameters.dmx_binding import CUE, DmxBinding
from likeness.parameters.journal import Edit
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Text, Trigger
from likeness.ranges import Takeover
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# Longer than any packet of levels: 638 bytes by sACN.
DATAGRAM_BYTES = 2048
# A flood takes no more of the interpreter than this many packets, and then a pause in which the show draws.
BURST, PAUSE_S = 32, 0.002
# How often lost sources are looked for.
LOOK_S = 0.25
# Polls are answered this often at most: they cost their sender less than the answer costs us.
POLL_S = 0.25
# Lines about desks that come and go: so many in so many seconds.
MOST_TOLD, TOLD_S = 20, 60.0


class DmxInput:
    """Listens to Art-Net and sACN on a thread of its own, "dmx", from `start` to `close`.

    A channel plays its parameter when its level changes, by soft takeover like a knob. A switch is on from the middle
    of its way; a trigger is pressed, and a cue recalled, when the level comes there, and not by the first level that
    is heard of a desk. What is refused is counted, and costs no line.

    Args:
        store: where parameters live.
        bindings: which channel plays what.
        recall: recalls the cue of a number; called on this thread.
        host: address of the network interface; "0.0.0.0" listens to the whole network.
        artnet_port, sacn_port: to listen on, None for none; 0 takes a free one, see `ports` after `start`.
        takeover: where bindings do not say.
        lock: of the stage.
    """

    def __init__(
        self,
        store: ParamStore,
        bindings: Sequence[DmxBinding],
        recall: Callable[[int], None],
        *,
        host: str = "127.0.0.1",
        artnet_port: int | None = None,
        sacn_port: int | None = None,
        takeover: Takeover = "soft",
        lock: StageLock | None = None,
    ) -> None:
        self._store, self._recall, self._host, self._lock = store, recall, host, lock or StageLock()
        self._wanted = {"artnet": artnet_port, "sacn": sacn_port}
        self._universes = {binding.universe: Universe() for binding in bindings}
        self._channels: dict[int, list[_Channel]] = {number: [] for number in self._universes}
        for binding in bindings:
            self._channels[binding.universe].append(_Channel(binding, Fader(store, binding, takeover)))
        self._sockets: list[socket.socket] = []
        self._selector: selectors.BaseSelector | None = None
        self._thread = StoppableThread("dmx", self._run)
        self._polled, self._faults = -POLL_S, Faults(log)
        # When lines about desks were logged.
        self._told: deque[float] = deque()
        # Any thread.
        self.ports: dict[str, int] = {}
        self.received = self.refused = 0
        self.why_refused = ""

    def start(self) -> None:
        """Bind the ports and begin to listen.

        Raises:
            InputError: where a port is taken or the host is not an address of this machine.
        """
        self._selector = selectors.DefaultSelector()
        try:
            for protocol, port in self._wanted.items():
                if port is not None:
                    sock = bind_dmx(self._host, port, f"--{protocol}-port")
                    self._sockets.append(sock)
                    self.ports[protocol] = sock.getsockname()[1]
                    if protocol == "sacn":
                        self._sockets += join_universes(sock, self._host, filter(None, self._universes))
            for number, sock in enumerate(self._sockets):
                is_artnet = number == 0 and "artnet" in self.ports
                self._selector.register(sock, selectors.EVENT_READ, self._take_artnet if is_artnet else self._take_sacn)
        except BaseException:
            self._let_go()
            raise
        self._thread.start()

    def close(self) -> None:
        """Stop listening; what the desks have set stays. Safe to call twice."""
        self._thread.close()
        self._let_go()

    def sources(self) -> str:
        """Return who is heard, in words. Any thread."""
        heard = [f"{number}: {', '.join(names)}" for number, u in self._universes.items() if (names := u.names())]
        return "; ".join(heard) or "none"

    def _let_go(self) -> None:
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        while self._sockets:
            self._sockets.pop().close()

    def _run(self) -> None:
        assert self._selector is not None
        while not self._thread.stopping.is_set():
            ready = self._selector.select(LOOK_S)
            try:
                for key, _ in ready:
                    assert isinstance(key.fileobj, socket.socket)
                    self._read(key.fileobj, key.data)
                self._drop_lost(time.monotonic())
            # A cue's file or a plugin that goes meanwhile may raise anything, and the desk must stay in command.
            except Exception as error:  # noqa: BLE001
                self._faults.tell("DMX", error)
            if ready:
                self._thread.stopping.wait(PAUSE_S)

    def _read(self, sock: socket.socket, take: Callable[[socket.socket, bytes, tuple[str, int]], None]) -> None:
        for _ in range(BURST):
            try:
                datagram, sender = sock.recvfrom(DATAGRAM_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # Windows reports here that somebody we answered has gone.
                continue
            self.received += 1
            try:
                self._lock.check(sender[0])
                take(sock, datagram, sender)
            except LikenessError as error:
                self.refused, self.why_refused = self.refused + 1, str(error)

    def _take_artnet(self, sock: socket.socket, datagram: bytes, sender: tuple[str, int]) -> None:
        if operation_of(datagram) == OP_POLL:
            self._answer_poll(sock, sender)
        else:
            self._take(decode_artnet(datagram, sender[0]))

    def _take_sacn(self, sock: socket.socket, datagram: bytes, sender: tuple[str, int]) -> None:
        self._take(decode_sacn(datagram, sender[0]))

    def _take(self, levels: Levels | None) -> None:
        universe = None if levels is None else self._universes.get(levels.universe)
        if levels is None or universe is None:
            return
        new = universe.take(levels, time.monotonic())
        if new is not None:
            self._tell(logging.INFO, f"DMX universe {levels.universe}: {new} is heard")
        self._play(levels.universe)

    def _drop_lost(self, now: float) -> None:
        for number, universe in self._universes.items():
            lost = universe.drop_lost(now)
            for name in lost:
                self._tell(logging.WARNING, f"DMX universe {number}: nothing comes from {name} any more")
            if lost:
                self._play(number)

    def _tell(self, level: int, text: str) -> None:
        """Log a line about a desk, unless there were many just now: made-up desks must not fill the log."""
        now = time.monotonic()
        while self._told and now - self._told[0] > TOLD_S:
            self._told.popleft()
        if len(self._told) < MOST_TOLD:
            self._told.append(now)
            log.log(level, "%s", text)

    def _play(self, number: int) -> None:
        """Queue what has changed in a universe, for one frame."""
        universe, edits = self._universes[number], []
        for channel in self._channels[number]:
            value = universe.read(channel.binding)
            # Nobody is there who has it: what was set holds.
            if value is None or value == channel.value:
                continue
            before, channel.value = channel.value, value
            if channel.binding.param == CUE:
                if before is not None and value > 0:
                    with log_refusal(log):
                        self._recall(value)
                continue
            edit = self._make_edit(channel, before, value)
            if edit is not None:
                edits.append(edit)
        if edits:
            self._store.run(partial(_run_all, edits))

    def _make_edit(self, channel: "_Channel", before: int | None, value: int) -> Edit | None:
        """Return what the new value of a channel plays; None where that is nothing."""
        binding, u = channel.binding, value / channel.binding.top
        # Its plugin may be none of this preset's, or taken out of the rack.
        param = self._store.param(binding.param) if binding.param in self._store else None
        if param is None or isinstance(param, Text):
            return None
        if isinstance(param, Trigger):
            return channel.fader.fire if before is not None and before / binding.top < 0.5 <= u else None
        if isinstance(param, Bool):
            was_on = None if before is None else before / binding.top >= 0.5
            return partial(channel.fader.turn, float(u >= 0.5), 1.0) if was_on != (u >= 0.5) else None
        return partial(channel.fader.turn, u, 1 / binding.top)

    def _answer_poll(self, sock: socket.socket, sender: tuple[str, int]) -> None:
        now = time.monotonic()
        if now - self._polled < POLL_S:
            raise InputError("polls come too fast")
        self._polled = now
        for reply in encode_poll_replies(self._own_address(sender), self._universes):
            try:
                sock.sendto(reply, sender)
            except OSError as error:
                log.debug("Art-Net: no answer to %s: %s", sender[0], error)

    def _own_address(self, sender: tuple[str, int]) -> str:
        """Return the address of this machine that `sender` reaches."""
        if self._host != ANY:
            return self._host
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect(sender)
                return str(probe.getsockname()[0])
        except OSError:
            return ANY


class _Channel:
    """A binding with the value that was heard last; None until one was."""

    def __init__(self, binding: DmxBinding, fader: Fader) -> None:
        self.binding, self.fader = binding, fader
        self.value: int | None = None


def _run_all(edits: Sequence[Edit]) -> None:
    for edit in edits:
        edit()
