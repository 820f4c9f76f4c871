"""Animated GIF that loops for ever."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from likeness.outputs.container import ContainerOutput
from likeness.outputs.fitting import letterbox
from likeness.outputs.pacing import exact_rate
from likeness.outputs.writer import ROOM
from likeness.picture import Picture

# GIF counts in hundredths of a second, and browsers play a delay of one of them as ten.
TICK = Fraction(1, 100)
FASTEST = Fraction(50)
# A palette for each picture. Measured on moving skin tones at 256x256, with dB after a blur like the eye's: this one
# 49.6 dB, 42 kB and 40 ms a picture; one palette for all 47.7 dB, 32 kB, 14 ms, but it holds every picture in memory
# until the end; OpenCV's writer 44.8 dB, 23 kB, and it rounds 30 fps to 33.3.
PALETTE, DITHER = "stats_mode=single", "new=1:dither=sierra2_4a"


class GifOutput(ContainerOutput):
    """Write an animated GIF with a palette for each picture.

    Frame times are those of `fps` rounded to hundredths of a second, so that the whole keeps its length. Above 50 fps
    it keeps time by leaving pictures out, live and offline: browsers play nothing faster. A picture of another size
    than the first is scaled into its frame.

    Args:
        path: the file; one that is there is replaced, absent folders are made.
        fps: frames a second.
        offline: wait for room. Live, a 256x256 picture takes 40 ms, so that about 25 a second are kept.
        room: pictures that may wait for the encoder.

    Raises:
        OutputError: the file cannot be made.
    """

    holds = True

    def __init__(self, path: Path | str, fps: float, *, offline: bool, room: int = ROOM) -> None:
        # Left to itself the last picture gets one hundredth, which browsers play as ten: a hitch in every round.
        last = round(1 / min(exact_rate(fps), FASTEST) / TICK)
        options = {"loop": "0", "final_delay": str(last), "fflags": "+bitexact"}
        self._graph: Graph | None = None
        self._tick_before = -1
        kind = ("gif", options)
        super().__init__(f"GIF {path}", Path(path), exact_rate(fps), kind, synced=False, offline=offline, room=room)

    def _write(self, picture: Picture, frame: int) -> None:
        tick = round(frame / self.rate / TICK)
        if self._tick_before >= 0 and (tick - self._tick_before) * TICK * FASTEST < 1:
            return
        self._tick_before = tick
        if self._graph is None:
            self._size = (picture.shape[1], picture.shape[0])
            self._graph = self._begin()
        whole = np.ascontiguousarray(letterbox(picture, self._size))
        image = VideoFrame.from_numpy_buffer(whole, format="rgb24")
        image.pts, image.time_base = tick, TICK
        self._graph.push(image)
        self._mux()

    def _begin(self) -> Graph:
        """Add the stream, now that the first picture says how large, and return what makes its palettes."""
        width, height = self._size
        stream = self._container.add_stream("gif", rate=100)
        codec = stream.codec_context
        assert isinstance(codec, VideoCodecContext)  # which of the three it is, PyAV's types leave open
        codec.width, codec.height, codec.pix_fmt = width, height, "pal8"
        codec.time_base = stream.time_base = TICK
        graph = Graph()
        source = graph.add_buffer(width=width, height=height, format=VideoFormat("rgb24"), time_base=TICK)
        split, sink = graph.add("split"), graph.add("buffersink")
        palette, paint = graph.add("palettegen", PALETTE), graph.add("paletteuse", DITHER)
        source.link_to(split)
        split.link_to(palette, 0, 0)
        split.link_to(paint, 1, 0)
        palette.link_to(paint, 0, 1)
        paint.link_to(sink)
        graph.configure()
        return graph

    def _mux(self) -> None:
        """Write each picture that has come through the palettes."""
        assert self._graph
        stream = self._container.streams.video[0]
        while True:
            try:
                image = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                break
            assert isinstance(image, VideoFrame)
            self._container.mux(stream.encode(image))
        self._raise_failed()

    def _flush(self) -> None:
        if self._graph is not None:
            self._graph.push(None)
            self._mux()
            self._container.mux(self._container.streams.video[0].encode(None))
