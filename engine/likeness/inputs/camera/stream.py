"""A network stream as a camera: whatever else happens, its newest picture is the next one."""

import time
from collections.abc import Callable

import av
from av.video.frame import VideoFrame

from likeness.errors import InputError
from likeness.inputs.camera.frames import Deinterlacer, Pixels, pixel_ratio, to_picture

STREAMS = ("rtsp://", "rtsps://", "http://", "https://", "udp://", "tcp://", "srt://", "rtmp://")
# A key frame may be some seconds away in a camera that saves bandwidth; one that is silent longer has gone.
TIMEOUT_S = 5.0
# A picture that is this much older than at best, and was there at once, has waited here: there are newer ones.
LATE_S, AT_ONCE_S = 0.12, 0.01
# How fast the best age follows new ones: camera clocks drift, and networks grow slower.
RENEWAL = 0.02
# However many wait, a picture is shown this often.
SHOWN_S = 0.25
# After this many late pictures in a row only key frames are decoded until it has caught up.
HURRY_AFTER = 4


def is_stream(name: str) -> bool:
    """Return whether a camera's name is the address of a stream."""
    return name.lower().startswith(STREAMS)


def without_secrets(address: str) -> str:
    """Return the scheme and host of an address, for logs.

    Cameras take user and password before the host, in the path or after a question mark.
    """
    scheme, mark, rest = address.partition("://")
    host = rest.rpartition("@")[2]
    for end in "/?#":
        host = host.partition(end)[0]
    return f"{scheme}{mark}{host}" if mark else address.rpartition("@")[2]


class Stream:
    """A camera on the network. Opening it and waiting for a picture take `TIMEOUT_S` at most each.

    OpenCV is not used: it waits for 30 s, writes the address with its password to standard error where one does not
    open, keeps what is late in a queue, and takes the program down when it ends in the middle of a wait.

    Args:
        address: rtsp://... and the like.
        longest: a larger picture comes smaller, with this many px at its longer side.

    Raises:
        InputError: where nobody answers, or what answers shows no video.
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
        refusal = self._find_refusal(address)
        if refusal:
            self._container.close()
            raise InputError(refusal)
        self._video = self._container.streams.video[0]
        self._packets = self._container.demux(self._video)
        self._ratio, self._deinterlacer = pixel_ratio(self._video), Deinterlacer()

    def read(self, wait: Callable[[float], object]) -> Pixels | None:
        """Return the newest picture `[height, width, 3]` RGB, once there is one; None where the stream has ended.

        Raises:
            InputError: where nothing comes any more, or nothing that can be decoded.
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
        return None if newest is None else to_picture(newest, self._ratio, self._longest)

    def close(self) -> None:
        """Hang up."""
        self._container.close()

    def _find_refusal(self, address: str) -> str:
        if not self._container.streams.video:
            return "it holds no video"
        # At once whole, it would be over in the twinkling of an eye, again and again.
        if address.lower().startswith("http") and (self._container.duration or "_pipe" in self._container.format.name):
            return "it is a film or a photo and no live picture; save it and give its path"
        return ""

    def _next(self) -> tuple[VideoFrame | None, float, bool]:
        """Return the last picture of the next packet, if any; the wait for it; and whether the stream has ended."""
        asked, waited_s = time.monotonic(), 0.0
        try:
            packet = next(self._packets)
            waited_s = time.monotonic() - asked
            decoded = [frame for frame in packet.decode() if isinstance(frame, VideoFrame)]
            frames = [whole for frame in decoded for whole in self._deinterlacer.push(frame)]
        except (StopIteration, av.EOFError):
            return None, waited_s, True
        except (av.InvalidDataError, av.error.PatchWelcomeError):
            # What was lost on the way; the next key frame is whole again.
            return None, waited_s, False
        except av.FFmpegError as error:
            silent = time.monotonic() - asked >= TIMEOUT_S
            raise InputError(f"there is no picture any more: {_silence() if silent else error.strerror}") from None
        if waited_s >= TIMEOUT_S:
            # The first time-out returns what is half here as a picture; the next one would take as long again.
            raise InputError(f"there is no picture any more: {_silence()}")
        return (frames[-1] if frames else None), waited_s, packet.size == 0

    def _is_late(self, frame: VideoFrame, now: float, waited_s: float) -> bool:
        """Return whether a newer picture waits, going by the camera's own timestamps."""
        if frame.time is None:
            return False
        # By two clocks that share their pace and nothing else.
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


def _silence() -> str:
    return f"no answer in {TIMEOUT_S:g} s"
