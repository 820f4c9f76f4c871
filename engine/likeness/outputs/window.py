"""The window: shows pictures on a display, full-screen or not."""

import logging
import time
from collections.abc import Callable

import numpy as np

from likeness.errors import OutputError
from likeness.outputs.displays import choose_display, displays, find_corner, has_display, start_video
from likeness.outputs.fitting import CONTAINED, Fitting, blur_surround, crop, place_copies
from likeness.outputs.window_overlay import WindowOverlay
from likeness.picture import KeptPicture, Picture

import pygame  # isort: skip - after displays.py, which sets what SDL reads when it starts
from pygame._sdl2.sdl2 import error as sdl_error  # isort: skip
from pygame._sdl2.video import Renderer, Texture  # isort: skip
from likeness.outputs.present import make_present  # isort: skip

__all__ = ["WindowOutput", "displays", "has_display"]

log = logging.getLogger(__name__)

_WINDOW_EVENTS = frozenset(
    {
        pygame.WINDOWSHOWN,
        pygame.WINDOWEXPOSED,
        pygame.WINDOWMOVED,
        pygame.WINDOWRESIZED,
        pygame.WINDOWSIZECHANGED,
        pygame.WINDOWMAXIMIZED,
        pygame.WINDOWRESTORED,
        pygame.WINDOWDISPLAYCHANGED,
        pygame.RENDER_TARGETS_RESET,
        pygame.RENDER_DEVICE_RESET,
    }
)
# pygame's window raises the one, its renderer the other.
_DRIVER_ERRORS = (pygame.error, sdl_error)
# Of the display's smaller side, for a window whose size nobody gave.
_SHARE = 0.75
_LINEAR = 1
# A display may be this much slower than the show (59.94 Hz and 60 fps) and still pace it.
_SLOWER = 0.98
_USUAL_HZ = 60
# A picture that stands still is shown anew so often: what a driver or a compositor has lost without a word comes back.
_RENEWAL_S = 1.0


