"""Light up controllers: rings and motor faders follow values, pads and buttons show states."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from likeness.fault_log import Faults
from likeness.inputs.midi.knobs import Knobs
from likeness.inputs.midi.ports import OutClient, Source, open_out_client
from likeness.inputs.midi.profiles import Light, Message, PadState, Profile, State, matches
from likeness.inputs.midi.takeover import Knob
from likeness.parameters.store import ParamStore
from likeness.params import Trigger

log = logging.getLogger(__name__)

# As often as OSC surfaces are told; the eye asks for no more, and USB carries some thousand messages a second.
TURN_S = 1 / 30
# A cue may change all lights at once: more in one go than a controller's buffer takes are lost.
MOST_PER_TURN = 64
# A control under a hand is not sent to where it was a moment ago.
HAND_S = 0.3
# A controller's output may be there some moments after its input: so many scans it is looked for.
TRIES = 8
BLACKOUT = "master.blackout"

# One light of a controller: its messages' kind and number, and whether they tell a value or a state.
Place = tuple[str, int, str]


@dataclass
class _Lamp:
    """A controller's lights, and what they were sent last."""

    profile: Profile
    client: OutClient
    sent: dict[Place, list[Message]] = field(default_factory=dict)
    # What puts out each light that was ever lit.
    dark: dict[Place, list[Message]] = field(default_factory=dict)


