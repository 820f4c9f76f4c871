"""Sound of a film: AAC beside the picture, exact to the sample."""

from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container.output import OutputContainer

from likeness.audio.sound import SOUND_RATE, Sound, SoundReader

CODEC = "aac"
# Above this listeners hear no difference to the original with this encoder.
BITS_PER_S = 192_000
# Samples that an AAC packet holds. Before the first the encoder puts a packet of its own, which decoders need to begin
# softly and players leave out where the file says so. Without an edit list ours cannot say it, and the sound would be
# late by 21 ms; so that packet is left out here, and a film's first 21 ms fade in.
PACKET = 1024
# A device's sound comes this much after the picture at most; what has not come by then is silence.
LATEST_S = 0.5


class SoundTrack:
    """The sound of one film. The thread that writes the film calls all of it.

    Args:
        container: of the film, before its first packet.
        reader: of the sound, closed with the track.
        rate: frames a second of the film.
        at: of the film's first frame, in seconds since the show's start.
    """

    def __init__(self, container: OutputContainer, reader: SoundReader, rate: Fraction, at: float) -> None:
        self._container, self._reader, self._rate = container, reader, rate
        self._start, self._done = round(at * SOUND_RATE), 0
        stream = container.add_stream(CODEC, rate=SOUND_RATE)
        codec = stream.codec_context
        # Which of the three it is, PyAV's types leave open.
        assert isinstance(stream, AudioStream)
        assert isinstance(codec, AudioCodecContext)
        self._stream = stream
        codec.layout, codec.format, codec.bit_rate = "stereo", "fltp", BITS_PER_S
        codec.time_base = stream.time_base = Fraction(1, SOUND_RATE)
        codec.flags |= Flags.bitexact

    def advance(self, frames: int) -> None:
        """Write the sound of the first so many frames of the film, as far as it was heard yet."""
        end = self._sample_at(frames)
        # A picture may come up to a frame before its frame begins, and what sounds until the frame ends is yet to come.
        latest = self._sample_at(frames - 2) - LATEST_S * SOUND_RATE
        there = max(self._reader.end() - self._start, latest)
        while self._done + PACKET <= min(end, there):
            self._encode(PACKET)

    def finish(self, frames: int) -> None:
        """Write the sound to the end of the film, which has so many frames."""
        end = self._sample_at(frames)
        while self._done < end:
            self._encode(min(PACKET, end - self._done))
        self._mux(None)

    def close(self) -> None:
        """Let go of the sound."""
        self._reader.close()

    def _sample_at(self, frame: int) -> int:
        return round(frame * SOUND_RATE / self._rate)

    def _encode(self, count: int) -> None:
        sound: Sound = self._reader.read(self._start + self._done, count)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, self._done, Fraction(1, SOUND_RATE)
        self._done += count
        self._mux(frame)

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for packet in self._stream.encode(frame):
            if packet.pts is not None and packet.pts >= 0:
                self._container.mux(packet)
