"""Real UDP into a store: what arrives, when, and what the sender is told."""

import logging
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage

from likeness.errors import InputError, PresetError
from likeness.inputs import osc as module
from likeness.inputs.osc import OscInput
from likeness.inputs.osc_gate import Gate
from likeness.inputs.osc_packet import EPOCH_S, encode
from likeness.params import Float
from likeness.store import ParamStore

Until = Callable[[Callable[[], bool]], None]


class Controller:
    """A sender with a socket of its own, which hears the answers."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.port = self._socket.getsockname()[1]
        self._socket.settimeout(20)
        self._port = port

    def send(self, address: str, *args: float | int | bool | str) -> None:
        self.send_bytes(encode(address, *args))

    def send_bytes(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, ("127.0.0.1", self._port))

    def answer(self) -> list[object]:
        message = OscMessage(self._socket.recv(65_536))
        return [message.address, *message.params]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def osc(store: ParamStore) -> Iterator[OscInput]:
    osc = OscInput(store, 0)
    osc.start()
    yield osc
    osc.close()


@pytest.fixture
def controller(osc: OscInput) -> Iterator[Controller]:
    controller = Controller(osc.port)
    yield controller
    controller.close()


def bundle(due: float, *messages: bytes) -> bytes:
    tag = 1 if due == 0 else int((due + EPOCH_S) * 2**32)
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(m)) + m for m in messages)


def wait_for(store: ParamStore, until: Until, name: str, value: object) -> None:
    def there() -> bool:
        store.advance(0.01)
        return bool(store.snapshot["walk"][name] == value)

    until(there)


def sender(code: str, port: int) -> "subprocess.Popen[bytes]":
    """Run `code` in a second process, with `send(datagram)` and `message(address, *args)` at hand."""
    before = (
        "import socket, struct, time\n"
        "from likeness.inputs.osc_packet import encode as message\n"
        "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        f"sock.connect(('127.0.0.1', {port}))\n"
        "send = sock.send\n"
    )
    return subprocess.Popen([sys.executable, "-c", before + code])


@pytest.mark.parametrize(
    ("address", "sent", "name", "value"),
    [
        ("/walk/speed", 2, "speed", 2.0),
        ("/walk/speed", 99.0, "speed", 10.0),
        ("/walk/speed", "0.75", "speed", 0.75),
        ("/norm/walk/speed", 0.25, "speed", 2.5),
        ("/norm/walk/mode", 1, "mode", "wild"),
        ("/walk/seed", 7, "seed", 7),
        ("/walk/on", True, "on", True),
        ("/walk/on", 1, "on", True),
        ("/walk/mode", "fast", "mode", "fast"),
        ("/walk/title", "two words", "title", "two words"),
    ],
)
def test_a_message_from_another_process_sets_its_parameter(
    store: ParamStore, osc: OscInput, until: Until, address: str, sent: object, name: str, value: object
) -> None:
    process = sender(f"send(message({address!r}, {sent!r}))", osc.port)
    wait_for(store, until, name, value)
    assert process.wait(30) == 0


def test_the_master_is_played_like_any_other_owner(store: ParamStore, controller: Controller, until: Until) -> None:
    controller.send("/master/blackout", 1)
    until(lambda: store.advance(0.01) is not None and store.snapshot["master"]["blackout"] is True)


def test_a_trigger_needs_no_argument(store: ParamStore, controller: Controller, until: Until) -> None:
    controller.send("/walk/jump")
    wait_for(store, until, "jump", 1)


def test_an_impulse_presses_a_trigger_as_oscquery_says(store: ParamStore, controller: Controller, until: Until) -> None:
    controller.send_bytes(b"/walk/jump\0\0,I\0\0")
    wait_for(store, until, "jump", 1)


def test_a_burst_of_5000_presses_from_another_process_is_counted_in_full(store: ParamStore, osc: OscInput) -> None:
    granted = osc._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) if osc._socket else 0
    # A small datagram takes 768 bytes of the buffer on Linux's loopback.
    if granted < 5000 * 768:
        pytest.skip(f"the system grants a receive buffer of {granted} bytes, too little for the burst (rmem_max)")
    code = "for _ in range(5000): send(message('/walk/jump'))\nsend(message('/walk/seed', 1))"
    process = sender(code, osc.port)
    presses, deadline = 0, time.monotonic() + 20
    while store.snapshot["walk"]["seed"] != 1:
        assert time.monotonic() < deadline
        store.advance(0.01)
        presses += int(store.snapshot["walk"]["jump"])
    assert process.wait(30) == 0
    assert (presses, osc.received, osc.refused) == (5000, 5001, 0)


@pytest.fixture
def impatient_interpreter() -> Iterator[None]:
    """Let threads interrupt each other every 10 microseconds, so that what is not atomic shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("impatient_interpreter")
