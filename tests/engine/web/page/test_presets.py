"""Presets on the page: saved, recalled and morphed, with a real show."""

import pytest
from tests.engine.web.page.conftest import send
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

SPEED = "random_walk.speed"


@pytest.fixture
def presets(desk: Tab) -> Tab:
    desk.click("[data-tab=Presets]")
    desk.wait_for("document.querySelector('[data-preset]')")
    return desk


def save(show: PlayedShow, tab: Tab, name: str) -> None:
    tab.write("#preset-name", name)
    tab.click("name=Save preset")
    show.wait_for(lambda: (show.home / "presets" / f"{name}.toml").is_file())
    tab.wait_for(f"document.querySelector('[data-preset={name}]')")


def set_speed(show: PlayedShow, tab: Tab, value: float) -> None:
    send(tab, "/random_walk/speed", value)
    show.wait_for(lambda: abs(show.value(SPEED) - value) < 1e-3)


def test_a_name_that_cannot_be_is_refused_in_the_shows_words(presets: Tab) -> None:
    presets.write("#preset-name", "what show?")
    presets.click("name=Save preset")
    words = "document.querySelector('#preset-words').textContent"
    presets.wait_for(f"{words}.includes('none of / ') && {words}.includes('what show?')")
    presets.write("#preset-name", "my show")
    presets.wait_for(f"!{words}.includes('none of / ')")


def test_a_saved_preset_comes_back_and_two_are_morphed_on_one_fader(show: PlayedShow, presets: Tab) -> None:
    set_speed(show, presets, 0.2)
    save(show, presets, "slow")
    set_speed(show, presets, 0.8)
    save(show, presets, "fast")
    presets.write("name=Recall over, seconds", "0")
    presets.key("Enter")
    presets.click("name=Recall preset slow")
    show.wait_for(lambda: abs(show.value(SPEED) - 0.2) < 1e-3)
    presets.wait_for("document.querySelector('[data-preset=slow]').getAttribute('aria-current') === 'true'")

    choose(presets, "Morph from", "slow")
    choose(presets, "Morph to", "fast")
    presets.click("name=Put on the fader: slow and fast")
    presets.wait_for("document.querySelector('[data-morph=\"slow fast\"]')")
    presets.drag(".morph [role=slider]", (1000, 0))
    show.wait_for(lambda: abs(show.value(SPEED) - 0.8) < 1e-3)


def choose(tab: Tab, label: str, name: str) -> None:
    field = f"document.querySelector('[aria-label=\"{label}\"]')"
    tab.evaluate(f"{field}.value = '{name}'; {field}.dispatchEvent(new Event('change', {{ bubbles: true }}))")
