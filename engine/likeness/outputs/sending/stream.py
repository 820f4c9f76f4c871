"""Streams of H.264, with the sound, to addresses in the network."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from types import MappingProxyType
from urllib.parse import urlsplit

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from likeness.audio.sound import SoundReader
from likeness.errors import OutputError
from likeness.outputs.fitting import pad_to_even
from likeness.outputs.pacing import exact_rate
from likeness.outputs.profiles import H264
from likeness.outputs.sending.relay import CONTAINER
from likeness.outputs.sound_track import SoundTrack
from likeness.picture import KeptPicture, Picture

# FFmpeg's container for each scheme of an address.
CONTAINERS: Mapping[str, str] = MappingProxyType(
    {"srt": "mpegts", "rtmp": "flv", "rtmps": "flv", "udp": "mpegts", "tcp": "mpegts"}
)
# Ticks of a second in which pictures are stamped: what FLV has, and no picture is late by half a millisecond.
TICKS = 1000
# A receiver that joins, or has lost something, sees a picture after this time at the latest.
KEYFRAME_S = 1.0
# Bits a pixel and frame that are never exceeded for longer than a second: 6.2 Mbit/s for 1920x1080 at 30 a second.
BITS_PER_PIXEL = 0.1
# A receiver that takes nothing for so long is given up, and tried anew.
STUCK_S = 5.0
# At the end the last packets have so long to go.
DRAIN_S = 1.5


def hide_secrets(url: str) -> str:
    """Return the part of an address that anybody may read: without the path, whose end is often a stream's key."""
    parts = urlsplit(url)
    # urlsplit calls it netloc: a user's name and password may stand before the host.
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def check_stream(url: str) -> None:
    """Refuse an address that nothing here can send to.

    Raises:
        OutputError: in one line, with what would help.
    """
    parts, name = urlsplit(url), hide_secrets(url)
    try:
        named = parts.hostname and (parts.port or parts.scheme in ("rtmp", "rtmps"))
    except ValueError:
        named = None
    if not named:
        raise OutputError(f"--output {name} needs a host and a port, such as {parts.scheme}://192.168.0.20:9000")
    relay_command(url)


def relay_command(url: str) -> list[str]:
    """Return the command of a process that sends what comes in at its standard input to `url`.

    Raises:
        OutputError: there is none for this kind of address.
    """
    kind = CONTAINERS[urlsplit(url).scheme]
    if urlsplit(url).scheme != "srt" or _pyav_has_srt():
        return [sys.executable, "-m", "likeness.outputs.sending.relay", url, kind]
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise OutputError(
            f"--output {hide_secrets(url)}: this PyAV has no SRT; install the program ffmpeg (with SRT), which is then "
            "used for it, or send to rtmp://, or to udp:// in a network of your own"
        )
    reading = ["-probesize", "4096", "-analyzeduration", "0", "-f", CONTAINER, "-i", "pipe:0"]
    # Its first word on standard output comes once it has the receiver.
    saying = ["-loglevel", "error", "-progress", "pipe:1"]
    return [ffmpeg, *saying, *reading, "-c", "copy", "-flush_packets", "1", "-f", kind, url]


def _pyav_has_srt() -> bool:
    """Return whether FFmpeg in this PyAV speaks SRT; its wheels leave that out."""
    try:
        # Without a host there is nothing that it could wait for.
        av.open("srt://").close()
    except av.error.ProtocolNotFoundError:
        return False
    except (av.error.FFmpegError, ValueError):
        return True
    return True


