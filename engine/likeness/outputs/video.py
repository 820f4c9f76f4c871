"""Video recording that survives the program's death: H.264, a fragment every half second."""

import logging
from pathlib import Path

import av
import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from likeness.audio.sound import SoundReader
from likeness.errors import OutputError
from likeness.outputs.container import ContainerOutput
from likeness.outputs.fitting import letterbox
from likeness.outputs.pacing import exact_rate
from likeness.outputs.sound_track import SoundTrack
from likeness.outputs.writer import ROOM
from likeness.picture import Picture

log = logging.getLogger(__name__)

# Encoders, best first. PyAV's wheels carry libx264; a system's FFmpeg may not.
ENCODERS = ("libx264", "h264_videotoolbox", "libopenh264", "mpeg4")
# Visually lossless for x264; 23 shows blocks in dark, smooth skin on a projector.
CRF = 18
# Bits a pixel for the encoders that know no crf.
BITS_PER_PIXEL = 0.25
# Live: ms of one core a frame at 512x512 and 1920x1080 were 1.2 and 10 (ultrafast), 2.3 and 17 (superfast), 3.1 and
# 24 (veryfast), within 0.5 dB of each other at one crf; the price is a file half as large again. The renderer needs
# the cores more than the disk needs the room. zerolatency: nothing waits in the encoder when the program dies.
LIVE = {"preset": "ultrafast", "tune": "zerolatency"}
OFFLINE = {"preset": "medium"}
# x264 gives the same bytes for the same number of threads, not for another; so the number is fixed.
LIVE_THREADS, OFFLINE_THREADS = 1, 4
# With its macroblock tree x264 now and then wrote other bytes for the same pictures: in 3 % of 180 runs on a busy
# machine, in 1 % with one thread; without it in none.
SAME_BYTES = "mbtree=0"
# Of a frame: 139,264 blocks of 16x16 px [ITU-T H.264, table A-1, level 6.2], which 7680x4320 does not quite fill.
MOST_PIXELS = 139_264 * 256
# Microseconds. What waits in the muxer for its fragment to fill is all that a kill can take.
FRAGMENT_US = 500_000

