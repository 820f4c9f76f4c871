"""The MIDI input: controllers that are plugged in play parameters; every note is an event as well."""

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from likeness.errors import InputError, LikenessError
from likeness.errors.fault_log import Faults
from likeness.events import Note
from likeness.inputs.midi.binding_editor import BindingEditor
from likeness.inputs.midi.bindings import Bindings, controller_name
from likeness.inputs.midi.clock_input import ClockInput
from likeness.inputs.midi.cue_pads import CuePads
from likeness.inputs.midi.knobs import Knobs
from likeness.inputs.midi.learn import Learner
from likeness.inputs.midi.lights import Lights
from likeness.inputs.midi.messages import ControlMove, MoveReader, Program
from likeness.inputs.midi.ports import Client, MidiPorts, PortId, open_client, quiet_drivers
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Text, Trigger
from likeness.ranges import Takeover
from likeness.stoppable_thread import StoppableThread
from likeness.tempo.midi_clock import ClockListener

log = logging.getLogger(__name__)

# A quarter of a frame at 60 fps. Polling keeps Python out of the driver's own thread, which under JACK is in real time.
POLL_S = 0.004
# Shorter than a hand needs to unplug and plug again; listing the ports took 43 microseconds under JACK.
SCAN_S = 0.25

# Sends an OSC address and its arguments to whoever asked.
Reply = Callable[..., None]


def ignore_reply(address: str, *args: float | str) -> None:
    """Drop a reply; the log has the same."""


