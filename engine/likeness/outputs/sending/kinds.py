"""The outputs that are sent to other programs, by their names on the command line."""

import importlib
import re
from urllib.parse import urlsplit

from likeness.audio.features import AudioSource, NoAudio
from likeness.errors import OutputError
from likeness.outputs.sending.ndi import NO_NDI, NdiSender
from likeness.outputs.sending.sender import SentOutput, Transmitter
from likeness.outputs.sending.stream import CONTAINERS, Stream, check_stream, hide_secrets
from likeness.outputs.sending.textures import NO_SPOUT, NO_SYPHON, SpoutSender, SyphonServer
from likeness.outputs.sending.virtual_camera import NO_CAMERA, VirtualCamera

# What programs see where no name is given.
DEFAULT_NAME = "likeness"
NO_AUDIO = NoAudio()
# What each needs, and what to say where that is absent.
_LIBRARIES = {
    "ndi": ("cyndilib.sender", NO_NDI),
    "spout": ("SpoutGL", NO_SPOUT),
    "syphon": ("syphon", NO_SYPHON),
    "camera": ("pyvirtualcam", NO_CAMERA),
}
# Two letters at least: C:\film.mp4 is a file.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_sent(output: str) -> bool:
    """Return whether an output of the command line is another program or machine, not a window or a file."""
    return bool(_ADDRESS.match(output)) or output.partition(":")[0].lower() in _LIBRARIES


def name_sent(output: str) -> str:
    """Return what messages call it: without what may be a stream's key."""
    return hide_secrets(output) if _ADDRESS.match(output) else output


def check_sent(output: str) -> None:
    """Refuse an output that cannot be sent to from here, before the show begins.

    Raises:
        OutputError: in one line, with the next step.
    """
    if _ADDRESS.match(output):
        scheme = urlsplit(output).scheme
        if scheme not in CONTAINERS:
            kinds = ", ".join(f"{kind}://" for kind in CONTAINERS)
            raise OutputError(f"--output {scheme}://...: nothing here sends to that; kinds that work: {kinds}")
        check_stream(output)
        return
    library, absent = _LIBRARIES[output.partition(":")[0].lower()]
    try:
        importlib.import_module(library)
    except (ImportError, OSError) as error:
        raise OutputError(f"{absent} ({error})") from error


def open_sent(output: str, fps: float, audio: AudioSource = NO_AUDIO) -> SentOutput:
    """Return an output of the show that sends to `output`, as `check_sent` allows; streams have the sound of `audio`.

    Raises like `check_sent`.
    """
    check_sent(output)
    sound = audio.open_sound() if _ADDRESS.match(output) else None
    kind, _, name = output.partition(":")
    kind, called = kind.lower(), name or DEFAULT_NAME

    def connect(size: tuple[int, int], channels: int) -> Transmitter:
        if kind == "ndi":
            return NdiSender(called, size, channels, fps)
        if kind == "camera":
            return VirtualCamera(name, size, channels, fps)
        if kind == "spout":
            return SpoutSender(called, size)
        if kind == "syphon":
            return SyphonServer(called, size)
        return Stream(output, size, fps, sound)

    return SentOutput(name_sent(output), connect, on_end=sound.close if sound else lambda: None)
