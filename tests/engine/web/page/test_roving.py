"""Grids and rows of buttons: one stop of Tab each, and arrow keys from one button to the next."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.engine.web.page.conftest import open_quiet
from tests.engine.web.page.quiet_desk import QuietDesk
from tests.engine.web.page.tab import Tab

FOCUSED = "document.activeElement.dataset.cue"
CELLS = "[...document.querySelectorAll('.grid [data-cue]')]"
STOPS = f"{CELLS}.filter((one) => one.tabIndex === 0).map((one) => one.dataset.cue)"
SHIFT = 8


@pytest.fixture
def wide(quiet: QuietDesk, open_tab: Callable[..., Tab]) -> Tab:
    tab = open_quiet(quiet, open_tab, 1280, 900)
    # Cues come with the first topics, after the page itself.
    tab.wait_for(f"{STOPS}.length")
    return tab


def press(tab: Tab, *keys: str) -> Any:
    for key in keys:
        tab.key(key)
    return tab.evaluate(FOCUSED)


def test_the_cues_are_one_stop_and_arrows_go_from_one_to_the_next(wide: Tab) -> None:
    assert wide.evaluate(STOPS) == ["1"]
    wide.evaluate("document.querySelector('[data-cue]').focus()")
    assert press(wide, "ArrowRight") == "2"
    assert press(wide, "ArrowDown") == "10"
    assert press(wide, "ArrowUp", "ArrowUp") == "2"
    assert press(wide, "ArrowDown", "End") == "16"
    assert press(wide, "Home") == "9"
    assert wide.evaluate(STOPS) == ["9"]
    wide.key("Tab")
    assert wide.evaluate(FOCUSED) is None
    wide.key("Tab", SHIFT)
    assert wide.evaluate(FOCUSED) == "9"


def test_enter_and_space_recall_the_cue_with_the_focus_and_s_stores_it(quiet: QuietDesk, wide: Tab) -> None:
    quiet.told["cues"] = {"bank": "main", "banks": ["main"], "cues": {"9": {"state": "stored", "label": "night"}}}
    wide.wait_for("document.querySelector('[data-cue=\"9\"]').className.includes('stored')")
    wide.evaluate("document.querySelector('[data-cue]').focus()")
    press(wide, "ArrowDown", "Enter", " ", "s")
    wide.wait_for("document.querySelector('.toasts').textContent.includes('stored')")
    quiet.wait_for(lambda: len(quiet.heard) == 3)
    assert [message[:2] for message in quiet.heard] == [("/cue/recall", 9), ("/cue/recall", 9), ("/cue/store", 9)]


def test_pages_of_cues_are_turned_and_the_focus_stays_in_its_place(
    quiet: QuietDesk, open_tab: Callable[..., Tab]
) -> None:
    phone = open_quiet(quiet, open_tab, 390, 844)
    phone.click("[data-tab=Cues]")
    phone.evaluate("document.querySelector('[data-cue]').focus()")
    each = phone.evaluate("document.querySelectorAll('[data-cue]').length")
    assert each < 64
    assert press(phone, "ArrowRight", "PageDown") == str(each + 2)
    assert press(phone, "PageUp") == "2"
    assert press(phone, "PageUp") == "2"


def test_a_choice_is_one_stop_and_arrows_choose(quiet: QuietDesk, wide: Tab) -> None:
    stops = "[...document.querySelectorAll('[data-address=\"walk.way\"] [role=radio]')].map((one) => one.tabIndex)"
    assert wide.evaluate(stops) == [0, -1]
    wide.evaluate("document.querySelector('[data-address=\"walk.way\"] [role=radio]').focus()")
    wide.key("ArrowRight")
    quiet.wait_for(lambda: quiet.store.target("walk.way") == "back")
    wide.wait_for(f"{stops}.join() === '-1,0'")


def test_the_list_of_modulators_and_the_tabs_are_one_stop_each(wide: Tab) -> None:
    wide.click("name=Modulate")
    for group in (".palette button", "[role=tab]"):
        assert (
            wide.evaluate(f"[...document.querySelectorAll('{group}')].filter((one) => one.tabIndex === 0).length") == 1
        )
    wide.evaluate("document.querySelector('.palette button').focus()")
    wide.key("ArrowRight")
    wide.wait_for("document.activeElement.textContent.trim() === 'triangle'")


CASES = [
    ("ArrowRight", False, 0, 1),
    ("ArrowRight", False, 6, 6),
    ("ArrowLeft", False, 0, 0),
    ("ArrowDown", False, 1, 4),
    # From the last of a row to the nearest of a shorter one.
    ("ArrowDown", False, 5, 6),
    ("ArrowDown", False, 6, None),
    ("ArrowUp", False, 2, None),
    ("ArrowUp", False, 6, 3),
    ("Home", False, 4, 0),
    ("Home", True, 4, 3),
    ("End", True, 3, 5),
    ("End", False, 3, 6),
    ("Enter", False, 3, None),
]


def test_keys_lead_where_the_buttons_lie(wide: Tab) -> None:
    # Three, three and one button, each 10 px wide and high.
    boxes = [{"left": i % 3 * 12, "top": i // 3 * 12, "width": 10, "height": 10} for i in range(7)]
    asked = json.dumps([[key, grid, at] for key, grid, at, _ in CASES])
    led = wide.evaluate(
        "import('/page/roving.js').then((page) => "
        f"{asked}.map(([key, grid, at]) => page.nextPlace({boxes}, at, {{ key }}, grid)))"
    )
    assert led == [place for *_, place in CASES]
