"""What no machine of ours has: devices that share a name, a driver that fails. A made-up driver stands in for rtmidi's.

The real one is in test_midi.py.
"""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likeness.errors import InputError
from likeness.events import Note
from likeness.inputs.midi.input import MidiInput, midi_available
from likeness.inputs.midi.ports import MidiPorts
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Float

Until = Callable[[Callable[[], bool]], None]


class Driver:
    """Devices plugged into a machine; each device is its name and what it has to say."""

    def __init__(self, *names: str) -> None:
        self.devices: list[tuple[str, list[list[int]]]] = [(name, []) for name in names]
        self.clients = 0
        self.busy: set[int] = set()

    def client(self) -> "DriverClient":
        self.clients += 1
        return DriverClient(self)


class DriverClient:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._messages: list[list[int]] = []

    def get_ports(self) -> list[str]:
        return [name for name, _ in self._driver.devices]

    def open_port(self, port: int) -> None:
        if port in self._driver.busy:
            raise OSError("another program has the port")
        self._messages = self._driver.devices[port][1]

    def get_message(self) -> tuple[list[int], float] | None:
        return (self._messages.pop(0), 0.0) if self._messages else None

    def close_port(self) -> None:
        self._messages = []

    def delete(self) -> None:
        self._driver.clients -= 1


def test_auto_opens_all_but_the_port_that_passes_everything_on() -> None:
    driver = Driver("Midi Through:Midi Through Port-0 14:0", "nanoKONTROL2", "Launchpad")
    ports = MidiPorts("auto", driver.client)
    ports.scan()
    assert sorted(ports.names) == ["Launchpad", "nanoKONTROL2"]


def test_two_devices_of_one_name_are_both_heard_and_either_may_go() -> None:
    driver = Driver("Pad", "Knob", "Pad")
    ports = MidiPorts("pad", driver.client)
    ports.scan()
    assert ports.names == ("Pad", "Pad")
    driver.devices[0][1].append([0x90, 1, 1])
    driver.devices[2][1].append([0x90, 2, 2])
    assert sorted(ports.messages()) == [(("Pad", 0), [0x90, 1, 1]), (("Pad", 1), [0x90, 2, 2])]

    # The first goes: the second has its number now, and must still be heard.
    del driver.devices[0]
    ports.scan()
    assert ports.names == ("Pad",)
    driver.devices[1][1].append([0x90, 3, 3])
    assert list(ports.messages()) == [(("Pad", 0), [0x90, 3, 3])]

    ports.close()
    assert driver.clients == 0


def test_a_controller_is_heard_whatever_is_plugged_in_while_it_is_opened() -> None:
    driver = Driver("Knob")

    def client() -> DriverClient:
        made = driver.client()
        if driver.clients == 2:  # the first one lists
            driver.devices.insert(0, ("Other", []))
        return made

    ports = MidiPorts("knob", client)
    ports.scan()
    driver.devices[1][1].append([0xB0, 1, 1])
    assert list(ports.messages()) == [(("Knob", 0), [0xB0, 1, 1])]


def test_a_port_in_use_is_tried_again_and_the_others_play(caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver("Pad", "Knob")
    driver.busy = {0}
    ports = MidiPorts("auto", driver.client)
    for _ in range(10):
        ports.scan()
    assert ports.names == ("Knob",)
    assert len([record for record in caplog.records if "another program" in record.getMessage()]) == 1
    driver.busy = set()
    ports.scan()
    assert sorted(ports.names) == ["Knob", "Pad"]


def test_a_driver_that_fails_for_a_while_does_not_end_the_input(store: ParamStore, until: Until) -> None:
    driver = Driver("Pad")
    failing = 3

    class Moody(DriverClient):
        def get_message(self) -> tuple[list[int], float] | None:
            nonlocal failing
            if failing:
                failing -= 1
                raise RuntimeError("the driver stumbled")
            return super().get_message()

    midi = MidiInput(store, [Binding("walk.depth", cc=1)], client=lambda: Moody(driver), takeover="jump")
    midi.start()
    driver.devices[0][1].append([0xB0, 1, 127])
    until(lambda: store.advance(0.01) is not None and store.snapshot["walk"]["depth"] == 1.0)
    midi.close()
    assert failing == 0


def test_bindings_that_cannot_be_played_end_the_start_and_are_all_named(store: ParamStore) -> None:
    bindings = [Binding("walk.sped", cc=1), Binding("walk.title", cc=2), Binding("walk.depth", cc=3)]
    with pytest.raises(InputError, match=r"walk\.speed.*walk\.title is a text.*\[\[midi\]\]"):
        MidiInput(store, bindings, client=Driver().client).start()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "exactly one of cc, nrpn, note and bend"),
        ({"cc": 1, "note": 1}, "exactly one of cc, nrpn, note and bend"),
        ({"cc": 128}, "0 to 127"),
        ({"note": -1}, "0 to 127"),
        ({"cc": 1, "channel": 0}, "1 to 16"),
    ],
)
def test_a_binding_that_makes_no_sense_is_refused(fields: dict[str, int], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Binding("walk.speed", **fields)


def test_a_binding_outlives_its_plugin(store: ParamStore, until: Until, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver("Pad")
    midi = MidiInput(store, [Binding("walk.depth", cc=1)], client=driver.client)
    midi.start()
    store.withdraw("walk")
    driver.devices[0][1].extend([[0xB0, 1, value] for value in range(100)])
    driver.devices[0][1].append([0x90, 60, 127])
    events: list[object] = []
    until(lambda: bool(events.extend(store.advance(0.01)) or events))
    midi.close()
    assert events == [Note(60, 1.0)]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(0, 255), max_size=5), max_size=30))
def test_any_bytes_from_a_driver_leave_the_input_running(messages: list[list[int]]) -> None:
    store = ParamStore()
    store.declare("walk", [Float("depth", 0.5), Float("end", 0.0)])
    driver = Driver("Pad")
    midi = MidiInput(store, [Binding("walk.depth", cc=1)], client=driver.client)
    midi.start()
    driver.devices[0][1].extend(messages)
    driver.devices[0][1].append([0x90, 60, 127])
    seen: list[object] = []
    while Note(60, 1.0) not in seen:
        seen.extend(store.advance(0.01))
    midi.close()


def test_without_rtmidi_it_says_what_to_install(store: ParamStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    assert "pip install python-rtmidi" in (midi_available() or "")
    with pytest.raises(InputError, match="pip install"):
        MidiInput(store, []).start()
