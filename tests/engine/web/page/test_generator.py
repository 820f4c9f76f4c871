"""The generator on the page: weights are swapped, and directions chosen by name, with a real show."""

import pytest
from tests.engine.web.page.played_show import PlayedShow
from tests.engine.web.page.tab import Tab

# Keeps each step that is shown, however short, in `steps`.
WATCH_STEPS = """
  window.steps = new Set();
  const keep = () => document.querySelectorAll(".generator-progress .now").forEach((one) => steps.add(one.textContent));
  new MutationObserver(keep).observe(document.body, { childList: true, subtree: true, attributes: true });
"""


@pytest.fixture
def generator(desk: Tab) -> Tab:
    desk.click("[data-tab=Presets]")
    desk.wait_for("document.querySelector('[data-weights]')")
    return desk


def test_other_weights_fade_in_and_their_steps_are_shown(show: PlayedShow, generator: Tab) -> None:
    generator.evaluate(WATCH_STEPS)
    generator.click("name=Change to weights twin")
    generator.wait_for("document.querySelector('.generator-plays strong').textContent === 'twin'", 30)
    # A step that is over before the page is told of anything again is not shown.
    assert set(generator.evaluate("[...steps]")) & {"opening", "warming up", "waiting for the rack"}
    generator.click("name=Change to weights composite-256")
    generator.wait_for("document.querySelector('.generator-plays strong').textContent === 'composite-256'", 30)


def test_a_direction_is_chosen_by_its_name(show: PlayedShow, generator: Tab) -> None:
    name = generator.wait_for("document.querySelector('[data-direction]').dataset.direction")
    generator.click(f"name=Direction {name}")
    show.wait_for(lambda: show.value("direction_sweep.file") == name)
    assert show.value("direction_sweep.mode") == "hand"
    generator.drag(".directions [role=slider]", (60, 0))
    show.wait_for(lambda: show.value("direction_sweep.amount") > 0.1)
    generator.click("name=none of the named directions")
    show.wait_for(lambda: show.value("direction_sweep.file") == "")
