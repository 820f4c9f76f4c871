"""MIDI controllers: knobs, faders, pads and keys play parameters; every note is an event as well."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mido

from likeness.errors import InputError, ParamError
from likeness.events import Note
from likeness.faults import Faults
from likeness.inputs.midi_ports import Client, MidiPorts, open_client, quiet_drivers
from likeness.params import Bool, Text, Trigger
from likeness.store import ParamStore

log = logging.getLogger(__name__)

# A quarter of a frame at 60 fps. Polling keeps Python out of the driver's own thread, which under JACK is in real time.
POLL_S = 0.004
# Shorter than a hand needs to unplug and plug again; listing the ports took 43 microseconds under JACK.
SCAN_S = 0.25
TOP = 127


@dataclass(frozen=True)
class Binding:
    """What one knob or key plays.

    Args:
        param: address in the store, `owner.name`.
        cc: number of the control change, 0 to 127; or
        note: number of the note, 0 to 127. A press fires a trigger, turns a switch over, sets all else by velocity.
        channel: 1 to 16; None is any.
        invert: whether the top of the knob is the bottom of the parameter.
    """

    param: str
    cc: int | None = None
    note: int | None = None
    channel: int | None = None
    invert: bool = False

    def __post_init__(self) -> None:
        if (self.cc is None) == (self.note is None):
            raise InputError(f"MIDI binding of {self.param}: give either cc or note, not {self.cc} and {self.note}")
        number = self.note if self.cc is None else self.cc
        if number is not None and not 0 <= number <= TOP:
            raise InputError(f"MIDI binding of {self.param}: cc and note go from 0 to 127, not {number}")
        if self.channel is not None and not 1 <= self.channel <= 16:
            raise InputError(f"MIDI binding of {self.param}: channels go from 1 to 16, not {self.channel}")

    def hears(self, channel: int) -> bool:
        """Whether a message on `channel`, from 1, is for it."""
        return self.channel is None or self.channel == channel


class MidiInput:
    """Plays the store from MIDI ports, on its own thread, from `start` to `close`. Ports may come and go meanwhile.

    Args:
        store: where parameters live.
        bindings: which knob plays what.
        name: part of the names of the ports to open; "auto" opens all there are and all that come.
        client: makes rtmidi's clients; another one stands in where a test needs ports that no machine has.
    """

    def __init__(
        self,
        store: ParamStore,
        bindings: Sequence[Binding],
        *,
        name: str = "auto",
        client: Callable[[], Client] = open_client,
    ) -> None:
        self._store, self._bindings = store, tuple(bindings)
        self._name, self._client = name, client
        self._faults = Faults(log)
        self._closing = threading.Event()
        self._ports: MidiPorts | None = None
        self._thread: threading.Thread | None = None

    @property
    def ports(self) -> tuple[str, ...]:
        """The names of the ports that are open now."""
        return self._ports.names if self._ports else ()

    def start(self) -> None:
        """Open the ports that are there and begin to listen.

        Raises:
            InputError: for bindings of parameters that do not exist or that no knob can set, where no port has the
                name asked for, and where there is no MIDI at all.
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
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, args=(ports,), name="midi", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and let the ports go. Safe to call twice."""
        if self._thread is None or self._ports is None:
            return
        self._closing.set()
        self._thread.join()
        self._ports.close()
        self._thread = self._ports = None

    def _check(self) -> None:
        wrong = []
        for binding in self._bindings:
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
                for message in ports.messages():
                    self._take(message)
                if time.monotonic() - scanned >= SCAN_S:
                    scanned = time.monotonic()
                    ports.scan()
            except Exception as error:  # noqa: BLE001
                self._faults.tell("MIDI", error)

    def _take(self, raw: list[int]) -> None:
        try:
            message = mido.Message.from_bytes(raw)
        except (ValueError, IndexError) as error:
            self._faults.tell("a MIDI message", InputError(f"{raw[:8]}: {error}"), trace=False)
            return
        if message.type == "control_change":
            for binding in self._bindings:
                if binding.cc == message.control and binding.hears(message.channel + 1):
                    self._turn(binding, message.value)
        elif message.type in ("note_on", "note_off"):
            # A note-on of velocity 0 is how most keyboards write the release.
            velocity = message.velocity if message.type == "note_on" else 0
            self._store.post(Note(message.note, velocity / TOP, message.channel + 1))
            for binding in self._bindings:
                if velocity > 0 and binding.note == message.note and binding.hears(message.channel + 1):
                    self._press(binding, velocity)

    def _turn(self, binding: Binding, value: int) -> None:
        u = value / TOP
        try:
            self._store.set_unit(binding.param, 1.0 - u if binding.invert else u)
        except ParamError as error:
            # Its plugin was taken out of the rack while playing.
            self._faults.tell(f"MIDI to {binding.param}", error, trace=False)

    def _press(self, binding: Binding, velocity: int) -> None:
        try:
            param = self._store.param(binding.param)
            if isinstance(param, Trigger):
                self._store.set(binding.param, 1)
            elif isinstance(param, Bool):
                self._store.toggle(binding.param)
            else:
                self._turn(binding, velocity)
        except ParamError as error:
            self._faults.tell(f"MIDI to {binding.param}", error, trace=False)


def midi_available() -> str | None:
    """Return what is missing for MIDI to work here, or None where nothing is."""
    try:
        with quiet_drivers():
            open_client().delete()
    except InputError as error:
        return str(error)
    return None
