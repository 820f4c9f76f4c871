"""The displays of this machine, and whether a window can be opened at all."""

import os
import socket
import sys
from dataclasses import dataclass

# Set before SDL starts, unless the user has: without the first, SDL takes SIGTERM for itself and a service manager
# cannot end the show; the second keeps a full-screen picture up when the operator clicks on another display.
_SETTINGS = {
    "SDL_NO_SIGNAL_HANDLERS": "1",
    "SDL_VIDEO_MINIMIZE_ON_FOCUS_LOSS": "0",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import pygame  # noqa: E402 - it reads the settings above

from likeness.errors import AbsentDisplayError  # noqa: E402

# SDL takes these where it finds no screen; nobody would see the picture.
_UNSEEN = ("dummy", "offscreen", "evdev")
_X_PORT = 6000
_ANSWER_S = 0.5
_NO_DISPLAY = (
    "no display here to open a window on; start it in a desktop session (over SSH: DISPLAY=:0 shows it on the "
    "machine's own screen), or write to a file instead, as with --output out/show.mp4."
)


@dataclass(frozen=True)
class Display:
    """One screen.

    Args:
        index: what `--display` takes.
        width: pixels.
        height: pixels.
        hz: pictures a second, 0 where the driver does not say.
    """

    index: int
    width: int
    height: int
    hz: int

    def __str__(self) -> str:
        rate = f" at {self.hz} Hz" if self.hz else ""
        return f"display {self.index} ({self.width}×{self.height}{rate})"


def has_display() -> bool:
    """Return whether a window can be opened, without opening anything: on Linux, whether a display server answers."""
    driver = os.environ.get("SDL_VIDEODRIVER", "")
    if driver:
        return driver not in _UNSEEN
    if not sys.platform.startswith(("linux", "freebsd")):
        return True
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland and _answers(os.path.join(os.environ.get("XDG_RUNTIME_DIR", ""), wayland)):
        return True
    # [host]:number[.screen]; a local server listens on a socket file, and on Linux on the same name in the kernel.
    host, _, place = os.environ.get("DISPLAY", "").rpartition(":")
    number = place.partition(".")[0]
    if not number.isdigit():
        return False
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - the place that X has always used
        return _answers(path) or _answers("\0" + path)
    return _answers((host.strip("[]"), _X_PORT + int(number)))


def check_display() -> None:
    """Refuse a window where none can be opened, without opening anything.

    Raises:
        AbsentDisplayError: there is no display.
    """
    if not has_display():
        raise AbsentDisplayError(_NO_DISPLAY)


def displays() -> list[Display]:
    """Return the displays in the system's order. Main thread only; leaves SDL's video as it was.

    Raises:
        AbsentDisplayError: there is none.
    """
    ran = pygame.display.get_init()
    start_video()
    sizes, rates = pygame.display.get_desktop_sizes(), pygame.display.get_desktop_refresh_rates()
    if not ran:
        pygame.display.quit()
    if not sizes:
        raise AbsentDisplayError(_NO_DISPLAY)
    return [Display(index, *size, rate) for index, (size, rate) in enumerate(zip(sizes, rates, strict=True))]


def choose_display(index: int) -> Display:
    """Return the display number `index`.

    Raises:
        AbsentDisplayError: there is none of that number, or none at all.
    """
    there = displays()
    if not 0 <= index < len(there):
        raise AbsentDisplayError(f"there is no display {index}; there are: {', '.join(map(str, there))}.")
    return there[index]


def find_corner(display: Display) -> tuple[int, int]:
    """Return where `display` begins among all of them, pixels. Call it before a window is open.

    pygame tells only sizes, but it centres a hidden window on the display that is asked for.
    """
    pygame.display.set_mode((64, 64), pygame.HIDDEN, display=display.index)
    x, y = pygame.display.get_window_position()
    pygame.display.quit()  # else the next window stays where this one was
    pygame.display.init()
    return x + 32 - display.width // 2, y + 32 - display.height // 2


def start_video() -> None:
    """Start SDL's video unless it runs.

    Raises:
        AbsentDisplayError: there is no display.
    """
    try:
        pygame.display.init()
    except pygame.error as error:
        raise AbsentDisplayError(_NO_DISPLAY) from error
    asked = os.environ.get("SDL_VIDEODRIVER", "")
    driver = pygame.display.get_driver()
    if driver in _UNSEEN and driver != asked:
        pygame.display.quit()
        raise AbsentDisplayError(_NO_DISPLAY)


def _answers(address: str | tuple[str, int]) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    try:
        with socket.socket(family) as caller:
            caller.settimeout(_ANSWER_S)
            caller.connect(address)
    except OSError:
        return False
    return True
