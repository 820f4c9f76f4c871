"""Lights of a controller in another process, over real MIDI; what drivers do wrong, with a made-up one."""

import time
from collections.abc import Callable, Iterator

import pytest
from tests.engine.midi_player import CONTROLLER, Player

from likeness.events import Event, Note
from likeness.inputs.midi import lights as module
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.cue_pads import CuePadActions, CuePads
from likeness.inputs.midi.input import MidiInput
from likeness.inputs.midi.knobs import Knobs
from likeness.inputs.midi.lights import Lights
from likeness.inputs.midi.profiles import CueGrid, Light, PadState, Profile, ValueLight
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore

Until = Callable[[Callable[[], bool]], None]

PADS = Light(
    control="note",
    first=0,
    last=63,
    off=((7, 0),),
    bound=((1, 45),),
    active=((7, 21),),
    learning=((10, 9),),
    alarm=((14, 5),),
)
RINGS = Light(control="cc", first=0, last=63, value=ValueLight(moves=True))
KNOBS = Light(control="cc", first=64, last=99, off=((3, 0),), active=((3, 1),), waiting=((3, 10),))
STARTED = [0xF0, 0x7D, 1, 0xF7]
PROFILE = Profile(
    name="test",
    inputs=(f"*{CONTROLLER}*",),
    outputs=("*Lights of the test*",),
    start=("F0 7D 01 F7",),
    stop=("F0 7D 00 F7",),
    light=(PADS, RINGS, KNOBS),
)


@pytest.fixture
def listen(store: ParamStore) -> Iterator[Callable[..., MidiInput]]:
    opened: list[MidiInput] = []

    def listen(*bindings: Binding) -> MidiInput:
        opened.append(MidiInput(store, bindings, lights=Lights(store, {"test": PROFILE})))
        opened[-1].start()
        return opened[-1]

    yield listen
    for midi in opened:
        midi.close()


