"""Heartbeat: tells a supervisor twice a second which pictures are shown, over a local socket."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likeness.files.atomic_write import atomic_write
from likeness.stoppable_thread import StoppableThread

if TYPE_CHECKING:
    from likeness.picture import Picture
    from likeness.show.loop import Loop

log = logging.getLogger(__name__)

# In the environment of a show that is watched: the port that listens on this machine, and a word that proves whose
# heartbeat it is, as in "40123:c0ffee".
VARIABLE = "LIKENESS_HEARTBEAT"
# Names a file that gets the picture every so often, for whoever has to show something when the show is gone.
PICTURE_VARIABLE = "LIKENESS_LAST_PICTURE"
BEAT_S, PICTURE_S = 0.5, 60.0
# Of 255. Below it a whole picture is black; one that varies less is of one colour.
BLACK, FLAT = 8, 1.5
# Each way, of a picture: enough to tell one from another.
SAMPLES = 64
# Below it the master has made the picture black.
DARK_LEVEL = 0.05


@dataclass(frozen=True)
class Heartbeat:
    """What a show tells of itself.

    Args:
        pictures: how many new ones were shown so far; a repeat is none.
        mark: a number that is another one for another picture.
        look: "black" or "of one colour"; "" for a picture that shows something.
        held: whether the master is told to hold or darken the picture, so that it may stand still or be black.
        lost: the outputs that failed.
        health: state and reasons of the show as JSON, for whoever asks the supervisor; "" where nobody says.
    """

    pictures: int
    mark: int
    look: str = ""
    held: bool = False
    lost: tuple[str, ...] = ()
    health: str = ""

    def encode(self, word: str) -> bytes:
        """Return it as a datagram that begins with `word`."""
        return json.dumps({"word": word, **asdict(self)}).encode()

    @classmethod
    def decode(cls, datagram: bytes, word: str) -> Heartbeat | None:
        """Return what a datagram says; None where it does not come from a show that knows `word`."""
        try:
            said: Any = json.loads(datagram)
            if said.pop("word") != word:
                return None
            return cls(**{**said, "lost": tuple(said["lost"])})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


@contextmanager
def beating(loop: Loop, health: Callable[[], tuple[bool, str]] = lambda: (True, "")) -> Iterator[None]:
    """Send heartbeats of the show that `loop` runs while within, where a supervisor asks for them.

    Args:
        loop: of the show.
        health: returns state and reasons of the show, as JSON, behind whether it is well.
    """
    port, _, word = os.environ.get(VARIABLE, "").partition(":")
    if not port.isdigit():
        yield
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:

        def send() -> None:
            kept_at = 0.0
            while not thread.stopping.wait(BEAT_S):
                beat = replace(describe(loop), health=health()[1])
                try:
                    sock.sendto(beat.encode(word), ("127.0.0.1", int(port)))
                    if not (beat.look or beat.held) and time.monotonic() - kept_at > PICTURE_S:
                        kept_at = time.monotonic()
                        keep_picture(loop)
                # Nobody listens any more, or the disk is full; the show goes on.
                except OSError as error:
                    log.debug("no heartbeat: %s", error)

        thread = StoppableThread("heartbeat", send)
        thread.start()
        try:
            yield
        finally:
            thread.close()


def describe(loop: Loop) -> Heartbeat:
    """Return what is shown now. Any thread."""
    stats, told = loop.stats, loop.store.snapshot["master"]
    sample = _sample(loop.shown)
    dark = float(told["brightness"]) < DARK_LEVEL
    held = bool(told["blackout"] or told["freeze"] or dark) or loop.master.level < DARK_LEVEL
    look = "black" if sample.max() < BLACK else "of one colour" if sample.std(axis=(0, 1)).max() < FLAT else ""
    return Heartbeat(
        stats.frames - stats.repeated, zlib.crc32(sample.tobytes()), look, held, tuple(loop.outputs.failed)
    )


def keep_picture(loop: Loop) -> None:
    """Write the newest picture where the supervisor wants it, unless it shows a visitor who has not agreed to that.

    Raises:
        OSError: where it cannot be written.
    """
    file, drawn = os.environ.get(PICTURE_VARIABLE), loop.drawn
    if not file or drawn is None or drawn.private:
        return
    import cv2

    _, png = cv2.imencode(".png", cv2.cvtColor(drawn.picture, cv2.COLOR_RGB2BGR))
    atomic_write(Path(file), png.tobytes(), sync=False)


def _sample(picture: Picture) -> Picture:
    """Return at most `SAMPLES` times `SAMPLES` of the picture's pixels."""
    height, width = picture.shape[:2]
    return picture[:: max(height // SAMPLES, 1), :: max(width // SAMPLES, 1)]
