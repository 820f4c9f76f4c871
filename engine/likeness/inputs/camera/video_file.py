"""A video file as a camera: it plays in its own time, by its timestamps, and begins again at its end."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
from av.video.frame import VideoFrame

from likeness.errors import InputError
from likeness.inputs.camera.frames import Deinterlacer, Pixels, pixel_ratio, to_picture

USUAL_FPS = 25.0
# A picture that stands longer than this is handed out again: who looks at pictures waits for none.
REPEAT_S = 0.2
# A show's frames and a film's of the same rate are at the same times, but for this.
ROUNDING_S = 1e-4


class _Due(NamedTuple):
    """A frame, and when it is shown, in seconds of the monotonic clock."""

    at: float
    frame: VideoFrame


class VideoFile:
    """Reads a file in real time; frames whose time is over are left out.

    Args:
        path: of the file.
        longest: a larger picture comes smaller, with this many px at its longer side.
        now: the clock by which it plays, in seconds.

    Raises:
        InputError: where it is no video that can be read.
    """

    def __init__(self, path: Path, longest: int, now: Callable[[], float] = time.monotonic) -> None:
        self._path, self._longest, self._now = path, longest, now
        self._container = self._open()
        self._ratio = pixel_ratio(self._container.streams.video[0])
        self._frames = self._play()
        self._next: _Due | None = None
        self._shown: Pixels | None = None

    def read(self, wait: Callable[[float], object]) -> Pixels | None:
        """Return the picture whose time has come, waiting for it; None where there is none in the file."""
        if self._next is None:
            self._next = next(self._frames, None)
        if self._next is None:
            return None
        ahead = self._next.at - self._now()
        if ahead > REPEAT_S and self._shown is not None:
            wait(REPEAT_S)
            return self._shown
        if ahead > 0:
            wait(ahead)
        due, self._next = self._next, next(self._frames, None)
        # By the time at which this began: a machine too slow for the video would decode for ever.
        self._shown = self._show(self._skip_to(self._now()) or due)
        return self._shown

    def picture_by_now(self) -> Pixels | None:
        """Return the picture whose time has come, without waiting; None where it is that of the last call."""
        if self._next is None:
            self._next = next(self._frames, None)
        due = self._skip_to(self._now() + ROUNDING_S)
        return None if due is None else self._show(due)

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _skip_to(self, now: float) -> _Due | None:
        """Return the last frame whose time has come by `now`, and go on behind it."""
        due = None
        while self._next is not None and self._next.at <= now:
            due, self._next = self._next, next(self._frames, None)
        return due

    def _show(self, due: _Due) -> Pixels:
        return to_picture(due.frame, self._ratio, self._longest)

    def _open(self) -> av.container.InputContainer:
        try:
            container = av.open(str(self._path))
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"it is no video that can be read ({error.strerror})") from error
        if not container.streams.video:
            container.close()
            raise InputError("it is no video that can be read (it holds no video)")
        container.streams.video[0].thread_type = "AUTO"
        return container

    def _play(self) -> Iterator[_Due]:
        """Yield all frames in the order of their times, again and again."""
        began, played = self._now(), False
        while True:
            start: float | None = None
            end = 0.0
            for frame, length_s in self._decode():
                # A file without timestamps goes by its rate.
                at = end
                if frame.time is not None:
                    start = frame.time if start is None else start
                    at = frame.time - start
                end = max(end, at + length_s)
                played = True
                yield _Due(began + at, frame)
            if not played:
                return
            # Late or not, it begins again after its last frame.
            began = max(began + end, self._now())
            # Not by seeking, which some formats cannot.
            self._container.close()
            self._container = self._open()

    def _decode(self) -> Iterator[tuple[VideoFrame, float]]:
        """Yield whole frames, and how long each stands."""
        video, whole = self._container.streams.video[0], Deinterlacer()
        usual_s = 1 / float(video.average_rate or USUAL_FPS)
        for packet in self._container.demux(video):
            try:
                decoded = packet.decode()
            except (av.InvalidDataError, av.error.PatchWelcomeError):
                # A part that is broken is left out; the next key frame is whole again.
                continue
            for frame in decoded:
                for each in whole.push(frame):
                    yield each, _length_s(each, usual_s)
        for each in whole.flush():
            yield each, _length_s(each, usual_s)


def _length_s(frame: VideoFrame, usual_s: float) -> float:
    return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else usual_s
