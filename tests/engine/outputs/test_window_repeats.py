"""A picture that is seen already: the window draws it no more, and still answers keys and changes."""

from collections.abc import Callable, Iterator

import pytest
from tests.engine.outputs.test_window import press
from tests.engine.outputs.test_window_overlay import Clock

from likeness.outputs.window import WindowOutput
from likeness.outputs.window_overlay import STATE_S, WindowOverlay
from likeness.picture import Picture

pygame = pytest.importorskip("pygame")

Maker = Callable[..., Picture]
Eventually = Callable[[Callable[[], object]], None]


class Drawn(WindowOverlay):
    """Counts how often the window is drawn, since it is drawn over each time."""

    times = 0

    def draw(self, renderer: object) -> None:
        self.times += 1
        super().draw(renderer)  # type: ignore[arg-type]


class Still:
    """A window whose picture stands still, drawn as often as it needs at first."""

    def __init__(self, shown: Picture, eventually: Eventually) -> None:
        self.clock, self.state, self.keys = Clock(), ["one"], list[str]()
        self.drawn = Drawn(lambda: self.state, self.clock)
        self.window = WindowOutput(
            size=(64, 64),
            display=0,
            windowed=True,
            fps=60,
            title="likeness test",
            on_key=self.keys.append,
            on_close=lambda: None,
            overlay=self.drawn,
            now=self.clock,
        )
        self.shown = shown
        # The server's first events make it draw some more.
        eventually(lambda: self.show(30) == 0)

    def show(self, times: int = 1) -> int:
        """Show the picture so often; return how often it was drawn."""
        before = self.drawn.times
        for _ in range(times):
            self.window.show(self.shown, 0.0)
        return self.drawn.times - before


@pytest.fixture
def still(xvfb: str, monkeypatch: pytest.MonkeyPatch, picture: Maker, eventually: Eventually) -> Iterator[Still]:
    monkeypatch.setenv("DISPLAY", xvfb)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    still = Still(picture(), eventually)
    yield still
    still.window.close()


def test_it_is_not_drawn_again_and_keys_arrive_all_the_same(xvfb: str, still: Still, eventually: Eventually) -> None:
    before = still.drawn.times
    press(xvfb, "b")
    eventually(lambda: still.show() or still.keys == ["b"])
    assert still.drawn.times == before


def test_another_array_is_drawn_once(still: Still) -> None:
    still.shown = still.shown.copy()
    assert still.show(3) == 1


def test_an_overlay_that_changes_is_drawn_once(still: Still) -> None:
    still.drawn.toggle_state()
    assert still.show(3) == 1
    still.clock.seconds += STATE_S
    assert still.show(3) == 0
    still.state = ["two"]
    still.clock.seconds += STATE_S
    assert still.show(3) == 1
    still.drawn.toggle_help()
    assert still.show(3) == 1
    still.drawn.toggle_help()
    still.drawn.toggle_state()
    assert still.show(3) == 1


def test_what_the_driver_or_the_desktop_may_have_lost_is_drawn_again(still: Still) -> None:
    for lost in (pygame.WINDOWEXPOSED, pygame.RENDER_DEVICE_RESET):
        pygame.event.post(pygame.event.Event(lost))
        assert still.show(3) == 1
    # And within a second also where nobody says so.
    still.clock.seconds += 1.0
    assert still.show(3) == 1
