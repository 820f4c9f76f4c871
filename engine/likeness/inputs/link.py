"""Ableton Link: a beat shared with other programs in the network. An opt-in extra, since aalink is GPL."""

import asyncio
import threading
from typing import Any

from likeness.errors import InputError
from likeness.tempo.midi_clock import ExternalBeat

NO_LINK = "Ableton Link needs aalink, which is GPL and therefore left out; pip install 'likeness-live[link]'"
# Creating a peer takes some milliseconds; one that takes this long is broken.
TIMEOUT_S = 10.0


class LinkSession:
    """One peer of a Link session. The show's thread.

    The session sets the beat while there are other peers; alone, newcomers join at the show's tempo.

    Args:
        tempo: to begin with, in BPM.

    Raises:
        InputError: where aalink is not installed.
    """

    name = "Link"

    def __init__(self, tempo: float) -> None:
        try:
            from aalink import Link
        except ImportError as error:
            raise InputError(NO_LINK) from error
        # It wants a running event loop for callbacks that we never ask for.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._thread.start()

        async def create_peer() -> Any:
            link = Link(tempo)
            link.enabled = True
            return link

        self._link = asyncio.run_coroutine_threadsafe(create_peer(), self._loop).result(TIMEOUT_S)
        self._quantum = 0

    def read(self, now: float, beat: float, beats_per_bar: int) -> ExternalBeat | None:
        """Return the session's beat and tempo; None while no other peer is there. It takes 0.2 microseconds."""
        if beats_per_bar != self._quantum:
            self._link.quantum = float(beats_per_bar)
            self._quantum = beats_per_bar
        if not self._link.num_peers:
            return None
        return ExternalBeat(float(self._link.beat), float(self._link.tempo))

    def request_tempo(self, tempo: float) -> bool:
        """Set the session's tempo for everybody in it: Link has no master."""
        self._link.tempo = tempo
        return True

    def close(self) -> None:
        """Leave the session. Safe to call twice."""
        if self._loop.is_closed():
            return
        self._link.enabled = False
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
