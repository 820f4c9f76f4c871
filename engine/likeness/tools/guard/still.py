"""The still picture: a full-screen window with one file, so that nobody sees a desktop. Run with `python -m`."""

import os
import sys
import threading
import time
from pathlib import Path

# Before SDL starts: a supervisor ends this process by SIGTERM.
os.environ.setdefault("SDL_NO_SIGNAL_HANDLERS", "1")
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame

# A driver may lose a picture without a word.
RENEWED_S = 1.0


def main(file: Path, display: int) -> None:
    """Show the picture, as large as it goes, until stdin ends or the process is ended; black where there is none."""
    threading.Thread(target=end_with_stdin, daemon=True).start()
    pygame.display.init()
    screen = pygame.display.set_mode((0, 0), pygame.FULLSCREEN, display=display)
    pygame.mouse.set_visible(False)
    try:
        picture = pygame.image.load(file)
    except (OSError, ValueError, pygame.error):
        picture = pygame.Surface((1, 1))
    width, height = screen.get_size()
    scale = min(width / picture.get_width(), height / picture.get_height())
    size = max(1, round(picture.get_width() * scale)), max(1, round(picture.get_height() * scale))
    picture = pygame.transform.smoothscale(picture.convert(), size)
    while True:
        screen.fill((0, 0, 0))
        screen.blit(picture, ((width - size[0]) // 2, (height - size[1]) // 2))
        pygame.display.flip()
        pygame.event.pump()
        time.sleep(RENEWED_S)


def end_with_stdin() -> None:
    """End the process when the supervisor's end of the pipe closes: also where it was killed."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
