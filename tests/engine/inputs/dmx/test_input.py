"""Levels of a desk play parameters, by real UDP."""

import logging
import socket
import struct
import threading
from collections.abc import Callable, Iterator

import pytest
from tests.engine.inputs.dmx.desk import Desk, artnet, sacn

from likeness.errors import InputError
from likeness.inputs.dmx.input import DmxInput
from likeness.inputs.stage_lock import StageLock
from likeness.parameters.dmx_binding import DmxBinding
from likeness.parameters.store import ParamStore
from likeness.ranges import Takeover

Until = Callable[[Callable[[], bool]], None]
U = 7


class Stage:
    """An input on free ports, with a desk for each protocol."""

    def __init__(self, store: ParamStore, *bindings: DmxBinding, takeover: Takeover = "jump") -> None:
        self.store, self.cues, self.lock = store, list[int](), StageLock()
        self.input = DmxInput(
            store, bindings, self.cues.append, artnet_port=0, sacn_port=0, takeover=takeover, lock=self.lock
        )
        self.input.start()
        self.art, self.acn = Desk(self.input.ports["artnet"]), Desk(self.input.ports["sacn"])
        self._sent = 0

    def send(self, *levels: int) -> None:
        """Send levels by sACN and wait until they were read."""
        before = self.input.received
        self._sent += 1
        self.acn.send(sacn(bytes(levels), sequence=self._sent % 256))
        self.wait(lambda: self.input.received > before)

    def wait(self, condition: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(20_000):
            if condition():
                return
            pause.wait(0.001)
        raise AssertionError("it did not happen in time")

    def comes_to(self, address: str, value: object) -> None:
        """Wait until a parameter's target is `value`, to a step of 8 bits."""

        def there() -> bool:
            self.store.advance(0.01)
            target = self.store.target(address)
            return abs(target - value) < 0.04 if isinstance(value, float) else target == value  # type: ignore[operator]

        self.wait(there)

    def close(self) -> None:
        self.input.close()
        self.art.close()
        self.acn.close()


@pytest.fixture
def stage(store: ParamStore) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(*bindings: DmxBinding, takeover: Takeover = "jump") -> Stage:
        made.append(Stage(store, *bindings, takeover=takeover))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_both_protocols_play_a_parameter_over_its_range(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("master.brightness", U, 1), DmxBinding("walk.speed", U, 2, min=0.5, invert=True))
    desk.art.send(artnet(bytes([0, 255])))
    desk.comes_to("master.brightness", 0.0)
    desk.comes_to("walk.speed", 5.0)
    desk.acn.send(sacn(bytes([255, 0]), priority=150))
    desk.comes_to("master.brightness", 1.0)
    desk.comes_to("walk.speed", 10.0)


def test_two_channels_have_sixteen_bits(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("walk.depth", U, 1, fine=3))
    desk.send(128, 0, 7)
    desk.comes_to("walk.depth", 0.5)
    assert desk.store.target("walk.depth") == pytest.approx((128 * 256 + 7) / 65535)


def test_a_switch_turns_in_the_middle_and_a_trigger_is_pressed_on_the_way_up_alone(stage: Callable[..., Stage]) -> None:
    presses: list[int] = []
    desk = stage(DmxBinding("master.blackout", U, 1), DmxBinding("walk.jump", U, 2))
    desk.store.on_press("walk.jump", lambda: presses.append(1))
    desk.send(127, 255)
    desk.send(128, 255)
    desk.comes_to("master.blackout", True)
    assert presses == [], "the first level of a desk is no press"
    for level in (0, 100, 200, 255, 130):
        desk.send(127, level)
    desk.comes_to("master.blackout", False)
    assert presses == [1]


def test_a_cue_is_recalled_when_its_number_comes_and_not_by_the_first_level(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("cue", U, 1))
    for level in (3, 3, 5, 5, 0, 12):
        desk.send(level)
    desk.wait(lambda: desk.cues == [5, 12])


def test_softly_a_channel_plays_once_it_has_met_the_value(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("walk.depth", U, 1), takeover="soft")
    desk.send(0)
    desk.send(64)
    desk.store.advance(0.01)
    assert desk.store.target("walk.depth") == 0.5
    desk.send(140)
    desk.comes_to("walk.depth", 140 / 255)
    desk.send(20)
    desk.comes_to("walk.depth", 20 / 255)


def test_levels_that_stay_leave_alone_what_a_hand_has_changed_since(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("walk.depth", U, 1))
    desk.send(255)
    desk.comes_to("walk.depth", 1.0)
    desk.store.set("walk.depth", 0.2)
    desk.send(255)
    desk.store.advance(0.01)
    assert desk.store.target("walk.depth") == 0.2


def test_a_desk_that_is_lost_is_told_once_and_its_values_hold(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("likeness.inputs.dmx.universe.LOST_S", 0.05)
    desk = stage(DmxBinding("walk.depth", U, 1))
    desk.send(255)
    desk.comes_to("walk.depth", 1.0)
    desk.wait(lambda: any("nothing comes from desk" in record.message for record in caplog.records))
    desk.store.advance(0.01)
    assert desk.store.target("walk.depth") == 1.0
    assert desk.input.sources() == "none"


def test_multicast_is_heard(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("walk.depth", U, 1))
    group = Desk(desk.input.ports["sacn"], host="239.255.0.7")
    try:
        group.send(sacn(bytes([255])))
        desk.comes_to("walk.depth", 1.0)
    except OSError as error:
        pytest.skip(f"no multicast here: {error}")
    finally:
        group.close()


def test_hostile_packets_are_counted_without_a_line_and_the_next_good_one_plays(
    stage: Callable[..., Stage], caplog: pytest.LogCaptureFixture
) -> None:
    desk = stage(DmxBinding("walk.depth", U, 1))
    for noise in (b"", b"x" * 1400, b"Art-Net\0\0\x50", sacn(b"\1")[:-1]):
        for each in (desk.art, desk.acn):
            each.send(noise)
    desk.send(255)
    desk.comes_to("walk.depth", 1.0)
    desk.wait(lambda: desk.input.refused == 8)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_a_recall_that_fails_in_a_way_of_its_own_leaves_the_desk_in_command(
    stage: Callable[..., Stage], caplog: pytest.LogCaptureFixture
) -> None:
    desk = stage(DmxBinding("cue", U, 1), DmxBinding("walk.depth", U, 2))
    desk.input._recall = lambda number: 1 // 0  # type: ignore[assignment,return-value]
    desk.send(0, 0)
    desk.send(1, 0)
    desk.send(1, 255)
    desk.comes_to("walk.depth", 1.0)
    assert "ZeroDivisionError" in caplog.text


def test_made_up_desks_do_not_fill_the_log(
    stage: Callable[..., Stage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("likeness.inputs.dmx.universe.LOST_S", 0.0)
    desk = stage(DmxBinding("walk.depth", U, 1))
    for source in range(60):
        desk.acn.send(sacn(b"\1", source=source))
    desk.wait(lambda: desk.input.received == 60)
    assert 1 <= len([record for record in caplog.records if "DMX universe" in record.message]) <= 20


def test_while_the_stage_is_locked_another_machine_is_not_heard(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("walk.depth", U, 1))
    desk.lock.holder = "10.0.0.9"
    desk.send(255)
    desk.wait(lambda: desk.input.refused == 1)
    assert "locked" in desk.input.why_refused


def test_a_poll_of_art_net_is_answered_with_the_universes_that_are_wanted(stage: Callable[..., Stage]) -> None:
    desk = stage(DmxBinding("walk.depth", 0x123, 1), DmxBinding("walk.speed", 0x121, 1))
    desk.art.socket.settimeout(10)
    desk.art.send(b"Art-Net\0" + struct.pack("<H", 0x2000) + b"\0\x0e\0\0")
    reply = desk.art.socket.recv(1000)
    # Offsets of ArtPollReply [Art-Net 4]: code 8, address 10, net 18, sub-net 19, ports 172, kinds 174, universes 190.
    assert len(reply) == 239
    assert struct.unpack_from("<H", reply, 8) == (0x2100,)
    assert socket.inet_ntoa(reply[10:14]) == "127.0.0.1"
    assert (reply[18], reply[19]) == (1, 2)
    assert struct.unpack_from(">H", reply, 172) == (2,)
    assert reply[174:178] == bytes([0x80, 0x80, 0, 0])
    assert reply[190:194] == bytes([1, 3, 0, 0])


def test_a_port_that_is_taken_or_a_host_that_is_none_of_ours_is_refused(store: ParamStore) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(InputError, match="--sacn-port"):
            DmxInput(store, [], lambda number: None, sacn_port=taken.getsockname()[1]).start()
    with pytest.raises(InputError, match="--dmx"):
        DmxInput(store, [], lambda number: None, host="localhost", sacn_port=0).start()
