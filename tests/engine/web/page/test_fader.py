"""Faders, switches, triggers and typed values on the page, by mouse, fingers and keys, with a real show."""

from collections.abc import Callable

import pytest
from tests.engine.web.page.conftest import open_desk
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

REACH = "random_walk.reach"
# As in slider.js: the marks stay so far from the track's ends.
INSET_PX = 6
SHIFT = 8


def track(address: str) -> str:
    return f'[data-address="{address}"] .track'


def along(tab: Tab, address: str, share: float) -> tuple[float, float]:
    """Return the point of a fader at this share of its way."""
    place = tab.place(track(address))
    return place["left"] + INSET_PX + share * (place["width"] - 2 * INSET_PX), place["y"]


def set_value(tab: Tab, address: str, text: str) -> None:
    # By the keyboard, since a page that has just come may still move under the pointer.
    tab.wait_for(f"document.querySelector('{track(address)}')")
    tab.evaluate(f"document.querySelector('{track(address)}').focus()")
    tab.key("Enter")
    write_value(tab, text)
    tab.wait_for("!document.querySelector('.number-input')")


def type_value(tab: Tab, address: str, text: str) -> None:
    """Type something where a fader's number stands."""
    tab.click(f'[data-address="{address}"] .number')
    write_value(tab, text)


def write_value(tab: Tab, text: str) -> None:
    tab.wait_for("document.activeElement.classList.contains('number-input')")
    tab.command("Input.insertText", text=text)
    tab.key("Enter")


@pytest.fixture
def reach(show: PlayedShow, desk: Tab) -> Tab:
    """Return a page whose fader of `REACH` is in the middle."""
    desk.wait_for(f"document.querySelector('{track(REACH)}')")
    set_value(desk, REACH, "0.5")
    show.wait_for(lambda: show.value(REACH) == 0.5)
    return desk


def test_the_thumb_follows_the_pointer_and_the_show_the_thumb(show: PlayedShow, reach: Tab) -> None:
    (x, y), (end, _) = along(reach, REACH, 0.5), along(reach, REACH, 0.8)
    reach.mouse("mousePressed", x, y)
    for step in range(1, 11):
        reach.mouse("mouseMoved", x + (end - x) * step / 10, y)
    show.wait_for(lambda: show.value(REACH) == pytest.approx(0.8, abs=0.01))
    reach.mouse("mouseReleased", end, y)


def test_away_from_the_fader_a_drag_is_finer(show: PlayedShow, reach: Tab) -> None:
    (x, y), (end, _) = along(reach, REACH, 0.5), along(reach, REACH, 0.8)
    reach.mouse("mousePressed", x, y)
    for step in range(11):
        reach.mouse("mouseMoved", x + (end - x) * step / 10, y + 200)
    reach.mouse("mouseReleased", end, y + 200)
    show.wait_for(lambda: 0.5 < show.value(REACH) < 0.6)


def test_a_double_tap_brings_the_default_back(show: PlayedShow, reach: Tab) -> None:
    x, y = along(reach, REACH, 0.5)
    for count in (1, 2):
        reach.mouse("mousePressed", x, y, count)
        reach.mouse("mouseReleased", x, y, count)
    show.wait_for(lambda: show.value(REACH) == 1.0)


def test_two_fingers_move_two_faders_at_once(show: PlayedShow, open_tab: Callable[..., Tab]) -> None:
    tab = open_desk(show, open_tab, 1024, 768, touch=True)
    set_value(tab, REACH, "0.2")
    set_value(tab, "random_walk.pull", "0.2")
    show.wait_for(lambda: (show.value(REACH), show.value("random_walk.pull")) == (0.2, 0.2))
    starts = [along(tab, REACH, 0.2), along(tab, "random_walk.pull", 0.2)]
    ends = [along(tab, REACH, 0.9), along(tab, "random_walk.pull", 0.4)]
    tab.touch("touchStart", *starts)
    for step in range(1, 9):
        part = step / 8
        tab.touch("touchMove", *((a[0] + (b[0] - a[0]) * part, a[1]) for a, b in zip(starts, ends, strict=True)))
    show.wait_for(lambda: show.value(REACH) == pytest.approx(0.9, abs=0.01))
    show.wait_for(lambda: show.value("random_walk.pull") == pytest.approx(0.4, abs=0.01))
    tab.touch("touchEnd")
    set_value(tab, "random_walk.pull", "0")


def test_arrows_step_by_a_hundredth_and_with_shift_by_a_thousandth(show: PlayedShow, reach: Tab) -> None:
    reach.evaluate(f"document.querySelector('{track(REACH)}').focus()")
    reach.key("ArrowRight")
    show.wait_for(lambda: show.value(REACH) == pytest.approx(0.51))
    reach.key("ArrowLeft", SHIFT)
    show.wait_for(lambda: show.value(REACH) == pytest.approx(0.509))


def test_what_another_hand_holds_is_named_and_does_not_move_what_mine_holds(
    show: PlayedShow, reach: Tab, open_tab: Callable[..., Tab]
) -> None:
    other = open_desk(show, open_tab)
    other.wait_for(f"document.querySelector('{track(REACH)}')")
    x, y = along(reach, REACH, 0.5)
    reach.mouse("mousePressed", x, y)
    other.wait_for(f"document.querySelector('{track(REACH)}').classList.contains('held')")
    assert other.evaluate(f"document.querySelector('{track(REACH)} .holder').textContent")
    set_value(other, REACH, "0.9")
    show.wait_for(lambda: show.value(REACH) == 0.9)
    reach.wait_for("new Promise((done) => setTimeout(() => done(true), 300))")
    value = f"Number(document.querySelector('{track(REACH)}').getAttribute('aria-valuenow'))"
    assert reach.evaluate(value) == pytest.approx(0.5, abs=0.01)
    reach.mouse("mouseReleased", x, y)
    reach.wait_for(f"{value} === 0.9")
    other.wait_for(f"!document.querySelector('{track(REACH)}').classList.contains('held')")


def test_a_word_that_is_no_number_is_refused_at_the_control(show: PlayedShow, reach: Tab) -> None:
    type_value(reach, REACH, "much")
    reach.wait_for(f"document.querySelector('[data-address=\"{REACH}\"] .refusal').textContent.includes('much')")
    reach.key("Escape")
    assert show.value(REACH) == 0.5
    type_value(reach, REACH, "70")
    reach.wait_for(f"document.querySelector('[data-address=\"{REACH}\"] .refusal').textContent.includes('at its most')")
    type_value(reach, REACH, "0.5")
    reach.wait_for(f"!document.querySelector('[data-address=\"{REACH}\"] .refusal')")


def test_the_filter_leaves_what_holds_every_word(show: PlayedShow, reach: Tab) -> None:
    reach.key("/")
    reach.command("Input.insertText", text="walk push")
    shown = "[...document.querySelectorAll('.control')].map((one) => one.dataset.address).join()"
    reach.wait_for(f"{shown} === 'random_walk.push'")
    reach.key("Escape")
    reach.wait_for(f"{shown}.includes('{REACH}')")


def test_a_name_opens_its_help_and_closes_it(show: PlayedShow, reach: Tab) -> None:
    name = f'[data-address="{REACH}"] .name'
    reach.click(name)
    reach.wait_for(
        f"document.querySelector('[data-address=\"{REACH}\"] .details').textContent.includes('/random_walk/reach')"
    )
    reach.click(name)
    reach.wait_for(f"!document.querySelector('[data-address=\"{REACH}\"] .details')")
