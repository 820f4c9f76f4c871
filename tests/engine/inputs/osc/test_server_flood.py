"""Real UDP into a store: floods, nonsense and strangers cost nobody else a message."""

import logging
import socket
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.inputs.osc.osc_controller import Controller, Until, advance_until, sender, wait_for

from likeness.inputs.osc.server import OscInput
from likeness.parameters.store import ParamStore
from likeness.params import Float


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
    assert osc._receiver is not None
    assert len(osc._receiver._faults._records) == 1


def test_of_a_flood_that_frames_take_nothing_is_lost_and_the_last_values_stand(
    store: ParamStore, osc: OscInput, controller: Controller, until: Until
) -> None:
    pushed = 0
    for index in range(2000):
        controller.send("/walk/speed", index / 1000)
        controller.send("/norm/walk/depth", index / 2000)
        if index % 100 == 99:
            controller.send("/walk/jump")
            osc.advance(0.0, 0.0)
            store.advance(0.01)
            pushed += int(store.snapshot["walk"]["jump"])

    def arrived() -> bool:
        nonlocal pushed
        osc.advance(0.0, 0.0)
        store.advance(0.01)
        pushed += int(store.snapshot["walk"]["jump"])
        return osc.received == 4020

    until(arrived)
    store.advance(0.01)
    pushed += int(store.snapshot["walk"]["jump"])
    assert store.target("walk.speed") == pytest.approx(1.999)
    assert store.target("walk.depth") == pytest.approx(1999 / 2000)
    assert (pushed, osc.refused) == (20, 0)
