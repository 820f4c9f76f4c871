"""Real UDP into a store: what arrives, when, and what the sender is told."""

import pytest
from tests.engine.inputs.osc.osc_controller import Controller, Until, sender, wait_for

from likeness.errors import InputError, PresetError
from likeness.inputs.osc.server import OscInput
from likeness.parameters.store import ParamStore


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


@pytest.mark.parametrize(
    ("datagram", "address", "why"),
    [
        (b"/walk/speed\0,r\0\0\xff\x80\0\xff", "/walk/speed", "'r' are not read"),
        (b"walk/speed\0\0,f\0\0\x40\0\0\0", "walk/speed", "send /walk/speed"),
        (b"/error\0\0,r\0\0\xff\x80\0\xff", "", ""),
        (b"GET / HTTP/1.1\r\n\r\n", "", ""),
    ],
)
def test_a_message_of_a_wrong_type_or_without_its_slash_is_answered_and_sets_nothing(
    store: ParamStore, osc: OscInput, controller: Controller, datagram: bytes, address: str, why: str
) -> None:
    controller.send_bytes(datagram)
    # The next answer shows that there was none to an error or to what is no OSC.
    controller.send("/walk/speed")
    if address:
        error, of, text = controller.answer()
        assert (error, of) == ("/error", address)
        assert why in str(text)
    assert controller.answer() == ["/walk/speed", 0.5]
    assert osc.refused == 1


def test_errors_are_not_answered_so_that_two_shows_do_not_talk_for_ever(controller: Controller) -> None:
    controller.send("/error", "/x", "no")
    controller.send("/walk/seed")
    assert controller.answer() == ["/walk/seed", 0]


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
