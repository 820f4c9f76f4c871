"""Fixtures of the tests of the page: a browser for the session, tabs that fail a test by their errors."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.web.page.chromium import Chromium
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.quiet_desk import QuietDesk
from tests.engine.web.page.tab import Tab

# Nothing on the page is out of reach.
CONNECTED = "document.querySelector('[role=tab]') && !document.querySelector('[inert]')"
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Return a headless Chromium, or skip."""
    if not shutil.which("chromium"):
        pytest.skip("no chromium here (apt-get install chromium), so no page")
    chromium = Chromium(tmp_path_factory.mktemp("chromium"))
    yield chromium
    chromium.close()


@pytest.fixture
def open_tab(browser: Chromium) -> Iterator[Callable[..., Tab]]:
    """Return the maker of tabs; an error on any of them fails the test."""
    tabs: list[Tab] = []

    def open_tab(url: str, width: int = 1280, height: int = 800, touch: bool = False, tour: bool = False) -> Tab:
        tabs.append(browser.tab(width, height, touch))
        if not tour:
            tabs[-1].before_load("localStorage.setItem('likeness.tour', 'seen')")
        tabs[-1].open(url)
        return tabs[-1]

    yield open_tab
    faults = []
    for tab in tabs:
        tab.pump()
        faults += tab.faults
        browser.close_tab(tab)
    assert faults == []


@pytest.fixture(scope="session")
def show(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedShow]:
    """Return the show that all tests of the page play; they leave it as they found it."""
    folder = tmp_path_factory.mktemp("show")
    preset = folder / "show.toml"
    preset.write_text('[show]\nplugins = ["random_walk", "direction_sweep", "style_mixing"]\n', encoding="utf-8")
    try:
        request.getfixturevalue("system")
        midi = "auto"
    except pytest.skip.Exception:
        midi = "off"
    show = PlayedShow(folder, str(preset), "--watch", "--midi", midi)
    (show.home / "weights").mkdir()
    shutil.copy(ROOT / "weights" / "composite-256.safetensors", show.home / "weights" / "twin.safetensors")
    show.start()
    yield show
    show.stop()


@pytest.fixture
def desk(show: PlayedShow, open_tab: Callable[..., Tab]) -> Tab:
    """Return a page of the show that is connected, without the tour."""
    return open_desk(show, open_tab)


def open_desk(show: PlayedShow, open_tab: Callable[..., Tab], *size: int, touch: bool = False) -> Tab:
    """Return a page of the show once it is connected, as it is for somebody who has seen the tour."""
    tab = open_tab(show.url, *size, touch=touch)
    tab.wait_for(CONNECTED, 20, "the desk")
    return tab


def send(tab: Tab, address: str, *args: object) -> None:
    """Send a message as parts of the page do, where a test is not about the control."""
    words = json.dumps([address, *args])
    tab.evaluate(f"import('/page/page.js').then((page) => page.state.send(...{words}))")


@pytest.fixture(scope="module")
def told() -> Iterator[QuietDesk]:
    """Return the desk without a show that a file's tests share."""
    desk = QuietDesk()
    yield desk
    desk.close()


@pytest.fixture
def quiet(told: QuietDesk) -> QuietDesk:
    """Return the desk without a show, as it is at first."""
    told.reset()
    return told


def open_quiet(quiet: QuietDesk, open_tab: Callable[..., Tab], *size: int, touch: bool = False) -> Tab:
    """Return a page of the desk without a show once it is connected."""
    tab = open_tab(quiet.url, *size, touch=touch)
    tab.wait_for(f"{CONNECTED} && document.querySelector('[data-address], [data-cue]')", 20, "the quiet desk")
    return tab
