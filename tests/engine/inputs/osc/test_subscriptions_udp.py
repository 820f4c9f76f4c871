"""Real UDP out of a store: who subscribed is told what changes."""

import pytest
from tests.engine.inputs.osc.osc_controller import Controller, advance_until

from likeness.inputs.osc.server import OscInput
from likeness.parameters.store import ParamStore


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
