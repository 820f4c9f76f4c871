"""Visitors on the page: the camera's state, and the button that forgets."""

from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab


def test_a_show_without_a_camera_says_how_to_let_visitors_in(show: PlayedShow, desk: Tab) -> None:
    desk.click("[data-tab=Presets]")
    words = desk.wait_for("document.querySelector('.visitors').textContent")
    assert "no camera" in words
    assert "--camera" in words
    assert "Add lookalike" in words
