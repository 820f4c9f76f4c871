"""Audio device: an input analysed on a thread of its own; silence while it is unplugged, until it comes back."""

import logging
import time
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from likeness.audio.analyser import AudioAnalyser
from likeness.audio.features import SILENCE, AudioFeatures
from likeness.audio.heard_sound import DeviceSound, HeardSound
from likeness.audio.sound import Resampling
from likeness.errors import InputError
from likeness.stoppable_thread import StoppableThread

log = logging.getLogger(__name__)

# A stream that brings no block for this long has lost its device; a block is 11 ms.
GONE_S = 1.0
# Looking for devices stops PortAudio and starts it again: 20 to 200 ms of this thread.
RETRY_S = 2.0
# PortAudio hangs for ever on closing a stream of a JACK server that has died.
CLOSE_TIMEOUT_S = 2.0
# Half a second of blocks: an analysis that falls further behind drops blocks.
MAX_BLOCKS = 48
BLOCK_S = 0.0107
DEFAULT = "default"

# A driver that says that a block is older than this does not know.
OLDEST_S = 1.0

Block = NDArray[np.float32]
"""`[samples, channels]`."""


class OnBlock(Protocol):
    """Takes a block on the driver's thread; `age` is how many seconds ago its first sample sounded, where known."""

    def __call__(self, block: Block, age: float | None = None) -> None:
        """Keep a block that nobody changes afterwards."""
        ...


class Stream(Protocol):
    """An open device."""

    rate: float

    def close(self) -> None:
        """Stop it."""
        ...


class _DeviceStream:
    """One input device of PortAudio."""

    def __init__(self, name: str, on_block: OnBlock, again: bool) -> None:
        import sounddevice

        if again:
            # PortAudio sees only the devices that were there when it began.
            sounddevice._terminate()
            sounddevice._initialize()
        number, channels, self.rate = _find_device(name)

        def callback(block: Block, frames: int, when: Any, status: object) -> None:
            on_block(block.copy(), float(when.currentTime - when.inputBufferAdcTime))

        self._stream = sounddevice.InputStream(
            device=number,
            channels=channels,
            samplerate=self.rate,
            blocksize=round(self.rate * BLOCK_S),
            dtype="float32",
            latency="low",
            callback=callback,
        )
        self._stream.start()
        log.info("audio: listening to %s, which buffers %.0f ms", name, 1e3 * float(self._stream.latency))

    def close(self) -> None:
        self._stream.close()


def open_device(name: str, on_block: OnBlock, again: bool) -> Stream:
    """Open the input device whose name contains `name`, or the system's own for "default".

    Args:
        name: in any case.
        on_block: called on the driver's thread.
        again: whether to look for devices that were plugged in since the last time.

    Raises:
        InputError: if there is none of that name.
    """
    return _DeviceStream(name, on_block, again)


