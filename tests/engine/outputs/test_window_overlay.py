from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from likeness.outputs.window import WindowOutput
from likeness.outputs.window_overlay import (
    CODE_S,
    HELP_S,
    KEYS,
    STATE_S,
    DeskAddress,
    WindowOverlay,
    draw_help,
    draw_state,
)
from likeness.picture import Picture
from likeness.web.qr import qr_modules

pygame = pytest.importorskip("pygame")

LINK = "http://192.168.100.200:9001/?code=ABCDEFGH"
LAN = DeskAddress("http://192.168.100.200:9001/", "ABCDEFGH", qr_modules(LINK))
HERE = DeskAddress("http://127.0.0.1:9001/")
PARTS = ("59.9 of 60 fps", "12 dropped, 3 repeated", "124.0 BPM", "BLACK", "FROZEN", "brightness 60%")
SIDE = 256

Seen = Callable[[str], Picture]
Maker = Callable[..., Picture]
Eventually = Callable[[Callable[[], object]], None]


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Played:
    """A window with an overlay in the middle of a virtual screen, and what is seen of it."""

    def __init__(self, display: str, screenshot: Seen, eventually: Eventually, shown: Picture) -> None:
        self.clock, self.state = Clock(), list(PARTS)
        self.asked = 0
        self.overlay = WindowOverlay(self._read, self.clock)
        self.overlay.address = lambda: LAN
        self.window = WindowOutput(
            size=(SIDE, SIDE),
            display=0,
            windowed=True,
            fps=60,
            title="likeness test",
            on_key=str,
            on_close=lambda: None,
            overlay=self.overlay,
        )
        self._display, self._screenshot, self._eventually, self.shown = display, screenshot, eventually, shown

    def _read(self) -> list[str]:
        self.asked += 1
        return self.state

    def seen(self) -> Picture:
        self.window.show(self.shown, 0.0)
        return self._screenshot(self._display)[112 : 112 + SIDE, 192 : 192 + SIDE]

    def covered(self) -> float:
        """Return the share of the picture that is covered."""
        return float((np.abs(self.seen().astype(int) - self.shown).max(axis=-1) > 3).mean())

    def becomes(self, fits: Callable[[float], bool]) -> None:
        self._eventually(lambda: fits(self.covered()))


@pytest.fixture
def played(
    xvfb: str, monkeypatch: pytest.MonkeyPatch, screenshot: Seen, eventually: Eventually, picture: Maker
) -> Iterator[Played]:
    monkeypatch.setenv("DISPLAY", xvfb)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    played = Played(xvfb, screenshot, eventually, picture(SIDE, SIDE))
    yield played
    played.window.close()


def test_the_help_covers_the_picture_for_some_seconds_and_leaves_what_others_get_alone(played: Played) -> None:
    before = played.shown.copy()
    played.becomes(lambda share: share == 0)
    played.overlay.toggle_help()
    played.becomes(lambda share: share > 0.3)
    played.clock.seconds += CODE_S + 0.1
    played.becomes(lambda share: share == 0)
    assert (played.shown == before).all()


def test_a_second_press_takes_the_help_away(played: Played) -> None:
    played.overlay.toggle_help()
    played.becomes(lambda share: share > 0.3)
    played.overlay.toggle_help()
    played.becomes(lambda share: share == 0)


def test_a_phone_reads_the_code_from_a_small_window(played: Played, eventually: Eventually) -> None:
    played.overlay.toggle_help()
    reader = cv2.QRCodeDetector()
    eventually(lambda: reader.detectAndDecode(played.seen())[0] == LINK)


def test_the_line_of_state_stays_until_it_is_switched_off(played: Played) -> None:
    played.overlay.toggle_state()
    played.becomes(lambda share: 0.05 < share < 0.3)
    played.clock.seconds += 3600
    played.becomes(lambda share: 0.05 < share < 0.3)
    played.overlay.toggle_state()
    played.becomes(lambda share: share == 0)


def test_the_state_is_asked_for_four_times_a_second_however_many_frames_there_are(played: Played) -> None:
    played.overlay.toggle_state()
    for _ in range(10):
        played.window.show(played.shown, 0.0)
    assert played.asked == 1
    played.clock.seconds += STATE_S
    for _ in range(10):
        played.window.show(played.shown, 0.0)
    assert played.asked == 2


def test_a_new_state_is_drawn_anew(played: Played, eventually: Eventually) -> None:
    played.overlay.toggle_state()
    played.becomes(lambda share: share > 0.05)
    before = played.seen()
    played.state[0] = "12.3 of 60 fps"
    played.clock.seconds += STATE_S
    eventually(lambda: (played.seen() != before).any())


def test_while_nothing_is_asked_for_nothing_is_gathered(played: Played) -> None:
    for _ in range(10):
        played.window.show(played.shown, 0.0)
    assert played.asked == 0


def test_the_driver_may_forget_the_textures(played: Played) -> None:
    played.overlay.toggle_help()
    played.becomes(lambda share: share > 0.3)
    pygame.event.post(pygame.event.Event(pygame.RENDER_DEVICE_RESET))
    played.window.show(played.shown, 0.0)
    played.becomes(lambda share: share > 0.3)


def test_a_code_is_shown_longer_than_the_keys() -> None:
    clock = Clock()
    overlay = WindowOverlay(now=clock)
    for address, stays_s in ((None, HELP_S), (HERE, HELP_S), (LAN, CODE_S)):
        overlay.address = lambda address=address: address  # type: ignore[misc]
        overlay.toggle_help()
        clock.seconds += stays_s - 0.1
        assert overlay.help_shown
        clock.seconds += 0.2
        assert not overlay.help_shown


@pytest.mark.parametrize(
    "size", [(3840, 2160), (1920, 1080), (1080, 1920), (640, 480), (512, 512), (256, 256), (60, 40)]
)
def test_all_of_it_fits_into_the_window(size: tuple[int, int]) -> None:
    for surface in (*(draw_help(address, size) for address in (None, HERE, LAN)), draw_state(PARTS, size)):
        assert surface.get_width() <= size[0]
        assert surface.get_height() <= size[1]


def test_text_is_large_on_a_large_display_and_no_smaller_than_can_be_read_in_a_small_window() -> None:
    # A line of 12 px letters takes about 12 px; in 1080p it is read from across a stage.
    assert draw_state(PARTS, (256, 256)).get_height() >= 12 * 2
    assert draw_state(PARTS, (1920, 1080)).get_height() >= 40
    assert draw_help(LAN, (256, 256)).get_height() >= 12 * len(KEYS)
