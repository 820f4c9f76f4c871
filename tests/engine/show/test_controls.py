"""The inputs as a show opens them: OSC from a socket, MIDI from a second process, files on a disk."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage
from tests.engine.midi_player import CONTROLLER, Player

from likeness.errors import InputError
from likeness.events import Key
from likeness.inputs.keyboard import Keyboard
from likeness.inputs.osc.packet import encode
from likeness.options import QUIET, Options
from likeness.parameters.midi_binding import Binding
from likeness.parameters.store import ParamStore
from likeness.params import Bool, Float, Text
from likeness.show.controls import Controls

DEADLINE_S = 20.0
Open = Callable[..., Controls]


@pytest.fixture
def store() -> ParamStore:
    store = ParamStore()
    store.declare("walk", [Float("speed", 0.5), Float("depth", 0.5), Bool("on"), Text("title")])
    return store


@pytest.fixture
def controls(store: ParamStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setenv("LIKENESS_HOME", str(tmp_path))
    opened: list[Controls] = []

    def make(options: Options, *defaults: Binding) -> Controls:
        made = Controls(
            store,
            options,
            Keyboard(store, lambda: None),
            commands={},
            questions={},
            program=lambda number: None,
            defaults=defaults,
            status=lambda inputs: {"fps": 59.5, "inputs": inputs},
        )
        opened.append(made)
        return made

    yield make
    for each in opened:
        each.close()
        each.close()


class Surface:
    """A socket that sends to the show and hears from it."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(DEADLINE_S)

    def send(self, address: str, *args: float | str) -> None:
        self._socket.sendto(encode(address, *args), self._to)

    def hear(self) -> list[object]:
        message = OscMessage(self._socket.recv(65536))
        return [message.address, *message.params]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def surface(unused_udp_port: int) -> Iterator[Surface]:
    made = Surface(unused_udp_port)
    yield made
    made.close()


