"""Video recording that survives the program's death: a fragment every half second."""

import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from likeness.audio.sound import SoundReader
from likeness.outputs.container import ContainerOutput
from likeness.outputs.fitting import letterbox, pad_to_even
from likeness.outputs.pacing import exact_rate
from likeness.outputs.profiles import H264, Profile
from likeness.outputs.sound_track import SoundTrack
from likeness.outputs.writer import ROOM
from likeness.picture import Picture

log = logging.getLogger(__name__)

# Bits a pixel for the encoders that know no crf.
BITS_PER_PIXEL = 0.25
# An encoder gives the same bytes for the same number of threads, not for another; so the number is fixed.
LIVE_THREADS, OFFLINE_THREADS = 1, 4
# Offline each section of a film has an encoder of its own, which knows nothing of what came before: so the same frames
# are coded to the same bytes wherever a render begins, and sections that several machines coded make one film. A
# keyframe begins each. The files were no larger for it and took no longer: 600 frames of 512x512 px as H.264 2,382 kB
# instead of 2,385, as H.265 758 instead of 764.
SECTION_S = 5
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
CONTAINERS = {".mp4": ("mp4", _FRAGMENTED), ".mov": ("mov", _FRAGMENTED), ".mkv": ("matroska", _CLUSTERED)}


class VideoOutput(ContainerOutput):
    """Record to `.mp4`, `.mov` or `.mkv`, in BT.709 colours, or RGB where the profile has it.

    After a kill the file opens and lacks its last second at most; after `close` an MP4 or MOV is an ordinary one at
    the exact rate (a MKV counts in milliseconds). A side with an odd number of pixels gets its last line twice, since
    4:2:0 needs even sides. A picture of another size than the first is scaled into its frame, and may have a
    fourth channel where the profile has one. The same pictures give
    the same bytes on one machine.

    Args:
        path: the file; one that is there is replaced, absent folders are made.
        fps: frames a second; 29.97 and its kin are taken as 30000/1001.
        offline: write every picture and wait for it, in better quality for its size.
        room: pictures that may wait for the encoder.
        sound: of the show, which the film has from its first picture on.
        profile: of the film.

    Raises:
        OutputError: the file cannot be made, or there is no encoder.
    """

    def __init__(
        self,
        path: Path | str,
        fps: float,
        *,
        offline: bool,
        room: int = ROOM,
        sound: SoundReader | None = None,
        profile: Profile = H264,
    ) -> None:
        path = Path(path)
        name = f"video {path}"
        profile.check(path)
        self._profile, self._encoder_name = profile, profile.choose_encoder(name)
        self._sound = sound
        self._sound_track: SoundTrack | None = None
        self._codec: VideoCodecContext | None = None
        self._reformatter = VideoReformatter()
        self._last: tuple[Picture, VideoFrame] | None = None
        kind = CONTAINERS[path.suffix.lower()]
        super().__init__(name, path, exact_rate(fps), kind, synced=not offline, offline=offline, room=room)

    def _write(self, picture: Picture, frame: int) -> None:
        if self._codec is None:
            self._codec = self._begin(picture)
        elif self.offline and frame % section_frames(self.rate) == 0:
            self._mux(self._codec, None)
            self._codec = self._next_section()
        if self._last is None or self._last[0] is not picture:
            self._last = (picture, self._convert(picture))
        image = self._last[1]
        image.pts, image.time_base = frame, 1 / self.rate
        self._mux(self._codec, image)
        if self._sound_track:
            self._sound_track.advance(frame + 1)

    def _begin(self, picture: Picture) -> VideoCodecContext:
        """Add the stream, now that the first picture says how large, and return its first encoder."""
        height, width = picture.shape[:2]
        self._profile.check(self.path, (width, height))
        self._size = (width + width % 2, height + height % 2)
        if self._size != (width, height):
            log.warning("%s: films have even sides, so it is %dx%d", self.path.name, *self._size)
        stream = self._container.add_stream(self._encoder_name, rate=self.rate)
        codec = stream.codec_context
        assert isinstance(codec, VideoCodecContext)  # which of the three it is, PyAV's types leave open
        stream.time_base = 1 / self.rate
        self._set_up(codec)
        if self._sound:
            self._sound_track = SoundTrack(self._container, self._sound, self.rate, self._pacing.start)
        return self._next_section() if self.offline else codec

    def _next_section(self) -> VideoCodecContext:
        """Return an encoder set up like the stream's own, which offline says what the file's head has and no more."""
        codec = CodecContext.create(self._encoder_name, "w")
        own = self._container.streams.video[0].codec_context
        assert isinstance(codec, VideoCodecContext)
        codec.framerate = self.rate
        codec.flags = own.flags
        self._set_up(codec)
        return codec

    def _set_up(self, codec: VideoCodecContext) -> None:
        codec.width, codec.height, codec.pix_fmt = *self._size, self._profile.pixels
        codec.time_base = 1 / self.rate
        if not self._profile.in_rgb:
            codec.color_range = ColorRange.MPEG
            codec.colorspace = Colorspace.ITU709
        codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        codec.gop_size = round(self.rate)  # a keyframe a second
        codec.thread_count = OFFLINE_THREADS if self.offline else LIVE_THREADS
        if self._profile.tag and self.path.suffix.lower() != ".mkv":
            codec.codec_tag = self._profile.tag
        if self._encoder_name == self._profile.encoders[0]:
            codec.options = self._profile.options(codec.gop_size, offline=self.offline)
        else:
            codec.bit_rate = int(self._size[0] * self._size[1] * self.rate * BITS_PER_PIXEL)
            codec.max_b_frames = 0

    def _convert(self, picture: Picture) -> VideoFrame:
        """Return `picture` as a frame of the file's size, in its colours."""
        height, width = picture.shape[:2]
        if (width + width % 2, height + height % 2) != self._size:
            picture = letterbox(picture, self._size)
        picture = pad_to_even(picture)
        order = "rgba" if picture.shape[2] == 4 else "rgb24"
        image = VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture), format=order)
        if self._profile.in_rgb:
            return self._reformatter.reformat(image, format=self._profile.pixels, threads=1)
        return self._reformatter.reformat(
            image,
            format=self._profile.pixels,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )

    def _mux(self, codec: VideoCodecContext, image: VideoFrame | None) -> None:
        stream = self._container.streams.video[0]
        for packet in codec.encode(image):
            packet.stream = stream
            self._container.mux(packet)
        self._raise_failed()

    def _flush(self) -> None:
        if self._codec:
            self._mux(self._codec, None)
        if self._sound_track:
            self._sound_track.finish(self._next)

    def _let_go(self) -> None:
        if self._sound:
            self._sound.close()


def section_frames(rate: Fraction) -> int:
    """Return how many frames of a film at `rate` have one encoder offline; each begins with a keyframe."""
    return SECTION_S * round(rate)
