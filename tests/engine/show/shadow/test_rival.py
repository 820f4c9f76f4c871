"""Rival: of two machines that lead, the one that has led for longer goes on."""

import threading
import time

import pytest
from tests.engine.show.shadow.shadow_rig import DEADLINE_S, serve
from tests.engine.show.shadow.test_link import Led, address

from likeness.parameters.store import ParamStore
from likeness.show.clock import FixedClock
from likeness.show.shadow import rival
from likeness.show.shadow.messages import Greeting, encode_greeting
from likeness.show.shadow.rival import RivalWatch, leads_longer
from likeness.show.shadow.sender import TakeSender
from likeness.tempo.transport import Transport


def make_sender() -> TakeSender:
    sender = TakeSender(ParamStore(), FixedClock(50), Transport(), dict, dict)
    sender.lead()
    return sender


@pytest.mark.parametrize(
    ("theirs_s", "name", "longer"), [(60.0, "z", True), (2.0, "a", False), (10.2, "a", True), (10.2, "z", False)]
)
def test_who_has_led_for_longer_goes_on_and_of_two_that_began_together_one_does(
    theirs_s: float, name: str, longer: bool
) -> None:
    assert leads_longer(Greeting("1.0", name, theirs_s), 10.0, "m") is longer
    # Seen from there it is the other way round.
    assert leads_longer(Greeting("1.0", "m", 10.0), theirs_s, name) is not longer


def test_a_leader_that_was_out_of_reach_is_followed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rival, "ASK_S", 0.01)
    server = serve(Led(encode_greeting(Greeting("1.0", "one", 3600.0))))
    stepped = threading.Event()
    watch = RivalWatch(address(server), make_sender(), stepped.set)
    watch.start()
    try:
        assert stepped.wait(DEADLINE_S)
    finally:
        watch.close()
        server.close()


def test_a_leader_that_was_started_anew_beside_this_one_is_told_and_not_followed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rival, "ASK_S", 0.01)
    led = Led(encode_greeting(Greeting("1.0", "one", None)))
    server = serve(led)
    sender, told = make_sender(), threading.Event()
    sender._led_since = sender._now() - 3600.0
    watch = RivalWatch(address(server), sender, told.set)
    watch.start()
    try:
        led.greeting = encode_greeting(Greeting("1.0", "two", 1.0))
        while not watch.there:
            assert not told.wait(0.01)
    finally:
        watch.close()
        server.close()
    assert not told.is_set()
    assert caplog.text.count("plays too") == 1


def test_a_show_that_is_told_to_follow_itself_says_so_once_and_watches_nobody(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rival, "ASK_S", 0.01)
    sender = make_sender()
    server = serve(Led(sender.greet()))
    watch = RivalWatch(address(server), sender, lambda: pytest.fail("it steps back"))
    watch.start()
    deadline = time.monotonic() + DEADLINE_S
    try:
        while "is this show itself" not in caplog.text:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        watch.close()
        server.close()
    assert not watch.there
