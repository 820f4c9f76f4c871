"""Base of what is sent to other programs: a thread that sends the newest pictures and tries again where that fails."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from likeness.errors import OutputError
from likeness.outputs.fitting import letterbox
from likeness.picture import KeptPicture, Picture

log = logging.getLogger(__name__)

# Pictures that may wait: what a short hiccup needs. More would only be delay for whoever looks at the other end.
ROOM = 3
# Between two tries, in seconds: the first pause, which doubles up to the longest.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
# What has reached a receiver for so long after a failure is told as mended.
STEADY_S = 2.0
# At the end the receiver is waited for so long.
PARTING_S = 4.0


class Transmitter(Protocol):
    """One connection to a receiver. All of it is called on the output's own thread, and may wait or raise anything.

    Attributes:
        connected: whether the receiver is known to be there; until then what is sent only waits for it.
    """

    @property
    def connected(self) -> bool: ...

    def send(self, picture: Picture, at: float) -> None:
        """Send a picture `[height, width, 3]`, or with alpha 4, always of one size; `at` in seconds of the show."""
        ...

    def close(self) -> None:
        """Let go of the receiver. Called once."""
        ...


class SentOutput:
    """Sends pictures to another program, on a thread of its own, "send NAME".

    `show` never waits: where the receiver is slower than the show the oldest waiting picture is left out. Where it is
    gone, or was never there, one line says so, and it is tried again and again while the show plays on. All pictures
    are sent in the size of the first one.

    Args:
        name: what messages call it.
        open_transmitter: connects, given the size (width, height) and the channels of the pictures.
        pause_s: between the first two tries.
        on_end: called on the thread after the last picture.

    Attributes:
        dropped: pictures that were left out because the receiver was slow.
        sent: pictures that were sent. Any thread.
        trouble: why nothing arrives now; None where it does. Any thread.
    """

    def __init__(
        self,
        name: str,
        open_transmitter: Callable[[tuple[int, int], int], Transmitter],
        pause_s: float = FIRST_PAUSE_S,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.name, self._on_end = name, on_end
        self._open, self._first_pause_s = open_transmitter, pause_s
        self.dropped = self.sent = 0
        self.trouble: str | None = None
        self._waiting: deque[tuple[Picture, float]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        # A daemon: a driver that hangs must not keep a finished program from ending.
        self._thread = threading.Thread(target=self._run, name=f"send {name}", daemon=True)
        self._thread.start()

    def show(self, picture: Picture, at: float) -> None:
        """Leave one picture for the thread.

        Raises:
            OutputError: this output is closed.
        """
        if self._closed:
            raise OutputError(f"{self.name} is closed; open a new output to send more pictures.")
        with self._changed:
            if len(self._waiting) == ROOM:
                self._waiting.popleft()
                # Where nobody is there, nothing is lost that anybody waited for.
                self.dropped += self.trouble is None
            self._waiting.append((picture, at))
            self._changed.notify()

    def close(self) -> None:
        """Send what waits and part; a receiver that does not answer is left behind. Safe to call twice."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(PARTING_S)
        if self._thread.is_alive():
            log.warning("%s does not answer and is left behind", self.name)

    def _run(self) -> None:
        transmitter: Transmitter | None = None
        size: tuple[int, int] | None = None
        fitted = KeptPicture()
        pause_s, not_before = self._first_pause_s, 0.0
        # Since when the receiver is there.
        since: float | None = None
        while (item := self._next()) is not None:
            picture, at = item
            height, width = picture.shape[:2]
            size = size or (width, height)
            now = time.monotonic()
            if transmitter is None and now < not_before:
                continue
            try:
                if transmitter is None:
                    transmitter = self._open(size, picture.shape[2])
                transmitter.send(fitted.get(picture, size, lambda: letterbox(picture, size)), at)  # noqa: B023 - called at once
                self.sent += 1
                if since is None and transmitter.connected:
                    since = now
            # A library, a driver or a network fails in ways of its own; the show goes on, and so do the tries.
            except Exception as error:
                log.debug("%s failed", self.name, exc_info=error)
                if since is not None and now - since > STEADY_S:
                    pause_s = self._first_pause_s
                self._part(transmitter)
                transmitter, since = None, None
                self._note_trouble(error)
                not_before, pause_s = time.monotonic() + pause_s, min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            if self.trouble is not None and since is not None and now - since > STEADY_S:
                self.trouble, pause_s = None, self._first_pause_s
                log.info("%s: pictures arrive again", self.name)
        self._part(transmitter)
        self._on_end()

    def _next(self) -> tuple[Picture, float] | None:
        """Return the picture to send, or None once all are sent and no more come."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                self._changed.wait()
            return self._waiting.popleft()

    def _note_trouble(self, error: Exception) -> None:
        why = " ".join(str(error).split()) or type(error).__name__
        if self.trouble is None:
            log.warning("%s: %s; the show goes on, and it is tried again", self.name, why)
        self.trouble = why

    def _part(self, transmitter: Transmitter | None) -> None:
        if transmitter is None:
            return
        try:
            transmitter.close()
        # What is gone may fail to close, and is gone either way.
        except Exception as error:
            log.debug("%s: parting failed", self.name, exc_info=error)


class Converted:
    """Keeps the last picture with four channels, for receivers that take no fewer. One thread."""

    def __init__(self) -> None:
        self._kept = KeptPicture()

    def with_alpha(self, picture: Picture) -> Picture:
        """Return `picture` with an alpha channel, opaque where it has none; the same array for the same one."""
        from cv2 import COLOR_RGB2RGBA, cvtColor

        if picture.shape[2] == 4:
            return picture
        return self._kept.get(picture, None, lambda: cvtColor(picture, COLOR_RGB2RGBA))  # type: ignore[arg-type,return-value]
