"""One visitor's evening in a real browser: a phone and the operator's screen, both followed by themselves."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.audience.served import PHOTO, Served
from tests.engine.web.page.chromium import Chromium
from tests.engine.web.page.tab import Tab

from likeness.audience.secret_link import secret_code
from likeness.audience.states import State

WIDTH, HEIGHT = 390, 844
PATIENCE_S = 60.0
# Nothing beside the screen, and nothing to press that is lower than a finger is wide.
FITS = """document.documentElement.scrollWidth <= innerWidth
  && [...document.querySelectorAll("button, .button, input[type=file], .tick")]
    .every((one) => !one.getClientRects().length || one.getBoundingClientRect().height >= 44)"""
ONE_CARD = "document.querySelectorAll('.card img').length === 1 && document.activeElement.matches('.card')"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if not shutil.which("chromium"):
        pytest.skip("no chromium here (apt-get install chromium), so no page")
    chromium = Chromium(tmp_path_factory.mktemp("chromium"))
    yield chromium
    chromium.close()


def choose_file(tab: Tab, path: Path) -> None:
    root = tab.command("DOM.getDocument")["root"]["nodeId"]
    field = tab.command("DOM.querySelector", nodeId=root, selector="#photo")["nodeId"]
    tab.command("DOM.setFileInputFiles", nodeId=field, files=[str(path)])


def state(wanted: State) -> str:
    return f"document.querySelector('.state')?.dataset.state === '{wanted}'"


def test_a_visitor_sends_a_photo_is_let_in_by_a_key_and_sees_the_films_come(
    served: Served, chromium: Chromium, tmp_path: Path
) -> None:
    (tmp_path / "me.jpg").write_bytes(PHOTO)
    phone = chromium.tab(WIDTH, HEIGHT, True)
    phone.open(f"{served.url}?lang=nl")
    phone.wait_for(FITS, PATIENCE_S, "a page that fits")
    phone.tap("[name=agree-compare]")
    phone.tap("[name=agree-stage]")
    choose_file(phone, tmp_path / "me.jpg")
    phone.tap("button")
    phone.wait_for(state(State.RECEIVED), PATIENCE_S)
    phone.wait_for(FITS, PATIENCE_S, "a page that fits")
    served.work()
    phone.wait_for(state(State.WAITING), PATIENCE_S)

    operator = chromium.tab()
    operator.open(f"{served.url}screen")
    operator.evaluate(f"void (location = '/operator?code={secret_code(served.evening, 'operator')}')")
    operator.wait_for(
        "document.querySelectorAll('.card img').length === 1 && document.activeElement.matches('.card')", PATIENCE_S
    )
    operator.key("a")
    phone.wait_for(state(State.QUEUED), PATIENCE_S)
    operator.wait_for("document.querySelector('.none')", PATIENCE_S)
    served.work(b"no real film")
    phone.wait_for("document.querySelectorAll('video').length === 1", PATIENCE_S)
    phone.wait_for(FITS, PATIENCE_S, "a page that fits")
    operator.key("z")
    phone.wait_for(state(State.WAITING) + " && !document.querySelector('video')", PATIENCE_S)
    phone.tap(".delete .button")
    phone.wait_for("document.querySelector('form button') && " + FITS, PATIENCE_S, "a page that asks once more")
    phone.tap("form button")
    phone.wait_for(
        "document.querySelector('[role=status]')?.textContent.includes('Alles van jou is gewist')", PATIENCE_S
    )
    # The film's bytes are none, and what was just deleted is asked for no more.
    assert [fault for tab in (phone, operator) for fault in tab.faults if ".mp4" not in fault] == []
    for tab in (phone, operator):
        chromium.close_tab(tab)
