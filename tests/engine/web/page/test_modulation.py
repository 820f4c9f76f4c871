"""Modulators on the page: put onto faders, changed, removed."""

from collections.abc import Iterator

import pytest
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

PULL = '[data-address="random_walk.pull"]'
TAG = f"document.querySelector('{PULL} .tag.mod')"
EDITOR = f"{PULL} .editor.modulator"


@pytest.fixture
def modulated(show: PlayedShow, desk: Tab) -> Iterator[Tab]:
    """Return a page on which the list of modulators is open; none plays before or after the test."""
    desk.wait_for(f"document.querySelector('{PULL} .track')")
    desk.click("name=Modulate")
    yield desk
    desk.click("name=Modulation")
    for _ in range(int(desk.evaluate("document.querySelectorAll('.editor.modulator').length"))):
        before = desk.evaluate("document.querySelectorAll('.editor.modulator').length")
        desk.click(".editor.modulator .danger")
        desk.wait_for(f"document.querySelectorAll('.editor.modulator').length < {before}")
    desk.click("name=Play")


def test_a_modulator_is_dragged_onto_a_fader_which_then_moves_by_itself(modulated: Tab) -> None:
    modulated.drag(".chip", f"{PULL} .track")
    modulated.wait_for(f"{TAG}.textContent.includes('sine')")
    modulated.wait_for(f"document.querySelector('{PULL} .track').classList.contains('modulated')")


def test_a_modulator_is_tapped_and_then_the_fader(modulated: Tab) -> None:
    modulated.click("name=saw")
    modulated.click(f"{PULL} .cover")
    modulated.wait_for(f"{TAG}.textContent.includes('saw')")
    assert modulated.evaluate("document.querySelectorAll('.cover').length") == 0


def test_amount_and_rate_are_changed_at_the_control_and_the_modulator_removed(modulated: Tab) -> None:
    modulated.click("name=triangle")
    modulated.click(f"{PULL} .cover")
    modulated.wait_for(TAG)
    modulated.click(f"{PULL} .name")
    modulated.click("name=Hz")
    modulated.wait_for(f"document.querySelector('{EDITOR} [aria-label=rate]')")
    modulated.evaluate(f"document.querySelector('{EDITOR} [aria-label=amount]').focus()")
    for _ in range(5):
        modulated.key("ArrowRight")
    # The fader goes from -1 to 1: five hundredths of its way are a tenth.
    amount = f"Number(document.querySelector('{EDITOR} [aria-label=amount]').getAttribute('aria-valuenow'))"
    modulated.wait_for(f"Math.abs({amount} - 0.35) < 0.001")
    modulated.click(f"{EDITOR} .danger")
    modulated.wait_for(f"!{TAG}")


def test_what_may_not_be_modulated_says_so_at_its_control(modulated: Tab) -> None:
    modulated.click("name=sine")
    modulated.evaluate("document.querySelector('[aria-label=master] .fold').click()")
    modulated.click('[data-address="master.blackout"] .cover')
    words = "document.querySelector('[data-address=\"master.blackout\"] .refusal').textContent"
    modulated.wait_for(f"{words}.includes('by hand alone')")