class WindowOutput:
    """Show pictures on one display, as large as they go, with black around them or as asked. Main thread only.

    F changes between full-screen and window. The picture is scaled by SDL's renderer rather than as a surface:
    at 1920x1080 from 512x512 that took 8 ms of a CPU that also had to play the graphics card, against 19 for
    `smoothscale`, and it alone waits for the display's refresh, so that no picture is torn.

    Args:
        size: width and height of the window, pixels; None for three quarters of the display.
        display: which display, from 0.
        windowed: begin in a window instead of full-screen.
        fps: the show's rate. A display that is slower than that is not waited for, since it would hold the show up.
        title: the window's title.
        on_key: called from `show` with the name of each key pressed ("space", "f", "escape"), not when it repeats.
        on_close: called from `show` when the window is asked to close.
        corner: where the display begins among all, as `find_corner` finds it while no window is open; None where
            this is the first window.
        overlay: drawn over the pictures, in this window alone.
        now: seconds.
        fitting: how pictures fill the window.
        alone: whether closing it lets go of the display's driver; it must not while other windows are open.

    Raises:
        OutputError: there is no such display, or no window can be opened on it.
    """

    def __init__(
        self,
        *,
        size: tuple[int, int] | None,
        display: int,
        windowed: bool,
        fps: float,
        title: str,
        on_key: Callable[[str], None],
        on_close: Callable[[], None],
        corner: tuple[int, int] | None = None,
        overlay: WindowOverlay | None = None,
        fitting: Fitting = CONTAINED,
        alone: bool = True,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"window on display {display}"
        self._on_key, self._on_close = on_key, on_close
        self._display, self._alone, self._overlay = choose_display(display), alone, overlay or WindowOverlay()
        self._texture: Texture | None = None
        self._surround: Texture | None = None
        self._fitting, self._mark = fitting, fitting.make_mark()
        self._cropped = KeptPicture()
        # What the texture holds.
        self._uploaded: Picture | None = None
        # The picture that is seen, and what with it: while both are the same, nothing is drawn.
        self._picture: Picture | None = None
        self._over: tuple[object, ...] = ()
        self._now, self._renew_at = now, 0.0
        self._closed = False
        try:
            start_video()
            at = find_corner(self._display) if corner is None else corner
            self._open(title, size, fps, windowed, at)
        except _DRIVER_ERRORS as error:
            pygame.display.quit()
            raise OutputError(
                f"{self.name} cannot be opened: {error}; try another --display, or SDL_RENDER_DRIVER=software if the "
                "graphics driver is at fault."
            ) from error

    def show(self, picture: Picture, at: float) -> None:
        """Draw `picture` `[height, width, 3]` now, and handle the keys and clicks since the last time.

        Waits for the display's refresh where the driver can. A picture that is seen already is not drawn again, unless
        the overlay has changed or the window has to be drawn anew.

        Raises:
            OutputError: the window is closed, or the driver has lost it.
        """
        if self._closed:
            raise OutputError(f"{self.name} is closed; open a new one to show more pictures.")
        try:
            over = (self._fitting.mode(), *self._overlay.read())
            if picture is not self._picture or over != self._over or self._now() >= self._renew_at:
                self._draw(picture)
                self._picture = picture
                self._over, self._renew_at = over, self._now() + _RENEWAL_S
            keys, close_requested = self._poll_events()
        except _DRIVER_ERRORS as error:
            raise OutputError(f"{self.name} was lost: {error}; check the display's cable and driver.") from error
        # Outside the `try`: what these raise is not the window's fault.
        for key in keys:
            self._on_key(key)
        if close_requested:
            self._on_close()

    def close(self) -> None:
        """Close the window and let go of the display."""
        if self._closed:
            return
        self._closed = True
        self._texture = self._surround = self._picture = self._uploaded = None
        self._cropped.forget()
        self._overlay.forget()
        del self._renderer, self._present
        self._window.destroy()
        if self._alone:
            pygame.display.quit()

    @property
    def full_screen(self) -> bool:
        """Whether it covers the whole display."""
        return self._full_screen

    def toggle_full_screen(self) -> None:
        """Change between full-screen and window."""
        self._uncover() if self._full_screen else self._cover()

    def _open(self, title: str, size: tuple[int, int] | None, fps: float, windowed: bool, at: tuple[int, int]) -> None:
        whole = pygame.Rect(at, (self._display.width, self._display.height))
        side = int(min(whole.size) * _SHARE)
        self._whole = whole
        self._uncovered = pygame.Rect((0, 0), size or (side, side))
        self._uncovered.center = whole.center
        pygame.display.set_allow_screensaver(False)
        self._window = pygame.Window(
            title, self._uncovered.size, self._uncovered.topleft, resizable=True, allow_high_dpi=True
        )
        self._renderer = _renderer(self._window, vsync=(self._display.hz or _USUAL_HZ) >= fps * _SLOWER)
        self._present = make_present(self._window, self._renderer)
        self._full_screen = False
        if not windowed:
            self._cover()
        # Without a window manager, as on a machine that shows nothing else, nobody gives the window the keyboard.
        self._window.focus()

    def _cover(self) -> None:
        self._uncovered = pygame.Rect(self._window.position, self._window.size)
        if pygame.display.get_driver() == "x11":
            # SDL asks the window manager for full-screen, and where there is none nothing happens (seen on a bare
            # X server, where SDL then reports the display's size for a window that kept its own).
            self._window.borderless = True
            self._window.position = self._whole.topleft
            self._window.size = self._whole.size
        self._window.set_fullscreen(desktop=True)
        pygame.mouse.set_visible(False)
        self._full_screen = True

    def _uncover(self) -> None:
        self._window.set_windowed()
        self._window.borderless = False
        self._window.size = self._uncovered.size
        self._window.position = self._uncovered.topleft
        pygame.mouse.set_visible(True)
        self._full_screen = False

    def _draw(self, picture: Picture) -> None:
        into, mode = self._renderer.get_viewport().size, self._fitting.mode()
        if mode == "cover":
            # Not left to the card, since the mark must be on what is seen of the picture.
            whole = picture
            picture, mode = self._mark(self._cropped.get(whole, into, lambda: crop(whole, into))), "stretch"
        height, width = picture.shape[:2]
        if self._texture is None or (self._texture.width, self._texture.height) != (width, height):
            self._texture = Texture(self._renderer, (width, height), streaming=True, scale_quality=_LINEAR)
            self._uploaded = None
        if picture is not self._uploaded:
            self._texture.update(pygame.image.frombuffer(np.ascontiguousarray(picture).data, (width, height), "RGB"))
            self._uploaded = picture
        self._renderer.clear()
        if mode == "blur":
            self._draw_surround(picture, into)
        for place in place_copies((width, height), into, mode):
            self._texture.draw(dstrect=place.rect, flip_x=place.flip_x, flip_y=place.flip_y)
        self._overlay.draw(self._renderer)
        self._present()

    def _draw_surround(self, picture: Picture, into: tuple[int, int]) -> None:
        """Draw the blurred picture over all of the window; it is small, and the card makes it large."""
        small = blur_surround(picture, into)
        size = small.shape[1], small.shape[0]
        if self._surround is None or (self._surround.width, self._surround.height) != size:
            self._surround = Texture(self._renderer, size, streaming=True, scale_quality=_LINEAR)
        self._surround.update(pygame.image.frombuffer(np.ascontiguousarray(small).data, size, "RGB"))
        self._surround.draw(dstrect=(0, 0, *into))

    def _poll_events(self) -> tuple[list[str], bool]:
        """Handle the window's events; return the keys pressed and whether the window was asked to close."""
        keys: list[str] = []
        close_requested = False
        for event in pygame.event.get():
            # Whatever happened to a window may have taken its picture.
            if event.type in _WINDOW_EVENTS:
                self._renew_at = 0.0
            if event.type == pygame.KEYDOWN:
                if event.key == pygame.K_f:
                    self.toggle_full_screen()
                keys.append(pygame.key.name(event.key))
            # Of several windows only the last one that is closed is told as QUIT.
            elif event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
                close_requested = True
            elif event.type == pygame.RENDER_DEVICE_RESET:
                self._texture = self._surround = None  # the graphics card forgot it; what is shown next makes a new one
                self._overlay.forget()
        return keys, close_requested


def _renderer(window: pygame.Window, *, vsync: bool) -> Renderer:
    """Return a renderer that waits for the display's refresh if `vsync`, where the driver can."""
    if vsync:
        try:
            return Renderer(window, vsync=True)
        except _DRIVER_ERRORS as error:
            log.info("the display's refresh cannot be waited for (%s); pictures may be torn", error)
    return Renderer(window, vsync=False)
