"""The rack on the page: order, additions, removals and errors, with a real show."""

from collections.abc import Callable, Iterator

import pytest
from tests.engine.web.page.conftest import open_desk, send
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

TINT = '''"""Tint the picture."""

from likeness import Float, hookimpl


class Plugin:
    @hookimpl
    def declare_params(self):
        return [Float("amount", 0.5, help="How much of the tint.")]

    @hookimpl
    def process_image(self, image, frame):
        %s
'''
GOOD = "return image * 0.5"
BAD = 'raise ValueError("no colour today")'


@pytest.fixture
def rack(show: PlayedShow, desk: Tab) -> Iterator[Tab]:
    """Return a page that shows the rack; the show has its own rack again after the test."""
    before = order(show)
    desk.click("[data-tab=Rack]")
    desk.wait_for("document.querySelectorAll('[data-plugin]').length > 1")
    yield desk
    for name in set(order(show)) - set(before):
        send(desk, "/rack/remove", name)
    show.wait_for(lambda: set(order(show)) == set(before))
    for file in show.plugins.glob("*.py"):
        file.unlink()


def order(show: PlayedShow) -> list[str]:
    return [plugin["name"] for plugin in show.status()["plugins"]]


def rows(tab: Tab) -> list[str]:
    return list(tab.evaluate("[...document.querySelectorAll('[data-plugin]')].map((row) => row.dataset.plugin)"))


def remove(tab: Tab, name: str) -> None:
    tab.click(f"name=Remove {name}")
    tab.click(f"[data-plugin={name}] .danger")
    tab.wait_for(f"!document.querySelector('[data-plugin={name}]')")


def drop(show: PlayedShow, tab: Tab, body: str) -> None:
    """Save the plugin "tint" in the folder and add it on the page once it is listed there."""
    (show.plugins / "tint.py").write_text(TINT % body, encoding="utf-8")
    tab.click("name=Add tint")
    tab.wait_for("document.querySelector('[data-plugin=tint]')")


def test_a_plugin_that_is_dragged_down_plays_later(show: PlayedShow, rack: Tab) -> None:
    first, second, *rest = order(show)
    by = rack.place(f"[data-plugin={second}]")["height"]
    rack.drag(f"[data-plugin={first}] .rack-grip", (0, by))
    show.wait_for(lambda: order(show) == [second, first, *rest])
    rack.key("ArrowUp")
    show.wait_for(lambda: order(show) == [first, second, *rest])
    rack.wait_for(f"document.querySelector('[data-plugin]').dataset.plugin === '{first}'")


def test_a_finger_drags_a_plugin_up_and_a_button_puts_it_back(show: PlayedShow, open_tab: Callable[..., Tab]) -> None:
    rack = open_desk(show, open_tab, 390, 844, touch=True)
    rack.click("[data-tab=Rack]")
    first, second, *rest = order(show)
    by = rack.place(f"[data-plugin={first}]")["height"]
    rack.drag_fingers((f"[data-plugin={second}] .rack-grip", (0, -by)))
    show.wait_for(lambda: order(show) == [second, first, *rest])
    rack.wait_for(f"document.querySelector('[data-plugin]').dataset.plugin === '{second}'")
    rack.click(f"name=Move {second.replace('_', ' ')} down")
    show.wait_for(lambda: order(show) == [first, second, *rest])


def test_bypass_shows_what_the_show_does(show: PlayedShow, rack: Tab) -> None:
    name = order(show)[0]
    rack.click(f"name=Bypass {name.replace('_', ' ')}")
    show.wait_for(lambda: show.value(f"{name}.bypass"))
    rack.wait_for(f"document.querySelector('[data-plugin={name}] .rack-state').textContent === 'bypassed'")
    show.fetch("/status")
    rack.click(f"name=Bypass {name.replace('_', ' ')}")
    show.wait_for(lambda: not show.value(f"{name}.bypass"))


def test_a_plugin_dropped_into_the_folder_is_added_played_and_removed_from_the_page_alone(
    show: PlayedShow, rack: Tab
) -> None:
    drop(show, rack, GOOD)
    show.wait_for(lambda: "tint" in order(show))
    rack.click("[data-tab=Play]")
    fader = '[data-address="tint.amount"] [role=slider]'
    rack.wait_for(f"document.querySelector('{fader}')")
    rack.drag(fader, (40, 0))
    show.wait_for(lambda: show.value("tint.amount") > 0.5)
    rack.click("[data-tab=Rack]")
    remove(rack, "tint")
    show.wait_for(lambda: "tint" not in order(show))
    rack.click("[data-tab=Play]")
    rack.wait_for(f"!document.querySelector('{fader}')")
    rack.click("[data-tab=Rack]")


def test_a_failing_plugin_says_its_error_and_is_well_once_its_file_is_mended(show: PlayedShow, rack: Tab) -> None:
    drop(show, rack, BAD)
    error = "document.querySelector('[data-plugin=tint] .rack-error')"
    rack.wait_for(f"{error}?.textContent.includes('no colour today')")
    rack.wait_for("document.querySelector('[data-plugin=tint] .rack-state').textContent.includes('left out')")
    (show.plugins / "tint.py").write_text(TINT % GOOD, encoding="utf-8")
    rack.wait_for(f"!{error}")


def test_a_plugin_whose_file_is_gone_is_told_and_plays_on(show: PlayedShow, rack: Tab) -> None:
    drop(show, rack, GOOD)
    (show.plugins / "tint.py").unlink()
    error = "document.querySelector('[data-plugin=tint] .rack-error')"
    rack.wait_for(f"{error}?.textContent.includes('is gone')")
    assert "tint" in order(show)


def test_a_file_that_is_no_plugin_is_refused_in_words(show: PlayedShow, rack: Tab) -> None:
    (show.plugins / "tint.py").write_text('"""Tint."""\n\nimport nowhere_at_all\n', encoding="utf-8")
    rack.click("name=Add tint")
    rack.wait_for("document.querySelector('[data-available=tint] .rack-error')?.textContent.includes('nowhere_at_all')")
