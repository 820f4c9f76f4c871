"""Learning on the page: a real controller's knob plays the control that was clicked."""

from collections.abc import Callable

import pytest
from tests.engine.midi_player import Player
from tests.engine.web.page.conftest import send
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

KNOB = 21


def test_a_knob_that_is_moved_after_a_click_plays_that_control(
    show: PlayedShow, desk: Tab, plug: Callable[..., Player]
) -> None:
    if "off" in show.options:
        pytest.skip("the show has no MIDI")
    knobs = plug()
    # A port that was plugged in is opened at the next look, and what it sent before that is lost.
    show.wait_for(lambda: "Knobs of the test" in show.status()["inputs"]["MIDI"]["ports"])
    desk.click("[data-tab=Play]")
    desk.key("m")
    desk.wait_for("document.querySelector('.learn-banner').textContent.includes('Knobs of the test')")
    desk.click("[aria-label^='learn random walk reach']")
    # The show listens by now, and not only the page.
    desk.wait_for("document.querySelector('.cover.learning')")
    learnt = "document.querySelector('[data-address=\"random_walk.reach\"]').textContent.includes('CC 21')"
    for value in range(0, 128, 8):
        knobs.play([0xB0, KNOB, value])
    desk.wait_for(learnt)
    desk.key("Escape")
    knobs.play(*([0xB0, KNOB, value] for value in [*range(127, -1, -4), 0, *range(0, 128, 4), 127]))
    show.wait_for(lambda: show.value("random_walk.reach") > 0.99)
    knobs.play(*([0xB0, KNOB, value] for value in range(127, 30, -1)))
    show.wait_for(lambda: abs(show.value("random_walk.reach") - 31 / 127) < 0.02)
    send(desk, "/midi/unbind", "random_walk.reach")
    desk.wait_for(f"!{learnt}")
