"""Showing what a window's renderer has drawn, while other threads go on."""

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path

import pygame
from pygame._sdl2.video import Renderer


def make_present(window: pygame.Window, renderer: Renderer) -> Callable[[], None]:
    """Return what does as `renderer.present` does, without keeping Python's other threads from running meanwhile.

    pygame-ce holds the interpreter's lock in `present`, which waits for the display's refresh, up to 17 ms at 60 Hz,
    and on a machine without a graphics card draws all of it. The render thread, which takes that lock for each
    operation of torch, stood still for so long. SDL is asked itself instead, since ctypes lets the lock go.

    Args:
        window: the window of `renderer`; both must outlive what is returned.
    """
    try:
        sdl = ctypes.CDLL(_find_library())
        sdl.SDL_GetWindowFromID.argtypes, sdl.SDL_GetWindowFromID.restype = (ctypes.c_uint32,), ctypes.c_void_p
        sdl.SDL_GetRenderer.argtypes, sdl.SDL_GetRenderer.restype = (ctypes.c_void_p,), ctypes.c_void_p
        sdl.SDL_RenderPresent.argtypes, sdl.SDL_RenderPresent.restype = (ctypes.c_void_p,), None
        pointer = sdl.SDL_GetRenderer(sdl.SDL_GetWindowFromID(window.id))
    # A pygame that was built in another way: it shows pictures as well, if not beside the others.
    except (OSError, AttributeError):
        return renderer.present
    return (lambda: sdl.SDL_RenderPresent(pointer)) if pointer else renderer.present


def _find_library() -> str:
    """Return the path of a library through which the functions of pygame's own SDL are found."""
    if sys.platform == "win32":
        return str(Path(pygame.__file__).parent / "SDL2.dll")
    # Elsewhere than on Windows a library also answers for those that it needs itself.
    return str(pygame.base.__file__)
