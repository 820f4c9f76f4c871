"""Heartbeat: tells a supervisor twice a second which pictures are shown, over a local socket, and hears how bright."""

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
from typing import TYPE_CHECKING, Any, TypeVar

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
# So many beats in a row to which this machine says that nobody listens: the supervisor is dead, killed by force.
UNHEARD = 4
# A show without a supervisor has so long to end; nobody would notice if it hung.
ALONE_S = 10.0
ALONE_STATUS = 70
# Of 255. Below it a whole picture is black; one that varies less is of one colour.
BLACK, FLAT = 8, 1.5
# Each way, of a picture: enough to tell one from another.
SAMPLES = 64
# Below it the master has made the picture black.
DARK_LEVEL = 0.05


Message = TypeVar("Message")


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
        return _encode(self, word)

    @classmethod
    def decode(cls, datagram: bytes, word: str) -> Heartbeat | None:
        """Return what a datagram says; None where it does not come from a show that knows `word`."""
        return _decode(datagram, word, lambda said: cls(**{**said, "lost": tuple(said["lost"])}))


@dataclass(frozen=True)
class Dimming:
    """What a supervisor asks of a show: its master's brightness, in so many seconds."""

    brightness: float
    seconds: float

    def encode(self, word: str) -> bytes:
        """Return it as a datagram that begins with `word`."""
        return _encode(self, word)

    @classmethod
    def decode(cls, datagram: bytes, word: str) -> Dimming | None:
        """Return what a datagram says; None where it does not come from a supervisor that knows `word`."""
        return _decode(datagram, word, lambda said: cls(float(said["brightness"]), float(said["seconds"])))


def _encode(message: Heartbeat | Dimming, word: str) -> bytes:
    return json.dumps({"word": word, **asdict(message)}).encode()


def _decode(datagram: bytes, word: str, make: Callable[[dict[str, Any]], Message]) -> Message | None:
    """Return what `make` makes of a datagram without its word; None where that is another, or it is no such message."""
    try:
        said: Any = json.loads(datagram)
        return make(said) if said.pop("word") == word else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


@contextmanager
def beating(
    loop: Loop,
    health: Callable[[], tuple[bool, str]] = lambda: (True, ""),
    end: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Send heartbeats of the show that `loop` runs while within, where a supervisor asks for them.

    Args:
        loop: of the show.
        health: returns state and reasons of the show, as JSON, behind whether it is well.
        end: ends the show; called on a thread of its own where the supervisor has died, and the process ends where
            that does not help in ten seconds.
    """
    port, _, word = os.environ.get(VARIABLE, "").partition(":")
    if not port.isdigit():
        yield
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        # Connected, so that a port at which nobody listens any more is told.
        sock.connect(("127.0.0.1", int(port)))

        def send() -> None:
            kept_at, unheard = 0.0, 0
            while not thread.stopping.wait(BEAT_S):
                beat = replace(describe(loop), health=health()[1])
                unheard = 0 if _exchange(sock, beat, word, loop) else unheard + 1
                if unheard == UNHEARD:
                    log.error("the supervisor is dead; the show ends, since nobody would start it again")
                    end()
                    if not thread.stopping.wait(ALONE_S):
                        os._exit(ALONE_STATUS)
                    return
                if not (beat.look or beat.held) and time.monotonic() - kept_at > PICTURE_S:
                    kept_at = time.monotonic()
                    try:
                        keep_picture(loop)
                    # The disk is full, or gone; the show goes on.
                    except OSError as error:
                        log.debug("the last picture is not kept: %s", error)

        thread = StoppableThread("heartbeat", send)
        thread.start()
        try:
            yield
        finally:
            thread.close()


def _exchange(sock: socket.socket, beat: Heartbeat, word: str, loop: Loop) -> bool:
    """Send a heartbeat and do what the supervisor asks; return whether somebody listens there."""
    try:
        sock.send(beat.encode(word))
        while True:
            order = Dimming.decode(sock.recv(1024), word)
            if order is not None:
                # By the seconds of a recall, so that no step is seen.
                loop.store.recall({"master.brightness": order.brightness}, order.seconds)
    except BlockingIOError:
        return True
    # ECONNREFUSED, and Windows's name for it.
    except (ConnectionRefusedError, ConnectionResetError):
        return False
    # A machine short of memory or of buffers: no reason to end a show.
    except OSError as error:
        log.debug("no heartbeat: %s", error)
        return True


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
