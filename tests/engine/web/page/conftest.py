"""Fixtures of the tests of the page: a browser for the session, tabs that fail a test by their errors."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from tests.engine.web.page.chromium import Chromium
from tests.engine.web.page.tab import Tab


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

    def open_tab(url: str, width: int = 1280, height: int = 800, touch: bool = False) -> Tab:
        tabs.append(browser.tab(width, height, touch))
        tabs[-1].open(url)
        return tabs[-1]

    yield open_tab
    faults = []
    for tab in tabs:
        tab.pump()
        faults += tab.faults
        browser.close_tab(tab)
    assert faults == []