# bitexact: no version strings and no random ids.
_COMMON = {"fflags": "+bitexact", "flush_packets": "1"}
# The muxer's edit list forgets the time of a last fragment of one frame, and players leave that frame out; without a
# list, the frames that B-frames delay must begin at 0 by themselves.
_FRAGMENTED = {
    **_COMMON,
    "movflags": "hybrid_fragmented+delay_moov+negative_cts_offsets",
    "use_editlist": "0",
    "frag_duration": str(FRAGMENT_US),
}
_CLUSTERED = {**_COMMON, "cluster_time_limit": str(FRAGMENT_US // 1000)}
_CONTAINERS = {".mp4": ("mp4", _FRAGMENTED), ".mov": ("mov", _FRAGMENTED), ".mkv": ("matroska", _CLUSTERED)}


class VideoOutput(ContainerOutput):
    """Record to `.mp4`, `.mov` or `.mkv`, in H.264 with BT.709 colours.

    After a kill the file opens and lacks its last second at most; after `close` an MP4 or MOV is an ordinary one at
    the exact rate (a MKV counts in milliseconds). A side with an odd number of pixels gets its last line twice, since
    4:2:0 needs even sides. A picture of another size than the first is scaled into its frame. The same pictures give
    the same bytes on one machine.

    Args:
        path: the file; one that is there is replaced, absent folders are made.
        fps: frames a second; 29.97 and its kin are taken as 30000/1001.
        offline: write every picture and wait for it, in better quality for its size.
        crf: x264's constant quality, 0 (lossless) to 51.
        room: pictures that may wait for the encoder.
        sound: of the show, which the film has from its first picture on.

    Raises:
        OutputError: the file cannot be made, or there is no encoder.
    """

    def __init__(
        self,
        path: Path | str,
        fps: float,
        *,
        offline: bool,
        crf: float = CRF,
        room: int = ROOM,
        sound: SoundReader | None = None,
    ) -> None:
        path = Path(path)
        name = f"video {path}"
        if path.suffix.lower() not in _CONTAINERS:
            raise OutputError(f"{name}: unknown kind of video; there are: {', '.join(_CONTAINERS)}.")
        self._encoder_name = _encoder(name)
        self._crf, self._sound = crf, sound
        self._sound_track: SoundTrack | None = None
        self._reformatter = VideoReformatter()
        self._last: tuple[Picture, VideoFrame] | None = None
        kind = _CONTAINERS[path.suffix.lower()]
        super().__init__(name, path, exact_rate(fps), kind, synced=not offline, offline=offline, room=room)

    def _write(self, picture: Picture, frame: int) -> None:
        if not self._container.streams.video:
            self._begin(picture)
        if self._last is None or self._last[0] is not picture:
            self._last = (picture, self._convert(picture))
        image = self._last[1]
        image.pts, image.time_base = frame, 1 / self.rate
        self._mux(image)
        if self._sound_track:
            self._sound_track.advance(frame + 1)

    def _begin(self, picture: Picture) -> None:
        """Add the stream, now that the first picture says how large."""
        height, width = picture.shape[:2]
        check_film_size(self.name, (width, height))
        self._size = (width + width % 2, height + height % 2)
        stream = self._container.add_stream(self._encoder_name, rate=self.rate)
        codec = stream.codec_context
        assert isinstance(codec, VideoCodecContext)  # which of the three it is, PyAV's types leave open
        codec.width, codec.height, codec.pix_fmt = *self._size, "yuv420p"
        codec.time_base = stream.time_base = 1 / self.rate
        codec.color_range = ColorRange.MPEG
        codec.colorspace = Colorspace.ITU709
        codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        codec.gop_size = round(self.rate)  # a keyframe a second
        codec.thread_count = OFFLINE_THREADS if self.offline else LIVE_THREADS
        if self._encoder_name == "libx264":
            keyframes = f"keyint={codec.gop_size}:min-keyint={codec.gop_size}:scenecut=0:{SAME_BYTES}"
            codec.options = {
                **(OFFLINE if self.offline else LIVE),
                "crf": str(self._crf),
                "x264-params": keyframes,
            }
        else:
            codec.bit_rate = int(self._size[0] * self._size[1] * self.rate * BITS_PER_PIXEL)
            codec.max_b_frames = 0
        if self._sound:
            self._sound_track = SoundTrack(self._container, self._sound, self.rate, self._pacing.start)

    def _convert(self, picture: Picture) -> VideoFrame:
        """Return `picture` as a 4:2:0 BT.709 frame of the file's size."""
        height, width = picture.shape[:2]
        if (width + width % 2, height + height % 2) != self._size:
            picture = letterbox(picture, self._size)
            height, width = picture.shape[:2]
        if width % 2 or height % 2:
            picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        image = VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture), format="rgb24")
        return self._reformatter.reformat(
            image,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )

    def _mux(self, image: VideoFrame | None) -> None:
        for packet in self._container.streams.video[0].encode(image):
            self._container.mux(packet)
        self._raise_failed()

    def _flush(self) -> None:
        if self._container.streams.video:
            self._mux(None)
        if self._sound_track:
            self._sound_track.finish(self._next)

    def _let_go(self) -> None:
        if self._sound:
            self._sound.close()


def check_film_size(name: str, size: tuple[int, int]) -> None:
    """Refuse frames of `size` (width, height) that are larger than H.264 has them.

    Raises:
        OutputError: naming what it has.
    """
    if size[0] * size[1] > MOST_PIXELS:
        raise OutputError(
            f"{name}: {size[0]}x{size[1]} px are more than a film holds, up to {MOST_PIXELS / 1e6:.1f} million such as "
            "7680x4320; choose a smaller --size, or PNG files"
        )


def _encoder(name: str) -> str:
    """Return the best encoder that this PyAV has."""
    for encoder in ENCODERS:
        if encoder in av.codecs_available:
            try:
                CodecContext.create(encoder, "w")
            except (ValueError, av.error.FFmpegError):  # there to decode only
                continue
            if encoder != ENCODERS[0]:
                log.warning("%s: this PyAV has no %s; recording with %s", name, ENCODERS[0], encoder)
            return encoder
    raise OutputError(f"{name}: this PyAV has no encoder of {', '.join(ENCODERS)}; install PyAV from its wheel.")
