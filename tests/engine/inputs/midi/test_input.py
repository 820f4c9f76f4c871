"""Real MIDI from a second process."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.midi_player import CONTROLLER, Player

from likeness.errors import InputError, PresetError
from likeness.events import Event, Note
from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.input import MidiInput
from likeness.inputs.midi.ports import open_client
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore

Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def listen(store: ParamStore, system: int) -> Iterator[Callable[..., MidiInput]]:
    opened: list[MidiInput] = []

    def listen(*bindings: Binding) -> MidiInput:
        opened.append(MidiInput(store, bindings, takeover="jump"))
        opened[-1].start()
        return opened[-1]

    yield listen
    for midi in opened:
        midi.close()


@pytest.fixture
def plug_into(plug: Callable[[], Player], until: Until) -> Callable[[MidiInput], Player]:
    """Return what plugs a controller in whose messages arrive; JACK now and then joins ports that carry nothing."""

    def plug_into(midi: MidiInput) -> Player:
        for _ in range(4):
            player = plug()
            until(lambda: heard(midi))
            if arrives(midi, player):
                return player
            player.unplug()
            until(lambda: not heard(midi))
        pytest.fail("the controller was not heard")

    return plug_into


def heard(midi: MidiInput) -> bool:
    return any(CONTROLLER in port for port in midi.ports)


def arrives(midi: MidiInput, player: Player) -> bool:
    """Return whether a control that plays nothing is heard within three seconds."""
    deadline = time.monotonic() + 3.0
    player.play([0xB0, 119, 1])
    while not midi._readers:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def test_every_one_of_100_control_changes_of_another_process_arrives(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.jump", cc=3), Binding("walk.seed", cc=4))
    player = plug_into(midi)
    player.play(*[[0xB0, 3, 1 + i] for i in range(100)], [0xB0, 4, 127])
    presses = 0

    def all_there() -> bool:
        nonlocal presses
        store.advance(0.01)
        presses += int(store.snapshot["walk"]["jump"])
        return store.snapshot["walk"]["seed"] == 1000

    until(all_there)
    assert presses == 100


def test_a_knob_spans_the_range_of_its_parameter_and_inverted_it_spans_it_backward(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.speed", cc=1), Binding("walk.depth", cc=1, invert=True), Binding("walk.on", cc=2))
    player = plug_into(midi)
    for value in (127, 0, 32):
        player.play([0xB5, 1, value])

        def there(value: int = value) -> bool:
            store.advance(0.01)
            return bool(store.snapshot["walk"]["speed"] == pytest.approx(10 * value / 127))

        until(there)
        assert store.snapshot["walk"]["depth"] == pytest.approx(1 - value / 127)


def test_notes_press_toggle_and_set_by_velocity_and_are_events(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(
        Binding("walk.jump", note=60),
        Binding("walk.on", note=60),
        Binding("walk.depth", note=60),
        Binding("walk.seed", note=60, channel=2),
    )
    player = plug_into(midi)
    player.play([0x90, 60, 127], [0x80, 60, 64], [0x92, 60, 32], [0x92, 60, 0], [0x90, 61, 127])
    events: list[Event] = []
    presses = 0

    def all_there() -> bool:
        nonlocal presses
        events.extend(store.advance(0.01))
        presses += int(store.snapshot["walk"]["jump"])
        return len(events) == 5

    until(all_there)
    assert events == [Note(60, 1.0), Note(60, 0.0), Note(60, 32 / 127, 3), Note(60, 0.0, 3), Note(61, 1.0)]
    assert presses == 2
    values = store.snapshot["walk"]
    assert (values["on"], values["depth"], values["seed"]) == (False, pytest.approx(32 / 127), 0)


def test_a_binding_hears_its_own_channel_alone(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.speed", cc=1, channel=1), Binding("walk.depth", cc=1, channel=16))
    player = plug_into(midi)
    player.play([0xB0, 1, 127], [0xBE, 1, 0], [0xBF, 1, 127])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["depth"] == 1.0)
    assert store.snapshot["walk"]["speed"] == 10.0


def test_an_unplugged_controller_leaves_its_values_and_is_picked_up_again(
    store: ParamStore,
    plug_into: Callable[[MidiInput], Player],
    listen: Callable[..., MidiInput],
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    midi = listen(Binding("walk.depth", cc=1))
    player = plug_into(midi)
    player.play([0xB0, 1, 127])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["depth"] == 1.0)

    player.unplug()
    until(lambda: not heard(midi))
    store.advance(0.01)
    assert store.snapshot["walk"]["depth"] == 1.0
    assert [r.levelname for r in caplog.records if CONTROLLER in r.getMessage()] == ["WARNING"]

    plug_into(midi).play([0xB0, 1, 0])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["depth"] == 0.0)


@pytest.mark.usefixtures("system")
def test_a_port_that_does_not_exist_ends_the_start_and_auto_does_not(
    store: ParamStore, plug: Callable[[], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen()
    plug()
    until(lambda: heard(midi))
    with pytest.raises(InputError, match=rf"'no such thing'.*{CONTROLLER}"):
        MidiInput(store, [], name="no such thing").start()
    named = MidiInput(store, [], name=CONTROLLER.upper()[:8])
    named.start()
    try:
        assert heard(named)
    finally:
        named.close()
        named.close()


@pytest.mark.usefixtures("system")
def test_a_hundred_starts_leave_no_client_behind(store: ParamStore) -> None:
    # Without delete() jackd refused the 101st client, dropped or not.
    for _ in range(100):
        open_client().delete()
    midi = MidiInput(store, [])
    midi.start()
    midi.close()


def test_a_knob_that_is_learnt_plays_and_is_there_again_after_a_restart(
    store: ParamStore, plug: Callable[[], Player], until: Until, tmp_path: Path
) -> None:
    told: list[tuple[object, ...]] = []
    player = plug()
    midi = MidiInput(store, Bindings(tmp_path))
    midi.start()
    try:
        until(lambda: heard(midi))
        midi.learn("walk.speed", lambda *said: told.append(said))
        until(lambda: midi.learning == "walk.speed")
        player.play(*[[0xB0, 21, value] for value in range(100, 120)])
        until(lambda: bool(told))
        assert told[0][:3] == ("/midi/learned", "walk.speed", "CC 21")
        assert CONTROLLER in str(told[0][3])
        # It is told at once how far the knob has to go, and not only once it is moved again.
        gap = pytest.approx(0.05 - 119 / 127)
        until(lambda: store.advance(0.01) is not None and midi.gaps()["walk.speed"] == gap)
        # From the bottom over the value, which is at 0.05 of its way, to the top: it is taken over.
        player.play([0xB0, 21, 0], [0xB0, 21, 127])
        until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["speed"] == 10.0)
    finally:
        midi.close()
    again = MidiInput(store, Bindings(tmp_path))
    again.start()
    try:
        until(lambda: heard(again))
        player.play([0xB0, 21, 127], [0xB0, 21, 64])
        until(lambda: store.advance(0.01) is not None and store.target("walk.speed") == pytest.approx(640 / 127))
        again.unbind("walk.speed", lambda *said: told.append(said))
        until(lambda: told[-1][0] == "/midi/unbound")
        assert told[-1][:2] == ("/midi/unbound", "walk.speed")
        assert CONTROLLER in str(told[-1][2])
        player.play([0xB0, 21, 127], [0x90, 1, 1])
        until(lambda: bool(store.advance(0.01)))
        assert store.target("walk.speed") == pytest.approx(640 / 127)
    finally:
        again.close()
    assert not Bindings(tmp_path).for_port(CONTROLLER)


def test_while_a_knob_is_sought_the_others_rest_but_for_the_masters(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.speed", cc=1), Binding("master.blackout", note=1))
    player = plug_into(midi)
    midi.learn("walk.depth")
    until(lambda: midi.learning == "walk.depth")
    player.play([0xB0, 1, 127], [0x90, 1, 127])
    until(lambda: store.advance(0.01) is not None and store.snapshot["master"]["blackout"] is True)
    assert store.target("walk.speed") == 0.5
    midi.learn(None)
    until(lambda: midi.learning is None)


def test_m_goes_through_what_no_controller_plays(
    store: ParamStore, plug: Callable[[], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.speed", cc=1))
    plug()
    until(lambda: heard(midi))
    for wanted in ("walk.depth", "walk.seed", "walk.on", "walk.mode", "walk.jump", "master.blackout"):
        midi.learn_next()
        until(lambda wanted=wanted: midi.learning == wanted)  # type: ignore[misc]


def test_a_program_change_is_handed_on_and_its_refusal_is_one_line(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    numbers: list[int] = []

    def program(number: int) -> None:
        numbers.append(number)
        raise PresetError(f"there is no program {number}")

    midi = MidiInput(store, [], program=program)
    midi.start()
    try:
        player = plug_into(midi)
        player.play([0xC0, 5], [0xC3, 6])
        until(lambda: numbers == [5, 6])
    finally:
        midi.close()
    assert "there is no program 5" in caplog.text
    assert not any(record.exc_info for record in caplog.records)


def test_a_button_that_springs_back_turns_a_switch_over(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.on", cc=9, press="toggle"), Binding("walk.jump", note=1))
    player = plug_into(midi)
    for presses, on in ((1, True), (3, False)):
        player.play(*[[0xB0, 9, 127], [0xB0, 9, 0]] * presses, [0x90, 1, 1])
        until(lambda: bool(store.advance(0.01)))
        assert store.snapshot["walk"]["on"] is on


def test_m_learns_a_knob_that_plays_nothing_and_leaves_the_others_playing(
    store: ParamStore, plug_into: Callable[[MidiInput], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.speed", cc=1, bits=14))
    player = plug_into(midi)
    midi.learn_next()
    until(lambda: midi.learning == "walk.depth")
    player.play(*[message for value in range(80, 128) for message in ([0xB0, 1, value], [0xB0, 33, 127])])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["speed"] == 10.0)
    assert midi.learning == "walk.depth"
    player.play(*[[0xB0, 2, value] for value in range(100, 128)])
    until(lambda: midi.learning is None)
    player.play([0xB0, 2, 0], [0xB0, 2, 127])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["depth"] == 1.0)
