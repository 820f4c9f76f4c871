"""Real MIDI from a second process, through ALSA where the machine has it and else through a JACK server of our own."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from likeness.errors import InputError
from likeness.events import Event, Note
from likeness.inputs.midi import Binding, MidiInput, midi_available
from likeness.inputs.midi_ports import open_client
from likeness.store import ParamStore

Until = Callable[[Callable[[], bool]], None]
rtmidi = pytest.importorskip("rtmidi", reason="python-rtmidi is not installed")

CONTROLLER = "Knobs of the test"
# Plays each line of its input, a list of messages, and ends with it.
PLAYER = f"""
import json, sys
import rtmidi
out = rtmidi.MidiOut(int(sys.argv[1]), {CONTROLLER!r})
out.open_virtual_port("knobs")
for line in sys.stdin:
    for message in json.loads(line):
        out.send_message(message)
out.close_port()
out.delete()
"""


@pytest.fixture(scope="module")
def system() -> Iterator[int]:
    """Return rtmidi's number of a MIDI system that works, starting one where there is none."""
    try:
        client = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA)
    except rtmidi.RtMidiError:
        pass
    else:
        client.delete()
        yield rtmidi.API_LINUX_ALSA
        return
    if not shutil.which("jackd"):
        pytest.skip("no ALSA sequencer and no jackd here (apt-get install jackd2), so no real MIDI")
    name = f"likeness_test_{os.getpid()}"
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name
    server = subprocess.Popen(
        ["jackd", "--no-realtime", "--no-mlock", "-n", name, "-t", "5000", "-d", "dummy", "-p", "256"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while (missing := midi_available()) is not None:
        assert time.monotonic() < deadline, missing
        assert server.poll() is None, "jackd ended"
        time.sleep(0.1)
    yield rtmidi.API_UNIX_JACK
    server.terminate()
    server.wait(20)
    os.environ.pop("JACK_DEFAULT_SERVER")
    if before is not None:
        os.environ["JACK_DEFAULT_SERVER"] = before


class Player:
    """A controller in a process of its own; ending the process unplugs it."""

    def __init__(self, system: int) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", PLAYER, str(system)], stdin=subprocess.PIPE, text=True)

    def play(self, *messages: list[int]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(messages) + "\n")
        self._process.stdin.flush()

    def unplug(self) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(20)


@pytest.fixture
def plug(system: int) -> Iterator[Callable[[], Player]]:
    players: list[Player] = []

    def plug() -> Player:
        players.append(Player(system))
        return players[-1]

    yield plug
    for player in players:
        player.unplug()


@pytest.fixture
def listen(store: ParamStore, system: int) -> Iterator[Callable[..., MidiInput]]:
    opened: list[MidiInput] = []

    def listen(*bindings: Binding) -> MidiInput:
        opened.append(MidiInput(store, bindings))
        opened[-1].start()
        return opened[-1]

    yield listen
    for midi in opened:
        midi.close()


def heard(midi: MidiInput) -> bool:
    return any(CONTROLLER in port for port in midi.ports)


def test_every_one_of_100_control_changes_of_another_process_arrives(
    store: ParamStore, plug: Callable[[], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.jump", cc=3), Binding("walk.seed", cc=4))
    player = plug()
    until(lambda: heard(midi))
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
    store: ParamStore, plug: Callable[[], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.speed", cc=1), Binding("walk.depth", cc=1, invert=True), Binding("walk.on", cc=2))
    player = plug()
    until(lambda: heard(midi))
    for value in (127, 0, 32):
        player.play([0xB5, 1, value])

        def there(value: int = value) -> bool:
            store.advance(0.01)
            return bool(store.snapshot["walk"]["speed"] == pytest.approx(10 * value / 127))

        until(there)
        assert store.snapshot["walk"]["depth"] == pytest.approx(1 - value / 127)


def test_notes_press_toggle_and_set_by_velocity_and_are_events(
    store: ParamStore, plug: Callable[[], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(
        Binding("walk.jump", note=60),
        Binding("walk.on", note=60),
        Binding("walk.depth", note=60),
        Binding("walk.seed", note=60, channel=2),
    )
    player = plug()
    until(lambda: heard(midi))
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
    store: ParamStore, plug: Callable[[], Player], listen: Callable[..., MidiInput], until: Until
) -> None:
    midi = listen(Binding("walk.speed", cc=1, channel=1), Binding("walk.depth", cc=1, channel=16))
    player = plug()
    until(lambda: heard(midi))
    player.play([0xB0, 1, 127], [0xBE, 1, 0], [0xBF, 1, 127])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["depth"] == 1.0)
    assert store.snapshot["walk"]["speed"] == 10.0


def test_an_unplugged_controller_leaves_its_values_and_is_picked_up_again(
    store: ParamStore,
    plug: Callable[[], Player],
    listen: Callable[..., MidiInput],
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    midi = listen(Binding("walk.depth", cc=1))
    player = plug()
    until(lambda: heard(midi))
    player.play([0xB0, 1, 127])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["depth"] == 1.0)

    player.unplug()
    until(lambda: not heard(midi))
    store.advance(0.01)
    assert store.snapshot["walk"]["depth"] == 1.0
    assert [r.levelname for r in caplog.records if CONTROLLER in r.getMessage()] == ["WARNING"]

    player = plug()
    until(lambda: heard(midi))
    player.play([0xB0, 1, 0])
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
