"""Sender of a show: the leader's end, which hands each frame to the machines that follow it."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from likeness import __version__
from likeness.audio.open_audio import is_audio_file
from likeness.files.paths import find_weights
from likeness.parameters.journal import Entry
from likeness.parameters.store import ParamStore
from likeness.show.clock import Clock
from likeness.show.shadow.messages import (
    LOOK,
    OVER,
    PRIVATE,
    RECALLED,
    SHOWN,
    Greeting,
    LedFrame,
    encode_face,
    encode_frame,
    encode_greeting,
    encode_take,
)
from likeness.show.takes.writer import hash_file
from likeness.tempo.transport import Transport
from likeness.web.take_socket import Sendable

log = logging.getLogger(__name__)

# How often all values are sent, whatever was lost on the way: a plugin may be loaded later there than here.
STANDING_S = 1.0
# The end of the show is waited for so long until all have it.
PARTING_S = 1.0

Offer = Callable[[Sendable | None], None]


class _Shadow:
    """One machine that follows, or only looks. `fresh` until it has been sent how the show stands."""

    def __init__(self, offer: Offer, *, looks: bool) -> None:
        self.offer, self.looks, self.fresh, self.gone = offer, looks, True, threading.Event()


class TakeSender:
    """Hands what the show plays to those who follow it. While nobody does, it costs nothing.

    `advance`, `lead` and `close` belong to the show's thread, `put_face` and `put_recalled` to the render thread;
    `greet` and `join` may be called on any. What is handed over is sent on the web server's thread: neither a slow
    network nor a shadow that hangs can make the show wait.

    Args:
        store: of the show; its journal is asked for the entries of each frame.
        clock, transport: of the show.
        describe_take: returns the first line of a take that begins now. The show's thread.
        describe_standing: returns how the show stands. The show's thread.
        now: seconds of a clock that never jumps.
    """

    def __init__(
        self,
        store: ParamStore,
        clock: Clock,
        transport: Transport,
        describe_take: Callable[[], Mapping[str, Any]],
        describe_standing: Callable[[], Mapping[str, Any]],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._clock, self._transport = store, clock, transport
        self._describe_take, self._describe_standing, self._now = describe_take, describe_standing, now
        # Replaced as a whole, on the show's thread.
        self._shadows: tuple[_Shadow, ...] = ()
        self._standing_at = 0.0
        self._led_since: float | None = None
        self.name = secrets.token_hex(8)
        # Whether one was there that is not any more.
        self.lost = False
        store.journal.on_face.append(self.put_recalled)

    @property
    def count(self) -> int:
        """Return how many machines follow. Any thread."""
        return len(self._shadows)

    @property
    def leads_s(self) -> float | None:
        """Return for how long the show has led, in seconds; None while it follows another one. Any thread."""
        return None if self._led_since is None else self._now() - self._led_since

    def lead(self) -> None:
        """Let others follow from now on."""
        self._led_since = self._now()

    def greet(self) -> str:
        """Return what whoever connects is told first."""
        return encode_greeting(Greeting(__version__, self.name, self.leads_s))

    def join(self, offer: Offer, word: str) -> Callable[[bool], None]:
        """Begin to hand messages to `offer`, in the next frame; where `word` is `LOOK`, only what is played.

        Returns:
            What ends that, called with whether the other machine has said goodbye.
        """
        shadow = _Shadow(offer, looks=word == LOOK)
        self._store.run(lambda: self._add(shadow))

        def leave(parted: bool) -> None:
            shadow.gone.set()
            self._store.run(lambda: self._remove(shadow, parted))

        return leave

    def advance(self, entries: Sequence[Entry]) -> None:
        """Send the frame that begins, which took `entries`."""
        if not self._shadows:
            return
        tick, moment = self._clock.newest, self._transport.moment
        due = self._now() - self._standing_at >= STANDING_S or any(shadow.fresh for shadow in self._shadows)
        standing = self._describe_standing() if due else None
        if due:
            self._standing_at = self._now()
        text = encode_frame(LedFrame(tick, self._clock.fps, moment.beat, moment.tempo, tuple(entries), standing))
        for shadow in self._shadows:
            shadow.fresh = False
            shadow.offer(text)

    def put_face(self, number: int, latents: Tensor | None) -> None:
        """Send the faces `[heads, num_ws, w_dim]` that the frame `number` shows; None stays here."""
        self._put(PRIVATE if latents is None else SHOWN, number, latents)

    def put_recalled(self, number: int, face: Tensor) -> None:
        """Send the face `[num_ws, w_dim]` of the recall `number`."""
        self._put(RECALLED, number, face)

    def close(self, *, over: bool) -> None:
        """Let all go; where the show is `over` they end, too, and otherwise one of them plays on."""
        shadows, self._shadows = self._shadows, ()
        for shadow in shadows:
            if over:
                shadow.offer(OVER)
            shadow.offer(None)
        for shadow in shadows:
            shadow.gone.wait(PARTING_S)

    def _put(self, kind: bytes, number: int, face: Tensor | None) -> None:
        if not self._shadows:
            return
        # From a graphics card it comes once all is drawn: that is waited for elsewhere.
        waits = face is not None and face.device.type != "cpu"
        message = partial(encode_face, kind, number, face) if waits else encode_face(kind, number, face)
        for shadow in self._shadows:
            shadow.offer(message)

    # Within an edit, on the show's thread.

    def _add(self, shadow: _Shadow) -> None:
        if shadow.gone.is_set():
            return
        header = self._describe_take()

        def describe() -> str:
            weights, sound = str(header["preset"]["show"]["weights"]), Path(header["audio"])
            hashes = {weights: hash_file(find_weights(weights))}
            if is_audio_file(str(sound)):
                hashes[str(sound.absolute())] = hash_file(sound)
            return encode_take(header, hashes)

        shadow.offer(describe)
        if shadow.looks:
            shadow.offer(None)
            return
        self._shadows, self.lost = (*self._shadows, shadow), False
        self._store.journal.recording = True
        log.info("another machine follows this show")

    def _remove(self, shadow: _Shadow, parted: bool) -> None:
        if shadow not in self._shadows:
            return
        self._shadows = tuple(each for each in self._shadows if each is not shadow)
        if parted:
            log.info("the machine that followed this show has left")
        elif not self._shadows:
            self.lost = True
            log.warning("the machine that followed this show is gone; nobody would play on")
