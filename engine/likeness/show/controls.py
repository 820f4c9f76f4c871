"""Controls: opens OSC, MIDI and DMX, and connects them to the show's commands."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from likeness.cues.bank import LAST_NUMBER
from likeness.errors import InputError
from likeness.files.paths import search_dirs, user_dir
from likeness.inputs.dmx.bindings import read_dmx_bindings
from likeness.inputs.dmx.input import DmxInput
from likeness.inputs.keyboard import Keyboard
from likeness.inputs.midi.binding_editor import parse_changes
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.cue_pads import CuePadActions, CuePads
from likeness.inputs.midi.input import MidiInput, midi_available
from likeness.inputs.midi.lights import Lights
from likeness.inputs.midi.profiles import read_profiles
from likeness.inputs.osc.server import OscInput, Reply
from likeness.inputs.osc.subscriptions import Args, Feedback
from likeness.inputs.stage_lock import StageLock
from likeness.options import Options
from likeness.parameters.dmx_binding import CUE, DmxBinding
from likeness.parameters.midi_binding import Binding
from likeness.parameters.state import to_address
from likeness.parameters.store import ParamStore
from likeness.ranges import Takeover
from likeness.show.status import StatusCache
from likeness.tempo.midi_clock import ClockListener

log = logging.getLogger(__name__)

LEARN_KEY = "m"
# What is said of MIDI where there is none.
NO_MIDI: Mapping[str, Any] = {"ports": [], "learning": None, "bindings": {}, "gaps": {}}


class Controls:
    """Opens OSC, MIDI and DMX at once, and closes them in `close`. Each runs threads of its own.

    Args:
        store: where parameters live.
        options: which inputs, and where they listen.
        keyboard: gets a key that learns MIDI bindings.
        commands: what OSC addresses that are no parameters call.
        questions: the commands that answer the sender.
        program: takes a MIDI program change, by number from 0.
        defaults: the preset's MIDI bindings, beneath those of each controller's own file.
        channels: the preset's DMX bindings, beneath those of the user's own files.
        takeover: how knobs take over, where their bindings do not say.
        clock: gets MIDI clocks.
        status: returns the show's numbers, given what the inputs count.
        pads: what controllers' pads do to the cues.

    Attributes:
        commands: as given.
        lock: of the stage.
        status: the show's numbers as JSON, at most a tenth of a second old.

    Raises:
        InputError: where a port or a controller that was asked for cannot be opened, or a binding plays nothing;
            what was opened before is closed.
    """

    def __init__(
        self,
        store: ParamStore,
        options: Options,
        keyboard: Keyboard,
        *,
        commands: Mapping[str, Callable[..., None]],
        questions: Mapping[str, Callable[..., None]],
        program: Callable[[int], None],
        defaults: Sequence[Binding] = (),
        channels: Sequence[DmxBinding] = (),
        takeover: Takeover = "soft",
        clock: ClockListener | None = None,
        status: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
        pads: CuePadActions | None = None,
    ) -> None:
        self._store, self._options, self.keyboard, self._pads = store, options, keyboard, pads
        self.commands, self._questions, self._program, self._clock = commands, questions, program, clock
        self.status = StatusCache(lambda: status(self.counters()))
        self.lock = StageLock()
        self._midi: MidiInput | None = None
        self._no_midi = "it is off; start with --midi auto"
        self._osc: OscInput | None = None
        self._dmx: DmxInput | None = None
        with ExitStack() as opened:
            if options.midi != "off":
                self._open_midi(opened, defaults, takeover)
            if options.osc_port:
                self._open_osc(opened)
            if options.dmx is not None:
                self._open_dmx(opened, options.dmx, channels, takeover)
            self._opened = opened.pop_all()

    def advance(self, time: float, beat: float) -> None:
        """Apply the messages of a flood that came since the last frame. The show's thread, before each frame."""
        if self._osc is not None:
            self._osc.advance(time, beat)

    def counters(self) -> dict[str, dict[str, int | str]]:
        """Return what came in, by input. Any thread."""
        seen: dict[str, dict[str, int | str]] = {}
        if self._osc is not None:
            seen["OSC"] = {"port": self._osc.port, "received": self._osc.received, "refused": self._osc.refused}
        if self._midi is not None:
            seen["MIDI"] = {"ports": "; ".join(self._midi.ports) or "none"}
        if self._dmx is not None:
            dmx = self._dmx
            seen["DMX"] = {"sources": dmx.sources(), "received": dmx.received, "refused": dmx.refused}
            if dmx.refused:
                seen["DMX"]["last refusal"] = dmx.why_refused
        return seen

    def describe_midi(self) -> dict[str, Any]:
        """Return what controllers play, or why there are none, ready for `json.dumps`. Any thread."""
        if self._midi is None:
            return {"available": False, "why": self._no_midi, **NO_MIDI}
        return {"available": True, "why": None, **self._midi.describe()}

    @property
    def questions(self) -> dict[str, Callable[..., None]]:
        """Return the commands that answer the sender, by path."""
        return {**self._questions, **self._midi_questions(), "/status": self.status.answer}

    @property
    def osc(self) -> tuple[str, int] | None:
        """Return the host and port at which OSC is heard, or None."""
        return (self._options.osc_host, self._osc.port) if self._osc else None

    def close(self) -> None:
        """Stop listening, in reverse order. Safe to call twice."""
        self._opened.close()

    def _open_midi(self, opened: ExitStack, defaults: Sequence[Binding], takeover: Takeover) -> None:
        name = self._options.midi
        missing = midi_available()
        if missing:
            if name != "auto":
                raise InputError(f"MIDI {name!r} cannot be opened: {missing}")
            log.warning("no MIDI: %s", missing)
            self._no_midi = missing
            return
        bindings = Bindings(user_dir("bindings"), defaults)
        keys = self._pads
        lights = Lights(
            self._store, read_profiles(search_dirs("controllers")), bindings.profile, cue=keys.state if keys else None
        )
        midi = MidiInput(
            self._store,
            bindings,
            name=name,
            takeover=takeover,
            program=self._program,
            clock=self._clock,
            lights=lights,
            pads=CuePads(keys, lights.profile) if keys else None,
        )
        midi.start()
        opened.callback(midi.close)
        self._midi = midi
        self.keyboard.on_key(LEARN_KEY, midi.learn_next)

    def _open_osc(self, opened: ExitStack) -> None:
        options = self._options
        osc = OscInput(
            self._store,
            options.osc_port,
            host=options.osc_host,
            commands=self.commands,
            questions=self.questions,
            feedback=self._feedback,
            lock=self.lock,
        )
        osc.start()
        self._osc = osc
        opened.callback(osc.close)
        log.info("OSC on %s:%d", options.osc_host, osc.port)

    def _open_dmx(self, opened: ExitStack, host: str, preset: Sequence[DmxBinding], takeover: Takeover) -> None:
        options, bindings = self._options, read_dmx_bindings(user_dir("dmx"), preset)
        unknown = [e.param for e in bindings if e.param != CUE and e.param not in self._store]
        if not bindings:
            log.warning(
                "--dmx: no channel is bound; add [[dmx]] entries to the preset, or a file in %s", user_dir("dmx")
            )
        elif unknown:
            log.warning("--dmx: these parameters are not in this show: %s", ", ".join(unknown[:10]))
        dmx = DmxInput(
            self._store,
            bindings,
            self.commands["/cue/recall"],
            host=host,
            artnet_port=options.artnet_port or None,
            sacn_port=options.sacn_port or None,
            takeover=takeover,
            lock=self.lock,
        )
        dmx.start()
        self._dmx = dmx
        opened.callback(dmx.close)
        log.info("DMX on %s: %s", host, ", ".join(f"{name} at port {port}" for name, port in dmx.ports.items()))

    def _feedback(self) -> Feedback:
        """Return what surfaces show apart from values: which parameter waits for a knob, and how far knobs are off."""
        said: dict[str, tuple[str, Args]] = {}
        if self._pads is not None:
            pads = ((f"/cue/pad/{place}", self._pads.state(place)) for place in range(1, LAST_NUMBER + 1))
            said.update({address: (address, (state,)) for address, state in pads})
        if self._midi is None:
            return said
        said["/midi/learning"] = ("/midi/learning", (self._midi.learning or "",))
        for param, gap in self._midi.gaps().items():
            # Finer than a knob of 7 bits, so that rounding is not told as news.
            said[f"/midi/takeover/{param}"] = ("/midi/takeover", (param, round(gap, 3)))
        return said

    def _midi_questions(self) -> dict[str, Callable[..., None]]:
        """Return the commands that change MIDI bindings and answer the sender."""
        midi = self._midi
        if midi is None:
            return dict.fromkeys(("/midi/learn", "/midi/unbind", "/midi/change"), _no_midi)

        def learn(reply: Reply, param: object = None) -> None:
            midi.learn(None if param is None else to_address(param), reply)

        def unbind(reply: Reply, param: object, controller: object = None) -> None:
            midi.unbind(to_address(param), reply, None if controller is None else str(controller))

        def change(reply: Reply, param: object, controller: object, *pairs: object) -> None:
            midi.change(to_address(param), str(controller), parse_changes(pairs))

        return {"/midi/learn": learn, "/midi/unbind": unbind, "/midi/change": change}


def _no_midi(reply: Reply, *args: object) -> None:
    raise InputError("no MIDI is open; start with --midi auto, and see what the log says of it")
