"""Audio from a device, analysed on a thread of its own: what is unplugged is silence until it comes back."""

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from likeness.audio.analyser import AudioAnalyser
from likeness.audio.features import SILENCE, AudioFeatures
from likeness.errors import InputError

log = logging.getLogger(__name__)

# A stream that brings nothing for so long has lost its device; a block is 11 ms.
GONE_S = 1.0
# Looking for devices stops PortAudio and starts it again: 20 to 200 ms of this thread.
RETRY_S = 2.0
# PortAudio hangs for ever on closing a stream of a JACK server that has died.
CLOSE_TIMEOUT_S = 2.0
# Half a second of blocks: beyond it the analysis is too late to be of use, and the newest count.
MAX_BLOCKS = 48
BLOCK_S = 0.0107
DEFAULT = "default"

Block = NDArray[np.float32]
OnBlock = Callable[[Block], None]


class Stream(Protocol):
    """What we need of an open device."""

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

        def called(block: NDArray[np.float32], frames: int, when: object, status: object) -> None:
            on_block(block.mean(axis=1, dtype=np.float32))

        self._stream = sounddevice.InputStream(
            device=number,
            channels=channels,
            samplerate=self.rate,
            blocksize=round(self.rate * BLOCK_S),
            dtype="float32",
            latency="low",
            callback=called,
        )
        self._stream.start()
        log.info("audio: listening to %s, %.0f ms of it before us", name, 1e3 * float(self._stream.latency))

    def close(self) -> None:
        self._stream.close()


def open_device(name: str, on_block: OnBlock, again: bool) -> Stream:
    """Open the input device whose name contains `name`, or the system's own for "default".

    Args:
        name: in any case.
        take: called on the driver's thread with mono samples.
        again: whether to look for devices that came since.

    Raises:
        InputError: where there is none of that name.
    """
    return _DeviceStream(name, on_block, again)


class AudioInput:
    """Hears a device, from `start` to `close`. Coming and going are one line each in the log.

    Args:
        name: part of the device's name, or "default".
        open_stream: opens it; another one stands in where a test needs a device that no machine has.
        now: seconds.
    """

    def __init__(
        self,
        name: str,
        *,
        open_stream: Callable[[str, OnBlock, bool], Stream] = open_device,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._open, self._now = name, open_stream, now
        self._features = SILENCE
        self._blocks: Queue[Block] = Queue(MAX_BLOCKS)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._reported = False

    def start(self) -> None:
        """Begin to listen; a device that is not there yet is waited for."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._run, name="audio", daemon=True)
        self._thread.start()

    def features_at(self, at: float) -> AudioFeatures:
        """Return the newest that was heard. Any thread."""
        return self._features

    def close(self) -> None:
        """Stop listening. Safe to call twice."""
        if self._thread is not None:
            self._closing.set()
            self._thread.join(CLOSE_TIMEOUT_S)
            if self._thread.is_alive():
                log.warning("audio: the driver of %s does not let go; the show ends without it", self._name)
            self._thread = None

    # All below runs on the input's own thread, but for `_take`.

    def _add_block(self, block: Block) -> None:
        try:
            self._blocks.put_nowait(block)
        except Full:
            # The analysis is late; what it missed is not worth waiting for.
            return

    def _run(self) -> None:
        again = False
        while not self._closing.is_set():
            stream = self._try_open(again)
            again = True
            if stream is None:
                self._closing.wait(RETRY_S)
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
                log.warning("audio: %s; the show goes on, and it is heard once it is there", error)
            self._reported = True
            return None
        if self._reported:
            log.warning("audio: %s is heard again", self._name)
        self._reported = False
        return stream

    def _analyse(self, stream: Stream) -> None:
        """Analyse until the device is gone or the show is over."""
        ear = AudioAnalyser(stream.rate)
        waiting = np.zeros(0, np.float32)
        last = self._now()
        while not self._closing.is_set():
            try:
                block = self._blocks.get(timeout=0.1)
            except Empty:
                if self._now() - last > GONE_S:
                    log.warning("audio: %s is gone; the show goes on without, and it is looked for", self._name)
                    self._reported = True
                    return
                continue
            last = self._now()
            waiting = np.concatenate((waiting, block))
            while len(waiting) >= ear.hop:
                self._features = ear.analyse(waiting[: ear.hop])
                waiting = waiting[ear.hop :]


def audio_available() -> str | None:
    """Return what is missing for devices to be heard here, or None where nothing is."""
    try:
        import sounddevice  # noqa: F401 - only whether it can be
    except ImportError:
        return "sounddevice is not installed; pip install 'likeness-live[audio]', or give a WAV file"
    except OSError:
        return "sounddevice finds no PortAudio; on Debian and Ubuntu: apt-get install libportaudio2"
    return None


def _find_device(name: str) -> tuple[int | None, int, float]:
    """Return number, channels to open and rate of the device."""
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