class Lights:
    """Shows on controllers what the performer or a cue has asked for; never what modulation does. One thread.

    Args:
        store: where parameters live.
        profiles: by name.
        choose: returns the name of the profile that a port's owner asked for, "none" or None.
        client: makes what talks to a driver's outputs.
        cue: returns how a place of the cue bank is; None where pads are no cues.
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
        self._lamps: dict[Source, _Lamp] = {}
        # Inputs whose outputs are still looked for, with the tries that are left.
        self._missing: dict[Source, int] = {}
        self._faults = Faults(log)
        self._turned = 0.0

    def plug(self, sources: Sequence[Source], changed: set[str]) -> None:
        """Open the outputs of controllers that came, and let go of those that went; at each scan of the ports.

        Args:
            sources: all open inputs.
            changed: names of the inputs that came or went.
        """
        for source in [source for source in self._lamps if source[0] in changed or source not in sources]:
            self._let_go(self._lamps.pop(source).client)
        came = {source: TRIES for source in sources if source[0] in changed and self.profile(source[0])}
        looked_for = {**{source: left for source, left in self._missing.items() if source in sources}, **came}
        self._missing = {}
        for source, left in looked_for.items():
            profile = self.profile(source[0])
            if profile is None or self._open(source, profile):
                continue
            if left > 1:
                self._missing[source] = left - 1
            else:
                log.warning("MIDI: %s has no output here; its lights stay as they are", source[0])

    def update(self, knobs: Knobs, learning: str | None) -> None:
        """Send what has changed, where it is time again."""
        now = time.monotonic()
        if now - self._turned < TURN_S or not self._lamps:
            return
        self._turned = now
        for source, lamp in self._lamps.items():
            wanted = self._wanted(lamp, [knob for at, knob in knobs.all() if at == source], learning, now)
            # A driver may raise anything when its device has just gone; the next scan lets go of it.
            try:
                self._send(lamp, wanted)
            except Exception as error:  # noqa: BLE001
                self._faults.tell(f"the lights of {source[0]}", error, trace=False)

    def close(self) -> None:
        """Put all lights out and let the outputs go. Safe to call twice."""
        for source, lamp in self._lamps.items():
            try:
                for message in (message for messages in lamp.dark.values() for message in messages):
                    lamp.client.send_message(message)
                for text in lamp.profile.stop:
                    lamp.client.send_message(list(bytes.fromhex(text)))
            except Exception as error:  # noqa: BLE001 - it may be unplugged already, and the rest must be put out too
                self._faults.tell(f"the lights of {source[0]}", error, trace=False)
            self._let_go(lamp.client)
        self._lamps, self._missing = {}, {}

    def _wanted(
        self, lamp: _Lamp, knobs: Sequence[Knob], learning: str | None, now: float
    ) -> dict[Place, tuple[list[Message], Knob | None]]:
        """Return what each light should show, and the knob that goes where its light goes."""
        wanted: dict[Place, tuple[list[Message], Knob | None]] = {}
        for light in lamp.profile.light:
            for knob in knobs:
                binding = knob.binding
                if not light.belongs_to(binding) or binding.param not in self._store:
                    continue
                kind, number = light.send or light.control, light.number(binding)
                state: Place = (kind, number, "state")
                if look := light.look(self._state(light, knob, learning), binding):
                    wanted[state] = (look, None)
                    lamp.dark[state] = light.look("off", binding)
                if light.value is not None:
                    self._want_value(wanted, lamp, light, knob, now)
        self._want_cues(wanted, lamp, {knob.binding.note for knob in knobs})
        return wanted

    def _want_cues(
        self, wanted: dict[Place, tuple[list[Message], Knob | None]], lamp: _Lamp, bound: set[int | None]
    ) -> None:
        grid = lamp.profile.cues
        if grid is None or self._cue is None:
            return
        for note, place in grid.notes():
            if note not in bound:
                light: Place = ("note", note + grid.offset, "state")
                wanted[light] = (grid.look(self._cue(place), note), None)
                lamp.dark[light] = grid.look("empty", note)

    def _want_value(
        self,
        wanted: dict[Place, tuple[list[Message], Knob | None]],
        lamp: _Lamp,
        light: Light,
        knob: Knob,
        now: float,
    ) -> None:
        binding = knob.binding
        place: Place = (light.send or light.control, light.number(binding), "value")
        if now - knob.moved < HAND_S:
            # Its ring went with the hand, wherever the value went: it is told anew when the hand rests.
            lamp.sent.pop(place, None)
            return
        param = self._store.param(binding.param)
        if not isinstance(param, Trigger):
            u = binding.knob_position(param.to_unit(self._store.target(binding.param)))
            wanted[place] = (light.place(u, binding), knob if light.value and light.value.moves else None)

    def _state(self, light: Light, knob: Knob, learning: str | None) -> State:
        address = knob.binding.param
        if address == learning:
            return "learning"
        param, target = self._store.param(address), self._store.target(address)
        active = not isinstance(param, Trigger) and param.to_unit(target) > 0
        if address == BLACKOUT and active:
            return "alarm"
        # What goes there by itself need not be waited for.
        if knob.gap() != 0 and not (light.value and light.value.moves):
            return "waiting"
        return "active" if active else "bound"

    def _send(self, lamp: _Lamp, wanted: Mapping[Place, tuple[list[Message], Knob | None]]) -> None:
        changes = [(place, *what) for place, what in wanted.items() if lamp.sent.get(place) != what[0]]
        gone = [(place, lamp.dark[place], None) for place in lamp.dark if place not in wanted and place in lamp.sent]
        for place, messages, knob in [*gone, *changes][:MOST_PER_TURN]:
            for message in messages:
                lamp.client.send_message(message)
            if place in wanted:
                lamp.sent[place] = messages
            else:
                del lamp.sent[place]
            if knob is not None:
                self._store.run(knob.follow)

    def profile(self, port: str) -> Profile | None:
        """Return the profile of the controller at `port`, where it has one."""
        chosen = self._choose(port)
        if chosen is None:
            return next((each for each in self._profiles.values() if matches(port, each.inputs)), None)
        if chosen not in self._profiles and chosen != "none":
            log.error("MIDI: there is no profile %r for %s; there are: %s", chosen, port, ", ".join(self._profiles))
        return self._profiles.get(chosen)

    def _open(self, source: Source, profile: Profile) -> bool:
        """Open the output that belongs to `source`, and say whether it is there."""
        port, index = source
        client = None
        # A driver may raise anything, as for a port that another program holds; the controller plays without lights.
        try:
            client = self._client()
            there = [
                number
                for number, name in enumerate(client.get_ports())
                if matches(name, profile.outputs) or (not profile.outputs and name == port)
            ]
            if index < len(there):
                client.open_port(there[index])
                for text in profile.start:
                    client.send_message(list(bytes.fromhex(text)))
                self._lamps[source] = _Lamp(profile, client)
                log.info("MIDI: the lights of %s are those of %s", port, profile.name)
                return True
        except Exception as error:  # noqa: BLE001
            self._faults.tell(f"opening the lights of {port}", error, trace=False)
        if client is not None:
            self._let_go(client)
        return False

    def _let_go(self, client: OutClient) -> None:
        try:
            client.close_port()
            client.delete()
        except Exception as error:  # noqa: BLE001 - what is unplugged already may not close; it is gone either way
            self._faults.tell("closing a MIDI output", error, trace=False)
