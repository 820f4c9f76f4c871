"""What hands do on the page, in a browser, and what a real show does then."""

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.engine.web.page.conftest import CONNECTED, send
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

SPEED = "random_walk.speed"
FADER = f'[data-address="{SPEED}"] [role=slider]'
# Two JPEGs of one picture differ by less, in grey levels of 255, and two faces by more.
SAME, OTHER = 6.0, 9.0


def picture(show: PlayedShow, path: str) -> NDArray[np.float32]:
    found = cv2.imdecode(np.frombuffer(show.fetch(path), np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return cv2.resize(found, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)


def distance(show: PlayedShow, one: str, other: str = "/frame.jpg?width=128") -> float:
    return float(np.abs(picture(show, one) - picture(show, other)).mean())


def test_a_dragged_fader_sets_its_parameter_and_shows_a_value_from_elsewhere(show: PlayedShow, desk: Tab) -> None:
    desk.click("[data-tab=Play]")
    send(desk, "/random_walk/speed", 0.1)
    show.wait_for(lambda: abs(show.value(SPEED) - 0.1) < 1e-3)
    desk.drag(FADER, (60, 0))
    shown = f"Number(document.querySelector('{FADER}').getAttribute('aria-valuenow'))"
    # The last of the drag's values may still be on its way.
    show.wait_for(lambda: (now := show.value(SPEED)) > 0.2 and abs(desk.evaluate(shown) - now) < 0.01)
    show.fetch("/status")


def test_a_cue_is_stored_with_its_face_and_brings_it_back(show: PlayedShow, desk: Tab) -> None:
    # So slow that the face stands still while it is compared.
    send(desk, "/random_walk/speed", 0.01)
    show.wait_for(lambda: show.value(SPEED) < 0.011)
    desk.hold('[data-cue="5"]', 1.0)
    desk.wait_for("""document.querySelector('[data-cue="5"] img')?.naturalWidth > 0""")
    thumbnail = desk.evaluate("""document.querySelector('[data-cue="5"] img').getAttribute('src')""")
    assert distance(show, thumbnail) < SAME
    send(desk, "/random_walk/speed", 1.0)
    show.wait_for(lambda: distance(show, thumbnail) > OTHER, 30)
    send(desk, "/cue/seconds", 0.0)
    desk.click('[data-cue="5"]')
    desk.wait_for("""document.querySelector('[data-cue="5"]').className.includes('active')""")
    show.wait_for(lambda: distance(show, thumbnail) < SAME)
    send(desk, "/cue/release", 1)
    send(desk, "/cue/clear", 5)
    desk.wait_for("""!document.querySelector('[data-cue="5"] img')""")


def test_the_blackout_button_shows_what_the_master_does(show: PlayedShow, desk: Tab) -> None:
    send(desk, "/master/fade", 0.0)
    desk.click(".blackout")
    show.wait_for(lambda: show.status()["master"]["level"] == 0)
    desk.wait_for("document.querySelector('.blackout').getAttribute('aria-pressed') === 'true'")
    assert picture(show, "/frame.jpg?width=128").max() < 8
    # From elsewhere, as by OSC.
    send(desk, "/master/blackout", 0)
    desk.wait_for("document.querySelector('.blackout').getAttribute('aria-pressed') === 'false'")
    show.wait_for(lambda: show.status()["master"]["level"] == 1)


def test_a_page_says_that_its_show_is_gone_and_plays_again_after_a_restart(show: PlayedShow, desk: Tab) -> None:
    desk.evaluate("window.sameVisit = true")
    show.kill()
    desk.wait_for("document.body.textContent.includes('The show is gone')")
    assert desk.evaluate("document.querySelector('[inert]') !== null")
    show.start()
    desk.wait_for(CONNECTED, 20)
    desk.wait_for("!document.body.textContent.includes('The show is gone')")
    desk.click("[data-tab=Play]")
    send(desk, "/random_walk/speed", 0.33)
    show.wait_for(lambda: abs(show.value(SPEED) - 0.33) < 1e-3)
    assert desk.evaluate("window.sameVisit")
    desk.forgive("ERR_CONNECTION_REFUSED", "WebSocket connection", "ERR_CONNECTION_RESET", "Failed to load resource")