class AudioInput:
    """Features of an input device, from `start` to `close`, which the show's thread calls.

    The input's own thread opens the device, analyses its blocks and publishes the newest features. The driver's thread
    only leaves blocks in a queue; a full queue drops them. A device that is absent or unplugged is one line in the log;
    then the features are silence, and the device is looked for every two seconds. A driver that does not return from
    closing a stream is left behind with its daemon thread.

    Args:
        name: part of the device's name, or "default".
        began: returns the time of the show's start, by `now`; needed by recordings.
        open_stream: opens it; tests give another one, for a device that no machine has.
        now: seconds.
    """

    noted = True

    def __init__(
        self,
        name: str,
        *,
        began: Callable[[], float] = time.perf_counter,
        open_stream: Callable[[str, OnBlock, bool], Stream] = open_device,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._name, self._open, self._now = name, open_stream, now
        self._began, self._features = began, SILENCE
        self._blocks: Queue[tuple[Block, float]] = Queue(MAX_BLOCKS)
        self._heard: HeardSound | None = None
        # Of the stream, once it is open; and whether blocks were lost since the last one that was kept.
        self._rate, self._lost = 0.0, False
        self._thread = StoppableThread("audio", self._run)
        self._reported = False

    def start(self) -> None:
        """Start to listen, or to look for the device if it is not there yet."""
        self._thread.start()

    def features_at(self, at: float) -> AudioFeatures:
        """Return the newest features. Any thread."""
        return self._features

    def open_sound(self) -> DeviceSound:
        """Return what is heard from now on, for a recording."""
        self._heard = self._heard or HeardSound()
        return DeviceSound(self._heard, self._began)

    def close(self) -> None:
        """Stop listening. Safe to call twice."""
        if not self._thread.close(CLOSE_TIMEOUT_S):
            log.warning("audio: the driver of %s does not close; the show ends without it", self._name)

    # All below runs on the input's own thread, but for `_add_block`.

    def _add_block(self, block: Block, age: float | None = None) -> None:
        now = self._now()
        if age is None or not 0.0 <= age <= OLDEST_S:
            # It has just come in, so its last sample is new.
            age = len(block) / self._rate if self._rate else BLOCK_S
        try:
            self._blocks.put_nowait((block, now - age))
        except Full:
            # The analysis is behind; this block is dropped.
            self._lost = True

    def _run(self) -> None:
        again = False
        while not self._thread.stopping.is_set():
            stream = self._try_open(again)
            again = True
            if stream is None:
                self._thread.stopping.wait(RETRY_S)
                continue
            self._analyse(stream)
            self._features = SILENCE
            try:
                stream.close()
            except Exception as error:  # noqa: BLE001 - what was unplugged may not close, and is gone either way
                log.debug("audio: %s did not close: %s", self._name, error)

    def _try_open(self, again: bool) -> Stream | None:
        try:
            stream = self._open(self._name, self._add_block, again)
        # A driver may raise anything, as for a device that went since it was listed; it is tried again.
        except Exception as error:  # noqa: BLE001
            if not self._reported:
                log.warning("audio: %s; the show goes on, and it is opened as soon as it is there", error)
            self._reported = True
            return None
        if self._reported:
            log.warning("audio: %s is back", self._name)
        self._reported = False
        return stream

    def _analyse(self, stream: Stream) -> None:
        """Analyse blocks until the device is gone or the show is over."""
        analyser, resampling = AudioAnalyser(stream.rate), Resampling()
        waiting = np.zeros(0, np.float32)
        self._rate, self._lost = stream.rate, True
        last = self._now()
        while not self._thread.stopping.is_set():
            try:
                block, at = self._blocks.get(timeout=0.1)
            except Empty:
                if self._now() - last > GONE_S:
                    log.warning(
                        "audio: %s is gone; the show goes on without it, and it is opened again once it is back",
                        self._name,
                    )
                    self._reported = True
                    return
                continue
            last = self._now()
            if self._heard is not None:
                after_gap, self._lost = self._lost, False
                sound = resampling.convert_block(block, round(stream.rate))
                self._heard.add(sound, at, after_gap=after_gap)
            waiting = np.concatenate((waiting, block.mean(axis=1, dtype=np.float32)))
            while len(waiting) >= analyser.hop:
                self._features = analyser.analyse(waiting[: analyser.hop])
                waiting = waiting[analyser.hop :]


def audio_available() -> str | None:
    """Return what is missing for opening devices here, or None."""
    try:
        import sounddevice  # noqa: F401 - only whether it can be
    except ImportError:
        return "sounddevice is not installed; pip install 'likeness-live[audio]', or give a WAV file"
    except OSError:
        return "sounddevice finds no PortAudio; on Debian and Ubuntu: apt-get install libportaudio2"
    return None


def _find_device(name: str) -> tuple[int | None, int, float]:
    """Return the device's number, its channels to open, and its rate."""
    import sounddevice

    devices = [device for device in sounddevice.query_devices() if device["max_input_channels"] > 0]
    if not devices:
        raise InputError(f"there is no input device, so none for {name!r}")
    if name == DEFAULT:
        chosen = sounddevice.query_devices(kind="input")
        number = None
    else:
        fit = [device for device in devices if name.lower() in device["name"].lower()]
        if not fit:
            there = ", ".join(device["name"] for device in devices) or "none"
            raise InputError(f"no input device has {name!r} in its name; there are: {there}")
        chosen, number = fit[0], fit[0]["index"]
    return number, min(int(chosen["max_input_channels"]), 2), float(chosen["default_samplerate"])
