"""The preview: the show's newest picture as JPEG, in a few sizes, made off the show's thread and only when wanted."""

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2

from likeness.errors import OutputError
from likeness.errors.fault_log import Faults
from likeness.faces.resize import resize
from likeness.picture import Picture
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# In px. Sizes between them are rounded up, so that clients share what is coded.
WIDTHS = (64, 128, 192, 256, 384, 512, 768, 1024)
# Of JPEG. At 512 px a face takes about 30 KB; at 90 half as much again, and nobody sees the difference on a tablet.
QUALITY = 80
MOST_PER_S, SLOWEST_PER_S = 30.0, 0.1
# How often a picture that is due is looked for, while the show has drawn no new one.
LOOK_S = 1 / 60
# A picture that was coded less long ago is shared rather than followed by another.
SHARED_S = 0.5 / MOST_PER_S
# Pictures whose time is known; who asks for one after an older one is served at once.
_REMEMBERED = 128


@dataclass(frozen=True, eq=False)
class _Wait:
    """Somebody who waits for a picture."""

    width: int
    after: int
    due: float
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[tuple[int, bytes]]


class Preview:
    """Scales and codes the show's newest picture for whoever waits for it, on the thread "preview".

    Pictures are numbered as they are coded, at most 30 a second; one is coded once for each size, however many wait
    for it. While nobody waits the thread sleeps, and the show's thread is never waited for: what it has put down last
    is read. Whoever is slow gets the newest picture, since each picture is asked for.

    The owner's thread calls `start` and `close`. `next_picture` and `frame_jpeg` may be awaited on any event loop.
    What fails is logged and tried again with the next picture.

    Args:
        newest: returns the newest finished picture, None before there is one. The same object is the same picture.
    """

    def __init__(self, newest: Callable[[], Picture | None]) -> None:
        self._newest = newest
        self._lock = threading.Lock()
        self._waits: list[_Wait] = []
        self._wanted = threading.Event()
        self._closed = False
        self._thread = StoppableThread("preview", self._run)
        # When each of the last pictures was coded; under the lock.
        self._times: OrderedDict[int, float] = OrderedDict()
        # The thread's own: the picture with the newest number, and its JPEG by width.
        self._picture: Picture | None = None
        self._number = 0
        self._coded: dict[int, bytes] = {}
        self._faults = Faults(log)

    def start(self) -> None:
        """Begin to wait for somebody who wants pictures."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; who still waits gets an OutputError. Safe to call twice."""
        with self._lock:
            self._closed = True
            left, self._waits = self._waits, []
        self._thread.stopping.set()
        self._wanted.set()
        self._thread.close()
        _answer(left, lambda wait: OutputError("the preview is closed"))

    async def next_picture(self, width: int, after: int = -1, at_most_per_s: float = MOST_PER_S) -> tuple[int, bytes]:
        """Return the number and the JPEG of the newest picture, once there is one newer than `after`.

        Args:
            width: in px, rounded up to one of `WIDTHS`; a picture is never enlarged.
            after: the number of the picture that was had last; -1 for none.
            at_most_per_s: pictures a second; the picture `after` began the wait for the next.

        Raises:
            OutputError: once the preview is closed.
        """
        loop = asyncio.get_running_loop()
        # In this order not-a-number, which no comparison holds for, becomes the slowest rate.
        rate = min(max(SLOWEST_PER_S, at_most_per_s), MOST_PER_S)
        with self._lock:
            if self._closed:
                raise OutputError("the preview is closed")
            had = self._times.get(after)
            # Those with one rate are due at the same moments, so that they share what is coded.
            # What was coded for somebody else just before such a moment counts as of that moment.
            due = 0.0 if had is None else ((had + SHARED_S) * rate // 1 + 1) / rate
            wait = _Wait(_round_up(width), after, due, loop, loop.create_future())
            self._waits.append(wait)
        self._wanted.set()
        try:
            return await wait.answer
        finally:
            with self._lock:
                if wait in self._waits:
                    self._waits.remove(wait)

    async def frame_jpeg(self, width: int) -> bytes:
        """Return the newest picture, now, as JPEG; where there is none yet, wait for the first.

        Raises:
            OutputError: once the preview is closed.
        """
        _, jpeg = await self.next_picture(width)
        return jpeg

    # All below runs on the thread "preview".

    def _run(self) -> None:
        stopping = self._thread.stopping
        while not stopping.is_set():
            self._wanted.clear()
            with self._lock:
                waits = list(self._waits)
            if not waits:
                self._wanted.wait()
                continue
            now = time.monotonic()
            due = [wait for wait in waits if wait.due <= now]
            try:
                served = self._serve(due, now) if due else False
            # What a library makes of a strange picture must not end the preview of all others.
            except Exception as error:  # noqa: BLE001
                self._faults.tell("coding the preview", error)
                served = False
            if not served:
                first = min(wait.due for wait in waits)
                # Somebody else who begins to wait is served meanwhile.
                self._wanted.wait(LOOK_S if due else first - now)

    def _serve(self, due: list[_Wait], now: float) -> bool:
        """Answer those of `due` for whom there is a newer picture; return whether there was one for anybody."""
        picture = self._newest()
        if picture is None:
            return False
        if picture is not self._picture and self._may_number(now):
            self._picture, self._number, self._coded = picture, self._number + 1, {}
            with self._lock:
                self._times[self._number] = now
                while len(self._times) > _REMEMBERED:
                    self._times.popitem(last=False)
        if self._picture is None:
            return False
        ready = [wait for wait in due if wait.after < self._number]
        for width in {wait.width for wait in ready} - self._coded.keys():
            self._coded[width] = encode_jpeg(self._picture, width)
        with self._lock:
            self._waits = [wait for wait in self._waits if wait not in ready]
        _answer(ready, lambda wait: (self._number, self._coded[wait.width]))
        return bool(ready)

    def _may_number(self, now: float) -> bool:
        """Return whether the newest picture is old enough for another; else those who come between share it."""
        return now - self._times.get(self._number, -1.0) >= SHARED_S


def encode_jpeg(picture: Picture, width: int, quality: int = QUALITY) -> bytes:
    """Return `picture` as JPEG, scaled down to `width` px where it is wider. Any thread; the interpreter runs on."""
    height, whole = picture.shape[:2]
    if whole > width:
        picture = resize(picture, width, max(1, round(height * width / whole)))
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), (cv2.IMWRITE_JPEG_QUALITY, quality))
    return bytes(encoded)


def _round_up(width: int) -> int:
    return next((each for each in WIDTHS if each >= width), WIDTHS[-1])


def _answer(waits: Iterable[_Wait], result: Callable[[_Wait], tuple[int, bytes] | Exception]) -> None:
    """Hand each of `waits` its result, on its own event loop, all those of one loop in one go."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Wait, tuple[int, bytes] | Exception]]] = {}
    for wait in waits:
        by_loop.setdefault(wait.loop, []).append((wait, result(wait)))
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, answers)
        except RuntimeError:
            # Closed meanwhile: nobody waits there any more.
            log.debug("the preview's answer came after the end of its event loop")


def _settle(answers: Iterable[tuple[_Wait, tuple[int, bytes] | Exception]]) -> None:
    for wait, result in answers:
        if wait.answer.done():
            continue
        if isinstance(result, Exception):
            wait.answer.set_exception(result)
        else:
            wait.answer.set_result(result)
