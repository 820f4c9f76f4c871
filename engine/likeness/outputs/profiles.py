"""Profiles of films: which codec, how good, how fast, and in which containers."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import av
from av.codec.context import CodecContext

from likeness.errors import OutputError

log = logging.getLogger(__name__)

# Visually lossless for x264; 23 shows blocks in dark, smooth skin on a projector. 48 pictures of a face that turns into
# another, at 512x512: x264 took 182 kB for 43.9 dB, x265 at 20 49 kB for 43.4, VP9 at 24 67 kB for 42.8.
CRF, CRF_H265, CRF_VP9 = "18", "20", "24"
# With its macroblock tree x264 now and then wrote other bytes for the same pictures: in 3 % of 180 runs on a busy
# machine, in 1 % with one thread; without it in none.
X264 = "keyint={gop}:min-keyint={gop}:scenecut=0:mbtree=0"
# No text of its settings in the file, and no line in the terminal.
X265 = "keyint={gop}:min-keyint={gop}:scenecut=0:info=0:log-level=error:pools=none:frame-threads=1"
# Of a frame: 139,264 blocks of 16x16 px [ITU-T H.264, table A-1, level 6.2; H.265 has as many], which 7680x4320 does
# not quite fill.
MOST_PIXELS = 139_264 * 256
FILMS = (".mp4", ".mov", ".mkv")


@dataclass(frozen=True)
class Profile:
    """How a film is coded.

    Args:
        name: as `--profile` has it.
        encoders: by FFmpeg's names, best first.
        pixels: FFmpeg's name of their format.
        endings: of the containers that hold it.
        settings: of the best encoder, live and offline; {gop} is the frames from one keyframe to the next.
        live: more of them, for a writer that must keep up.
        offline: more of them, for a better picture at the same size.
        tag: that players want in MP4 and MOV, where it is not FFmpeg's own.
        most_pixels: of a frame; None for as many as there are.
        alpha: the format of pixels with an alpha channel, and the endings of the containers that hold it, if any do.
    """

    name: str
    encoders: tuple[str, ...]
    pixels: str
    endings: tuple[str, ...] = FILMS
    settings: Mapping[str, str] = field(default_factory=dict)
    live: Mapping[str, str] = field(default_factory=dict)
    offline: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None
    most_pixels: int | None = None
    alpha: tuple[str, tuple[str, ...]] | None = None

    @property
    def in_rgb(self) -> bool:
        """Whether the colours stay as they are instead of becoming BT.709."""
        return self.pixels.startswith("bgr")

    def with_alpha(self) -> "Profile":
        """Return it with an alpha channel.

        Raises:
            OutputError: it has none.
        """
        if self.alpha is None:
            able = ", ".join(name for name, profile in PROFILES.items() if profile.alpha)
            raise OutputError(f"films of the profile {self.name} have no alpha channel; choose --profile {able}")
        return replace(self, name=f"{self.name} with alpha", pixels=self.alpha[0], endings=self.alpha[1])

    def choose_encoder(self, output: str) -> str:
        """Return the best encoder that this PyAV has.

        Raises:
            OutputError: there is none; `output` is what messages call the film.
        """
        for encoder in self.encoders:
            if _encodes(encoder):
                if encoder != self.encoders[0]:
                    log.warning("%s: this PyAV has no %s; recording with %s", output, self.encoders[0], encoder)
                return encoder
        others = [name for name, profile in PROFILES.items() if any(map(_encodes, profile.encoders))]
        there = f"choose --profile {', '.join(others)}, or " if others else ""
        wanted = ", ".join(self.encoders)
        raise OutputError(f"{output}: this PyAV has no encoder of {wanted}; {there}install PyAV from its wheel.")

    def check(self, path: Path, size: tuple[int, int] | None = None) -> None:
        """Refuse a container that does not hold it, and frames of a `size` (width, height) that are too large.

        Raises:
            OutputError: naming what there is.
        """
        if path.suffix.lower() not in self.endings:
            raise OutputError(f"video {path}: {self.name} goes into {', '.join(self.endings)}; name such a file.")
        if self.most_pixels and size and size[0] * size[1] > self.most_pixels:
            raise OutputError(
                f"video {path}: {size[0]}x{size[1]} px are more than {self.name} holds, up to "
                f"{self.most_pixels / 1e6:.1f} million such as 7680x4320; choose a smaller --size, or PNG files"
            )

    def options(self, gop: int, *, offline: bool) -> dict[str, str]:
        """Return the settings of the best encoder, with a keyframe every `gop` frames."""
        every = {**self.settings, **(self.offline if offline else self.live)}
        return {name: value.replace("{gop}", str(gop)) for name, value in every.items()}


# Live, x264 took ms of one core a frame at 512x512 and 1920x1080: 1.2 and 10 (ultrafast), 2.3 and 17 (superfast), 3.1
# and 24 (veryfast), within 0.5 dB of each other at one crf; the price is a file half as large again. The renderer needs
# the cores more than the disk needs the room. zerolatency: nothing waits in the encoder when the program dies.
_FAST = {"preset": "ultrafast", "tune": "zerolatency"}
_H265 = Profile(
    "h265",
    ("libx265", "hevc_videotoolbox"),
    "yuv420p",
    settings={"crf": CRF_H265, "x265-params": X265},
    live=_FAST,
    offline={"preset": "medium"},
    tag="hvc1",
    most_pixels=MOST_PIXELS,
)
_EVERY = (
    Profile(
        "h264",
        # PyAV's wheels carry libx264; a system's FFmpeg may not.
        ("libx264", "h264_videotoolbox", "libopenh264", "mpeg4"),
        "yuv420p",
        settings={"crf": CRF, "x264-params": X264},
        live=_FAST,
        offline={"preset": "medium"},
        most_pixels=MOST_PIXELS,
    ),
    _H265,
    replace(_H265, name="h265-10bit", pixels="yuv420p10le"),
    Profile(
        "prores4444",
        ("prores_ks",),
        "yuv444p10le",
        (".mov", ".mkv"),
        settings={"profile": "4444"},
        alpha=("yuva444p10le", (".mov", ".mkv")),
    ),
    Profile(
        "vp9",
        ("libvpx-vp9",),
        "yuv420p",
        (".mp4", ".mkv"),
        settings={"crf": CRF_VP9, "b": "0", "row-mt": "0"},
        live={"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"},
        offline={"deadline": "good", "cpu-used": "3", "auto-alt-ref": "0"},
        alpha=("yuva420p", (".mkv",)),
    ),
    # Exact to the last bit, so in RGB.
    Profile(
        "ffv1",
        ("ffv1",),
        "bgr0",
        (".mkv",),
        settings={"level": "3", "slicecrc": "1", "slices": "4"},
        alpha=("bgra", (".mkv",)),
    ),
)
PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in _EVERY})
H264 = PROFILES["h264"]


def _encodes(encoder: str) -> bool:
    if encoder not in av.codecs_available:
        return False
    try:
        CodecContext.create(encoder, "w")
    except (ValueError, av.error.FFmpegError):  # there to decode only
        return False
    return True
