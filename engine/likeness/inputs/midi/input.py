"""MIDI controllers: knobs, faders, pads and keys play parameters; every note is an event as well."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from likeness.errors import InputError, LikenessError, ParamError
from likeness.events import Note
from likeness.fault_log import Faults
from likeness.inputs.midi.bindings import Bindings, controller_name
from likeness.inputs.midi.clock_input import ClockInput
from likeness.inputs.midi.cue_pads import CuePads
from likeness.inputs.midi.knobs import Knobs
from likeness.inputs.midi.learn import Learner
from likeness.inputs.midi.lights import Lights
from likeness.inputs.midi.messages import KnobMove, MoveReader, Program
from likeness.inputs.midi.ports import Client, MidiPorts, Source, open_client, quiet_drivers
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Text, Trigger
from likeness.ranges import Takeover
from likeness.tempo.midi_clock import ClockListener

log = logging.getLogger(__name__)

# A quarter of a frame at 60 fps. Polling keeps Python out of the driver's own thread, which under JACK is in real time.
POLL_S = 0.004
# Shorter than a hand needs to unplug and plug again; listing the ports took 43 microseconds under JACK.
SCAN_S = 0.25

Tell = Callable[..., None]  # Told an OSC address and its arguments.


def tell_nobody(address: str, *args: float | str) -> None:
    """Tell the log alone, which hears of everything anyway."""


class MidiInput:
    """Plays the store from MIDI ports, on its own thread, from `start` to `close`. Ports may come and go meanwhile.

    Args:
        store: where parameters live.
        bindings: which knob plays what; a bare list stands for one without files.
        name: part of the names of the ports to open; "auto" opens all that there are and that come.
        client: makes rtmidi's clients; another one stands in where a test needs ports that no machine has.
        takeover: how knobs take over values that were changed elsewhere, where their bindings do not say.
        program: called on this thread with a program change's number, from 0; a `LikenessError` is logged.
        clock: told of the pulses, starts and stops of a MIDI clock.
        lights: of the controllers; None lights none.
        pads: takes what pads for cues do; None leaves them to plugins.
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
        self._program, self._lights = program, lights
        self._sync = ClockInput(clock or ClockListener())
        self.knobs = Knobs(store, self._bindings, takeover)
        self._faults = Faults(log)
        self._closing = threading.Event()
        self._ports: MidiPorts | None = None
        self._thread: threading.Thread | None = None
        self._orders: deque[Callable[[], None]] = deque()
        self._learner: Learner | None = None
        self._tell: Tell = tell_nobody
        # Whether only knobs that play nothing are learnt.
        self._fresh = False
        self._readers: dict[Source, MoveReader] = {}

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the ports that are open now."""
        return self._ports.names if self._ports else ()

    @property
    def learning(self) -> str | None:
        """The parameter that waits for a knob."""
        return self._learner.param if self._learner else None

    def gaps(self) -> dict[str, float]:
        """Return how far knobs have still to go until they meet their parameters, in fader units. Any thread."""
        return self.knobs.gaps()

    def start(self) -> None:
        """Open the ports that are there and begin to listen.

        Raises:
            InputError: for a preset's bindings of parameters that do not exist or that no knob can set, where no port
                has the name asked for, and where there is no MIDI at all.
        """
        self._check()
        ports = MidiPorts(self._name, self._client)
        ports.scan()
        if not ports.names and self._name != "auto":
            there = ", ".join(ports.present()) or "none"
            ports.close()
            raise InputError(f"no MIDI port has {self._name!r} in its name; there are: {there}; or use --midi auto")
        if not ports.names:
            log.info("MIDI: no controller yet; one that is plugged in is picked up")
        self._ports = ports
        self.knobs.add_ports(ports.sources)
        if self._lights:
            self._lights.plug(ports.sources, set(ports.names))
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, args=(ports,), name="midi", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and let the ports go. Safe to call twice."""
        if self._thread is None or self._ports is None:
            return
        self._closing.set()
        self._thread.join()
        if self._lights:
            self._lights.close()
        self._ports.close()
        self._thread = self._ports = None

    def learn(self, param: str | None, tell: Tell = tell_nobody) -> None:
        """Bind the next knob that is moved to `param`; None gives up. Any thread.

        Args:
            param: its address, `owner.name`.
            tell: called on the input's thread with "/midi/learned", the parameter, the knob in words and the
                controller; or with "/midi/learned", the parameter and "nothing" where none was moved.

        Raises:
            ParamError: for an unknown parameter.
            InputError: for one that no knob can set.
        """
        if param is not None and isinstance(self._store.param(param), Text):
            raise InputError(f"{param} is a text, which no knob can set")
        self._orders.append(lambda: self._arm(param, tell))

    def learn_next(self) -> None:
        """Bind the next unbound knob that is moved to a parameter that nothing plays yet; again, to the one after.

        A key is pressed by accident: knobs that play something go on playing it.
        """
        self._orders.append(self._arm_next)

    def unbind(self, param: str, tell: Tell = tell_nobody) -> None:
        """Leave `param` to no controller. Any thread.

        Args:
            param: its address, `owner.name`, of a plugin that plays or not.
            tell: called on the input's thread with "/midi/unbound", the parameter and the controllers that had it.
        """
        self._orders.append(lambda: self._free(param, tell))

    def _check(self) -> None:
        wrong = []
        for binding in self._bindings.defaults:
            try:
                if isinstance(self._store.param(binding.param), Text):
                    wrong.append(f"{binding.param} is a text, which no knob can set")
            except ParamError as error:
                wrong.append(str(error))
        if wrong:
            raise InputError(f"MIDI bindings: {'; '.join(wrong)}; mend the preset's [[midi]] entries")

    # All below runs on the input's own thread.

    def _run(self, ports: MidiPorts) -> None:
        scanned = time.monotonic()
        while not self._closing.wait(POLL_S):
            # A driver may raise anything at any time; the next turn tries again.
            try:
                while self._orders:
                    self._orders.popleft()()
                for source, message in ports.messages():
                    self._take(source, message)
                self._learn_on()
                if self._lights:
                    self._lights.update(self.knobs, self.learning)
                if time.monotonic() - scanned >= SCAN_S:
                    scanned = time.monotonic()
                    self._forget(ports.scan())
            except Exception as error:  # noqa: BLE001
                self._faults.tell("MIDI", error)

    def _forget(self, names: set[str]) -> None:
        self._readers = {source: reader for source, reader in self._readers.items() if source[0] not in names}
        self.knobs.forget(names)
        sources = self._ports.sources if self._ports else ()
        self.knobs.add_ports(sources)
        if self._lights:
            self._lights.plug(sources, names)

    def _take(self, source: Source, raw: list[int]) -> None:
        if self._sync.handle(source, raw, time.perf_counter()):
            return
        try:
            said = self._readers.setdefault(source, MoveReader()).read(raw)
        except InputError as error:
            self._faults.tell("a MIDI message", error, trace=False)
            return
        for move in said:
            if isinstance(move, Program):
                self._change_program(move)
                continue
            learner = self._learner
            if learner is None and self._is_cue(source, move):
                continue
            if move.control.kind == "note":
                self._store.post(Note(move.control.number, move.u, move.channel))
            if learner and not (self._fresh and self.knobs.plays(source, move)):
                learner.observe(source, move, time.monotonic())
            # Whatever is moved to be learnt plays nothing else meanwhile; the master stays in hand.
            self.knobs.play(source, move, master_alone=learner is not None and not self._fresh)

    def _is_cue(self, source: Source, move: KnobMove) -> bool:
        """Whether a pad for cues was pressed or let go of, which then is no note."""
        if self._pads is None or self.knobs.plays(source, move):
            return False
        try:
            return self._pads.handle(source[0], move)
        except LikenessError as error:
            self._faults.tell("a pad", error, trace=False)
            return True

    def _change_program(self, program: Program) -> None:
        if self._program is None:
            return
        try:
            self._program(program.number)
        except LikenessError as error:
            self._faults.tell(f"MIDI program {program.number}", error, trace=False)

    def _arm(self, param: str | None, tell: Tell) -> None:
        if self._learner:
            self._tell("/midi/learned", self._learner.param, "nothing")
        self._learner, self._tell, self._fresh = None, tell, False
        if param is None or param not in self._store:
            return
        kind = self._store.param(param)
        now = time.monotonic()
        self._learner = Learner(param, switch=isinstance(kind, Bool), trigger=isinstance(kind, Trigger), now=now)
        log.info("MIDI: move a knob for %s", param)

    def _arm_next(self) -> None:
        bound = {binding.param for port in self.ports for binding in self._bindings.heard(port)}
        free = [name for name, param in self._store.params() if name not in bound and not isinstance(param, Text)]
        after = free.index(self.learning) + 1 if self.learning in free else 0
        if free:
            self._arm(free[after % len(free)], tell_nobody)
            self._fresh = True

    def _learn_on(self) -> None:
        learner, now = self._learner, time.monotonic()
        if learner is None:
            return
        if learner.expired(now):
            log.info("MIDI: no knob was moved for %s", learner.param)
            self._arm(None, tell_nobody)
        elif found := learner.result(now):
            (port, _), binding = found
            self._learner = None
            self._keep(lambda: self._bindings.bind(port, binding))
            kind = f"{binding.control}, {binding.relative} encoder" if binding.relative else str(binding.control)
            log.info("MIDI: %s is played by %s of %s", binding.param, kind, controller_name(port))
            self._tell("/midi/learned", binding.param, kind, controller_name(port))

    def _free(self, param: str, tell: Tell) -> None:
        freed: list[str] = []
        self._keep(lambda: freed.extend(self._bindings.unbind(param, self.ports)))
        log.info("MIDI: %s is played by nothing any more; it was by %s", param, ", ".join(freed) or "nothing before")
        tell("/midi/unbound", param, *freed)

    def _keep(self, change: Callable[[], None]) -> None:
        """Change the bindings; where the disk refuses they hold till the end."""
        try:
            change()
        except InputError as error:
            log.error("%s", error)
        self.knobs.rebind()


def midi_available() -> str | None:
    """Return what is missing for MIDI to work here, or None where nothing is."""
    try:
        with quiet_drivers():
            open_client().delete()
    except InputError as error:
        return str(error)
    return None