@pytest.mark.usefixtures("system")
def test_rings_follow_values_and_pads_show_states(
    store: ParamStore, plug: Callable[..., Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    listen(Binding("walk.depth", cc=5, channel=1), Binding("walk.on", note=8), Binding("master.blackout", note=9))
    player = plug(lit=True)
    until(lambda: player.lit[:1] == [STARTED])
    until(lambda: {(0xB0, 5, 64), (0x90, 8, 45), (0x90, 9, 45)} <= set(map(tuple, player.lit)))
    player.lit.clear()
    store.set("walk.depth", 1.0)
    store.set("walk.on", True)
    store.set("master.blackout", True)
    store.advance(0.0)
    # A blackout is an alarm: it blinks until it is lifted.
    until(lambda: {(0xB0, 5, 127), (0x96, 8, 21), (0x9D, 9, 5)} == set(map(tuple, player.lit)))
    store.set("master.blackout", False)
    store.advance(0.0)
    until(lambda: player.lit[-1] == [0x90, 9, 45])


@pytest.mark.usefixtures("system")
def test_learning_is_shown_and_everything_is_put_out_at_the_end(
    store: ParamStore, plug: Callable[..., Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.on", note=8))
    player = plug(lit=True)
    until(lambda: [0x90, 8, 45] in player.lit)
    midi.learn("walk.on")
    until(lambda: [0x99, 8, 9] in player.lit)
    midi.close()
    until(lambda: player.lit[-2:] == [[0x96, 8, 0], [0xF0, 0x7D, 0, 0xF7]])


GRID = CueGrid(
    rows=(16, 8),
    columns=8,
    shift=98,
    empty=((7, 0),),
    stored=((1, 21),),
    fading=((10, 21),),
    active=((7, 21),),
)


@pytest.mark.usefixtures("system")
def test_pads_recall_and_with_shift_store_and_show_how_their_cues_are(
    store: ParamStore, plug: Callable[..., Player], until: Until
) -> None:
    done: list[object] = []
    states: dict[int, PadState] = {1: "stored", 2: "fading", 9: "active"}
    keys = CuePadActions(done.append, done.append, lambda place: states.get(place, "empty"))
    lights = Lights(store, {"test": PROFILE.model_copy(update={"cues": GRID})}, cue=keys.state)
    # A pad that is bound plays that, and shows it.
    midi = MidiInput(store, [Binding("walk.on", note=18)], lights=lights, pads=CuePads(keys, lights.profile))
    midi.start()
    try:
        player = plug(lit=True)
        until(lambda: {(0x90, 16, 21), (0x99, 17, 21), (0x96, 8, 21), (0x90, 18, 45)} <= set(map(tuple, player.lit)))
        player.play([0x90, 17, 100], [0x80, 17, 0], [0x90, 98, 127], [0x90, 15, 1], [0x90, 98, 0], [0x90, 18, 9])
        until(lambda: len(done) == 4)
        assert done == [2, True, 16, False]
        # What is no pad is a note; pads are none.
        player.play([0x90, 40, 127])
        heard: list[Event] = []
        until(lambda: bool(heard.extend(store.advance(0.01)) or Note(40, 1.0) in heard))
        assert [event.number for event in heard if isinstance(event, Note)] == [18, 40]
        assert store.target("walk.on") is True
        states[1] = "active"
        until(lambda: player.lit[-1] == [0x96, 16, 21])
    finally:
        midi.close()


class Out:
    """A driver's output that keeps what it is sent, or fails."""

    def __init__(self, *ports: str) -> None:
        self.ports, self.sent, self.broken, self.open = list(ports), list[list[int]](), False, 0

    def get_ports(self) -> list[str]:
        return self.ports

    def open_port(self, port: int) -> None:
        self.open += 1

    def send_message(self, message: list[int]) -> None:
        if self.broken:
            raise OSError("unplugged")
        self.sent.append(message)

    def close_port(self) -> None:
        self.open -= 1

    def delete(self) -> None:
        pass


PORT = (f"{CONTROLLER}:knobs", 0)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each turn be the next one's time."""
    monkeypatch.setattr(module, "UPDATE_S", 0.0)


def lit(store: ParamStore, out: Out, *bindings: Binding) -> tuple[Lights, Knobs]:
    kept = Bindings(None, bindings)
    knobs = Knobs(store, kept, "soft")
    knobs.add_ports([PORT])
    lights = Lights(store, {"test": PROFILE}, client=lambda: out)
    lights.update_ports([PORT], {PORT[0]})
    out.sent.clear()
    return lights, knobs


def shown(lights: Lights, knobs: Knobs, out: Out, learning: str | None = None) -> list[list[int]]:
    out.sent.clear()
    lights.update(knobs, learning)
    return list(out.sent)


@pytest.mark.usefixtures("at_once")
def test_only_changes_are_sent_and_none_of_modulation(store: ParamStore) -> None:
    out = Out("Lights of the test")
    lights, knobs = lit(store, out, Binding("walk.depth", cc=5))
    assert shown(lights, knobs, out) == [[0xB0, 5, 64]]
    assert shown(lights, knobs, out) == []
    store.recall({"walk.depth": 1.0}, seconds=10.0)
    store.advance(1.0)
    assert shown(lights, knobs, out) == [[0xB0, 5, 127]]
    store.advance(5.0)
    assert shown(lights, knobs, out) == []


@pytest.mark.usefixtures("at_once")
def test_a_control_under_a_hand_is_not_moved_and_told_afterwards(
    store: ParamStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Out("Lights of the test")
    lights, knobs = lit(store, out, Binding("walk.depth", cc=5))
    shown(lights, knobs, out)
    ((_, knob),) = knobs.all()
    knob.moved_at = time.monotonic()
    store.set("walk.depth", 0.0)
    store.advance(0.0)
    assert shown(lights, knobs, out) == []
    monkeypatch.setattr(module, "HAND_S", 0.0)
    assert shown(lights, knobs, out) == [[0xB0, 5, 0]]


@pytest.mark.usefixtures("at_once")
def test_an_endless_encoder_that_was_sent_to_the_value_has_nothing_to_catch_up(store: ParamStore) -> None:
    out = Out("Lights of the test")
    lights, knobs = lit(store, out, Binding("walk.depth", cc=5))
    ((_, knob),) = knobs.all()
    knob.turn(0.1, 1 / 127)
    store.set("walk.depth", 0.9)
    store.advance(0.0)
    assert knob.gap() == pytest.approx(0.8)
    assert shown(lights, knobs, out) == [[0xB0, 5, 114]]
    store.advance(0.0)
    assert knob.gap() == pytest.approx(0.0)
    # It goes on from there, three clicks at once.
    knob.turn(0.9 + 3 / 127, 1 / 127)
    assert store.target("walk.depth") == pytest.approx(0.9 + 3 / 127)


@pytest.mark.usefixtures("at_once")
def test_a_knob_that_has_still_to_meet_its_value_says_so(store: ParamStore) -> None:
    out = Out("Lights of the test")
    lights, knobs = lit(store, out, Binding("walk.depth", cc=70))
    assert shown(lights, knobs, out) == [[0xB2, 70, 1]]
    ((_, knob),) = knobs.all()
    knob.turn(0.1, 1 / 127)
    assert shown(lights, knobs, out) == [[0xB2, 70, 10]]
    knob.turn(0.6, 1 / 127)
    store.advance(0.0)
    assert shown(lights, knobs, out) == [[0xB2, 70, 1]]


@pytest.mark.usefixtures("at_once")
def test_a_light_whose_binding_goes_is_put_out(store: ParamStore) -> None:
    out = Out("Lights of the test")
    lights, knobs = lit(store, out, Binding("walk.on", note=8))
    assert shown(lights, knobs, out) == [[0x90, 8, 45]]
    store.withdraw("walk")
    assert shown(lights, knobs, out) == [[0x96, 8, 0]]
    assert shown(lights, knobs, out) == []


@pytest.mark.usefixtures("at_once")
def test_many_changes_are_spread_over_turns(store: ParamStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PER_UPDATE", 4)
    out = Out("Lights of the test")
    lights, knobs = lit(store, out, *(Binding("walk.on", note=number) for number in range(10)))
    counts = [len(shown(lights, knobs, out)) for _ in range(4)]
    assert counts == [4, 4, 2, 0]


@pytest.mark.usefixtures("at_once")
def test_an_output_that_fails_or_is_absent_leaves_the_rest_alone(
    store: ParamStore, caplog: pytest.LogCaptureFixture
) -> None:
    out = Out("Lights of the test")
    lights, knobs = lit(store, out, Binding("walk.on", note=8))
    out.broken = True
    for _ in range(50):
        lights.update(knobs, None)
    assert len(caplog.records) == 1
    out.broken = False
    assert shown(lights, knobs, out) == [[0x90, 8, 45]]
    lights.update_ports([], {PORT[0]})
    assert out.open == 0

    elsewhere = Lights(store, {"test": PROFILE}, client=lambda: Out("another"))
    elsewhere.update_ports([PORT], {PORT[0]})
    for _ in range(module.TRIES - 1):
        assert "no output here" not in caplog.text
        elsewhere.update(knobs, None)
        elsewhere.update_ports([PORT], set())
    assert caplog.text.count("no output here") == 1
    elsewhere.close()


def test_a_controllers_file_chooses_its_profile_or_none(store: ParamStore, caplog: pytest.LogCaptureFixture) -> None:
    def opened(choice: str | None, port: tuple[str, int] = PORT) -> int:
        # A profile that names no outputs takes the port of the same name.
        out = Out(port[0], "Lights of the test")
        profiles = {"test": PROFILE, "generic": Profile(name="Generic")}
        Lights(store, profiles, lambda _: choice, lambda: out).update_ports([port], {port[0]})
        return out.open

    assert [opened(None), opened("none"), opened("test"), opened("generic", ("a piano", 0))] == [1, 0, 1, 1]
    assert opened(None, ("a piano", 0)) == 0
    assert opened("tset") == 0
    assert "no profile 'tset'" in caplog.text
