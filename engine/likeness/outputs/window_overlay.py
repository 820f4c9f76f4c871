"""The window's overlay: its keys and the desk's address for some seconds, and a line of the show's state."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pygame
from pygame import Surface
from pygame._sdl2.video import Renderer, Texture

Modules = Sequence[Sequence[bool]]

KEYS = (
    ("H", "this help"),
    ("I", "line of state"),
    ("F", "full screen or window"),
    ("Space", "freeze"),
    ("B", "blackout; twice cuts"),
    ("M", "learn MIDI: move a knob"),
    ("Esc", "end the show"),
)
# Long enough to type an address. A code takes a phone that has to be unlocked first.
HELP_S, CODE_S = 10.0, 30.0
STATE_S = 0.25
# Of the window's smaller side; below the least size in px nothing is read any more.
_SHARE, _SMALL_PX, _LARGEST_PX, _LEAST_PX = 1 / 22, 16, 64, 12
# Of the window that an overlay may cover before its text becomes smaller.
_MOST = 0.96
# The code's side in lines of text; a phone wants at least two pixels for a module.
_CODE_LINES, _LEAST_MODULE = 9, 2
_WHITE, _DIM, _PANEL = (236, 238, 242), (154, 161, 175), (14, 15, 18, 215)
_BETWEEN = "  ·  "


@dataclass(frozen=True)
class DeskAddress:
    """Where the desk is.

    Args:
        url: to type, without a code.
        code: that another machine is asked for; "" on loopback.
        modules: of the QR code that leads there with the code; None on loopback. The rows, True where it is dark.
    """

    url: str
    code: str = ""
    modules: Modules | None = None


class WindowOverlay:
    """Draws over the picture in one window, and nowhere else: no recording and no preview has it. Show's thread only.

    What it draws is kept as a texture until its text, its address or the window's size changes.

    Args:
        state: returns the parts of the line of state; called four times a second while it is shown.
        now: seconds.

    Attributes:
        address: returns where the desk is, None where there is none; called when the help is switched on.
    """

    def __init__(self, state: Callable[[], Sequence[str]] = tuple, now: Callable[[], float] = time.monotonic) -> None:
        self._state, self._now = state, now
        self.address: Callable[[], DeskAddress | None] = lambda: None
        self._help_until = 0.0
        self._help: DeskAddress | None = None
        self._state_shown = False
        self._parts: tuple[str, ...] = ()
        self._parts_until = 0.0
        # What was drawn last, by its place, with what it depends on.
        self._drawn: dict[str, tuple[object, Texture]] = {}

    def toggle_help(self) -> None:
        """Show the keys and the desk's address for some seconds, or no longer."""
        if self.help_shown:
            self._help_until = 0.0
            return
        self._help = self.address()
        self._help_until = self._now() + (CODE_S if self._help and self._help.modules else HELP_S)

    def toggle_state(self) -> None:
        """Show the line of state, or no longer."""
        self._state_shown = not self._state_shown
        self._parts_until = 0.0

    @property
    def help_shown(self) -> bool:
        """Whether the keys are seen now."""
        return self._now() < self._help_until

    @property
    def state_shown(self) -> bool:
        """Whether the line of state is seen."""
        return self._state_shown

    def read(self) -> tuple[object, ...]:
        """Return all that `draw` would draw now, to compare: while it is equal, nothing of the overlay has changed."""
        return (
            self._help if self.help_shown else None,
            self.help_shown,
            self._read_state() if self._state_shown else None,
        )

    def draw(self, renderer: Renderer) -> None:
        """Draw what is to be seen over what `renderer` holds."""
        if not self.help_shown and not self._state_shown:
            self.forget()
            return
        width, height = renderer.get_viewport().size
        size = int(width), int(height)
        foot = size[1]
        if self.help_shown:
            texture = self._texture("help", (size, self._help), renderer, lambda: draw_help(self._help, size))
            x, y = (size[0] - texture.width) // 2, (size[1] - texture.height) // 2
            texture.draw(dstrect=(x, y, texture.width, texture.height))
            foot = y
        if self._state_shown:
            parts = self._read_state()
            texture = self._texture("state", (size, parts), renderer, lambda: draw_state(parts, size))
            margin = max(2, min(size) // 64)
            # In a small window the help has the place to itself.
            if texture.height + margin <= foot:
                texture.draw(dstrect=(margin, size[1] - texture.height - margin, texture.width, texture.height))

    def forget(self) -> None:
        """Drop the textures: their renderer is gone or has lost them."""
        self._drawn.clear()

    def _read_state(self) -> tuple[str, ...]:
        if self._now() >= self._parts_until:
            self._parts, self._parts_until = tuple(self._state()), self._now() + STATE_S
        return self._parts

    def _texture(self, place: str, key: object, renderer: Renderer, draw: Callable[[], Surface]) -> Texture:
        kept = self._drawn.get(place)
        if kept is None or kept[0] != key:
            kept = self._drawn[place] = key, Texture.from_surface(renderer, draw())
        return kept[1]


def draw_help(address: DeskAddress | None, size: tuple[int, int]) -> Surface:
    """Return the keys and the desk's address, as large as they read well in a window of `size` px."""
    code = None if address is None or address.modules is None else _draw_code(address.modules)
    for px in _font_sizes(size):
        parts = [_table(address, px)]
        if code is not None:
            side = max(_LEAST_MODULE, round(_CODE_LINES * _font(px).get_linesize() / code.get_width()))
            parts.append(pygame.transform.scale_by(code, side))
        for beside in (True, False):
            panel = _panel(parts, px, beside=beside)
            if _fits(panel, size):
                return panel
    return _shrink(panel, size)


def draw_state(parts: Sequence[str], size: tuple[int, int]) -> Surface:
    """Return the line of state, in several lines where the window of `size` px is narrow."""
    for px in _font_sizes(size):
        font = _font(px)
        lines: list[str] = []
        for part in parts:
            longer = f"{lines[-1]}{_BETWEEN}{part}" if lines else part
            if lines and font.size(longer)[0] + px <= size[0] * _MOST:
                lines[-1] = longer
            else:
                lines.append(part)
        panel = _panel([_stack([font.render(line, True, _WHITE) for line in lines], px // 8)], px // 2, beside=True)
        if _fits(panel, size):
            return panel
    return _shrink(panel, size)


def _table(address: DeskAddress | None, px: int) -> Surface:
    """Return the keys with what they do, and where the desk is."""
    font = _font(px)
    column = max(font.size(key)[0] for key, _ in KEYS) + px
    table = _stack([_row(font, key, meaning, column) for key, meaning in KEYS], px // 8)
    if address is None:
        return table
    lines = [("The desk, in a browser:", _DIM), (address.url.removeprefix("http://").rstrip("/"), _WHITE)]
    if address.code:
        lines.append((f"code {address.code}", _WHITE))
    return _stack([table, _stack([font.render(text, True, colour) for text, colour in lines], px // 8)], px // 2)


def _row(font: pygame.font.Font, key: str, meaning: str, column: int) -> Surface:
    row = Surface((column + font.size(meaning)[0], font.get_linesize()), pygame.SRCALPHA)
    row.blit(font.render(key, True, _WHITE), (0, 0))
    row.blit(font.render(meaning, True, _DIM), (column, 0))
    return row


def _draw_code(modules: Modules) -> Surface:
    """Return a QR code, one px to a module."""
    surface = Surface((len(modules), len(modules)), pygame.SRCALPHA)
    surface.fill("white")
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                surface.set_at((x, y), "black")
    return surface


def _panel(parts: Sequence[Surface], margin: int, *, beside: bool) -> Surface:
    """Return `parts` on a dark ground, from left to right or from top to bottom."""
    content = _line_up(parts, margin) if beside else _stack(parts, margin)
    panel = Surface((content.get_width() + 2 * margin, content.get_height() + 2 * margin), pygame.SRCALPHA)
    panel.fill(_PANEL)
    panel.blit(content, (margin, margin))
    return panel


def _stack(parts: Sequence[Surface], gap: int) -> Surface:
    height = sum(part.get_height() for part in parts) + gap * (len(parts) - 1)
    stack = Surface((max(part.get_width() for part in parts), height), pygame.SRCALPHA)
    y = 0
    for part in parts:
        stack.blit(part, (0, y))
        y += part.get_height() + gap
    return stack


def _line_up(parts: Sequence[Surface], gap: int) -> Surface:
    width = sum(part.get_width() for part in parts) + gap * (len(parts) - 1)
    line = Surface((width, max(part.get_height() for part in parts)), pygame.SRCALPHA)
    x = 0
    for part in parts:
        line.blit(part, (x, (line.get_height() - part.get_height()) // 2))
        x += part.get_width() + gap
    return line


def _font_sizes(size: tuple[int, int]) -> Iterator[int]:
    """Yield sizes of the font in px, from what reads well in a window of `size` px down to the smallest that reads."""
    px = min(max(int(min(size) * _SHARE), _SMALL_PX), _LARGEST_PX)
    yield from range(px, _LEAST_PX - 1, -1)


@cache
def _font(px: int) -> pygame.font.Font:
    pygame.font.init()
    return pygame.font.Font(None, px)


def _fits(panel: Surface, size: tuple[int, int]) -> bool:
    return panel.get_width() <= size[0] * _MOST and panel.get_height() <= size[1] * _MOST


def _shrink(panel: Surface, size: tuple[int, int]) -> Surface:
    """Return `panel` scaled into a window that is too small for any text."""
    factor = min(size[0] * _MOST / panel.get_width(), size[1] * _MOST / panel.get_height())
    width, height = (max(1, int(side * factor)) for side in panel.get_size())
    return pygame.transform.smoothscale(panel, (width, height))