def test_learn_and_unbind_by_osc_with_a_knob_of_another_process(
    store: ParamStore,
    controls: Open,
    surface: Surface,
    unused_udp_port: int,
    plug: Callable[[], Player],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    player = plug()
    # The preset plays it with another knob, which its own file must overrule.
    controls(replace(QUIET, osc_port=unused_udp_port, midi=CONTROLLER), Binding("walk.speed", cc=1))
    surface.send("/midi/learn", "/walk/speed")
    wait(lambda: "move a knob for walk.speed" in caplog.text)
    player.play(*[[0xB0, 30, value] for value in range(20)])
    learned = surface.hear()
    assert learned[:3] == ["/midi/learned", "walk.speed", "CC 30"]
    assert "walk.speed is played by CC 30" in caplog.text
    (file,) = (tmp_path / "bindings").glob("*.toml")
    assert "cc = 30" in file.read_text()

    player.play([0xB0, 1, 0], [0xB0, 1, 127], [0xB0, 30, 0], [0xB0, 30, 64])
    wait(lambda: store.advance(0.01) is not None and store.target("walk.speed") == pytest.approx(64 / 127))
    surface.send("/midi/unbind", "walk.speed")
    assert surface.hear()[:2] == ["/midi/unbound", "walk.speed"]
    assert "cc = 30" not in file.read_text()


def test_subscribers_are_told_how_far_a_knob_has_to_go_and_what_is_learnt(
    store: ParamStore, controls: Open, surface: Surface, unused_udp_port: int, plug: Callable[[], Player]
) -> None:
    player = plug()
    controls(replace(QUIET, osc_port=unused_udp_port, midi=CONTROLLER), Binding("walk.speed", cc=1))
    surface.send("/subscribe", 0, "/midi/")
    told = [surface.hear() for _ in range(3)]
    assert sorted(map(str, told[1:])) == ["['/midi/learning', '']", "['/midi/takeover', 'walk.speed', 0.0]"]
    # At the bottom, and the value is in the middle.
    player.play([0xB0, 1, 0], [0x90, 1, 1])
    wait(lambda: bool(store.advance(0.01)))
    assert surface.hear() == ["/midi/takeover", "walk.speed", 0.5]
    player.play([0xB0, 1, 127])
    wait(lambda: store.advance(0.01) is not None and store.target("walk.speed") == 1.0)
    assert surface.hear() == ["/midi/takeover", "walk.speed", 0.0]
    surface.send("/midi/learn", "walk.depth")
    assert surface.hear() == ["/midi/learning", "walk.depth"]


@pytest.mark.usefixtures("plug", "system")
def test_what_cannot_be_learnt_is_answered(controls: Open, surface: Surface, unused_udp_port: int) -> None:
    controls(replace(QUIET, osc_port=unused_udp_port, midi="auto"))
    for param, told in (("walk.sped", "nearest: walk.speed"), ("walk.title", "no knob can set")):
        surface.send("/midi/learn", param)
        error, address, text = surface.hear()
        assert (error, address) == ("/error", "/midi/learn")
        assert told in str(text)
    surface.send("/midi/learn", "walk.on")
    surface.send("/midi/learn")
    assert surface.hear() == ["/midi/learned", "walk.on", "nothing"]
    assert surface.hear() == ["/midi/learning", ""]
    surface.send("/midi/learn")
    assert surface.hear() == ["/midi/learning", ""]


def test_a_binding_is_changed_by_a_message_and_plays_so_and_what_does_not_fit_is_answered(
    store: ParamStore,
    controls: Open,
    surface: Surface,
    unused_udp_port: int,
    plug: Callable[[], Player],
    tmp_path: Path,
) -> None:
    player = plug()
    opened = controls(
        replace(QUIET, osc_port=unused_udp_port, midi=CONTROLLER), Binding("walk.speed", cc=1, takeover="jump")
    )
    told = opened.describe_midi()
    ((port,), ((entry,),)) = told["ports"], told["bindings"].values()
    assert CONTROLLER in port
    assert (told["available"], told["learning"], entry["control"], entry["from"]) == (True, None, "CC 1", "preset")
    surface.send("/midi/change", "/walk/speed", entry["controller"], "min", 0.5, "invert", 1)
    wait(lambda: opened.describe_midi()["bindings"]["walk.speed"][0]["from"] == "file")
    wait(lambda: any("invert = true" in path.read_text() for path in (tmp_path / "bindings").glob("*.toml")))
    player.play([0xB0, 1, 0], [0xB0, 1, 127])
    wait(lambda: store.advance(0.01) is not None and store.target("walk.speed") == 0.5)
    surface.send("/midi/change", "walk.speed", entry["controller"], "min", 2)
    assert surface.hear()[:2] == ["/error", "/midi/change"]
    surface.send("/midi/unbind", "walk.speed", "no such controller")
    assert surface.hear() == ["/midi/unbound", "walk.speed"]
    surface.send("/midi/unbind", "walk.speed", CONTROLLER)
    assert surface.hear() == ["/midi/unbound", "walk.speed", entry["controller"]]
    wait(lambda: not opened.describe_midi()["bindings"])


def test_without_midi_learn_says_what_to_do(
    controls: Open, surface: Surface, store: ParamStore, unused_udp_port: int
) -> None:
    opened = controls(replace(QUIET, osc_port=unused_udp_port, midi="off"))
    surface.send("/midi/learn", "walk.speed")
    assert "--midi auto" in str(surface.hear()[2])
    assert opened.describe_midi() == {
        "available": False,
        "why": "it is off; start with --midi auto",
        "ports": [],
        "learning": None,
        "bindings": {},
        "gaps": {},
    }
    opened.keyboard.press("m")
    assert store.advance(0.01) == (Key("m"),)


def test_the_numbers_of_the_moment_are_the_same_to_the_desk_and_over_osc(
    controls: Open, surface: Surface, unused_udp_port: int
) -> None:
    opened = controls(replace(QUIET, osc_port=unused_udp_port))
    numbers = json.loads(opened.status.text())
    assert numbers["fps"] == 59.5
    assert numbers["inputs"]["OSC"]["port"] == unused_udp_port
    surface.send("/status")
    address, text = surface.hear()
    assert (address, json.loads(str(text)).keys()) == ("/status", numbers.keys())


@pytest.mark.usefixtures("system")
def test_m_is_learn_where_midi_is_open_and_a_plugins_key_elsewhere(store: ParamStore, controls: Open) -> None:
    opened = controls(replace(QUIET, midi="auto"))
    opened.keyboard.press("m")
    assert store.advance(0.0) == ()
    controls(QUIET).keyboard.press("m")
    assert store.advance(0.0) == (Key("m"),)


@pytest.mark.usefixtures("system")
def test_a_preset_that_binds_what_does_not_exist_ends_the_start(controls: Open) -> None:
    with pytest.raises(InputError, match=r"walk\.sped"):
        controls(replace(QUIET, midi="auto"), Binding("walk.sped", cc=1))


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.001)