class Stream:
    """One connection to the receiver at `url`, as a `Transmitter`.

    Encodes on the output's thread, and passes the packets on to a process of their own (see `relay.py`).

    Args:
        url: where to.
        size: width and height of the pictures in px; odd ones get their last line twice.
        fps: about so many pictures a second.
        sound: of the show; it stays open. None for a stream without.
    """

    def __init__(self, url: str, size: tuple[int, int], fps: float, sound: SoundReader | None = None) -> None:
        self._rate, self._size = exact_rate(fps), (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._url, self._sound = url, sound
        self._track: SoundTrack | None = None
        self._pipe = RelayPipe(relay_command(url), url)
        self._reformatter, self._kept = VideoReformatter(), KeptPicture()
        self._image: tuple[Picture, VideoFrame] | None = None
        self._began: float | None = None
        self._ticks, self._keyed = -1, -KEYFRAME_S
        try:
            self._container = av.open(self._pipe, "w", format=CONTAINER, options={"flush_packets": "1"})
            self._codec = self._add_stream()
        except BaseException:
            self._pipe.kill()
            raise

    @property
    def connected(self) -> bool:
        """Whether the receiver has taken the connection; of UDP nobody knows more than that there is a network."""
        return self._pipe.connected

    def send(self, picture: Picture, at: float) -> None:
        """Encode a picture and pass it on; waits where the receiver is slow.

        Raises:
            OutputError: the receiver is gone, or takes nothing.
        """
        if self._image is None or self._image[0] is not picture:
            self._image = picture, self._convert(picture)
        image = self._image[1]
        if self._began is None:
            self._began = at
            if self._sound is not None:
                # A tick stands for a frame: the pictures of a stream come at any time.
                self._track = SoundTrack(self._container, self._sound, Fraction(TICKS), at)
        since = at - self._began
        self._ticks = max(self._ticks + 1, round(since * TICKS))
        image.pts, image.time_base = self._ticks, Fraction(1, TICKS)
        image.pict_type = PictureType.NONE
        if since - self._keyed >= KEYFRAME_S:
            image.pict_type, self._keyed = PictureType.I, since
        for packet in self._codec.encode(image):
            self._container.mux(packet)
        if self._track is not None:
            self._track.advance(self._ticks + 1)
        self._pipe.check()

    def close(self) -> None:
        """End the stream, or drop it where the receiver does not take the rest."""
        try:
            if not self._pipe.failed:
                for packet in self._codec.encode(None):
                    self._container.mux(packet)
                if self._track is not None:
                    self._track.finish(self._ticks + 1)
            self._container.close()
        finally:
            self._pipe.close()

    def _add_stream(self) -> VideoCodecContext:
        encoder = H264.choose_encoder(hide_secrets(self._url))
        stream = self._container.add_stream(encoder, rate=self._rate)
        codec = stream.codec_context
        assert isinstance(codec, VideoCodecContext)  # which of the three it is, PyAV's types leave open
        codec.width, codec.height, codec.pix_fmt = *self._size, "yuv420p"
        codec.time_base = stream.time_base = Fraction(1, TICKS)
        codec.color_range, codec.colorspace = ColorRange.MPEG, Colorspace.ITU709
        codec.color_primaries, codec.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        codec.thread_count, codec.max_b_frames = 1, 0
        most = int(self._size[0] * self._size[1] * self._rate * BITS_PER_PIXEL)
        if encoder == "libx264":
            codec.gop_size = round(self._rate * KEYFRAME_S * 4)
            limits = {"crf": "23", "maxrate": str(most), "bufsize": str(most)}
            codec.options = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1", **limits}
        else:
            codec.gop_size, codec.bit_rate = round(self._rate * KEYFRAME_S), most
        return codec

    def _convert(self, picture: Picture) -> VideoFrame:
        picture = pad_to_even(picture[..., :3])
        image = VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture), format="rgb24")
        return self._reformatter.reformat(
            image,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )


class RelayPipe:
    """The way to a relay's process, as a file for PyAV to write to. One thread.

    PyAV calls `write` from C, where an exception can be lost: `check` raises it again.

    Args:
        command: of the process.
        secret: the address, which its messages may hold and ours must not.

    Attributes:
        connected: whether the process has said anything on its standard output, which it does once it is connected.
    """

    def __init__(self, command: Sequence[str], secret: str) -> None:
        self.name, self._secret = "relay", secret
        self.failed: OutputError | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - `kill` closes it
        # A session of its own: Ctrl+C in a terminal is for the show, which ends this one with its last picture.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._heard = self._process.stdin, self._process.stdout
        # Elsewhere a pipe cannot be asked without waiting, and nobody knows.
        self.connected = os.name != "posix"
        if os.name == "posix":
            os.set_blocking(self._stdin.fileno(), False)
            os.set_blocking(self._heard.fileno(), False)

    def write(self, some: bytes) -> int:
        """Write all of `some`, or nothing more once something failed."""
        rest, until = memoryview(some), time.monotonic() + STUCK_S
        while rest and self.failed is None:
            try:
                done = self._stdin.write(rest)
            except OSError:
                self._fail(self._find_why())
                break
            rest = rest[done or 0 :]
            if rest:
                if time.monotonic() > until:
                    self._fail(f"the receiver took nothing for {STUCK_S:.0f} s")
                elif os.name == "posix":
                    select.select([], [self._stdin], [], 0.1)
        return len(some)

    def check(self) -> None:
        """Raise what failed, or that the process has ended.

        Raises:
            OutputError: with what it said last.
        """
        if self.failed is None and self._process.poll() is not None:
            self._fail(self._find_why())
        if self.failed is not None:
            raise self.failed
        # Emptied each time, for a program that goes on talking must not wait for a reader.
        if os.name == "posix" and self._heard.read(4096):
            self.connected = True

    def close(self) -> None:
        """Let the process send the rest, for a moment, and end it."""
        # It may have ended already, which is what is wanted.
        with suppress(OSError):
            self._stdin.close()
        if self.failed is None:
            try:
                self._process.wait(DRAIN_S)
            except subprocess.TimeoutExpired:
                self.failed = OutputError("the receiver did not take the end of the stream")
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        self._stdin.close()
        self._heard.close()
        self._said.close()

    def _fail(self, why: str) -> None:
        self.failed = OutputError(why)

    def _find_why(self) -> str:
        """Return the last line that the process said."""
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "the connection broke"
        self._said.seek(0)
        lines = self._said.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
        return (lines[-1] if lines else "the connection broke").replace(self._secret, hide_secrets(self._secret))
