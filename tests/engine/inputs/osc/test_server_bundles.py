"""Real UDP into a store: bundles land in one frame, when they are due."""

import sys
import time
from collections.abc import Iterator

import pytest
from tests.engine.inputs.osc.osc_controller import Controller, Until, bundle, sender, wait_for

from likeness.inputs.osc import receiver as module
from likeness.inputs.osc.packet import encode
from likeness.inputs.osc.server import OscInput
from likeness.parameters.store import ParamStore


@pytest.fixture
def impatient_interpreter() -> Iterator[None]:
    """Let threads interrupt each other every 10 microseconds, so that what is not atomic shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("impatient_interpreter")
def test_a_bundle_lands_in_one_frame(store: ParamStore) -> None:
    osc = OscInput(store, 0, per_sender=1e6)
    osc.start()
    # The presses between the first and the last value give the frame time to come in between.
    code = """
for i in range(1, 51):
    inner = [message('/walk/seed', i), *[message('/walk/jump')] * 1000, message('/norm/walk/depth', i / 100)]
    send(b'#bundle\\0' + struct.pack('>Q', 1) + b''.join(struct.pack('>i', len(m)) + m for m in inner))
    time.sleep(0.005)
"""
    process = sender(code, osc.port)
    seen, deadline = set(), time.monotonic() + 30
    try:
        while store.snapshot["walk"]["seed"] != 50:
            assert time.monotonic() < deadline
            store.advance(0.001)
            if seed := int(store.snapshot["walk"]["seed"]):
                assert store.snapshot["walk"]["depth"] == pytest.approx(seed / 100)
                seen.add(seed)
        assert process.wait(30) == 0
    finally:
        osc.close()
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


def test_a_sender_whose_clock_is_seconds_ahead_is_told_once_in_a_while(
    store: ParamStore, controller: Controller, osc: OscInput
) -> None:
    for _ in range(5):
        controller.send_bytes(bundle(time.time() + 3, encode("/walk/seed", 9)))
    # As those do who schedule.
    controller.send_bytes(bundle(time.time() + 0.2, encode("/walk/seed", 8)))
    controller.send("/walk/speed")
    error, address, text = controller.answer()
    assert (error, address) == ("/error", "/walk/seed")
    assert "set the sender's clock" in str(text)
    assert controller.answer() == ["/walk/speed", 0.5]
    assert osc.refused == 0


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
