import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from likeness.errors import OutputError
from likeness.options import QUIET
from likeness.outputs.open_outputs import open_outputs
from likeness.outputs.window import WindowOutput
from likeness.picture import Picture

pygame = pytest.importorskip("pygame")

DUMMY_SIZE = (1024, 768)
Seen = Callable[[str], Picture]
Maker = Callable[..., Picture]
Eventually = Callable[[Callable[[], object]], None]


class Stage:
    """Opens windows, and keeps what they report."""

    def __init__(self) -> None:
        self.windows: list[WindowOutput] = []
        self.keys: list[str] = []
        self.closings = 0

    def open(
        self, size: tuple[int, int] | None = None, display: int = 0, windowed: bool = True, fps: float = 60.0
    ) -> WindowOutput:
        window = WindowOutput(
            size=size,
            display=display,
            windowed=windowed,
            fps=fps,
            title="likeness test",
            on_key=self.keys.append,
            on_close=self._count,
        )
        self.windows.append(window)
        return window

    def _count(self) -> None:
        self.closings += 1


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    for window in stage.windows:
        window.close()


@pytest.fixture
def screen(xvfb: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DISPLAY", xvfb)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    return xvfb


@pytest.fixture
def screens(two_displays: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DISPLAY", two_displays)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    return two_displays


def shows(window: WindowOutput, picture: Picture, seen: Callable[[], Picture], wanted: Picture) -> Callable[[], bool]:
    """Return a check that what is seen is `wanted`, to the rounding of a graphics card."""

    def check() -> bool:
        window.show(picture, 0.0)
        return bool(np.abs(seen().astype(int) - wanted).max() <= 2)

    return check


def test_a_full_screen_picture_is_seen_pixel_for_pixel_between_black_bars(
    screen: str, stage: Stage, screenshot: Seen, picture: Maker, eventually: Eventually
) -> None:
    shown = picture(480, 480)
    window = stage.open(windowed=False)
    wanted = np.zeros((480, 640, 3), np.uint8)
    wanted[:, 80:560] = shown
    eventually(shows(window, shown, lambda: screenshot(screen), wanted))


def test_a_small_picture_is_scaled_smoothly(
    screen: str, stage: Stage, screenshot: Seen, picture: Maker, eventually: Eventually
) -> None:
    shown = picture(64, 64)
    window = stage.open(windowed=False)
    wanted = cv2.resize(shown, (480, 480), interpolation=cv2.INTER_LINEAR)

    def smooth() -> bool:
        window.show(shown, 0.0)
        seen = screenshot(screen)[:, 80:560].astype(int)
        # A card's bilinear weights have 8 bits, and blue wraps round once; nearest-neighbour is off by 4 per channel.
        return bool(np.mean(np.abs(seen - wanted)[..., :2]) < 0.7 and seen.max() > 200)

    eventually(smooth)


def test_a_window_keeps_its_size_and_place_and_a_wide_picture_gets_bars_above_and_below(
    screen: str, stage: Stage, screenshot: Seen, picture: Maker, eventually: Eventually
) -> None:
    shown = picture(200, 100)
    window = stage.open(size=(200, 300))
    wanted = np.zeros((300, 200, 3), np.uint8)
    wanted[100:200] = shown
    eventually(shows(window, shown, lambda: screenshot(screen)[90:390, 220:420], wanted))


def test_f_changes_between_window_and_full_screen_and_back(
    screen: str, stage: Stage, screenshot: Seen, picture: Maker, eventually: Eventually
) -> None:
    shown = picture(320, 240)
    window = stage.open(size=(320, 240))
    small = np.zeros((480, 640, 3), np.uint8)
    small[120:360, 160:480] = shown
    eventually(shows(window, shown, lambda: screenshot(screen)[120:360, 160:480], shown))

    press(screen, "f")
    eventually(lambda: window.show(shown, 0.0) or stage.keys == ["f"])
    corner = shown[0, 0], shown[-1, -1]

    def covers() -> bool:
        window.show(shown, 0.0)
        seen = screenshot(screen).astype(int)
        return all(np.abs(a - b).max() <= 3 for a, b in zip((seen[0, 0], seen[-1, -1]), corner, strict=True))

    eventually(covers)
    assert window.full_screen
    assert not pygame.mouse.get_visible()

    press(screen, "f")
    eventually(shows(window, shown, lambda: screenshot(screen)[120:360, 160:480], shown))
    assert not window.full_screen
    assert pygame.mouse.get_visible()


def test_keys_arrive_by_name_and_once_however_long_they_are_held(
    screen: str, stage: Stage, picture: Maker, eventually: Eventually
) -> None:
    window = stage.open(size=(100, 100))
    window.show(picture(), 0.0)
    for key in ("space", "b", "Escape", "Return", "Left"):
        press(screen, key)
    eventually(lambda: window.show(picture(), 0.0) or len(stage.keys) == 5)
    assert stage.keys == ["space", "b", "escape", "return", "left"]
    held = subprocess.Popen(["xdotool", "keydown", "a", "sleep", "1", "keyup", "a", "key", "z"], env=on(screen))
    eventually(lambda: window.show(picture(), 0.0) or "z" in stage.keys)
    assert held.wait(20) == 0
    assert stage.keys[5:] == ["a", "z"]


def test_closing_the_window_is_reported_once_and_leaves_it_to_the_show(
    screen: str, stage: Stage, picture: Maker
) -> None:
    window = stage.open(size=(100, 100))
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    window.show(picture(), 0.0)
    window.show(picture(), 0.0)
    assert stage.closings == 1


def test_pictures_of_another_size_go_on_in_the_same_window(
    screen: str, stage: Stage, screenshot: Seen, picture: Maker, eventually: Eventually
) -> None:
    window = stage.open(size=(256, 256))
    window.show(picture(64, 64), 0.0)
    shown = picture(256, 256)
    eventually(shows(window, shown, lambda: screenshot(screen)[112:368, 192:448], shown))


def test_a_display_slower_than_the_show_does_not_hold_it_up(screen: str, stage: Stage, picture: Maker) -> None:
    window = stage.open(size=(64, 64), fps=1000.0)
    shown = [picture(), picture(step=1)]
    clock = pygame.time.Clock()
    for number in range(60):
        window.show(shown[number % 2], 0.0)
        clock.tick()
    # Waiting for 60 Hz would make these 60 pictures last a second; half of that is far from both.
    assert clock.get_fps() == 0.0 or clock.get_fps() > 120.0


def test_after_close_the_window_says_so_and_another_can_be_opened(screen: str, stage: Stage, picture: Maker) -> None:
    window = stage.open(size=(100, 100))
    window.close()
    window.close()
    with pytest.raises(OutputError, match="closed"):
        window.show(picture(), 0.0)
    stage.open(size=(100, 100)).show(picture(), 0.0)


def test_a_window_that_the_driver_lost_ends_in_an_output_error(screen: str, stage: Stage, picture: Maker) -> None:
    window = stage.open(size=(100, 100))
    window.show(picture(), 0.0)
    pygame.display.quit()
    with pytest.raises(OutputError, match="was lost"):
        window.show(picture(), 0.0)


def test_the_chosen_display_is_covered_and_the_other_left_alone(
    screens: str, stage: Stage, screenshot: Seen, picture: Maker, eventually: Eventually
) -> None:
    width, height = DUMMY_SIZE
    shown = picture(width, height)
    window = stage.open(display=1, windowed=False)
    wanted = np.zeros((height, 2 * width, 3), np.uint8)
    wanted[:, width:] = shown
    eventually(shows(window, shown, lambda: screenshot(screens), wanted))


def test_a_window_opens_in_the_middle_of_the_chosen_display(
    screens: str, stage: Stage, screenshot: Seen, picture: Maker, eventually: Eventually
) -> None:
    width, height = DUMMY_SIZE
    shown = picture(200, 100)
    window = stage.open(display=1, size=(200, 100))
    top, left = (height - 100) // 2, width + (width - 200) // 2
    eventually(
        shows(window, shown, lambda: screenshot(screens)[top : top + 100, left : left + 200], shown),
    )


def test_an_unknown_display_ends_with_those_there_are(screens: str, stage: Stage) -> None:
    with pytest.raises(OutputError, match=r"no display 2.*display 0 \(1024×768.*display 1 \(1024×768"):
        stage.open(display=2)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_reaches_pythons_own_handler_while_the_window_is_open(xvfb: str, name: str) -> None:
    rest, status = signalled(xvfb, name, "lambda number, frame: told.append(number)")
    assert rest == "handled\nclosed\n"
    assert status == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_that_nobody_handles_ends_the_program_as_without_a_window(xvfb: str, name: str) -> None:
    rest, status = signalled(xvfb, name, "signal.SIG_DFL")
    assert rest == ""
    assert status == -getattr(signal, name)


def signalled(display: str, name: str, handler: str) -> tuple[str, int]:
    """Send a signal to a show, and return what it said after that and how it ended."""
    command = [sys.executable, "-c", SHOW_UNTIL_SIGNALLED, name, handler]
    with subprocess.Popen(command, env=on(display), stdout=subprocess.PIPE, text=True) as show:
        try:
            assert show.stdout
            assert show.stdout.readline() == "open\n"
            show.send_signal(getattr(signal, name))
            rest, _ = show.communicate(timeout=30)
        finally:
            show.kill()
    return rest, show.returncode


SHOW_UNTIL_SIGNALLED = """
import signal, sys
told = []
signal.signal(getattr(signal, sys.argv[1]), eval(sys.argv[2]))
import numpy as np
from likeness.outputs.open_outputs import open_outputs
from likeness.outputs.window import WindowOutput
window = WindowOutput(size=(64, 64), display=0, windowed=True, fps=60, title="t", on_key=print, on_close=told.clear)
picture = np.zeros((64, 64, 3), np.uint8)
window.show(picture, 0.0)
print("open", flush=True)
while not told:
    window.show(picture, 0.0)
print("handled", flush=True)
window.close()
print("closed", flush=True)
"""


def on(display: str) -> dict[str, str]:
    """Return the environment of a program that runs on `display`."""
    kept = {name: value for name, value in os.environ.items() if name != "SDL_VIDEODRIVER"}
    return {**kept, "DISPLAY": display}


def press(display: str, key: str) -> None:
    """Press and release a key as a keyboard would, for whoever has the focus."""
    subprocess.run(["xdotool", "key", key], check=True, env=on(display))


def test_two_heads_fill_two_displays(screens: str, screenshot: Seen, picture: Maker, eventually: Eventually) -> None:
    keys: list[str] = []
    options = replace(QUIET, outputs=["window"], displays=[0, 1], heads=2)
    (output,) = open_outputs(options, 60.0, None, 2, "likeness test", keys.append, lambda: None)
    try:
        left, right = picture(384, 384), 255 - picture(384, 384)
        row = np.concatenate([left, right], axis=1)

        def both() -> bool:
            output.show(row, 0.0)
            seen = screenshot(screens).astype(int)
            first, second = seen[:, : DUMMY_SIZE[0]], seen[:, DUMMY_SIZE[0] :]
            middles = [[part[384, x].tolist() for x in (200, 500, 800)] for part in (first, second)]
            wanted = [[head[192, (x - 128) // 2].tolist() for x in (200, 500, 800)] for head in (left, right)]
            return bool(np.abs(np.array(middles) - np.array(wanted)).max() <= 6)

        eventually(both)
    finally:
        output.close()
    assert not pygame.display.get_init()
