"""Lights of controllers: rings and motor faders follow values, pads and buttons show states."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from likeness.errors.fault_log import Faults
from likeness.inputs.midi.bindings import controller_name
from likeness.inputs.midi.knobs import Knobs
from likeness.inputs.midi.ports import OutClient, PortId, open_out_client
from likeness.inputs.midi.profiles import Light, LightState, Message, PadState, Profile, matches
from likeness.inputs.midi.takeover import Knob
from likeness.parameters.store import ParamStore
from likeness.params import Trigger

log = logging.getLogger(__name__)

# As often as OSC surfaces get feedback; the eye needs no more, and USB carries some thousand messages a second.
UPDATE_S = 1 / 30
# A cue may change all lights at once, and what does not fit a controller's buffer is lost.
MOST_PER_UPDATE = 64
# A control under a hand is not driven back to where it was a moment ago.
HAND_S = 0.3
# A controller's output may appear some moments after its input: it is looked for in this many scans.
TRIES = 8
BLACKOUT = "master.blackout"

# One light of a controller: its messages' kind and number, and whether they show a "value" or a "state".
LightKey = tuple[str, int, str]
# What each light should be sent, and the knob that moves with it.
Wanted = dict[LightKey, tuple[list[Message], Knob | None]]


@dataclass
class _ControllerLights:
    """An open output of a controller, and what each of its lights was sent last."""

    profile: Profile
    client: OutClient
    sent: dict[LightKey, list[Message]] = field(default_factory=dict)
    # Messages that put out each light that was ever lit.
    off_messages: dict[LightKey, list[Message]] = field(default_factory=dict)


class Lights:
    """Shows on controllers what the performer or a cue has asked for; never what modulation does.

    `MidiInput` calls it on its thread. A driver's failure is logged, and costs the lights of that controller alone.

    Args:
        store: where parameters live.
        profiles: by name.
        choose: returns the name of the profile that the controller's file asks for, "none", or None where it does not.
        client: makes clients of the driver's outputs.
        cue: returns the state of a cue number's pad; None where pads are no cues.
    """

    def __init__(
        self,
        store: ParamStore,
        profiles: Mapping[str, Profile],
        choose: Callable[[str], str | None] = lambda port: None,
        client: Callable[[], OutClient] = open_out_client,
        cue: Callable[[int], PadState] | None = None,
    ) -> None:
        self._cue = cue
        self._store, self._profiles, self._choose, self._client = store, profiles, choose, client
        self._controllers: dict[PortId, _ControllerLights] = {}
        # Inputs whose outputs are still missing, with the tries that are left.
        self._missing: dict[PortId, int] = {}
        self._faults = Faults(log)
        self._updated_at = 0.0

    def update_ports(self, sources: Sequence[PortId], changed: set[str]) -> None:
        """Open the outputs of controllers that came and close those that went; at each scan of the ports.

        Args:
            sources: all open inputs.
            changed: names of the inputs that came or went.
        """
        for source in [source for source in self._controllers if source[0] in changed or source not in sources]:
            self._close_output(self._controllers.pop(source).client)
        came = {source: TRIES for source in sources if source[0] in changed and self.profile(source[0])}
        looked_for = {**{source: left for source, left in self._missing.items() if source in sources}, **came}
        self._missing = {}
        for source, left in looked_for.items():
            profile = self.profile(source[0])
            if profile is None or self._open_output(source, profile):
                continue
            if left > 1:
                self._missing[source] = left - 1
            else:
                log.warning("MIDI: %s has no output here; its lights stay as they are", source[0])

    def update(self, knobs: Knobs, learning: str | None) -> None:
        """Send what has changed, at most every `UPDATE_S`."""
        now = time.monotonic()
        if now - self._updated_at < UPDATE_S or not self._controllers:
            return
        self._updated_at = now
        for source, controller in self._controllers.items():
            wanted = self._find_wanted(controller, [knob for at, knob in knobs.all() if at == source], learning, now)
            # A driver may raise anything when its device has just gone; the next scan closes it.
            try:
                self._send(controller, wanted)
            except Exception as error:  # noqa: BLE001
                self._faults.tell(f"the lights of {source[0]}", error, trace=False)

    def close(self) -> None:
        """Put all lights out and close the outputs. Safe to call twice."""
        for source, controller in self._controllers.items():
            try:
                for message in (message for messages in controller.off_messages.values() for message in messages):
                    controller.client.send_message(message)
                for text in controller.profile.stop:
                    controller.client.send_message(list(bytes.fromhex(text)))
            except Exception as error:  # noqa: BLE001 - it may be unplugged already, and the rest must be put out too
                self._faults.tell(f"the lights of {source[0]}", error, trace=False)
            self._close_output(controller.client)
        self._controllers, self._missing = {}, {}

    def _find_wanted(
        self, controller: _ControllerLights, knobs: Sequence[Knob], learning: str | None, now: float
    ) -> Wanted:
        """Return what each light should be sent, and the knob that it moves, if it does."""
        wanted: Wanted = {}
        for light in controller.profile.light:
            for knob in knobs:
                binding = knob.binding
                if not light.belongs_to(binding) or binding.param not in self._store:
                    continue
                kind, number = light.send or light.control, light.number(binding)
                state: LightKey = (kind, number, "state")
                if messages := light.state_messages(self._find_state(light, knob, learning), binding):
                    wanted[state] = (messages, None)
                    controller.off_messages[state] = light.state_messages("off", binding)
                if light.value is not None:
                    self._add_value(wanted, controller, light, knob, now)
        self._add_pads(wanted, controller, {knob.binding.note for knob in knobs})
        return wanted

    def _add_pads(
        self,
        wanted: Wanted,
        controller: _ControllerLights,
        bound: set[int | None],
    ) -> None:
        grid = controller.profile.cues
        if grid is None or self._cue is None:
            return
        for note, number in grid.pads():
            if note not in bound:
                light: LightKey = ("note", note + grid.offset, "state")
                wanted[light] = (grid.pad_messages(self._cue(number), note), None)
                controller.off_messages[light] = grid.pad_messages("empty", note)

    def _add_value(
        self,
        wanted: Wanted,
        controller: _ControllerLights,
        light: Light,
        knob: Knob,
        now: float,
    ) -> None:
        binding = knob.binding
        key: LightKey = (light.send or light.control, light.number(binding), "value")
        if now - knob.moved_at < HAND_S:
            # Its ring followed the hand, wherever the value went: it is sent again when the hand rests.
            controller.sent.pop(key, None)
            return
        param = self._store.param(binding.param)
        if not isinstance(param, Trigger):
            u = binding.knob_position(param.to_unit(self._store.target(binding.param)))
            wanted[key] = (light.value_messages(u, binding), knob if light.value and light.value.moves else None)

    def _find_state(self, light: Light, knob: Knob, learning: str | None) -> LightState:
        address = knob.binding.param
        if address == learning:
            return "learning"
        param, target = self._store.param(address), self._store.target(address)
        active = not isinstance(param, Trigger) and param.to_unit(target) > 0
        if address == BLACKOUT and active:
            return "alarm"
        # A control that is driven to the value need not be met by hand.
        if knob.gap() != 0 and not (light.value and light.value.moves):
            return "waiting"
        return "active" if active else "bound"

    def _send(
        self, controller: _ControllerLights, wanted: Mapping[LightKey, tuple[list[Message], Knob | None]]
    ) -> None:
        changes = [(key, *what) for key, what in wanted.items() if controller.sent.get(key) != what[0]]
        gone = [
            (key, controller.off_messages[key], None)
            for key in controller.off_messages
            if key not in wanted and key in controller.sent
        ]
        for key, messages, knob in [*gone, *changes][:MOST_PER_UPDATE]:
            for message in messages:
                controller.client.send_message(message)
            if key in wanted:
                controller.sent[key] = messages
            else:
                del controller.sent[key]
            if knob is not None:
                self._store.run(knob.place_at_target)

    def profile(self, port: str) -> Profile | None:
        """Return the profile of the controller at `port`, or None."""
        chosen = self._choose(port)
        if chosen is None:
            return next((each for each in self._profiles.values() if matches(port, each.inputs)), None)
        if chosen not in self._profiles and chosen != "none":
            log.error("MIDI: there is no profile %r for %s; there are: %s", chosen, port, ", ".join(self._profiles))
        return self._profiles.get(chosen)

    def _open_output(self, source: PortId, profile: Profile) -> bool:
        """Open the output that belongs to `source`; return whether it is there."""
        port, index = source
        client = None
        # A driver may raise anything, as for a port that another program holds; the controller plays without lights.
        try:
            client = self._client()
            names = client.get_ports()
            there = [number for number, name in enumerate(names) if matches(name, profile.outputs)]
            if not profile.outputs:
                # Windows numbers inputs and outputs apart: there no two names are equal.
                equal = [number for number, name in enumerate(names) if name == port]
                same = controller_name(port)
                there = equal or [number for number, name in enumerate(names) if controller_name(name) == same]
            if index < len(there):
                client.open_port(there[index])
                for text in profile.start:
                    client.send_message(list(bytes.fromhex(text)))
                self._controllers[source] = _ControllerLights(profile, client)
                log.info("MIDI: the lights of %s are those of %s", port, profile.name)
                return True
        except Exception as error:  # noqa: BLE001
            self._faults.tell(f"opening the lights of {port}", error, trace=False)
        if client is not None:
            self._close_output(client)
        return False

    def _close_output(self, client: OutClient) -> None:
        try:
            client.close_port()
            client.delete()
        except Exception as error:  # noqa: BLE001 - what is unplugged may fail to close, and is gone either way
            self._faults.tell("closing a MIDI output", error, trace=False)