class MidiInput:
    """Plays the store from MIDI ports, on its own thread, from `start` to `close`. Ports may come and go.

    The thread polls the ports, tells moves of bound controls to `Knobs`, pads of cues to `CuePads`, clock messages to
    `ClockInput`, and updates the lights. `learn`, `unbind` and `change` are called from other threads and queued for
    it; `describe` reads what it has published. What a driver raises is logged, and the next turn tries again.

    Args:
        store: where parameters live.
        bindings: of all controllers; a bare list of entries stands for one without files.
        name: part of the names of the ports to open; "auto" opens all, also those that come later.
        client: makes rtmidi's clients; tests give their own.
        takeover: how knobs take over values that were changed elsewhere, where their bindings do not say.
        program: called on this thread with a program change's number, from 0; a `LikenessError` is logged.
        clock: gets the pulses, starts and stops of a MIDI clock.
        lights: of the controllers, or None.
        pads: carries out presses of cue pads; None leaves them to plugins.
    """

    def __init__(
        self,
        store: ParamStore,
        bindings: Bindings | Sequence[Binding],
        *,
        name: str = "auto",
        client: Callable[[], Client] = open_client,
        takeover: Takeover = "soft",
        program: Callable[[int], None] | None = None,
        clock: ClockListener | None = None,
        lights: Lights | None = None,
        pads: CuePads | None = None,
    ) -> None:
        self._store, self._pads = store, pads
        self._bindings = bindings if isinstance(bindings, Bindings) else Bindings(None, bindings)
        self._name, self._client = name, client
        self._recall_program, self._lights = program, lights
        self._clock = ClockInput(clock or ClockListener())
        self.knobs = Knobs(store, self._bindings, takeover)
        self._editor = BindingEditor(self._bindings, self.knobs)
        self._faults = Faults(log)
        self._ports: MidiPorts | None = None
        self._thread = StoppableThread("midi", self._run)
        self._requests: deque[Callable[[], None]] = deque()
        self._learner: Learner | None = None
        self._reply: Reply = ignore_reply
        # Whether only knobs that play nothing yet may be learnt.
        self._unbound_only = False
        self._readers: dict[PortId, MoveReader] = {}

    @property
    def ports(self) -> tuple[str, ...]:
        """Names of the open ports."""
        return self._ports.names if self._ports else ()

    @property
    def learning(self) -> str | None:
        """The parameter that waits for a knob."""
        return self._learner.param if self._learner else None

    def gaps(self) -> dict[str, float]:
        """Return how far knobs are from meeting their parameters, in fader units. Any thread."""
        return self.knobs.gaps()

    def describe(self) -> dict[str, Any]:
        """Return ports, bindings, what is learnt and how far knobs are off, ready for `json.dumps`. Any thread."""
        editor = self._editor
        # Finer than a knob of 7 bits, so that rounding is not told as news.
        gaps = {param: round(gap, 3) for param, gap in self.gaps().items()}
        return {
            "ports": list(editor.ports),
            "learning": self.learning,
            "bindings": editor.played,
            "gaps": {param: gap for param, gap in gaps.items() if gap},
        }

    def start(self) -> None:
        """Open the ports that are there and begin to listen.

        Raises:
            InputError: for a preset's bindings of parameters that do not exist or that no knob can set, where no port
                has the name asked for, and where there is no MIDI at all.
        """
        self._bindings.check_defaults(self._store)
        ports = MidiPorts(self._name, self._client)
        ports.scan()
        if not ports.names and self._name != "auto":
            there = ", ".join(ports.present()) or "none"
            ports.close()
            raise InputError(f"no MIDI port has {self._name!r} in its name; there are: {there}; or use --midi auto")
        if not ports.names:
            log.info("MIDI: no controller yet; one that is plugged in is opened")
        self._ports = ports
        self.knobs.add_ports(ports.sources)
        self._editor.publish(ports.names)
        if self._lights:
            self._lights.update_ports(ports.sources, set(ports.names))
        self._thread.start()

    def close(self) -> None:
        """Stop listening and close the ports. Safe to call twice."""
        if self._ports is None:
            return
        self._thread.close()
        if self._lights:
            self._lights.close()
        self._ports.close()
        self._ports = None

    def learn(self, param: str | None, reply: Reply = ignore_reply) -> None:
        """Bind `param` to the next knob that is moved; None gives up. Any thread.

        Args:
            param: its address, `owner.name`.
            reply: called on the input's thread with "/midi/learned", the parameter, the knob in words and the
                controller; or with "/midi/learned", the parameter and "nothing" where none was moved or it was given
                up. Whoever gives up is told "/midi/learning" and "".

        Raises:
            ParamError: for an unknown parameter.
            InputError: for one that no knob can set.
        """
        if param is not None and isinstance(self._store.param(param), Text):
            raise InputError(f"{param} is a text, which no knob can set")
        self._requests.append(lambda: self._start_learning(param, reply))

    def learn_next(self) -> None:
        """Bind the next unbound knob that is moved to a parameter that nothing plays yet; again, to the one after.

        A key is pressed by accident: knobs that play something go on playing it.
        """
        self._requests.append(self._start_learning_next)

    def unbind(self, param: str, reply: Reply = ignore_reply, controller: str | None = None) -> None:
        """Unbind `param` on all controllers, or on the one of that name. Any thread.

        Args:
            param: its address, `owner.name`; its plugin need not be in the rack.
            reply: called on the input's thread with "/midi/unbound", the parameter and the controllers that had it.
            controller: its name, or a part of it.
        """
        self._requests.append(lambda: self._unbind(param, reply, controller))

    def change(self, param: str, controller: str, values: Mapping[str, object]) -> None:
        """Change how a controller plays `param`, and write its file. Any thread. Raises like `plan_change`."""
        self._requests.append(self._editor.plan_change(param, controller, values))

    # All below runs on the input's own thread.

    def _run(self) -> None:
        ports, scanned = self._ports, time.monotonic()
        assert ports is not None
        while not self._thread.stopping.wait(POLL_S):
            # A driver may raise anything at any time; the next turn tries again.
            try:
                while self._requests:
                    self._requests.popleft()()
                self._editor.write_changes()
                for source, message in ports.messages():
                    self._handle(source, message)
                self._advance_learning()
                if self._lights:
                    self._lights.update(self.knobs, self.learning)
                if time.monotonic() - scanned >= SCAN_S:
                    scanned = time.monotonic()
                    self._update_ports(ports.scan())
            except Exception as error:  # noqa: BLE001
                self._faults.tell("MIDI", error)

    def _update_ports(self, names: set[str]) -> None:
        self._readers = {source: reader for source, reader in self._readers.items() if source[0] not in names}
        self.knobs.forget(names)
        sources = self._ports.sources if self._ports else ()
        self.knobs.add_ports(sources)
        if self.ports != self._editor.ports:
            self._editor.publish(self.ports)
        if self._lights:
            self._lights.update_ports(sources, names)

    def _handle(self, source: PortId, raw: list[int]) -> None:
        now = time.perf_counter()
        if self._clock.handle(source, raw, now):
            return
        try:
            moves = self._readers.setdefault(source, MoveReader()).read(raw, now)
        except InputError as error:
            self._faults.tell("a MIDI message", error, trace=False)
            return
        for move in moves:
            if isinstance(move, Program):
                self._handle_program(move)
                continue
            learner = self._learner
            if learner is None and self._is_cue(source, move):
                continue
            if move.control.kind == "note":
                self._store.post(Note(move.control.number, move.u, move.channel))
            if learner and not (self._unbound_only and self.knobs.plays(source, move)):
                learner.observe(source, move, time.monotonic())
            # What is moved to be learnt plays nothing else; the master stays in hand.
            self.knobs.play(source, move, master_alone=learner is not None and not self._unbound_only)

    def _is_cue(self, source: PortId, move: ControlMove) -> bool:
        """Return whether a cue's pad was pressed or released, which then is no note."""
        if self._pads is None or self.knobs.plays(source, move):
            return False
        try:
            return self._pads.handle(source[0], move)
        except LikenessError as error:
            self._faults.tell("a pad", error, trace=False)
            return True

    def _handle_program(self, program: Program) -> None:
        if self._recall_program is None:
            return
        try:
            self._recall_program(program.number)
        except LikenessError as error:
            self._faults.tell(f"MIDI program {program.number}", error, trace=False)

    def _start_learning(self, param: str | None, reply: Reply) -> None:
        if self._learner:
            self._reply("/midi/learned", self._learner.param, "nothing")
        self._learner, self._reply, self._unbound_only = None, reply, False
        if param is None:
            reply("/midi/learning", "")
            return
        if param not in self._store:
            # Its plugin was taken out since it was asked for.
            reply("/midi/learned", param, "nothing")
            return
        kind = self._store.param(param)
        now = time.monotonic()
        self._learner = Learner(param, switch=isinstance(kind, Bool), trigger=isinstance(kind, Trigger), now=now)
        log.info("MIDI: move a knob for %s", param)

    def _start_learning_next(self) -> None:
        bound = {binding.param for port in self.ports for binding in self._bindings.for_port(port)}
        free = [name for name, param in self._store.params() if name not in bound and not isinstance(param, Text)]
        after = free.index(self.learning) + 1 if self.learning in free else 0
        if free:
            self._start_learning(free[after % len(free)], ignore_reply)
            self._unbound_only = True

    def _advance_learning(self) -> None:
        learner, now = self._learner, time.monotonic()
        if learner is None:
            return
        if learner.expired(now):
            log.info("MIDI: no knob was moved for %s", learner.param)
            self._start_learning(None, ignore_reply)
        elif found := learner.result(now):
            source, binding = found
            port, _ = source
            self._learner = None
            self._editor.bind(port, binding)
            self.knobs.place(source, binding, learner.position_of(source, binding))
            kind = f"{binding.control}, {binding.relative} encoder" if binding.relative else str(binding.control)
            log.info("MIDI: %s is played by %s of %s", binding.param, kind, controller_name(port))
            self._reply("/midi/learned", binding.param, kind, controller_name(port))

    def _unbind(self, param: str, reply: Reply, controller: str | None) -> None:
        freed = self._editor.unbind(param, controller)
        log.info("MIDI: %s is unbound; it was played by %s", param, ", ".join(freed) or "nothing")
        reply("/midi/unbound", param, *freed)


def midi_available() -> str | None:
    """Return what MIDI lacks here, or None where it works."""
    try:
        with quiet_drivers():
            open_client().delete()
    except InputError as error:
        return str(error)
    return None
