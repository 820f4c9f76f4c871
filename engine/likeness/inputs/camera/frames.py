"""Decoded video frames to pictures: deinterlaced, upright, with square pixels, and no larger than wanted."""

from collections.abc import Iterator
from fractions import Fraction

import av
import av.filter
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# Better at edges than yadif. Whole frames at the rate of the video, whichever field comes first.
DEINTERLACER, SETTINGS = "bwdif", "mode=send_frame:parity=auto:deint=interlaced"
# Beyond this a ratio is a broken header rather than a format; anamorphic PAL is 64:45.
WIDEST = 4.0


class Deinterlacer:
    """Makes whole frames of interlaced ones, and hands progressive ones on as they are. One thread.

    The fields of the frame that follows are needed too: from the first interlaced frame on everything comes one frame
    later. Progressive video never waits.
    """

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._made_for: tuple[int, int, str] | None = None

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """Yield the frames that are whole now: none, one, or several where the size has changed."""
        made_for = frame.width, frame.height, frame.format.name
        if self._graph is not None and made_for != self._made_for:
            yield from self.flush()
        if self._graph is None:
            if not frame.interlaced_frame:
                yield frame
                return
            self._graph, self._made_for = _make_graph(frame), made_for
        self._graph.push(frame)
        yield from _pull_all(self._graph)

    def flush(self) -> Iterator[VideoFrame]:
        """Yield what is left at the end of a video."""
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.push(None)
            yield from _pull_all(graph)


def to_picture(frame: VideoFrame, pixel_ratio: Fraction | None, longest: int) -> Pixels:
    """Return a frame as `[height, width, 3]` RGB in memory of its own.

    Args:
        frame: whole, not interlaced.
        pixel_ratio: width of a pixel by its height, as the video says; None is square.
        longest: a larger picture comes smaller, with this many px at its longer side.
    """
    ratio = float(pixel_ratio or 1)
    if not 1 / WIDEST <= ratio <= WIDEST:
        ratio = 1.0
    # The shorter way is stretched, so that no row or column is lost.
    width, height = frame.width * max(ratio, 1.0), frame.height * max(1 / ratio, 1.0)
    scale = min(1.0, longest / max(width, height))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    shrinks = size[0] < frame.width or size[1] < frame.height
    small = frame.reformat(*size, format="rgb24", interpolation="AREA" if shrinks else "BICUBIC")
    picture = np.asarray(small.to_ndarray(), np.uint8)
    # A phone that was held upright says so beside its video.
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture


def pixel_ratio(stream: VideoStream) -> Fraction | None:
    """Return the width of a pixel by its height, where the video gives it."""
    return stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio


def _make_graph(frame: VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    deinterlacer, sink = graph.add(DEINTERLACER, SETTINGS), graph.add("buffersink")
    source.link_to(deinterlacer)
    deinterlacer.link_to(sink)
    graph.configure()
    return graph


def _pull_all(graph: av.filter.Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(frame, VideoFrame):
            yield frame
