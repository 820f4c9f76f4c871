"""Opens a camera's network stream: whatever else happens, its newest picture is the next one."""

import time
from collections.abc import Callable

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from likeness.errors import InputError

STREAMS = ("rtsp://", "rtsps://", "http://", "https://", "udp://", "tcp://", "srt://", "rtmp://")
# A key frame may be some seconds away in a camera that saves bandwidth; a camera that is silent longer has gone.
TIMEOUT_S = 5.0
# A picture that is so much older than they are at best, and was there at once, has waited here: there are newer ones.
LATE_S, AT_ONCE_S = 0.12, 0.01
# Of what it was waited for, so much goes into what is best: camera clocks drift, and networks grow slower.
RENEWAL = 0.02
# However much waits, a picture is shown so often.
SHOWN_S = 0.25
# Behind for so many pictures in a row, only key frames are decoded until it is caught up.
HURRY_AFTER = 4


def is_stream(name: str) -> bool:
    """Return whether a camera's name is the address of a stream."""
    return name.lower().startswith(STREAMS)


def without_secrets(address: str) -> str:
    """Return what may be said of an address: how and where to, without what logs one in.

    Cameras take name and password before the host, in the path or after a question mark.
    """
    scheme, mark, rest = address.partition("://")
    host = rest.rpartition("@")[2]
    for end in "/?#":
        host = host.partition(end)[0]
    return f"{scheme}{mark}{host}" if mark else address.rpartition("@")[2]


class Stream:
    """A camera on the network. Opening it and waiting for a picture take `TIMEOUT_S` at most each.

    OpenCV is not asked: it waits for 30 s, writes the address with its password to standard error where one does not
    open, keeps what is late in a queue, and takes the program down when it ends in the middle of a wait.

    Args:
        address: rtsp://... and the like.
        longest: a larger picture comes smaller, so many px at its longer side.

    Raises:
        InputError: nobody answers, or what answers shows no video.
    """

    def __init__(self, address: str, longest: int) -> None:
        # The rate is not measured first: the first picture is there after 0.3 s instead of 1.1.
        options = {"fpsprobesize": "0", "flags": "low_delay"}
        if address.lower().startswith("rtsp"):
            # Pictures with holes are worse than late ones; a camera that knows UDP alone is still seen.
            options["rtsp_flags"] = "prefer_tcp"
        self._longest, self._behind = longest, 0
        self._best: float | None = None
        began = time.monotonic()
        try:
            self._container = av.open(address, options=options, timeout=(TIMEOUT_S, TIMEOUT_S))
        except av.FFmpegError as error:
            # Not its text, which holds the address. Cut off in the middle of an answer it calls that invalid.
            silent = time.monotonic() - began >= TIMEOUT_S
            raise InputError(f"it does not open: {_silence() if silent else error.strerror}") from None
        lacking = self._lacking(address)
        if lacking:
            self._container.close()
            raise InputError(lacking)
        self._video = self._container.streams.video[0]
        self._packets = self._container.demux(self._video)

    def read(self, wait: Callable[[float], object]) -> NDArray[np.uint8] | None:
        """Return the newest picture `[height, width, 3]` RGB, once there is one; None where the stream has ended.

        Raises:
            InputError: it brings nothing any more, or nothing that can be decoded.
        """
        began = time.monotonic()
        newest, late = None, False
        while True:
            frame, waited_s, ended = self._next()
            now = time.monotonic()
            if frame is not None:
                newest, late = frame, self._is_late(frame, now, waited_s)
            if ended or (newest is not None and (not late or now - began > SHOWN_S)):
                break
            if now - began > TIMEOUT_S:
                raise InputError(f"it has shown no picture for {TIMEOUT_S:g} s")
        self._pace(late)
        return None if newest is None else self._pixels(newest)

    def close(self) -> None:
        """Hang up."""
        self._container.close()

    def _lacking(self, address: str) -> str:
        if not self._container.streams.video:
            return "it holds no video"
        # At once whole, it would be over in the twinkling of an eye, again and again.
        if address.lower().startswith("http") and (self._container.duration or "_pipe" in self._container.format.name):
            return "it is a film or a photo and no live picture; save it and give its path"
        return ""

    def _next(self) -> tuple[VideoFrame | None, float, bool]:
        """Return the last picture of the next packet, if it holds one; the wait for it; whether the stream is over."""
        asked, waited_s = time.monotonic(), 0.0
        try:
            packet = next(self._packets)
            waited_s = time.monotonic() - asked
            frames = [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
        except (StopIteration, av.EOFError):
            return None, waited_s, True
        except (av.InvalidDataError, av.error.PatchWelcomeError):
            # What was lost on the way; the next key frame is whole again.
            return None, waited_s, False
        except av.FFmpegError as error:
            silent = time.monotonic() - asked >= TIMEOUT_S
            raise InputError(f"it brings no picture any more: {_silence() if silent else error.strerror}") from None
        if waited_s >= TIMEOUT_S:
            # The first time-out hands out as a picture what is half here; the next one would take as long again.
            raise InputError(f"it brings no picture any more: {_silence()}")
        return (frames[-1] if frames else None), waited_s, packet.size == 0

    def _is_late(self, frame: VideoFrame, now: float, waited_s: float) -> bool:
        """Return whether a newer picture may be had, by when the camera says that this one was taken."""
        if frame.time is None:
            return False
        # By two clocks that have nothing in common but their pace.
        age = now - frame.time
        if waited_s > AT_ONCE_S:
            best = age if self._best is None else min(self._best, age)
            self._best = best + RENEWAL * (age - best)
            return False
        return self._best is None or age - self._best > LATE_S

    def _pace(self, late: bool) -> None:
        self._behind = self._behind + 1 if late else 0
        if self._behind in (0, HURRY_AFTER):
            self._video.codec_context.skip_frame = "NONKEY" if self._behind else "DEFAULT"

    def _pixels(self, frame: VideoFrame) -> NDArray[np.uint8]:
        scale = min(1.0, self._longest / max(frame.width, frame.height))
        width, height = round(frame.width * scale), round(frame.height * scale)
        small = frame.reformat(width, height, format="rgb24", interpolation="AREA")
        return np.asarray(small.to_ndarray(), np.uint8)


def _silence() -> str:
    return f"no answer in {TIMEOUT_S:g} s"