def test_a_bundle_lands_in_one_frame(store: ParamStore, osc: OscInput, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(osc, "_gate", Gate(1e6))
    # The presses between the first and the last value give the frame time to come in between.
    code = """
for i in range(1, 51):
    inner = [message('/walk/seed', i), *[message('/walk/jump')] * 1000, message('/norm/walk/depth', i / 100)]
    send(b'#bundle\\0' + struct.pack('>Q', 1) + b''.join(struct.pack('>i', len(m)) + m for m in inner))
    time.sleep(0.005)
"""
    process = sender(code, osc.port)
    seen, deadline = set(), time.monotonic() + 30
    while store.snapshot["walk"]["seed"] != 50:
        assert time.monotonic() < deadline
        store.advance(0.001)
        if seed := int(store.snapshot["walk"]["seed"]):
            assert store.snapshot["walk"]["depth"] == pytest.approx(seed / 100)
            seen.add(seed)
    assert process.wait(30) == 0
    assert len(seen) > 10


def test_two_presses_in_one_bundle_are_two(store: ParamStore, controller: Controller, until: Until) -> None:
    controller.send_bytes(bundle(0, encode("/walk/jump"), encode("/walk/jump", 1)))
    wait_for(store, until, "jump", 2)


def test_a_bundle_that_is_overdue_is_applied_at_once(store: ParamStore, controller: Controller, until: Until) -> None:
    overdue = time.time() - 3600
    inner = [bundle(overdue + later, encode("/walk/seed", later)) for later in (2, 5, 1)]
    controller.send_bytes(bundle(overdue, *inner, encode("/walk/title", "late")))
    wait_for(store, until, "title", "late")
    assert store.snapshot["walk"]["seed"] == 5


def test_a_future_bundle_lands_when_due_and_holds_nothing_up(
    store: ParamStore, controller: Controller, until: Until
) -> None:
    due = time.time() + 1.0
    early = bundle(due, encode("/walk/seed", 1), bundle(due + 0.2, encode("/walk/seed", 2)))
    controller.send_bytes(early)
    controller.send("/walk/title", "between")
    wait_for(store, until, "title", "between")
    assert time.time() < due, "this machine is too slow to tell; the message between took a second"
    assert store.snapshot["walk"]["seed"] == 0
    wait_for(store, until, "seed", 1)
    assert time.time() >= due
    wait_for(store, until, "seed", 2)
    assert time.time() >= due + 0.2


def test_more_bundles_than_can_wait_are_refused(
    store: ParamStore, osc: OscInput, controller: Controller, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PENDING", 2)
    for _ in range(3):
        controller.send_bytes(bundle(time.time() + 3600, encode("/walk/seed", 9)))
    until(lambda: osc.received == 3)
    assert osc.refused == 1


def test_a_bundle_far_ahead_is_told_of_since_the_clock_may_be_wrong(
    controller: Controller, osc: OscInput, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    controller.send_bytes(bundle(time.time() + 3600, encode("/walk/seed", 9)))
    until(lambda: osc.received == 1 and "set the sender's clock" in caplog.text)


def test_an_address_alone_is_answered_with_its_value(store: ParamStore, controller: Controller, until: Until) -> None:
    store.set("walk.speed", 2.5)
    store.set("walk.mode", "fast")
    store.advance(0.01)
    for address, value in [
        ("/walk/speed", 2.5),
        ("/norm/walk/speed", 0.25),
        ("/walk/mode", "fast"),
        ("/walk/seed", 0),
        ("/walk/on", False),
    ]:
        controller.send(address)
        assert controller.answer() == [address, value]


def test_an_unknown_address_is_answered_with_the_nearest_there_are(controller: Controller) -> None:
    controller.send("/wlak/speed", 0.3)
    error, address, text = controller.answer()
    assert (error, address) == ("/error", "/wlak/speed")
    assert "/walk/speed" in str(text)


@pytest.mark.parametrize(
    "address", ["/", "//", "/walk", "/walk.speed", "/norm/walk", "/norm/walk/sped", "/walk/speed/x"]
)
def test_addresses_that_are_nearly_right_are_refused(controller: Controller, address: str) -> None:
    controller.send(address, 0.3)
    assert controller.answer()[:2] == ["/error", address]


@pytest.mark.parametrize(
    ("address", "sent", "told"),
    [
        ("/walk/speed", "fast", "from 0 to 10 Hz"),
        ("/walk/speed", float("nan"), "from 0 to 10 Hz"),
        ("/norm/walk/speed", float("nan"), "from 0 to 1"),
        ("/norm/walk/title", 0.5, "text"),
        ("/walk/mode", "fats", "fast"),
    ],
)
def test_a_refused_value_is_answered_with_the_range(
    store: ParamStore, controller: Controller, address: str, sent: float | str, told: str
) -> None:
    before = dict(store.snapshot["walk"])
    controller.send(address, sent)
    error, of, text = controller.answer()
    assert (error, of) == ("/error", address)
    assert told in str(text)
    store.advance(0.01)
    assert dict(store.snapshot["walk"]) == before


def test_several_values_for_one_parameter_are_refused(controller: Controller) -> None:
    controller.send("/walk/speed", 1.0, 2.0)
    assert "takes one value" in str(controller.answer()[2])


def test_errors_are_not_answered_so_that_two_shows_do_not_talk_for_ever(controller: Controller) -> None:
    controller.send("/error", "/x", "no")
    controller.send("/walk/seed")
    assert controller.answer() == ["/walk/seed", 0]


def test_a_flood_of_bad_messages_neither_floods_the_log_nor_stops_good_ones(
    store: ParamStore, osc: OscInput, controller: Controller, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    for owner in range(50):
        store.declare(f"owner_{owner}", [Float(f"name_{i}", 0.0) for i in range(20)])
    for index in range(1000):
        controller.send(f"/nobody_{index}/home", 1)
        controller.send("/walk/speed", "loud")
    until(lambda: osc.received == 2000)
    controller.send("/walk/seed", 3)
    wait_for(store, until, "seed", 3)
    assert osc.refused == 2000
    assert 1 <= len(caplog.records) <= 10
    assert not any(record.exc_info for record in caplog.records)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(max_size=64).map(lambda tail: b"#bundle\0" + tail) | st.binary(max_size=64), max_size=40))
def test_broken_datagrams_leave_the_show_running_and_a_line_in_the_log(datagrams: list[bytes]) -> None:
    store = ParamStore()
    store.declare("walk", [Float("speed", 0.5)])
    lines: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = lines.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    osc = OscInput(store, 0)
    osc.start()
    controller = Controller(osc.port)
    try:
        for datagram in datagrams:
            controller.send_bytes(datagram)
        controller.send("/walk/speed")
        answer = controller.answer()
        # A random message may have been answered before.
        while answer[0] == "/error":
            answer = controller.answer()
    finally:
        controller.close()
        osc.close()
        logging.getLogger().removeHandler(handler)
    assert answer == ["/walk/speed", 0.5]
    assert len([line for line in lines if line.levelno >= logging.WARNING]) <= 3


def test_commands_are_called_with_the_arguments_and_their_errors_are_answered(
    store: ParamStore, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[tuple[object, ...]] = []

    def recall(name: str, seconds: float = 0.0) -> None:
        if name == "lost":
            raise PresetError("no preset 'lost'; there are: calm")
        calls.append((name, seconds))

    osc = OscInput(store, 0, commands={"/preset/recall": recall})
    osc.start()
    controller = Controller(osc.port)
    try:
        controller.send("/preset/recall", "calm", 2.0)
        controller.send("/preset/recall", "lost")
        assert controller.answer() == ["/error", "/preset/recall", "no preset 'lost'; there are: calm"]
        assert not any(record.exc_info for record in caplog.records)
        controller.send("/preset/recall", "calm", 1.0, "too many")
        assert controller.answer()[:2] == ["/error", "/preset/recall"]
        controller.send("/preset/recal", "calm")
        assert "/preset/recall" in str(controller.answer()[2])
    finally:
        controller.close()
        osc.close()
    assert calls == [("calm", 2.0)]


def test_a_command_in_a_bundle_keeps_its_place_among_the_values(store: ParamStore, until: Until) -> None:
    osc = OscInput(store, 0, commands={"/reset": lambda: store.recall({"walk.seed": 100, "walk.speed": 1})})
    osc.start()
    controller = Controller(osc.port)
    controller.send_bytes(bundle(0, encode("/walk/speed", 9.0), encode("/reset"), encode("/walk/seed", 7)))
    try:
        wait_for(store, until, "seed", 7)
    finally:
        controller.close()
        osc.close()
    assert store.snapshot["walk"]["speed"] == 1.0


def test_a_port_that_is_taken_names_the_way_out(store: ParamStore, osc: OscInput) -> None:
    with pytest.raises(InputError, match=rf"port {osc.port} .*--osc-port"):
        OscInput(store, osc.port).start()


def test_a_host_that_is_not_ours_is_refused(store: ParamStore) -> None:
    with pytest.raises(InputError, match=r"192\.0\.2\.1"):
        OscInput(store, 0, host="192.0.2.1").start()


def test_closing_twice_or_before_the_start_is_harmless_and_frees_the_port(store: ParamStore) -> None:
    osc = OscInput(store, 0)
    osc.close()
    osc.start()
    osc.close()
    osc.close()
    again = OscInput(store, osc.port)
    again.start()
    again.close()


def test_patterns_reach_every_parameter_that_takes_the_value(
    store: ParamStore, controller: Controller, until: Until
) -> None:
    controller.send("/walk/{speed,depth,title}", 0.75)
    wait_for(store, until, "depth", 0.75)
    assert store.snapshot["walk"]["speed"] == 0.75
    controller.send("/norm/w*/s?e[a-e]d", 0.5)
    wait_for(store, until, "speed", 5.0)
    assert store.snapshot["walk"]["seed"] == 0
    controller.send("/*/d*")
    assert controller.answer() == ["/walk/depth", 0.75]
    controller.send("/nobody/*", 1)
    assert "no parameter matches" in str(controller.answer()[2])
    controller.send("/walk/ti*", 1)
    assert "text" in str(controller.answer()[2])


def test_a_subscriber_is_told_what_changes_and_not_what_modulation_does(
    store: ParamStore, controller: Controller, osc: OscInput
) -> None:
    controller.send("/subscribe", 0, "/walk/")
    told = {str(said[0]): said[1:] for said in (controller.answer() for _ in range(7))}
    assert told.pop("/subscribed") == ["/walk/", 60.0]
    assert told == {f"/walk/{name}": [value] for name, value in store.targets()["walk"].items()}

    other = Controller(osc.port)
    try:
        other.send("/master/freeze", True)
        other.send("/walk/speed", 8.0)
        advance_until(store, lambda: store.target("walk.speed") == 8.0)
        assert controller.answer() == ["/walk/speed", 8.0]
        # A recall that takes two seconds is told once, as where it goes.
        store.recall({"walk.speed": 1.0}, seconds=2.0)
        store.advance(0.5)
        assert controller.answer() == ["/walk/speed", 1.0]
        store.advance(0.5)
        store.advance(1.0)
        store.set("walk.seed", 5)
        store.advance(0.0)
        assert controller.answer() == ["/walk/seed", 5]
    finally:
        other.close()


def test_a_fader_is_not_answered_with_its_own_value_unless_it_was_clamped(
    store: ParamStore, controller: Controller
) -> None:
    controller.send("/subscribe", 0, "/walk/s")
    for _ in range(3):
        controller.answer()
    controller.send("/walk/speed", 2.0)
    advance_until(store, lambda: store.target("walk.speed") == 2.0)
    controller.send("/walk/seed", 9999)
    advance_until(store, lambda: store.target("walk.seed") == 1000)
    assert controller.answer() == ["/walk/seed", 1000]
    store.set("walk.speed", 3.0)
    store.advance(0.0)
    assert controller.answer() == ["/walk/speed", 3.0]


def test_another_port_can_be_told_and_told_no_more(store: ParamStore, controller: Controller, osc: OscInput) -> None:
    display = Controller(osc.port)
    try:
        controller.send("/subscribe", display.port, "/master/freeze")
        assert [display.answer()[0] for _ in range(2)] == ["/subscribed", "/master/freeze"]
        controller.send("/unsubscribe", display.port)
        controller.send("/walk/seed")
        assert controller.answer() == ["/walk/seed", 0]
        store.set("master.freeze", True)
        store.advance(0.0)
        display.send("/walk/seed")
        assert display.answer() == ["/walk/seed", 0]
    finally:
        display.close()


@pytest.mark.parametrize("port", ["here", -1, 70000, True])
def test_a_port_that_is_none_is_refused(controller: Controller, port: object) -> None:
    controller.send("/subscribe", port)  # type: ignore[arg-type]
    assert "UDP port" in str(controller.answer()[2])


def test_a_flood_from_one_sender_costs_no_other_a_message(store: ParamStore, until: Until) -> None:
    osc = OscInput(store, 0, per_sender=20)
    osc.start()
    flooder, player = Controller(osc.port), Controller(osc.port)
    try:
        for index in range(3000):
            flooder.send("/walk/seed", 7)
            if index % 100 == 0:
                player.send("/walk/jump")
        presses = 0

        def all_there() -> bool:
            nonlocal presses
            store.advance(0.01)
            presses += int(store.snapshot["walk"]["jump"])
            return osc.received == 3030

        until(all_there)
        assert presses == 30
        assert osc.refused > 1000
    finally:
        for each in (flooder, player, osc):
            each.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_a_locked_stage_hears_the_surface_that_locked_it_alone(
    store: ParamStore, caplog: pytest.LogCaptureFixture
) -> None:
    osc = OscInput(store, 0)
    osc.start()
    surface, stranger = Controller(osc.port), Controller(osc.port, "127.0.0.2")
    try:
        surface.send("/lock")
        assert surface.answer() == ["/locked", "127.0.0.1"]
        for message in (("/walk/seed", 7), ("/unlock",), ("/lock",)):
            stranger.send(*message)
        advance_until(store, lambda: osc.refused == 3)
        surface.send("/walk/seed")
        assert surface.answer() == ["/walk/seed", 0]
        assert "the stage is locked by 127.0.0.1" in caplog.text
        surface.send("/unlock")
        assert surface.answer() == ["/locked", ""]
        stranger.send("/walk/seed", 7)
        advance_until(store, lambda: store.target("walk.seed") == 7)
    finally:
        for each in (surface, stranger, osc):
            each.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_a_flood_from_many_addresses_does_not_flood_the_log(
    store: ParamStore, osc: OscInput, controller: Controller, until: Until, caplog: pytest.LogCaptureFixture
) -> None:
    controller.send("/lock")
    controller.answer()
    for number in range(100):
        stranger = Controller(osc.port, f"127.0.1.{number + 1}")
        stranger.send("/walk/seed", 7)
        stranger.close()
    until(lambda: osc.refused == 100)
    assert len([record for record in caplog.records if "127.0.1." in record.getMessage()]) <= 3
    assert len(osc._faults._records) == 1


def advance_until(store: ParamStore, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        store.advance(0.01)
        time.sleep(0.001)


def test_of_a_flood_that_frames_take_nothing_is_lost_and_the_last_values_stand(
    store: ParamStore, osc: OscInput, controller: Controller, until: Until
) -> None:
    pushed = 0
    for index in range(2000):
        controller.send("/walk/speed", index / 1000)
        controller.send("/norm/walk/depth", index / 2000)
        if index % 100 == 99:
            controller.send("/walk/jump")
            osc.between(0.0, 0.0)
            store.advance(0.01)
            pushed += int(store.snapshot["walk"]["jump"])

    def arrived() -> bool:
        nonlocal pushed
        osc.between(0.0, 0.0)
        store.advance(0.01)
        pushed += int(store.snapshot["walk"]["jump"])
        return osc.received == 4020

    until(arrived)
    store.advance(0.01)
    pushed += int(store.snapshot["walk"]["jump"])
    assert store.target("walk.speed") == pytest.approx(1.999)
    assert store.target("walk.depth") == pytest.approx(1999 / 2000)
    assert (pushed, osc.refused) == (20, 0)
