"""A MIDI clock over real MIDI reaches the beat; two clocks at once are not added up."""

import time
from collections.abc import Callable

from tests.engine.midi_player import Player

from likeness.inputs.midi.clock_input import CLOCK, CONTINUE, SONG_POSITION, START, STOP, ClockInput
from likeness.inputs.midi.input import MidiInput
from likeness.parameters.store import ParamStore
from likeness.tempo.midi_clock import ClockListener

DEADLINE_S = 20.0


class Heard(ClockListener):
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[object] = []

    def clock(self, at: float) -> None:
        self.said.append(at)

    def start(self) -> None:
        self.said.append("start")

    def stop(self) -> None:
        self.said.append("stop")

    def continue_(self) -> None:
        self.said.append("continue")

    def song_position(self, sixteenths: int) -> None:
        self.said.append(("position", sixteenths))


def test_each_message_says_its_own() -> None:
    heard = Heard()
    sync = ClockInput(heard)
    messages = [[START], [CLOCK], [STOP], [SONG_POSITION, 3, 2], [CONTINUE]]
    assert all(sync.handle(("a", 0), message, 5.0) for message in messages)
    assert heard.said == ["start", 5.0, "stop", ("position", 3 + 2 * 128), "continue"]


def test_what_is_not_of_the_clock_is_left_to_others_and_a_cut_position_is_dropped() -> None:
    heard = Heard()
    sync = ClockInput(heard)
    assert not any(sync.handle(("a", 0), message, 5.0) for message in ([0xB0, 1, 2], [0xFE], []))
    assert sync.handle(("a", 0), [SONG_POSITION, 3], 5.0)
    assert heard.said == []


def test_of_two_machines_the_first_is_heard_until_it_is_silent() -> None:
    heard = Heard()
    sync = ClockInput(heard)
    for pulse in range(10):
        sync.handle(("a", 0), [CLOCK], 5.0 + pulse * 0.02)
        sync.handle(("b", 0), [CLOCK], 5.01 + pulse * 0.02)
    assert len(heard.said) == 10
    sync.handle(("b", 0), [CLOCK], 7.0)
    assert heard.said[-1] == 7.0


def test_a_sequencer_in_another_process_leads_the_beat(plug: Callable[[], Player]) -> None:
    listener = ClockListener()
    midi = MidiInput(ParamStore(), [], clock=listener)
    player = plug()
    deadline = time.monotonic() + DEADLINE_S
    midi.start()
    try:
        while not any("knobs" in port for port in midi.ports):
            assert time.monotonic() < deadline
        player.play([SONG_POSITION, 8, 0], [CONTINUE])
        led = None
        began, pulses = time.perf_counter(), 0
        while led is None or pulses < 30:
            assert time.monotonic() < deadline
            if time.perf_counter() >= began + pulses / 48:
                player.play([CLOCK])
                pulses += 1
            led = listener.read(time.perf_counter(), 0.0, 4) or led
        # 8 sixteenths are 2 beats, and 30 pulses are one and a quarter.
        assert 2.9 < led.beat < 3.7
        assert 90 < led.tempo < 150
    finally:
        midi.close()
