"""Bytes of a controller to values of parameters, through the bindings that are there."""

from likeness.inputs.midi.bindings import Bindings
from likeness.inputs.midi.knobs import Knobs
from likeness.inputs.midi.messages import ControlMove, MoveReader
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore

PORT = ("a controller", 0)


def play(store: ParamStore, binding: Binding, *messages: list[int]) -> None:
    knobs, reader = Knobs(store, Bindings(None, [binding]), "jump"), MoveReader()
    for message in messages:
        for move in reader.read(message):
            assert isinstance(move, ControlMove)
            knobs.play(PORT, move)
    store.advance(0.0)


def test_a_fader_that_sends_its_fine_half_first_reaches_both_ends(store: ParamStore) -> None:
    fader = Binding("walk.depth", cc=1, bits=14)
    play(store, fader, [0xB0, 33, 127], [0xB0, 1, 127])
    assert store.target("walk.depth") == 1.0
    play(store, fader, [0xB0, 33, 127], [0xB0, 1, 127], [0xB0, 33, 0], [0xB0, 1, 0])
    assert store.target("walk.depth") == 0.0


def test_the_coarse_half_alone_moves_the_value_at_once(store: ParamStore) -> None:
    play(store, Binding("walk.depth", cc=1, bits=14), [0xB0, 1, 96])
    assert store.target("walk.depth") == 96 * 128 / 16383


def test_increment_and_decrement_of_an_nrpn_are_clicks_from_wherever_the_value_is(store: ParamStore) -> None:
    choice = ([0xB0, 99, 2], [0xB0, 98, 44])
    for bits in (None, 7):
        store.set("walk.depth", 0.5)
        play(store, Binding("walk.depth", nrpn=300, bits=bits), *choice, *[[0xB0, 96, 0]] * 3, [0xB0, 97, 0])  # type: ignore[arg-type]
        assert store.target("walk.depth") == 0.5 + 2 / 128


def test_an_entry_for_a_controller_by_name_plays_on_another_usb_socket_of_windows(store: ParamStore) -> None:
    entry = Binding("walk.depth", cc=1, port="MIDIIN2 (LPX")
    knobs, reader = Knobs(store, Bindings(None, [entry]), "jump"), MoveReader()
    first, again, another = "MIDIIN2 (LPX MIDI) 1", "MIDIIN2 (3- LPX MIDI) 2", "MIDIIN2 (3- LPY MIDI) 2"
    for value, port in ((127, first), (0, again), (127, another)):
        move = reader.read([0xB0, 1, value])[0]
        assert isinstance(move, ControlMove)
        knobs.play((port, 0), move)
        assert knobs.plays((port, 0), move) == (port != another)
        store.advance(0.0)
    assert store.target("walk.depth") == 0.0
