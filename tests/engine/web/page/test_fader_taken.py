"""Several hands on one parameter: who takes it last holds it, and every page shows the one value; knobs that wait."""

from collections.abc import Callable

import pytest
from tests.engine.web.page.conftest import open_quiet
from tests.engine.web.page.quiet_desk import QuietDesk
from tests.engine.web.page.tab import Tab

SPEED = "walk.speed"
TRACK = f'[data-address="{SPEED}"] .track'
VALUE = f"Number(document.querySelector('{TRACK}').getAttribute('aria-valuenow'))"
HELD = f"document.querySelector('{TRACK}').classList.contains('held')"


def place(tab: Tab, share: float) -> tuple[float, float]:
    box = tab.place(TRACK)
    return box["left"] + 6 + share * (box["width"] - 12), box["y"]


def test_of_two_desks_the_one_that_took_a_fader_last_holds_it(quiet: QuietDesk, open_tab: Callable[..., Tab]) -> None:
    first, second = open_quiet(quiet, open_tab), open_quiet(quiet, open_tab)
    first.mouse("mousePressed", *place(first, 0.2))
    second.wait_for(HELD)
    first.wait_for(f"Math.abs({VALUE} - 0.2) < 0.02")
    second.mouse("mousePressed", *place(second, 0.8))
    first.wait_for(HELD)
    first.wait_for(f"Math.abs({VALUE} - 0.8) < 0.02", what="the value of the hand that holds it")
    second.wait_for(f"!{HELD}")
    # What the first finger does now is nothing, until it takes the fader anew.
    first.mouse("mouseMoved", *place(first, 0.4))
    first.mouse("mouseReleased", *place(first, 0.4))
    assert second.evaluate(HELD) is False
    first.mouse("mousePressed", *place(first, 0.3))
    second.wait_for(HELD)
    second.wait_for(f"Math.abs({VALUE} - 0.3) < 0.02")
    assert quiet.store.target(SPEED) == pytest.approx(0.3, abs=0.02)
    first.mouse("mouseReleased", *place(first, 0.3))
    second.mouse("mouseReleased", *place(second, 0.8))
    second.wait_for(f"!{HELD}")
    first.wait_for(f"!{HELD}")


def test_of_two_controls_of_one_page_the_last_finger_holds_the_parameter(
    quiet: QuietDesk, open_tab: Callable[..., Tab]
) -> None:
    tab = open_quiet(quiet, open_tab)
    lost = tab.evaluate(
        """import('/page/page.js').then(({ state }) => {
          const lost = [];
          const [fader, pad] = ['fader', 'pad'].map((name) => () => lost.push(name));
          state.hold('walk.speed', true, fader);
          state.hold('walk.speed', true, pad);
          // The finger that has lost it leaves its control, and the other one goes on holding it.
          state.hold('walk.speed', false, fader);
          state.receive({ held: { 'walk.speed': 'desk 9' } });
          return lost;
        })"""
    )
    assert lost == ["fader", "pad"]


def test_a_knob_that_waits_says_at_its_fader_how_to_turn_it(quiet: QuietDesk, open_tab: Callable[..., Tab]) -> None:
    tab = open_quiet(quiet, open_tab)
    binding = {"controller": "knobs", "control": "CC 21", "min": 0.0, "max": 1.0, "curve": 1.0}
    hint = f"document.querySelector('{TRACK} .hint').textContent"
    for gap, inverted, words in ((0.3, False, "up"), (-0.3, False, "down"), (-0.3, True, "up")):
        bindings = {SPEED: [{**binding, "invert": inverted}]}
        quiet.told["midi"] = {**quiet.told["midi"], "gaps": {SPEED: gap}, "bindings": bindings}
        tab.wait_for(f"{hint} === 'turn {words} to 0.50'")
    quiet.told["midi"] = {**quiet.told["midi"], "gaps": {}}
    tab.wait_for(f"{hint} === ''")


def test_a_finger_that_swipes_over_the_list_sets_nothing_and_one_that_taps_or_slides_does(
    quiet: QuietDesk, open_tab: Callable[..., Tab]
) -> None:
    tablet = open_quiet(quiet, open_tab, 1024, 768, touch=True)
    before = quiet.store.target(SPEED)
    x, y = place(tablet, 0.9)
    tablet.evaluate("globalThis.taken = 0; addEventListener('pointercancel', () => (taken += 1), true)")
    tablet.touch("touchStart", (x, y))
    for step in range(1, 8):
        tablet.touch("touchMove", (x, y - 15 * step))
    tablet.wait_for("taken === 1", what="the browser's scrolling")
    tablet.touch("touchEnd")
    assert quiet.store.target(SPEED) == before
    tablet.touch("touchStart", place(tablet, 0.7))
    tablet.touch("touchEnd")
    tablet.wait_for(f"Math.abs({VALUE} - 0.7) < 0.02")
    tablet.touch("touchStart", place(tablet, 0.4))
    for step in range(1, 9):
        tablet.touch("touchMove", place(tablet, 0.4 - step / 40))
    tablet.touch("touchEnd")
    tablet.wait_for(f"Math.abs({VALUE} - 0.2) < 0.03")
