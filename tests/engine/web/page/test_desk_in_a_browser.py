"""The page as a whole, in a browser, with a real show: what hands do on it, its sizes, and what it never does."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.engine.web.page.chromium import Chromium
from tests.engine.web.page.conftest import CONNECTED, open_desk
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

# Set to a folder, it gets pictures of every part on every screen, to be looked at.
PICTURES = os.environ.get("DESK_PICTURES")
TABS = ("Play", "Rack", "Modulation", "Presets", "Log")
LAPTOP, TABLET, PHONE = (1280, 800), (1024, 768), (390, 844)
TOUCH_PX = 44
MOST_BYTES = 150_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# What can be pressed, is seen and is smaller than a finger needs, in words.
SMALL = f"""
[...document.querySelectorAll("button, a[href], input, select, [role=slider], [role=switch], [role=tab], summary")]
  .filter((one) => one.getClientRects().length > 0)
  .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.width < {TOUCH_PX} - 0.5 || box.height < {TOUCH_PX} - 0.5)
  .map(([one, box]) => `${{one.getAttribute("aria-label") ?? one.textContent}} ${{box.width}} x ${{box.height}}`)
"""


def test_the_page_loads_from_its_own_show_alone_and_is_small(show: PlayedShow, browser: Chromium) -> None:
    tab = browser.tab()
    tab.watch_network()
    tab.open(show.url)
    tab.wait_for(CONNECTED, 20)
    hosts = {urlsplit(url).netloc for url in tab.requested if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {f"127.0.0.1:{show.port}"}
    files = (
        "performance.getEntriesByType('resource').filter((file) => new URL(file.name).pathname.startsWith('/page/'))"
    )
    loaded = tab.evaluate(f"{files}.map((file) => file.encodedBodySize)")
    page = tab.evaluate("performance.getEntriesByType('navigation')[0].encodedBodySize")
    assert len(loaded) == len({"style.css", "preact.js", "page.js"})
    assert 10_000 < sum(loaded) + page < MOST_BYTES
    names = tab.evaluate(f"{files}.map((file) => new URL(file.name).pathname)")
    for name in names:
        for line in show.fetch(name).decode().splitlines():
            rest = line.replace("http://www.w3.org/", "").replace("://${location.host}/", "")
            assert "://" not in rest, f"{name}: {line[:200]}"
    browser.close_tab(tab)


@pytest.mark.parametrize("size", [LAPTOP, TABLET, PHONE], ids=["laptop", "tablet", "phone"])
def test_every_part_fits_its_screen_and_a_finger(
    show: PlayedShow, open_tab: Callable[..., Tab], size: tuple[int, int]
) -> None:
    tab = open_desk(show, open_tab, *size, touch=size != LAPTOP)
    parts = TABS if size != PHONE else ("Cues", *TABS)
    small: dict[str, list[str]] = {}
    for part in parts:
        tab.click(f"[data-tab={part}]")
        if PICTURES:
            tab.evaluate("new Promise((done) => setTimeout(done, 600))")
            tab.screenshot(Path(PICTURES) / f"{part.lower()}-{size[0]}x{size[1]}.png")
        width, height = tab.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]")
        assert (width, height) <= size, f"{part} is {width} x {height}"
        if found := tab.evaluate(SMALL):
            small[part] = found
    assert small == {}


def test_every_part_is_accessible(desk: Tab) -> None:
    program = Path(os.environ.get("AXE_CORE", ""))
    if not program.is_file():
        pytest.skip("AXE_CORE names no axe.min.js (npm pack axe-core), so no check of accessibility")
    desk.evaluate(program.read_text(encoding="utf-8"))
    faults: dict[str, list[str]] = {}
    for part in TABS:
        desk.click(f"[data-tab={part}]")
        report = desk.evaluate(f"axe.run({{ runOnly: {RULES} }}).then((report) => JSON.stringify(report.violations))")
        for violation in json.loads(report):
            # The button that is named for typing a value shows the value, which the slider beside it tells.
            numbers = violation["id"] == "label-content-name-mismatch"
            nodes = [
                node["html"][:120] for node in violation["nodes"] if not (numbers and 'class="number' in node["html"])
            ]
            if not nodes:
                continue
            faults.setdefault(part, []).append(f"{violation['id']}: {violation['help']}: {nodes}")
    assert faults == {}
